// Reads a list of pages as JSON and writes what keeps mail programs from showing each, and people from reading it. What is
// listed below was looked at: without it the page is plainer and says the same.
import axe from "axe-core";
import { caniemail } from "caniemail";
import { JSDOM } from "jsdom";

const plainer = new Set([
  "@media", "<style> element", // no dark colours, wider margins on a phone
  "display:none", "overflow", // the line for the list of messages shows at the top, too: it says date and time
  "border-radius", "height property", "word-break", "width attribute",
  "<body> element", "lang attribute", "role attribute", // lang and dir stand on tables inside as well
]);

async function verdict(page) {
  const found = new Set();
  for (const [, issues] of caniemail({ clients: ["*"], html: page }).issues.errors) {
    for (const { title } of issues) if (!plainer.has(title)) found.add(`mail programs do not know ${title}`);
  }
  const { window } = new JSDOM(page, { runScripts: "outside-only" });
  window.eval(axe.source);
  // Landmarks are for pages on the web, and contrast needs a browser: a test of libs/messages computes it.
  const rules = { region: { enabled: false }, "color-contrast": { enabled: false } };
  for (const { id, help } of (await window.axe.run(window.document, { rules })).violations) found.add(`${id}: ${help}`);
  return [...found];
}

const chunks = [];
for await (const chunk of process.stdin) chunks.push(chunk);
const verdicts = [];
for (const page of JSON.parse(Buffer.concat(chunks).toString())) verdicts.push(await verdict(page));
console.log(JSON.stringify(verdicts));
