"""The relay's view of the outbox. No transaction here spans a call to Kafka."""

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Exists, F, OuterRef, Q, QuerySet
from django.db.models.functions import Mod
from django.utils import timezone

from appointment_notifications.models import OutboxEvent, Outcome
from appointment_notifications.relay.lease import Lease
from appointment_notifications.relay.report import Report, Verdict

State = OutboxEvent.State

# A record that fails for a reason of its own is tried this often, over about 20 minutes.
MAX_ATTEMPTS = 10
LONGEST_PAUSE = timedelta(minutes=5)
# Rows that one statement of the clean-up deletes.
CHUNK = 1000


class Outbox:
    """The outbox's pending events of one shard, `part` of `parts`."""

    def __init__(self, database: str, part: int = 0, parts: int = 1) -> None:
        self._database = database
        self._part, self._parts = part, parts
        self._events = OutboxEvent.objects.using(database)

    def heads(self, limit: int) -> list[OutboxEvent]:
        """The due events with no earlier pending one of their appointment, oldest first.

        Later ones wait for the next round, also while the first one is not due: so no failure lets revision 3
        overtake revision 2.

        Only a pause after a failure is waited for. The other hosts' clocks may be ahead of ours, and one may have been
        put back: what no pause can reach was written by such a clock.
        """
        now = timezone.now()
        over = Q(attempts=0) | Q(next_attempt_at__lte=now) | Q(next_attempt_at__gt=now + LONGEST_PAUSE)
        earlier = self._events.filter(state=State.PENDING, key=OuterRef("key"), id__lt=OuterRef("id"))
        due = self._events.filter(over, ~Exists(earlier), state=State.PENDING)
        if self._parts > 1:
            due = due.alias(part=Mod(F("slot"), self._parts)).filter(part=self._part)
        return list(due.order_by("id")[:limit])

    def settle(self, lease: Lease, events: Iterable[OutboxEvent], reports: Mapping[int, Report]) -> None:
        """Records Kafka's answers; raises LeaseLost, and marks nothing, if another relay has taken over."""
        by_verdict: dict[Verdict, list[OutboxEvent]] = {}
        for event in events:
            if event.pk in reports:
                by_verdict.setdefault(reports[event.pk].verdict, []).append(event)
        with transaction.atomic(using=self._database):
            lease.guard()
            self._publish(by_verdict.get(Verdict.PUBLISHED, []), reports)
            for event in by_verdict.get(Verdict.PARK, []):
                self._park(event, reports[event.pk].reason)
            for event in by_verdict.get(Verdict.LATER, []):
                self._later(event, reports[event.pk].reason)

    def park(self, lease: Lease, events: Iterable[OutboxEvent], reason: str) -> None:
        """Takes events out of the relay's way until a person decides."""
        with transaction.atomic(using=self._database):
            lease.guard()
            for event in events:
                self._park(event, reason)

    def clean(self, published_before: datetime, outcomes_before: datetime | None) -> int:
        """Deletes a chunk of what is old enough and returns how many rows."""
        done = self._events.filter(
            state__in=[State.PUBLISHED, State.DISCARDED], created_at__lt=published_before
        ).order_by("created_at")
        deleted = self._events.filter(pk__in=list(done.values_list("pk", flat=True)[:CHUNK])).delete()[0]
        if outcomes_before is not None:
            outcomes = Outcome.objects.using(self._database)
            old = outcomes.filter(at__lt=outcomes_before).order_by("id")
            deleted += outcomes.filter(pk__in=list(old.values_list("pk", flat=True)[:CHUNK])).delete()[0]
        return deleted

    def _publish(self, events: list[OutboxEvent], reports: Mapping[int, Report]) -> None:
        for event in events:
            event.partition, event.offset = reports[event.pk].partition, reports[event.pk].offset
        self._events.bulk_update(events, ["partition", "offset"], batch_size=200)
        # The content has arrived where it is needed; here it would only be personal data.
        self._events.filter(pk__in=[event.pk for event in events]).update(
            state=State.PUBLISHED, published_at=timezone.now(), value="", last_error=""
        )

    def _park(self, event: OutboxEvent, reason: str) -> None:
        self._pending(event).update(state=State.PARKED, attempts=F("attempts") + 1, last_error=reason[:256])

    def _later(self, event: OutboxEvent, reason: str) -> None:
        if event.attempts + 1 >= MAX_ATTEMPTS:
            self._park(event, reason)
            return
        pause = min(timedelta(seconds=2 ** (event.attempts + 1)), LONGEST_PAUSE)
        self._pending(event).update(
            attempts=F("attempts") + 1, last_error=reason[:256], next_attempt_at=timezone.now() + pause
        )

    def _pending(self, event: OutboxEvent) -> QuerySet[OutboxEvent]:
        """The row, unless a person has discarded it meanwhile."""
        return self._events.filter(pk=event.pk, state=State.PENDING)
