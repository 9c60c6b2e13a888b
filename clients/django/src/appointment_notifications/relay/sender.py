"""Hands events to Kafka and collects its answers."""

import time
from collections.abc import Callable, Iterable, Mapping
from typing import Any, Protocol

from confluent_kafka import KafkaError, KafkaException, Message

from appointment_notifications.models import OutboxEvent
from appointment_notifications.relay.report import Report, Verdict, judge, refused


class Producer(Protocol):
    """What is used of confluent_kafka.Producer."""

    def produce(self, topic: str, **kwargs: Any) -> None:
        """Queues a record."""

    def poll(self, timeout: float) -> int:
        """Serves callbacks."""

    def flush(self, timeout: float) -> int:
        """Waits for the queue and returns how many records are left."""

    def purge(self) -> None:
        """Drops the queue; each record's callback is called with an error."""

    def __len__(self) -> int:
        """The records without an answer."""


class Stuck(Exception):
    """The producer kept records beyond its own timeout."""


class Sender:
    """Sends one batch at a time. Not for concurrent use."""

    def __init__(self, make: Callable[[dict[str, Any]], Any], settings: Mapping[str, Any]) -> None:
        self._producer: Producer = make({**settings, "error_cb": self._on_error})
        # After its own timeout the producer answers for every record; past this it is stuck.
        self._limit = settings["delivery.timeout.ms"] / 1000 + 10
        self._halted = False
        self._refused: str | None = None
        self._fatal: str | None = None

    def send(
        self, events: Iterable[OutboxEvent], *, each_second: Callable[[], None], stopping: Callable[[], bool]
    ) -> dict[int, Report]:
        """Publishes the events and returns Kafka's answer for each that was tried, by its id.

        `each_second` is called while waiting; what it raises ends the batch. Raises Stuck.
        """
        reports: dict[int, Report] = {}
        self._refused = None
        self._halted = False
        try:
            for event in events:
                if stopping() or self._fatal or self._halted:
                    break
                self._produce(event, reports, each_second)
            self._drain(each_second, stopping)
        except BaseException:
            # Whoever publishes these next must not be overtaken by what still waits in here.
            self._producer.purge()
            self._producer.flush(1)
            raise
        if self._fatal:
            return {**reports, 0: Report(Verdict.FATAL, self._fatal)}
        if self._refused:
            return {n: self._explained(report) for n, report in reports.items()}
        return reports

    def close(self, timeout: float) -> None:
        """Waits for what is under way."""
        self._producer.flush(timeout)

    def _produce(self, event: OutboxEvent, reports: dict[int, Report], each_second: Callable[[], None]) -> None:
        def told(error: KafkaError | None, message: Message) -> None:
            if error is not None:
                reports[event.pk] = self._judged(error)
            else:
                reports[event.pk] = Report(Verdict.PUBLISHED, partition=message.partition(), offset=message.offset())

        while True:
            try:
                self._producer.produce(
                    event.topic,
                    key=event.key.encode(),
                    value=event.value.encode(),
                    headers=[(name, text.encode()) for name, text in sorted(event.headers.items())],
                    # The row's age: the workers judge by it, and a fresh stamp on an old event would hide it.
                    timestamp=int(event.created_at.timestamp() * 1000),
                    on_delivery=told,
                )
            except BufferError:
                self._producer.poll(1)
                each_second()
            except KafkaException as error:
                reports[event.pk] = self._judged(error.args[0])
                return
            else:
                self._producer.poll(0)
                return

    def _drain(self, each_second: Callable[[], None], stopping: Callable[[], bool]) -> None:
        begin = time.monotonic()
        while self._producer.flush(1):
            each_second()
            waited = time.monotonic() - begin
            if stopping() and waited > 10:
                self._producer.purge()
                self._producer.flush(1)
                return
            if waited > self._limit:
                raise Stuck

    def _judged(self, error: KafkaError) -> Report:
        """Decides on one record; one that a person has to see to ends the batch."""
        report = judge(error)
        self._halted = self._halted or report.verdict is Verdict.REFUSED
        return report

    def _on_error(self, error: KafkaError) -> None:
        """What librdkafka tells besides: a wrong password shows here only, its records merely time out."""
        if error.fatal():
            self._fatal = error.name()
        elif refused(error):
            self._refused = error.name()

    def _explained(self, report: Report) -> Report:
        return Report(Verdict.REFUSED, self._refused or "") if report.verdict is Verdict.WAIT else report
