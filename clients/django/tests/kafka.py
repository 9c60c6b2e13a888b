"""The broker of the tests, and what is read back from it."""

import uuid
from dataclasses import dataclass

import pytest
from confluent_kafka import Consumer, Message, TopicPartition
from confluent_kafka.admin import AdminClient, NewTopic

from tests import settings

BOOTSTRAP = settings.APPOINTMENT_NOTIFICATIONS["KAFKA"]["bootstrap.servers"]


@dataclass
class Topic:
    """A topic of one test."""

    name: str
    partitions: int = 6

    def create(self, **config: str) -> "Topic":
        admin = AdminClient({"bootstrap.servers": BOOTSTRAP})
        made = admin.create_topics([NewTopic(self.name, self.partitions, 1, config=config)])
        made[self.name].result(30)
        return self

    def read(self) -> list[Message]:
        """All that is in it."""
        consumer = Consumer({"bootstrap.servers": BOOTSTRAP, "group.id": "reader", "enable.auto.commit": False})
        try:
            left = {}
            for number in range(self.partitions):
                _, end = consumer.get_watermark_offsets(TopicPartition(self.name, number), timeout=30)
                if end:
                    left[number] = end
            consumer.assign([TopicPartition(self.name, number, 0) for number in left])
            found = []
            while left:
                message = consumer.poll(30)
                assert message is not None
                assert not message.error(), message.error()
                found.append(message)
                if (message.offset() or 0) + 1 >= left[message.partition() or 0]:
                    del left[message.partition() or 0]
            return found
        finally:
            consumer.close()


@pytest.fixture
def topic() -> Topic:
    """A name for a topic, which the test creates."""
    return Topic(f"appointments.{uuid.uuid4().hex[:8]}")


def murmur2(key: bytes) -> int:
    """Kafka's hash of a key, as org.apache.kafka.common.utils.Utils computes it."""
    mask, m = 0xFFFFFFFF, 0x5BD1E995
    h = (0x9747B28C ^ len(key)) & mask
    whole = len(key) // 4 * 4
    for start in range(0, whole, 4):
        k = int.from_bytes(key[start : start + 4], "little") * m & mask
        k = (k ^ k >> 24) * m & mask
        h = (h * m & mask) ^ k
    if tail := key[whole:]:
        h = (h ^ int.from_bytes(tail, "little")) * m & mask
    h = (h ^ h >> 13) * m & mask
    return h ^ h >> 15


def partition_of(key: bytes, partitions: int) -> int:
    """Where Java puts a key."""
    return (murmur2(key) & 0x7FFFFFFF) % partitions
