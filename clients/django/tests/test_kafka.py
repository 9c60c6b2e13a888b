"""The relay on a real Kafka."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from confluent_kafka import Producer
from django.core.management import call_command
from django.core.management.base import CommandError
from django.db import connection, transaction

from appointment_notifications.conf import config
from appointment_notifications.errors import LeaseLost
from appointment_notifications.models import OutboxEvent, RelayLease
from appointment_notifications.publishing import publish_appointments
from appointment_notifications.relay.relay import Relay
from tests.kafka import Topic, murmur2, partition_of, topic

__all__ = ["topic"]
pytestmark = [pytest.mark.kafka, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def own(topic: Topic, configure: Any) -> Topic:
    """The topic that the package publishes to in this test."""
    configure(TOPIC=topic.name)
    return topic


def publish(make: Any, appointments: int) -> None:
    made = [make() for _ in range(appointments)]
    with transaction.atomic():
        publish_appointments(made)


@pytest.mark.parametrize(
    ("key", "hash_"),
    # From Kafka's own UtilsTest.
    [(b"21", -973932308), (b"foobar", -790332482), (b"a-little-bit-long-string", -985981536),
     (b"a-little-bit-longer-string", -1486304829), (b"lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8", -58897971),
     (b"abc", 479470107)],
)  # fmt: skip
def test_the_tests_own_hash_is_javas(key: bytes, hash_: int) -> None:
    assert murmur2(key) == hash_ & 0xFFFFFFFF


def test_records_are_where_java_puts_them_with_the_rows_age(make: Any, own: Topic) -> None:
    own.create()
    publish(make, 40)
    call_command("relay_notifications", once=True)
    events = {event.key: event for event in OutboxEvent.objects.all()}
    messages = own.read()
    assert len(messages) == len(events) == 40
    for message in messages:
        key = message.key() or b""
        event = events[key.decode()]
        assert message.partition() == event.partition == partition_of(key, own.partitions)
        assert message.offset() == event.offset
        assert message.timestamp()[1] == int(event.created_at.timestamp() * 1000)
        assert json.loads(message.value() or b"")["appointment_id"] == event.key
    assert len({message.partition() for message in messages}) > 1


def test_a_topic_that_is_missing_is_waited_for(make: Any, own: Topic, configure: Any) -> None:
    publish(make, 3)
    relay = Relay(config(), "default", Producer)
    # librdkafka takes a new topic's name for a typing mistake only after half a minute.
    relay._sender._producer = Producer({**relay_config(), "topic.metadata.propagation.max.ms": 1000})
    relay.round()
    assert (relay.problem or "").startswith("Kafka refuses: UNKNOWN_TOPIC")
    assert set(OutboxEvent.objects.values_list("state", "attempts")) == {("pending", 0)}
    own.create()
    while OutboxEvent.objects.filter(state="pending").exists():
        relay.round()
    assert relay.problem is None
    assert len(own.read()) == 3


def relay_config() -> dict[str, Any]:
    from appointment_notifications.kafka import producer_config

    return producer_config(config())


def test_what_the_broker_finds_too_large_is_parked(make: Any, own: Topic) -> None:
    own.create(**{"max.message.bytes": "400"})
    publish(make, 2)
    large = OutboxEvent.objects.latest("id")
    OutboxEvent.objects.filter(pk=large.pk).update(value=json.dumps({"x": "x" * 1000}))
    call_command("relay_notifications", once=True)
    assert list(OutboxEvent.objects.order_by("id").values_list("state", "last_error")) == [
        ("published", ""),
        ("parked", "MSG_SIZE_TOO_LARGE"),
    ]


def test_no_broker_at_all_ends_with_an_error(make: Any, own: Topic, configure: Any) -> None:
    configure(KAFKA={"bootstrap.servers": "127.0.0.1:1"}, DELIVERY_TIMEOUT=config().DELIVERY_TIMEOUT / 20)
    publish(make, 1)
    with pytest.raises(CommandError, match="Kafka is away"):
        call_command("relay_notifications", once=True)
    assert OutboxEvent.objects.get().state == "pending"


def test_what_was_acknowledged_but_not_marked_is_published_again(
    make: Any, own: Topic, monkeypatch: pytest.MonkeyPatch
) -> None:
    own.create()
    publish(make, 5)
    dying = Relay(config(), "default", Producer)

    def die(*args: Any) -> None:
        raise LeaseLost

    with monkeypatch.context() as patched:
        patched.setattr(dying._outbox, "settle", die)
        with pytest.raises(LeaseLost):
            dying.round()
    dying.lease.release()
    call_command("relay_notifications", once=True)
    assert sorted(message.key() or b"" for message in own.read()) == sorted(
        event.key.encode() for event in OutboxEvent.objects.all() for _ in range(2)
    )


def start(own: Topic, *args: str) -> subprocess.Popen[str]:
    """A relay as a process of its own, on the tests' database."""
    name = connection.settings_dict["NAME"]
    return subprocess.Popen(
        [sys.executable, str(Path(__file__).with_name("manage.py")), "relay_notifications", *args],
        env={
            **os.environ,
            "KAFKA_TOPIC_APPOINTMENTS_CREATED": own.name,
            "TEST_DATABASE_NAME": str(name),
            "LEASE_SECONDS": "3",
        },
        stderr=subprocess.PIPE,
        text=True,
    )


def wait_for_published(count: int, process: subprocess.Popen[str]) -> None:
    while OutboxEvent.objects.filter(state="published").count() < count:
        assert process.poll() is None, process.communicate()[1]


def test_sigterm_ends_it_with_everything_marked_and_the_lease_given_back(make: Any, own: Topic) -> None:
    own.create()
    publish(make, 20)
    process = start(own)
    wait_for_published(1, process)
    publish(make, 20)
    process.send_signal(signal.SIGTERM)
    assert process.wait(20) == 0
    assert RelayLease.objects.get().owner == ""
    published = OutboxEvent.objects.filter(state="published")
    assert {(m.partition(), m.offset()) for m in own.read()} == set(published.values_list("partition", "offset"))


def test_after_kill_minus_nine_a_standby_takes_over(make: Any, own: Topic) -> None:
    own.create()
    first = start(own)
    publish(make, 5)
    wait_for_published(5, first)
    second = start(own)
    try:
        first.kill()
        publish(make, 5)
        wait_for_published(10, second)
    finally:
        for process in (first, second):
            process.kill()
            process.wait()
    assert RelayLease.objects.get().fence == 2
    assert len(own.read()) >= 10
