import { el, exact, ago, getJSON, plural } from "./dom.js";
import { table } from "./mail.js";

// showSMS fills the reader with the recipient's phone, on which the message
// stands among the others that went to it.
export async function showSMS(reader, m) {
  const all = await getJSON(`/_inbox/messages?${new URLSearchParams({ channel: "sms", q: m.recipient, limit: 50 })}`);
  const seqs = all.messages.filter((s) => s.recipient === m.recipient).map((s) => s.seq).reverse();
  const texts = await Promise.all(seqs.map((seq) => (seq === m.seq ? m : getJSON(`/_inbox/messages/${seq}`))));
  reader.replaceChildren(el("div", { class: "phone-stage" },
    el("button", { class: "back", type: "button", onclick: () => history.back() }, "← All messages"),
    phone(m, texts), facts(m)));
  reader.querySelector(".selected")?.scrollIntoView({ block: "center" });
}

function phone(m, texts) {
  const sender = texts.at(-1).text.split(/[:,]/)[0].trim();
  const name = sender.length > 0 && sender.length <= 24 ? sender : m.from;
  return el("div", { class: "phone" }, el("div", { class: "screen" },
    el("div", { class: "phone-head" }, el("div", { class: "avatar", "aria-hidden": "true" }, name.replace("+", "").charAt(0).toUpperCase()), el("b", {}, m.from)),
    el("div", { class: "thread" }, ...texts.flatMap((t) => bubble(t, t.seq === m.seq)))));
}

const bubble = (t, selected) => [
  el("div", { class: "stamp", title: exact(t.time) }, ago(t.time)),
  el("div", { class: selected ? "bubble selected" : "bubble", dir: "auto" }, t.text),
  el("div", { class: t.segments > 1 ? "under many" : "under" }, `${plural(t.segments, "segment", "segments")}, ${plural([...t.text].length, "character", "characters")}`),
];

function facts(m) {
  const rows = [["To", m.recipient], ["From", m.from], ["SID", m.id], ["Accepted", exact(m.time)], ["Segments", String(m.segments)]];
  if (m.reference) rows.push(["Reference", m.reference]);
  rows.push(...(m.headers || []), ["Outcome", m.outcome], ["Receipt", m.receipt ? [m.receipt, m.code].filter(Boolean).join(" ") : "none yet"]);
  if (m.rule) rows.push(["Rule", m.rule]);
  return el("div", { class: "sms-facts" }, el("h1", {}, "Message details"), table(rows));
}
