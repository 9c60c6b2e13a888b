// Writes how Intl writes dates and times in each of the locales that it is given: 28 days of each month of 2031 have every
// weekday, and 24 hours have every time of day.
const asked = JSON.parse(process.argv[1]);
const written = {};
for (const { Tag, Twelve } of asked) {
  const locale = Tag + "-u-ca-gregory-nu-latn";
  const date = new Intl.DateTimeFormat(locale, { dateStyle: "full", timeZone: "UTC" });
  const time = new Intl.DateTimeFormat(locale, { timeStyle: "short", hourCycle: Twelve ? "h12" : "h23", timeZone: "UTC" });
  const dates = [], times = [];
  for (let month = 0; month < 12; month++) {
    for (let day = 1; day <= 7; day++) dates.push(date.format(new Date(Date.UTC(2031, month, day))));
  }
  for (let hour = 0; hour < 24; hour++) times.push(time.format(new Date(Date.UTC(2031, 0, 1, hour, 5))));
  written[Tag] = { dates, times };
}
console.log(JSON.stringify(written, null, 1));
