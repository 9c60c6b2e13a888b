// Reads a list of pages as JSON and writes what html-validate has against each. What is off is what e-mails need and pages on
// the web do not: styles inline, and attributes of tables that old mail programs go by.
import { HtmlValidate } from "html-validate";

const off = Object.fromEntries(["no-inline-style", "no-deprecated-attr", "prefer-tbody"].map((rule) => [rule, "off"]));
const validator = new HtmlValidate({ root: true, extends: ["html-validate:recommended"], rules: off });
const chunks = [];
for await (const chunk of process.stdin) chunks.push(chunk);
const verdicts = [];
for (const page of JSON.parse(Buffer.concat(chunks).toString())) {
  const report = await validator.validateString(page);
  verdicts.push(report.results.flatMap((r) => r.messages).map((m) => `${m.ruleId} in line ${m.line}: ${m.message}`));
}
console.log(JSON.stringify(verdicts));
