// Small helpers. Text only ever enters the page as text, never as markup.

// el makes an element: el("a", {class: "x", href: "/", onclick: f}, "text", child).
export function el(tag, props = {}, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(props)) {
    if (value === undefined || value === null || value === false) continue;
    if (name.startsWith("on")) node.addEventListener(name.slice(2), value);
    else node.setAttribute(name, value === true ? "" : value);
  }
  node.append(...children.filter((c) => c !== null && c !== undefined && c !== false));
  return node;
}

export const byId = (id) => document.getElementById(id);

export async function getJSON(url) {
  const answer = await fetch(url, { headers: { Accept: "application/json" } });
  if (!answer.ok) throw new Error(`${url}: ${answer.status}`);
  return answer.json();
}

// send posts and shows what came of it.
export async function send(url, method = "POST", body) {
  try {
    const answer = await fetch(url, { method, body: body && JSON.stringify(body), headers: body ? { "Content-Type": "application/json" } : {} });
    const text = await answer.text();
    let said = {};
    try { said = JSON.parse(text); } catch { /* not every answer is JSON */ }
    if (!answer.ok) toast(said.error || text || `Failed with status ${answer.status}`);
    else if (said.message) toast(said.message);
    return answer.ok;
  } catch {
    toast("The sandbox does not answer");
    return false;
  }
}

let toastTimer;
export function toast(text) {
  const box = byId("toast");
  box.textContent = text;
  box.hidden = false;
  clearTimeout(toastTimer);
  toastTimer = setTimeout(() => { box.hidden = true; }, 4000);
}

const clock = new Intl.DateTimeFormat(undefined, { hour: "2-digit", minute: "2-digit", second: "2-digit" });
const full = new Intl.DateTimeFormat(undefined, { dateStyle: "full", timeStyle: "long" });

export const exact = (time) => full.format(new Date(time));

// ago is short: "now", "12 s", "5 min", then the time of day.
export function ago(time) {
  const seconds = Math.max(0, (Date.now() - new Date(time)) / 1000);
  if (seconds < 3) return "now";
  if (seconds < 60) return `${Math.floor(seconds)} s ago`;
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min ago`;
  return clock.format(new Date(time));
}

export const number = (n) => new Intl.NumberFormat().format(n);
export const plural = (n, one, many) => `${number(n)} ${n === 1 ? one : many}`;

// receipt is the chip that tells what became of a message; nothing while that is open.
export const receipt = (m) => m.receipt && el("span", { class: `chip ${m.receipt}` }, m.code ? `${m.receipt} (${m.code})` : m.receipt);
