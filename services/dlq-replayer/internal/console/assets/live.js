// The parts of a page that follow what happens: the stream says that something has
// changed, and the page is asked for anew. Nothing moves while rows are selected,
// while the tab is hidden, or while it is paused.
import { markHere } from "./keys.js";

const parts = ["title", "list", "counts", "actions", "outcomes"];
const byId = (id) => document.getElementById(id);

// shown is the moment that the page is of. newer is set when the stream tells of
// another one while the page is being asked for.
let shown = document.body.dataset.live;
let paused = false, stale = false, busy = false, newer = false;

const waits = () => paused || document.hidden || document.querySelector("tbody input:checked, #all:checked, dialog[open]") !== null;

async function refresh(after) {
  if (busy || waits()) return;
  busy = true;
  stale = newer = false;
  try {
    const answer = await fetch(location.href, { headers: { Accept: "text/html" } });
    const fresh = new DOMParser().parseFromString(await answer.text(), "text/html");
    if (!waits()) {
      shown = fresh.body.dataset.live;
      replace(fresh, after);
    } else stale = true;
  } catch {
    stale = true; // The console does not answer; the stream tells when it is back.
  }
  busy = false;
  if (newer) refresh(after);
}

// typed tells whether somebody has begun to fill in a field of the part.
const typed = (part) => [...part.querySelectorAll("input:not([type=checkbox], [type=hidden])")].some((i) => i === document.activeElement || i.value !== i.defaultValue);

// replace puts the fresh parts in place, and the focus back where it was.
function replace(fresh, after) {
  const focused = document.activeElement, row = focused?.closest("tr[data-id]")?.dataset.id;
  const href = focused?.getAttribute("href"), id = focused?.id;
  for (const part of parts) {
    const old = byId(part), now = fresh.getElementById(part);
    if (old && now && old.innerHTML !== now.innerHTML && !typed(old)) old.replaceWith(now);
  }
  if (focused && !focused.isConnected) {
    const again = (id && byId(id)) || (row && document.querySelector(`tr[data-id="${CSS.escape(row)}"] a.open`)) ||
      (href && document.querySelector(`#main a[href="${CSS.escape(href)}"]`)) || byId("main");
    again.focus({ preventScroll: true });
  }
  markHere();
  after();
}

export function startLive(after) {
  if (!shown) return;
  const button = byId("pause");
  byId("live").hidden = false;
  button.addEventListener("click", () => {
    paused = !paused;
    button.setAttribute("aria-pressed", paused);
    button.textContent = paused ? "Paused" : "Live";
    if (!paused && stale) refresh(after);
  });
  const stream = new EventSource(`${document.body.dataset.base}/live`);
  stream.addEventListener("change", (event) => {
    if (event.data === shown) return;
    stale = newer = true;
    refresh(after);
  });
  const again = () => { if (stale) refresh(after); };
  document.addEventListener("visibilitychange", again);
  document.addEventListener("change", () => setTimeout(again));
  window.addEventListener("pagehide", () => stream.close());
}
