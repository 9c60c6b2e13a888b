"""The loop that reads the outcomes' topic."""

import logging
import random
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from confluent_kafka import KafkaException, TopicPartition
from django.db import InterfaceError, OperationalError, connections

from appointment_notifications.conf import Config
from appointment_notifications.kafka import consumer_config
from appointment_notifications.models import Outcome, OutcomeFault
from appointment_notifications.outcomes.fact import Fact, Unreadable, parse
from appointment_notifications.outcomes.store import store, tell, untold
from appointment_notifications.tally import Tally

log = logging.getLogger(__name__)

FIRST_PAUSE, LONGEST_PAUSE = 1.0, 60.0


class ConsumerBroken(Exception):
    """The consumer can only be replaced, with its process."""


@dataclass
class OutcomeConsumer:
    """Stores outcomes until it is told to stop. Offsets are committed after the database: at least once."""

    settings: Config
    database: str
    make_consumer: Callable[[dict[str, Any]], Any]
    stop: threading.Event = field(default_factory=threading.Event)
    tally: Tally = field(default_factory=Tally)
    problem: str | None = None
    alive: float = field(default_factory=time.monotonic)

    def __post_init__(self) -> None:
        """Joins the group with the first poll."""
        self._consumer = self.make_consumer(consumer_config(self.settings))
        self._in_doubt = False

    def run(self, until_idle: bool = False) -> None:
        """Reads until `stop` is set, or until all is read where that is asked for. Raises ConsumerBroken."""
        self._consumer.subscribe([self.settings.OUTCOMES_TOPIC])
        try:
            self._persist(self._tell_the_untold)
            while not self.stop.is_set():
                self.alive = time.monotonic()
                messages = self._consumer.consume(self.settings.BATCH, timeout=0.5)
                # Before they are stored: that may take for as long as the database is away, and they are behind then.
                self._measure(sum(message.error() is None for message in messages))
                if messages:
                    self._take(messages)
                elif until_idle and self._caught_up():
                    return
        finally:
            self._consumer.close()
            connections[self.database].close()

    def _take(self, messages: Sequence[Any]) -> None:
        facts: list[Fact] = []
        faults: list[OutcomeFault] = []
        read: dict[tuple[str, int], int] = {}
        for message in messages:
            if (error := message.error()) is not None:
                self._complain(error)
                continue
            at = (message.topic(), message.partition(), message.offset())
            read[at[0], at[1]] = at[2] + 1
            try:
                facts.append(parse(message.key(), message.value()))
            except Unreadable as fault:
                log.error("outcome passed over: %s[%d]@%d: %s", *at, fault)
                faults.append(OutcomeFault(topic=at[0], partition=at[1], offset=at[2], reason=str(fault)[:256]))
        if not read:
            return
        changed: list[Outcome] = []
        stored = self._persist(lambda: changed.extend(store(self.database, facts, faults)))
        # Told before the offset moves: whoever reads these again would find nothing new in them.
        if stored and self._persist(lambda: self._tell(changed)):
            self._commit(read)
            self._count(facts, faults)

    def _tell(self, changed: list[Outcome]) -> None:
        if self._in_doubt:
            # A commit that was answered by an error may have stored these, and the second try found nothing new.
            self._tell_the_untold()
        else:
            tell(self.database, changed)

    def _tell_the_untold(self) -> None:
        tell(self.database, untold(self.database))
        self._in_doubt = False

    def _persist(self, work: Callable[[], None]) -> bool:
        """Repeats work until the database takes it; False when told to stop before."""
        pause = FIRST_PAUSE
        while not self.stop.is_set():
            try:
                work()
            except (OperationalError, InterfaceError) as error:
                self._in_doubt = True
                self.problem = f"the database is away: {type(error).__name__}"
                log.error("outcomes wait: %s", self.problem)
                connections[self.database].close()
                self.stop.wait(pause * random.uniform(0.5, 1))  # noqa: S311 # Jitter is no secret.
                pause = min(pause * 2, LONGEST_PAUSE)
                self.alive = time.monotonic()
            else:
                self.problem = None
                return True
        return False

    def _commit(self, read: dict[tuple[str, int], int]) -> None:
        offsets = [TopicPartition(topic, partition, offset) for (topic, partition), offset in read.items()]
        try:
            self._consumer.commit(offsets=offsets, asynchronous=False)
        except KafkaException as error:
            # Somebody else owns them now, or Kafka is away: they are read again, and say nothing new then.
            log.warning("offsets not committed: %s", error.args[0].name())

    def _complain(self, error: Any) -> None:
        if error.fatal():
            raise ConsumerBroken(error.name())
        problem = f"Kafka: {error.name()}"
        if problem != self.problem:
            log.error("outcomes cannot be read: %s", problem)
        self.problem = problem
        self.tally.add("failed", error.name())

    def _count(self, facts: list[Fact], faults: list[OutcomeFault]) -> None:
        for fact in facts:
            self.tally.add("outcomes", fact.outcome)
        if faults:
            self.tally.add("outcomes", "unreadable", len(faults))
        self._measure(0)

    def _measure(self, in_hand: int) -> None:
        """Shows how many records of our partitions are not stored yet, as far as the broker's last answer tells."""
        lag = in_hand
        for at in self._consumer.position(self._consumer.assignment()):
            _, end = self._consumer.get_watermark_offsets(at, cached=True)
            if at.offset >= 0 and end >= 0:
                lag += max(0, end - at.offset)
        self.tally.set("outcome_lag", lag)

    def _caught_up(self) -> bool:
        """Whether there is an assignment and nothing more in it.

        By what is committed: there is no position before the first record of a partition, and none may come.
        """
        parts = self._consumer.assignment()
        for at in self._consumer.committed(parts, timeout=10):
            low, end = self._consumer.get_watermark_offsets(at, timeout=10)
            if end > max(at.offset, low):
                return False
        return bool(parts)
