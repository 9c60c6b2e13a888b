import { el } from "./dom.js";

// calendar shows an .ics file as a card, with its source below.
export async function calendar(seq, n, attachment) {
  const url = `/_inbox/messages/${seq}/files/${n}`;
  const source = await (await fetch(url)).text();
  const event = parse(source);
  const start = instant(event.DTSTART);
  return [
    el("div", { class: "event" },
      start && el("div", { class: "leaf" },
        el("small", {}, start.date.toLocaleDateString(undefined, { month: "short", timeZone: start.zone })),
        el("b", {}, start.date.toLocaleDateString(undefined, { day: "numeric", timeZone: start.zone }))),
      el("div", {},
        el("h2", {}, text(event.SUMMARY) || "Event without a summary"),
        start && el("p", {}, span(start, instant(event.DTEND))),
        event.LOCATION && el("p", {}, text(event.LOCATION)),
        event.DESCRIPTION && el("p", {}, text(event.DESCRIPTION)),
        el("p", {}, [event.METHOD?.value, event.UID?.value].filter(Boolean).join(" · ")),
        el("a", { class: "button", href: url, download: attachment.filename }, "Download .ics"))),
    el("details", { class: "raw" }, el("summary", {}, `${attachment.filename}, ${attachment.size} bytes`), el("pre", {}, source)),
  ];
}

// parse unfolds the lines (RFC 5545, 3.1) and keeps the first of each property,
// leaving out time zone definitions.
function parse(source) {
  const found = {};
  const withoutZones = source.replace(/\r?\n[ \t]/g, "").replace(/BEGIN:VTIMEZONE[\s\S]*?END:VTIMEZONE/g, "");
  for (const line of withoutZones.split(/\r?\n/)) {
    const parts = /^([A-Za-z-]+)((?:;[^:"]*(?:"[^"]*")?[^:"]*)*):(.*)$/.exec(line);
    if (parts && !(parts[1].toUpperCase() in found)) {
      found[parts[1].toUpperCase()] = { value: parts[3], zone: /TZID=([^;:]+)/.exec(parts[2])?.[1] };
    }
  }
  return found;
}

const text = (property) => property?.value.replace(/\\n/gi, " ").replace(/\\([,;\\])/g, "$1");

// instant reads a date-time in UTC or in a named zone.
function instant(property) {
  const p = /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)(Z?)$/.exec(property?.value || "");
  if (!p) return null;
  const wall = Date.UTC(p[1], p[2] - 1, p[3], p[4], p[5], p[6]);
  if (p[7]) return { date: new Date(wall), zone: undefined };
  return zoned(wall, property.zone);
}

function zoned(wall, zone) {
  try {
    const there = new Date(new Date(wall).toLocaleString("en-US", { timeZone: zone }));
    const here = new Date(new Date(wall).toLocaleString("en-US", { timeZone: "UTC" }));
    return { date: new Date(wall - (there - here)), zone };
  } catch {
    return { date: new Date(wall), zone: "UTC" };
  }
}

function span(start, end) {
  const day = { weekday: "long", year: "numeric", month: "long", day: "numeric", timeZone: start.zone };
  const hour = { hour: "2-digit", minute: "2-digit", timeZone: start.zone, timeZoneName: "short" };
  const from = start.date.toLocaleTimeString(undefined, end ? { ...hour, timeZoneName: undefined } : hour);
  const to = end ? ` – ${end.date.toLocaleTimeString(undefined, hour)}` : "";
  return `${start.date.toLocaleDateString(undefined, day)}, ${from}${to}`;
}
