// Keys. None of them does anything that changes something: r leads to a preview.

const rows = () => [...document.querySelectorAll("tr[data-id]")];

let here = null; // the id of the row that the keys are at

function go(step) {
  const all = rows();
  if (all.length === 0) return;
  const at = all.findIndex((r) => r.dataset.id === here);
  const next = all[Math.max(0, Math.min(all.length - 1, at + step))];
  here = next.dataset.id;
  markHere();
  next.querySelector("a.open").focus();
}

export function markHere() {
  for (const row of rows()) row.classList.toggle("here", row.dataset.id === here);
}

const actions = {
  "/": () => (document.getElementById("search") || document.querySelector(".find input")).focus(),
  "?": () => document.getElementById("help").showModal(),
  "j": () => go(1),
  "k": () => go(-1),
  "x": () => rows().find((r) => r.dataset.id === here)?.querySelector("input[type=checkbox]")?.click(),
  "t": () => document.getElementById("theme").click(),
  "r": () => {
    const picked = document.getElementById("replay-picked");
    if (picked && !picked.disabled) picked.click();
    else document.getElementById("replay")?.click();
  },
};

export function startKeys() {
  document.addEventListener("focusin", (e) => {
    const row = e.target.closest("tr[data-id]");
    if (row) { here = row.dataset.id; markHere(); }
  });
  document.addEventListener("keydown", (e) => {
    if (e.ctrlKey || e.metaKey || e.altKey || document.querySelector("dialog[open]")) return;
    const typing = e.target.matches("input:not([type=checkbox]), textarea, select");
    if (typing && e.key === "Escape") e.target.blur();
    if (typing || !Object.hasOwn(actions, e.key)) return;
    e.preventDefault();
    actions[e.key]();
  });
}
