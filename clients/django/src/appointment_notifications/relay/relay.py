"""The relay's loop."""

import logging
import random
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from django.db import InterfaceError, OperationalError, connections
from django.utils import timezone

from appointment_notifications.conf import Config
from appointment_notifications.errors import LeaseLost
from appointment_notifications.kafka import producer_config
from appointment_notifications.models import OutboxEvent
from appointment_notifications.relay.lease import Lease
from appointment_notifications.relay.outbox import Outbox
from appointment_notifications.relay.report import Report, Verdict
from appointment_notifications.relay.sender import Sender, Stuck
from appointment_notifications.tally import Tally

log = logging.getLogger(__name__)

# Pauses while Kafka or the database is away, in seconds.
FIRST_PAUSE, LONGEST_PAUSE = 1.0, 60.0
CLEAN_EVERY = 60.0


class ProducerBroken(Exception):
    """The producer can only be replaced, with its process."""


@dataclass
class Relay:
    """Publishes one shard until it is told to stop."""

    settings: Config
    database: str
    make_producer: Callable[[dict[str, Any]], Any]
    part: int = 0
    parts: int = 1
    stop: threading.Event = field(default_factory=threading.Event)
    tally: Tally = field(default_factory=Tally)
    # What keeps it from publishing; None while all is well. For health checks.
    problem: str | None = None
    # When the loop last came round, in seconds of the monotonic clock.
    alive: float = field(default_factory=time.monotonic)

    def __post_init__(self) -> None:
        """Makes what the loop works with."""
        self.lease = Lease(self.database, f"{self.part}/{self.parts}", self.settings.LEASE)
        self._outbox = Outbox(self.database, self.part, self.parts)
        self._sender = Sender(self.make_producer, producer_config(self.settings))
        self._pause = 0.0
        self._cleaned = time.monotonic()
        # What surely comes begins at 0, so that rates over it are right from the first one.
        for name, reason in (("published", ""), ("failed", "too_old")):
            self.tally.add(name, reason, 0)

    def run(self) -> None:
        """Publishes until `stop` is set, then gives the lease back. Raises ProducerBroken."""
        try:
            while not self.stop.is_set():
                worked = self._survive(self.round)
                if self._pause:
                    self.stop.wait(self._pause * random.uniform(0.5, 1))  # noqa: S311 # Jitter is no secret.
                elif not worked:
                    self.stop.wait(self.settings.POLL.total_seconds())
        finally:
            self._end()

    def run_once(self) -> bool:
        """Publishes what is due and returns; False where something kept it from that."""
        try:
            if not self.lease.hold():
                self.problem = "another relay holds the lease"
                return False
            while not self.stop.is_set() and self.round():
                if self._pause:
                    return False
            return True
        finally:
            self._end()

    def round(self) -> bool:
        """Publishes at most one event of each appointment; reports whether there was anything to do."""
        self.alive = time.monotonic()
        if not self.lease.hold():
            self.problem = None
            return False
        events = self._due()
        if not events:
            self._clean()
            self._relax()
            return False
        reports = self._sender.send(events, each_second=self._each_second, stopping=self.stop.is_set)
        self._outbox.settle(self.lease, events, reports)
        self._draw_conclusions(reports)
        return True

    def _due(self) -> list[OutboxEvent]:
        """The next events, less those that are too old to be published safely: they are parked."""
        oldest = timezone.now() - self.settings.MAX_AGE
        while True:
            events = self._outbox.heads(self.settings.BATCH)
            stale = [event for event in events if event.created_at < oldest]
            if not stale:
                return events
            self._outbox.park(self.lease, stale, "too old: the topic could delete it unread")
            self.tally.add("failed", "too_old", len(stale))
            self._each_second()

    def _each_second(self) -> None:
        self.alive = time.monotonic()
        self.lease.check()

    def _draw_conclusions(self, reports: dict[int, Report]) -> None:
        for report in reports.values():
            if report.verdict is Verdict.PUBLISHED:
                self.tally.add("published", "")
            else:
                self.tally.add("failed", report.reason)
        worst = {report.verdict: report.reason for report in reports.values()}
        if Verdict.FATAL in worst:
            raise ProducerBroken(worst[Verdict.FATAL])
        if Verdict.REFUSED in worst:
            self._wait(f"Kafka refuses: {worst[Verdict.REFUSED]}")
        elif Verdict.WAIT in worst:
            self._wait(f"Kafka is away: {worst[Verdict.WAIT]}")
        else:
            self._relax()

    def _survive(self, work: Callable[[], bool]) -> bool:
        """Runs a round; an outage of the database and a lost lease end the round only."""
        try:
            return work()
        except LeaseLost:
            log.warning("another relay has taken over: what it finds unmarked is published again")
        except (OperationalError, InterfaceError) as error:
            self._wait(f"the database is away: {type(error).__name__}")
            connections[self.database].close()
        except Stuck:
            raise ProducerBroken("records without an answer") from None
        return False

    def _wait(self, problem: str) -> None:
        self._pause = min(max(self._pause * 2, FIRST_PAUSE), LONGEST_PAUSE)
        if problem != self.problem:
            log.error("publishing waits: %s", problem)
        self.problem = problem

    def _relax(self) -> None:
        if self.problem:
            log.info("publishing goes on")
        self._pause, self.problem = 0.0, None

    def _clean(self) -> None:
        """Deletes old rows while there is nothing better to do."""
        if time.monotonic() - self._cleaned < CLEAN_EVERY:
            return
        now, keep = timezone.now(), self.settings.KEEP_OUTCOMES
        deleted = self._outbox.clean(now - self.settings.KEEP_PUBLISHED, now - keep if keep else None)
        # As long as there is more, the next idle round goes on.
        if not deleted:
            self._cleaned = time.monotonic()

    def _end(self) -> None:
        self._sender.close(1)
        try:
            self.lease.release()
        except (OperationalError, InterfaceError):
            log.warning("the lease could not be given back; it ends by itself")
        finally:
            connections[self.database].close()
