import { byId, el, getJSON, send } from "./dom.js";

// Ready-made rules for POST /_sandbox/script.
const presets = [
  ["Lose 5 % of the answers", "Messages are accepted, then the connection breaks", { match: { probability: 0.05 }, action: { type: "accept_then", ending: "reset" } }],
  ["Accept, then answer 503", "For one message in ten", { match: { every: 10 }, action: { type: "accept_then", ending: "status", status: 503 } }],
  ["Hang for 30 seconds", "Nothing is accepted or answered", { for: "30s", action: { type: "hang" } }],
  ["Provider down for 30 seconds", "Every connection is reset, look-ups too", { for: "30s", action: { type: "down" } }],
  ["Too many requests for 20 seconds", "429 with a delay of two seconds", { for: "20s", action: { type: "answer", status: 429, headers: { "Retry-After": "2" } } }],
  ["Credentials refused for 20 seconds", "401 to everything", { for: "20s", match: { kind: "any" }, action: { type: "answer", status: 401 } }],
  ["Slow: 0.2 to 2 seconds", "Until it is removed", { action: { type: "latency", delay: "200ms", delay_max: "2s" } }],
];

export function startFaults() {
  const details = byId("faults");
  details.addEventListener("toggle", () => { if (details.open) draw(); });
  document.addEventListener("click", (event) => { if (!details.contains(event.target)) details.open = false; });
  document.addEventListener("keydown", (event) => { if (event.key === "Escape") details.open = false; });
  setInterval(refresh, 2000);
  refresh();
}

const path = "/_sandbox/script";

async function refresh() {
  if (document.hidden) return;
  const rules = await getJSON(path).catch(() => []);
  const running = rules.filter((r) => !r.spent).length;
  byId("fault-count").textContent = running;
  byId("fault-count").hidden = running === 0;
  if (byId("faults").open) draw(rules);
}

let drawn = "";
async function draw(known) {
  const rules = known || (await getJSON(path).catch(() => []));
  const key = JSON.stringify(rules);
  if (key === drawn && byId("fault-panel").hasChildNodes()) return;
  drawn = key;
  byId("fault-panel").replaceChildren(
    el("h3", {}, "Make the providers fail"),
    ...presets.map(([name, hint, rule]) => el("button", { type: "button", class: "preset", onclick: () => change("POST", path, rule) }, el("b", {}, name), el("span", {}, hint))),
    ...(rules.length ? [el("h3", {}, "Rules"), ...rules.map(row), el("button", { type: "button", class: "preset", onclick: () => change("DELETE", path) }, el("b", {}, "Remove all"))] : []));
}

const row = (r) => el("div", { class: r.spent ? "rule spent" : "rule" },
  el("span", {}, `${describe(r.rule)} (${r.fired}×)`),
  el("button", { type: "button", "aria-label": `Remove ${r.rule.id}`, onclick: () => change("DELETE", `${path}/${encodeURIComponent(r.rule.id)}`) }, "✕"));

const describe = ({ action, match, ...rest }) => [action.type, action.ending, action.status, action.code, action.delay, match?.channel, match?.recipient, rest.for && `for ${rest.for}`].filter(Boolean).join(" ");

async function change(method, url, body) {
  await send(url, method, body);
  await refresh();
}
