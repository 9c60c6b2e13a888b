"""Keeps the highest word on each event and channel. Facts may come in any order and any number of times."""

from collections.abc import Iterable, Sequence

from django.db import IntegrityError, transaction

from appointment_notifications.models import Outcome, OutcomeFault
from appointment_notifications.outcomes.fact import Fact
from appointment_notifications.signals import outcome_received

Coordinates = tuple[str, str, int, int]
_CHANGING = [
    "state", "rank", "reason", "code", "at", "key", "revision", "status", "provider_message_id", "dead_letter_id",
    "complained", "unconfirmed", "signal_due",
]  # fmt: skip


def store(database: str, facts: Sequence[Fact], faults: Iterable[OutcomeFault] = ()) -> list[Outcome]:
    """Stores a batch in one transaction and returns the rows that say something new."""
    try:
        return _store(database, facts, faults)
    except IntegrityError:
        # A consumer that has just lost these partitions made a row meanwhile: now it is there to be found.
        return _store(database, facts, faults)


def _store(database: str, facts: Sequence[Fact], faults: Iterable[OutcomeFault]) -> list[Outcome]:
    with transaction.atomic(using=database):
        rows = _rows(database, facts)
        changed: dict[Coordinates, Outcome] = {}
        for fact in facts:
            at = (fact.channel, *fact.event)
            row = rows.setdefault(at, _new(fact))
            if apply(row, fact):
                changed[at] = row
        outcomes = Outcome.objects.using(database)
        outcomes.bulk_create([row for row in changed.values() if row.pk is None])
        outcomes.bulk_update([row for row in changed.values() if row.pk is not None], _CHANGING, batch_size=50)
        OutcomeFault.objects.using(database).bulk_create(faults, ignore_conflicts=True)
    return [row for row in changed.values() if row.signal_due]


def _rows(database: str, facts: Sequence[Fact]) -> dict[Coordinates, Outcome]:
    """The rows of these facts, locked. The query may find some more: offsets are looked for on any partition."""
    found = Outcome.objects.using(database).select_for_update().filter(
        event_topic__in={fact.event[0] for fact in facts},
        event_partition__in={fact.event[1] for fact in facts},
        event_offset__in={fact.event[2] for fact in facts},
    )  # fmt: skip
    return {(row.channel, row.event_topic, row.event_partition, row.event_offset): row for row in found}


def _new(fact: Fact) -> Outcome:
    topic, partition, offset = fact.event
    return Outcome(
        channel=fact.channel,
        event_topic=topic,
        event_partition=partition,
        event_offset=offset,
        key=fact.key,
        at=fact.at,
    )


def apply(row: Outcome, fact: Fact) -> bool:
    """Adds a fact to a row and reports whether the row has changed. Sets signal_due where it tells something new."""
    before = _content(row)
    told = (row.state, row.reason, row.code, row.complained, row.unconfirmed)
    row.complained = row.complained or fact.outcome == "complained"
    row.unconfirmed = row.unconfirmed or fact.outcome == "unconfirmed"
    row.provider_message_id = fact.provider_message_id or row.provider_message_id
    row.dead_letter_id = fact.dead_letter_id or row.dead_letter_id
    if row.rank == 0 and fact.rank == 0:
        # Nothing else is known of the event yet.
        row.key, row.revision, row.status = fact.key, fact.revision, fact.status
        row.at = max(row.at, fact.at)
    elif fact.rank and (fact.rank, fact.at, fact.reason, fact.code) > (row.rank, row.at, row.reason, row.code):
        row.rank, row.at, row.state, row.reason, row.code = fact.rank, fact.at, fact.outcome, fact.reason, fact.code
        row.key, row.revision, row.status = fact.key, fact.revision, fact.status
    if told != (row.state, row.reason, row.code, row.complained, row.unconfirmed):
        row.signal_due = True
    return row.pk is None or before != _content(row)


def _content(row: Outcome) -> list[object]:
    return [getattr(row, name) for name in _CHANGING]


def tell(database: str, rows: list[Outcome]) -> None:
    """Sends outcome_received for rows, notes that, and takes them off the list.

    What is not noted when the process dies is told again.
    """
    while rows:
        row = rows[0]
        outcome_received.send_robust(sender=Outcome, outcome=row, using=database)
        # Not if somebody has raised it since: that is told by whoever did.
        Outcome.objects.using(database).filter(
            pk=row.pk, rank=row.rank, reason=row.reason, complained=row.complained, unconfirmed=row.unconfirmed
        ).update(signal_due=False)
        rows.pop(0)


def untold(database: str) -> list[Outcome]:
    """What a process that died did not tell any more."""
    return list(Outcome.objects.using(database).filter(signal_due=True).order_by("id"))
