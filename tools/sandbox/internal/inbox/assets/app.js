import { byId, el, getJSON, ago, exact, number, plural, receipt } from "./dom.js";
import { showMail } from "./mail.js";
import { showSMS } from "./sms.js";
import { messageActions, updateBoard } from "./board.js";
import { startFaults } from "./faults.js";

const channel = document.body.dataset.channel;
const pollEvery = 1000;
const state = { query: "", limit: 100, shown: "", newest: 0, selected: 0, rendered: 0 };

// poll keeps the list, the counts and the board up to date.
async function poll() {
  const live = byId("live");
  try {
    const query = new URLSearchParams({ channel, q: state.query, limit: state.limit });
    const data = await getJSON(`/_inbox/messages?${query}`);
    live.textContent = "live";
    live.className = "live on";
    updateCounts(data);
    updateList(data);
    await updateBoard(data.stats);
  } catch {
    live.textContent = "offline";
    live.className = "live off";
  }
}

function updateCounts(data) {
  byId("count-email").textContent = number(data.accepted.email);
  byId("count-sms").textContent = number(data.accepted.sms);
}

function updateList(data) {
  const key = `${state.query}|${data.total}|${data.messages[0]?.seq}|${data.messages.length}|${data.messages.map((m) => m.receipt)}`;
  if (key === state.shown) {
    refreshTimes();
    return;
  }
  const first = state.shown === "";
  state.shown = key;
  const list = byId("items");
  const top = list.scrollTop;
  list.replaceChildren(...data.messages.map((m) => item(m, !first && m.seq > state.newest)));
  // A reader who has scrolled down keeps seeing the same messages.
  if (top > 0) list.scrollTop = top;
  state.newest = Math.max(state.newest, data.messages[0]?.seq || 0);
  byId("more").hidden = data.messages.length >= data.total || data.messages.length >= 1000;
  byId("list-title").textContent = title(data);
  if (!data.messages.length) list.replaceChildren(state.query ? noMatch() : empty());
  select();
}

function title(data) {
  const kept = data.total < data.accepted[channel] && !state.query ? `newest ${number(data.total)} of ` : "";
  if (state.query) return `${plural(data.total, "match", "matches")}`;
  return kept + (channel === "sms" ? plural(data.accepted.sms, "text message", "text messages") : plural(data.accepted.email, "e-mail", "e-mails")) + ", newest first";
}

function item(m, isNew) {
  const chips = [
    ...(m.tags || []).map((t) => el("span", { class: "chip" }, t)),
    m.files > 0 && el("span", { class: "chip file" }, plural(m.files, "attachment", "attachments")),
    m.segments > 1 && el("span", { class: "chip late" }, `${m.segments} segments`),
    m.late && el("span", { class: "chip late", title: "The caller got no proper answer to this one" }, "answer lost"),
    receipt(m),
  ].filter(Boolean);
  return el("a", { class: isNew ? "item new" : "item", href: `#${m.seq}`, "data-seq": m.seq },
    el("span", { class: "row" }, el("span", { class: "who" }, m.recipient), el("time", { datetime: m.time, title: exact(m.time) }, ago(m.time))),
    m.subject && el("span", { class: "subject", dir: "auto" }, m.subject),
    el("span", { class: "preview", dir: "auto" }, m.preview),
    chips.length ? el("span", { class: "chips" }, ...chips) : null);
}

function refreshTimes() {
  for (const t of document.querySelectorAll(".item time")) t.textContent = ago(t.dateTime);
}

function empty() {
  return el("div", { class: "empty" },
    el("img", { src: "/assets/icon.svg", alt: "" }),
    el("h2", {}, channel === "sms" ? "No text message yet" : "No e-mail yet"),
    el("p", {}, "Messages appear here the moment the sandbox accepts them. Nothing leaves this machine."),
    el("code", {}, channel === "sms" ? `TWILIO_API_BASE_URL=${location.origin}` : `MAILGUN_API_BASE_URL=${location.origin}`));
}

const noMatch = () => el("div", { class: "empty" }, el("h2", {}, "Nothing found"), el("p", {}, "No kept message contains these words."));

// select shows the message of the address (#17), or the newest one.
async function select() {
  const asked = Number(location.hash.slice(1));
  const newest = Number(document.querySelector(".item")?.dataset.seq || 0);
  const seq = asked || (matchMedia("(min-width: 821px)").matches ? state.rendered || newest : 0);
  for (const node of document.querySelectorAll(".item")) {
    if (Number(node.dataset.seq) === seq) node.setAttribute("aria-current", "true");
    else node.removeAttribute("aria-current");
  }
  document.body.classList.toggle("reading", asked > 0);
  if (seq === state.rendered) return;
  state.rendered = seq;
  await render(seq);
}

async function render(seq) {
  const reader = byId("reader");
  if (!seq) {
    reader.replaceChildren(el("div", { class: "empty" }, el("p", {}, "Choose a message to read it.")));
    return;
  }
  try {
    const message = await getJSON(`/_inbox/messages/${seq}`);
    if (state.rendered !== seq) return;
    await (channel === "sms" ? showSMS : showMail)(reader, message);
    if (state.rendered === seq) reader.prepend(messageActions(message));
  } catch {
    reader.replaceChildren(el("div", { class: "empty" }, el("h2", {}, "No longer kept"), el("p", {}, "The inbox keeps the newest messages only.")));
  }
}

function step(event) {
  if (event.target.matches("input, summary, button") || event.metaKey || event.ctrlKey) return;
  const move = { ArrowDown: 1, j: 1, ArrowUp: -1, k: -1 }[event.key];
  if (event.key === "Escape") history.replaceState(null, "", location.pathname), select();
  if (event.key === "/") event.preventDefault(), byId("search").focus();
  if (!move || !document.querySelector(".item")) return;
  event.preventDefault();
  const items = [...document.querySelectorAll(".item")];
  const at = items.findIndex((i) => i.hasAttribute("aria-current"));
  const next = items[Math.min(items.length - 1, Math.max(0, at + move))];
  next.scrollIntoView({ block: "nearest" });
  location.hash = next.dataset.seq;
}

let typing;
byId("search").addEventListener("input", (event) => {
  clearTimeout(typing);
  typing = setTimeout(() => { state.query = event.target.value.trim(); state.limit = 100; state.rendered = 0; poll(); }, 150);
});
byId("more").addEventListener("click", () => { state.limit += 200; poll(); });
addEventListener("hashchange", select);
addEventListener("keydown", step);
startFaults();

// One poll after the other: a slow answer never piles up requests.
for (;;) {
  await poll();
  await new Promise((resolve) => setTimeout(resolve, document.hidden ? 4 * pollEvery : pollEvery));
}
