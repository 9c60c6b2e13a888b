import { byId, el, getJSON, number, send } from "./dom.js";

// The board shows what the program around the sandbox reports (see Board in the
// Go package); without one, the sandbox's own counts.
const url = document.body.dataset.board;
const known = [
  ["published", "Published", ""],
  ["sent", "Sent", ""],
  ["skipped", "Skipped", ""],
  ["waiting", "Waiting", ""],
  ["dead_lettered", "Dead-lettered", "warn"],
  ["lost", "Lost", "promise"],
  ["doubled", "Doubled", "promise"],
];

export async function updateBoard(stats) {
  const board = url ? await getJSON(url).catch(() => null) : null;
  if (board) {
    counters(known.filter(([name]) => name in board.counters).map(([name, label, tone]) => [label, board.counters[name], tone]));
    actions(board);
    offered = board.message || [];
    fill();
    return;
  }
  const total = stats.total;
  counters([
    ["E-mails accepted", stats.email.accepted, ""], ["SMS accepted", stats.sms.accepted, ""],
    ["Refused", total.refused, ""], ["In flight", total.in_flight, ""], ["Doubled", total.doubled, "promise"],
  ]);
}

function counters(rows) {
  byId("counters").replaceChildren(...rows.map(([label, value, tone]) => el("div", { class: `counter ${toneOf(value, tone)}` }, el("b", {}, number(value)), el("span", {}, label))));
}

// A promise is green while it is kept and red when it is broken.
function toneOf(value, tone) {
  if (tone === "promise") return value === 0 ? "promise zero" : "promise bad";
  return value > 0 ? tone : "";
}

// messageActions are the board's buttons for one message; the board may come later.
export function messageActions(m) {
  const row = el("div", { class: "actions message-actions", "data-recipient": m.recipient });
  fill(row);
  return row;
}

let offered = [];
function fill(row = document.querySelector(".message-actions")) {
  const key = JSON.stringify(offered);
  if (!row || row.dataset.drawn === key) return;
  row.dataset.drawn = key;
  const recipient = encodeURIComponent(row.dataset.recipient);
  row.replaceChildren(...offered.map((b) => button({ ...b, post: `${b.post}?recipient=${recipient}` })));
}

let drawn = "";
function actions(board) {
  const key = JSON.stringify([board.buttons, board.links, board.status]);
  if (key === drawn) return;
  drawn = key;
  byId("actions").replaceChildren(
    ...(board.buttons || []).map(button),
    ...(board.links || []).map((l) => el("a", { class: "button", href: l.url }, l.label)),
    board.status ? el("p", { class: "status" }, board.status) : "");
}

function button(b) {
  const press = async (event) => {
    const pressed = event.currentTarget;
    pressed.disabled = true;
    await send(b.post);
    pressed.disabled = false;
  };
  return el("button", { type: "button", class: `button ${b.tone || ""} ${b.active ? "active" : ""}`, title: b.hint, "aria-pressed": b.active === undefined ? null : String(b.active), onclick: press }, b.label);
}
