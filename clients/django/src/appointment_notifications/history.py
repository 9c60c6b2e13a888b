"""What became of appointments, in words, for lists and pages."""

from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from appointment_notifications.models import OutboxEvent, Outcome

CHANNELS = {"email": "e-mail", "sms": "SMS"}
# Outcomes of which one wants to know why.
_WITH_REASON = ("skipped", "dead_lettered", "undelivered")


@dataclass(frozen=True, slots=True)
class Line:
    """What became of one event on one channel."""

    change: int
    revision: int | None
    status: str
    channel: str
    state: str
    at: datetime | None

    @property
    def text(self) -> str:
        """For people: "e-mail: delivered"."""
        return f"{CHANNELS.get(self.channel, self.channel)}: {self.state}"


def lines(database: str, keys: Iterable[str]) -> dict[str, list[Line]]:
    """The lines of appointments, newest first. Two queries, however many appointments."""
    wanted = list(keys)
    events: dict[str, list[OutboxEvent]] = defaultdict(list)
    for event in OutboxEvent.objects.using(database).filter(key__in=wanted).defer("value", "headers"):
        events[event.key].append(event)
    outcomes: dict[str, list[Outcome]] = defaultdict(list)
    for outcome in Outcome.objects.using(database).filter(key__in=wanted):
        outcomes[outcome.key].append(outcome)
    return {key: _merge(events[key], outcomes[key]) for key in wanted}


def newest(found: Iterable[Line], channel: str) -> str:
    """The last change on a channel, in one text; recipients are counted where there are several."""
    of_channel = [line for line in found if line.channel == channel]
    last = [line for line in of_channel if line.change == max(other.change for other in of_channel)]
    counts = Counter(line.state for line in last)
    if not counts:
        return ""
    if len(last) == 1:
        return last[0].text
    states = ", ".join(f"{count} {state}" for state, count in counts.most_common())
    return f"{CHANNELS.get(channel, channel)}: {states}"


def _merge(events: list[OutboxEvent], outcomes: list[Outcome]) -> list[Line]:
    # A record that the relay published twice has two outcomes; the higher one is the answer.
    best: dict[tuple[int | None, str], Outcome] = {}
    for outcome in outcomes:
        at = (outcome.revision, outcome.channel)
        if at not in best or _weight(best[at]) < _weight(outcome):
            best[at] = outcome
    found = []
    for event in events:
        told = {channel for (revision, channel) in best if revision == event.revision}
        for channel in dict.fromkeys([*filter(None, event.channels.split(",")), *sorted(told)]):
            answer = best.pop((event.revision, channel), None)
            found.append(_line(event, channel, answer))
    # Of events that were deleted here, or that somebody else published.
    found += [Line(o.revision or 0, o.revision, o.status, o.channel, describe(o), o.at) for o in best.values()]
    return sorted(found, key=lambda line: (-line.change, -(line.revision or 0), line.channel))


def _weight(outcome: Outcome) -> tuple[int, bool]:
    """ "Already sent" is said of a copy: what the other one was skipped for says more."""
    return outcome.rank, outcome.reason != "already_sent"


def _line(event: OutboxEvent, channel: str, outcome: Outcome | None) -> Line:
    if outcome is not None:
        return Line(event.change, event.revision, event.status, channel, describe(outcome), outcome.at)
    state = {"pending": "waits to be published", "parked": f"not published ({event.last_error})"}.get(
        event.state, event.state
    )
    return Line(event.change, event.revision, event.status, channel, state, event.published_at or event.created_at)


def describe(outcome: Outcome) -> str:
    """The state in words, with the reason where there is one."""
    text = outcome.told.replace("_", " ")
    why = outcome.code or outcome.reason
    return f"{text} ({why})" if outcome.told in _WITH_REASON and why else text
