// Comfort for pages that work without it: keys, theme, copying, and the parts of a
// page that follow what happens. Text from outside never becomes markup here: the
// console's own pages are parsed, and their nodes are put in place.
import { startKeys } from "./keys.js";
import { startLive } from "./live.js";

const byId = (id) => document.getElementById(id);

function startTheme() {
  const button = byId("theme");
  button.hidden = false;
  button.addEventListener("click", () => {
    const root = document.documentElement;
    const dark = root.dataset.theme ? root.dataset.theme === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
    root.dataset.theme = dark ? "light" : "dark";
    localStorage.setItem("theme", root.dataset.theme);
  });
}

// copy works without a secure context too, by way of a selection.
async function copy(text) {
  if (navigator.clipboard && window.isSecureContext) return navigator.clipboard.writeText(text);
  const field = document.createElement("textarea");
  field.value = text;
  document.body.append(field);
  field.select();
  document.execCommand("copy");
  field.remove();
}

function startCopy() {
  for (const button of document.querySelectorAll(".copy")) {
    button.hidden = false;
    button.addEventListener("click", async () => {
      await copy(button.dataset.copy);
      button.textContent = "Copied";
    });
  }
}

// startPick ticks all rows of a page, several between two clicks with Shift, and
// hides what acts on all matching while some are ticked.
export function startPick() {
  const all = byId("all");
  if (!all) return;
  const boxes = [...document.querySelectorAll("tbody input[name=id]")];
  let last = null;
  const changed = () => {
    const some = boxes.some((b) => b.checked);
    byId("bulk").hidden = some;
    byId("replay-picked").disabled = !some;
    document.querySelector("[formaction$=discard]").disabled = !some;
  };
  all.parentElement.hidden = false;
  all.addEventListener("change", () => { for (const b of boxes) b.checked = all.checked; changed(); });
  for (const box of boxes) {
    box.addEventListener("click", (e) => {
      if (e.shiftKey && last) {
        const [from, to] = [boxes.indexOf(last), boxes.indexOf(box)].sort((a, b) => a - b);
        for (const b of boxes.slice(from, to + 1)) b.checked = box.checked;
      }
      last = box;
    });
    box.addEventListener("change", changed);
  }
  changed();
}

// startStory shows the appointment's story beside its dead letter.
async function startStory() {
  const place = byId("story");
  if (!place) return;
  const answer = await fetch(place.dataset.story).catch(() => null);
  if (!answer) return;
  const told = new DOMParser().parseFromString(await answer.text(), "text/html").getElementById("told");
  if (told) place.querySelector("p").replaceWith(...told.childNodes);
}

startTheme();
startCopy();
startPick();
startKeys();
startLive(startPick);
startStory();
