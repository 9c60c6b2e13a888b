"""A producer that behaves as librdkafka's: answers come in later calls, in order, and its queue is bounded."""

from collections import deque
from collections.abc import Callable
from typing import Any

from confluent_kafka import KafkaError, KafkaException


class FakeMessage:
    def __init__(self, partition: int, offset: int) -> None:
        self._at = (partition, offset)

    def partition(self) -> int:
        return self._at[0]

    def offset(self) -> int:
        return self._at[1]


class FakeProducer:
    """`faults` maps a key to the errors of its next records; None in it stands for success."""

    def __init__(self, config: dict[str, Any]) -> None:
        self.config = config
        self.topic: list[tuple[str, str, int, list[tuple[str, bytes]]]] = []
        self.faults: dict[str, list[KafkaError | None]] = {}
        self.default: KafkaError | None = None
        self.capacity = 100_000
        # Records that never get an answer.
        self.deaf = False
        self.before_answer: Callable[[], None] = lambda: None
        self._queue: deque[tuple[dict[str, Any], Callable[..., None]]] = deque()

    def produce(self, topic: str, **record: Any) -> None:
        if len(self._queue) >= self.capacity:
            raise BufferError
        if len(record["value"]) > self.config["message.max.bytes"]:
            raise KafkaException(KafkaError(KafkaError.MSG_SIZE_TOO_LARGE))
        self._queue.append((record, record.pop("on_delivery")))

    def poll(self, timeout: float) -> int:
        return self._answer() if timeout else 0

    def flush(self, timeout: float) -> int:
        if self.deaf:
            self.before_answer()
        else:
            self._answer()
        return len(self._queue)

    def purge(self) -> None:
        while self._queue:
            self._queue.popleft()[1](KafkaError(KafkaError._PURGE_QUEUE), None)

    def __len__(self) -> int:
        return len(self._queue)

    def _answer(self) -> int:
        count = len(self._queue)
        while self._queue:
            record, told = self._queue.popleft()
            key = record["key"].decode()
            planned = self.faults.get(key)
            error = planned.pop(0) if planned else self.default
            if error is None:
                self.topic.append((key, record["value"].decode(), record["timestamp"], record["headers"]))
                told(None, FakeMessage(0, len(self.topic) - 1))
            else:
                told(error, None)
        if count:
            self.before_answer()
        return count
