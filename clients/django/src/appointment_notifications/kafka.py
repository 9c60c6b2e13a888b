"""How the package talks to Kafka, and what a project may not change about it."""

import logging
from typing import Any

from appointment_notifications.conf import Config

# What the promises rest on, with the reason.
FORBIDDEN = {
    "partitioner": "The workers expect Java's murmur2; another one breaks order and duplicate detection.",
    "acks": "All in-sync replicas must acknowledge, or an acknowledged event can be lost.",
    "request.required.acks": "All in-sync replicas must acknowledge, or an acknowledged event can be lost.",
    "enable.idempotence": "It stays on: retries must not change the order.",
    "enable.auto.commit": "Offsets are committed after the database.",
    "enable.auto.offset.store": "Offsets are committed after the database.",
    "isolation.level": "Only committed records are read.",
    "group.id": "Set OUTCOMES_GROUP.",
    "delivery.timeout.ms": "Set DELIVERY_TIMEOUT.",
    "message.timeout.ms": "Set DELIVERY_TIMEOUT.",
}


def producer_config(settings: Config) -> dict[str, Any]:
    """The relay's producer."""
    return {
        "client.id": "appointment-notifications",
        # librdkafka would write to stderr by itself.
        "logger": logging.getLogger("appointment_notifications.librdkafka"),
        "linger.ms": 5,
        "queue.buffering.max.messages": 10_000,
        # The contract's 256 KiB and what surrounds them; the broker has the last word.
        "message.max.bytes": 1_000_000,
        **settings.KAFKA,
        "enable.idempotence": True,
        "acks": "all",
        # Java's partitioner. librdkafka's own is a CRC32 and puts the same key elsewhere.
        "partitioner": "murmur2_random",
        "delivery.timeout.ms": int(settings.DELIVERY_TIMEOUT.total_seconds() * 1000),
    }


def consumer_config(settings: Config) -> dict[str, Any]:
    """The reader of the outcomes."""
    return {
        "client.id": "appointment-notifications",
        # librdkafka would write to stderr by itself.
        "logger": logging.getLogger("appointment_notifications.librdkafka"),
        "auto.offset.reset": "earliest",
        **settings.KAFKA,
        "group.id": settings.OUTCOMES_GROUP,
        "enable.auto.commit": False,
        "enable.auto.offset.store": False,
        "isolation.level": "read_committed",
    }
