import { el, exact, receipt } from "./dom.js";
import { calendar } from "./calendar.js";

// showMail fills the reader with one e-mail. The view that was open stays open
// from message to message, if the next one has it.
let lastView = "Formatted";

export async function showMail(reader, m) {
  const views = viewsOf(m);
  const body = el("div", { class: "body" });
  const tabs = el("div", { class: "views", role: "tablist" });
  const open = async (name) => {
    for (const t of tabs.children) t.setAttribute("aria-selected", String(t.textContent === name));
    body.replaceChildren(...(await views.get(name)()));
  };
  for (const name of views.keys()) {
    tabs.append(el("button", { type: "button", role: "tab", onclick: () => { lastView = name; open(name); } }, name));
  }
  reader.replaceChildren(head(m), tabs, body);
  await open(views.has(lastView) ? lastView : views.keys().next().value);
}

function viewsOf(m) {
  const views = new Map();
  if (m.has_html) views.set("Formatted", () => [frame(m)]);
  if (m.text) views.set("Text", () => [el("pre", { dir: "auto" }, m.text)]);
  m.attachments.forEach((a, n) => {
    const isCalendar = a.filename.toLowerCase().endsWith(".ics");
    views.set(isCalendar ? "Calendar" : a.filename, () => (isCalendar ? calendar(m.seq, n, a) : [download(m.seq, n, a)]));
  });
  views.set("Headers", () => [fields(m)]);
  return views;
}

function head(m) {
  return el("div", { class: "mail-head" },
    el("button", { class: "back", type: "button", onclick: () => history.back() }, "← All messages"),
    el("h1", { dir: "auto" }, m.subject || "(no subject)"),
    el("dl", { class: "meta" },
      el("dt", {}, "To"), el("dd", {}, m.recipient),
      el("dt", {}, "From"), el("dd", {}, m.from),
      el("dt", {}, "Accepted"), el("dd", {}, exact(m.time))),
    el("div", { class: "chips" },
      ...(m.tags || []).map((t) => el("span", { class: "chip" }, t)),
      m.appointment_id && el("span", { class: "chip" }, `appointment ${m.appointment_id}`),
      m.lang && el("span", { class: "chip", title: "Language and direction of the page" }, [m.lang, m.dir].filter(Boolean).join(", ")),
      m.late && el("span", { class: "chip late" }, m.outcome),
      receipt(m)));
}

// The frame has no rights at all: no scripts, no origin, nothing from the net.
const frame = (m) => el("iframe", { sandbox: "", src: `/_inbox/messages/${m.seq}/html`, title: "Formatted message", referrerpolicy: "no-referrer" });

function fields(m) {
  const rows = [["Message-Id", m.id], ...(m.headers || []).filter(([k]) => k.toLowerCase() !== "message-id"), ...Object.entries(m.variables || {}).map(([k, v]) => [`v:${k}`, v]), ["outcome", m.outcome]];
  if (m.rule) rows.push(["rule", m.rule]);
  return table(rows);
}

export const table = (rows) => el("table", { class: "fields" }, el("tbody", {}, ...rows.map(([k, v]) => el("tr", {}, el("th", { scope: "row" }, k), el("td", {}, v)))));

const download = (seq, n, a) => el("div", { class: "event" }, el("div", {}, el("h2", {}, a.filename), el("p", {}, `${a.size} bytes`),
  el("a", { class: "button", href: `/_inbox/messages/${seq}/files/${n}`, download: a.filename }, "Download")));
