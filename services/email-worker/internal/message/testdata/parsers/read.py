"""Reads a list of calendar files as JSON and writes what each parser sees in each."""

import json
import multiprocessing
import sys

import icalendar
import ics
import vobject


def by_icalendar(text):
    cal = icalendar.Calendar.from_ical(text)
    [e] = cal.walk("VEVENT")
    return seen(cal["METHOD"], e["UID"], e["STATUS"], e.get("TRANSP") == "TRANSPARENT", e["SUMMARY"], e["SEQUENCE"], e.decoded("DTSTART"))


def by_vobject(text):
    cal = vobject.readOne(text)
    e = cal.vevent
    free = e.getChildValue("transp") == "TRANSPARENT"
    return seen(cal.method.value, e.uid.value, e.status.value, free, e.summary.value, e.sequence.value, e.dtstart.value)


def by_ics(text):
    cal = ics.Calendar(text)
    [e] = cal.events
    [sequence] = [line.value for line in e.extra if line.name == "SEQUENCE"]
    return seen(cal.method, e.uid, e.status, e.transparent, e.name, sequence, e.begin)


def seen(method, uid, status, free, summary, sequence, start):
    return {
        "Method": str(method), "UID": str(uid), "Status": str(status), "Free": bool(free),
        "Summary": str(summary), "Sequence": int(sequence), "Start": start.isoformat(),
    }


# In children that read a few files each: the parser behind ics goes deeper with every file, until it fails.
if __name__ == "__main__":
    files = json.load(sys.stdin)
    with multiprocessing.get_context("fork").Pool(1, maxtasksperchild=1) as pool:
        answers = {f.__name__: pool.map(f, files, chunksize=3) for f in (by_icalendar, by_vobject, by_ics)}
    json.dump(answers, sys.stdout)
