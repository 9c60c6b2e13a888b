"""The relay against a producer that is told what to do: which row ends where, and in which order."""

import json
import time
from datetime import timedelta
from typing import Any

import pytest
from confluent_kafka import KafkaError
from django.db import OperationalError, connection, transaction
from django.db.models import F
from django.db.models.functions import Now
from django.utils import timezone

from appointment_notifications.conf import config
from appointment_notifications.errors import LeaseLost
from appointment_notifications.models import OutboxEvent, RelayLease
from appointment_notifications.publishing import publish_appointment, publish_appointments
from appointment_notifications.relay.lease import Lease
from appointment_notifications.relay.outbox import CHUNK, Outbox
from appointment_notifications.relay.relay import ProducerBroken, Relay
from tests.clinic.models import Appointment
from tests.fakes import FakeProducer

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def relay() -> Relay:
    return Relay(config(), "default", FakeProducer)


def producer(relay: Relay) -> FakeProducer:
    found = relay._sender._producer
    assert isinstance(found, FakeProducer)
    return found


def publish(make: Any, appointments: int = 1, changes: int = 1) -> list[Appointment]:
    made = [make() for _ in range(appointments)]
    for _ in range(changes):
        with transaction.atomic():
            publish_appointments(made)
    return made


def states() -> list[str]:
    return list(OutboxEvent.objects.order_by("id").values_list("state", flat=True))


def sent(relay: Relay) -> list[tuple[str, int]]:
    return [(key, json.loads(value)["revision"]) for key, value, *_ in producer(relay).topic]


def test_everything_is_published_in_order_and_emptied(make: Any, relay: Relay) -> None:
    [one, other] = publish(make, appointments=2, changes=3)
    assert relay.run_once()
    for appointment in (one, other):
        assert [r for key, r in sent(relay) if key == str(appointment.pk)] == [1, 2, 3]
    event = OutboxEvent.objects.earliest("id")
    assert (event.state, event.value, event.partition, event.offset) == ("published", "", 0, 0)
    assert event.published_at is not None
    assert len(event.value_sha256) == 64
    assert relay.tally.read("published") == {"": 6}
    assert relay.tally.read("failed") == {"too_old": 0}, "what surely comes is shown before it comes"


def test_a_record_is_as_old_as_its_row_and_has_its_headers(make: Any, relay: Relay, configure: Any) -> None:
    configure(EVENT_BUILDER="tests.clinic.events.with_headers")
    publish(make)
    then = timezone.now() - timedelta(hours=30)
    OutboxEvent.objects.update(created_at=then)
    relay.run_once()
    [(_, _, timestamp, headers)] = producer(relay).topic
    assert timestamp == int(then.timestamp() * 1000)
    assert [name for name, _ in headers] == ["traceparent"]


@pytest.mark.parametrize("code", [KafkaError.MSG_SIZE_TOO_LARGE, KafkaError.INVALID_RECORD])
def test_a_record_that_kafka_never_takes_is_parked_and_blocks_nobody(make: Any, relay: Relay, code: int) -> None:
    [bad, good] = publish(make, appointments=2, changes=2)
    producer(relay).faults[str(bad.pk)] = [KafkaError(code), None]
    assert relay.run_once()
    assert sorted(sent(relay)) == sorted([(str(bad.pk), 2), (str(good.pk), 1), (str(good.pk), 2)])
    parked = OutboxEvent.objects.get(state="parked")
    assert (parked.key, parked.revision, parked.last_error) == (str(bad.pk), 1, KafkaError(code).name())
    assert parked.value != "", "a person may send it again"


def test_a_failed_revision_is_not_overtaken_by_the_next(make: Any, relay: Relay) -> None:
    [bad, good] = publish(make, appointments=2, changes=2)
    producer(relay).faults[str(bad.pk)] = [KafkaError(KafkaError.INVALID_TIMESTAMP)]
    relay.run_once()
    assert sorted(sent(relay)) == [(str(good.pk), 1), (str(good.pk), 2)], "its own later revision waits too"
    OutboxEvent.objects.filter(state="pending").update(next_attempt_at=timezone.now())
    relay.run_once()
    assert [r for key, r in sent(relay) if key == str(bad.pk)] == [1, 2]


def test_one_that_fails_again_and_again_is_parked(make: Any, relay: Relay) -> None:
    publish(make)
    producer(relay).default = KafkaError(KafkaError.UNKNOWN)
    for _ in range(10):
        assert states() == ["pending"]
        OutboxEvent.objects.update(next_attempt_at=timezone.now())
        relay.run_once()
    assert states() == ["parked"]


@pytest.mark.parametrize(
    ("code", "word"),
    [
        (KafkaError._MSG_TIMED_OUT, "away"),
        (KafkaError.NOT_LEADER_FOR_PARTITION, "away"),
        (KafkaError.NOT_ENOUGH_REPLICAS, "away"),
        (KafkaError.TOPIC_AUTHORIZATION_FAILED, "refuses"),
        (KafkaError._UNKNOWN_TOPIC, "refuses"),
    ],
)
def test_an_outage_touches_no_row_and_pauses_the_relay(make: Any, relay: Relay, code: int, word: str) -> None:
    publish(make, appointments=3)
    producer(relay).default = KafkaError(code)
    pauses = []
    for _ in range(8):
        relay.round()
        pauses.append(relay._pause)
    assert pauses == [1, 2, 4, 8, 16, 32, 60, 60]
    assert word in (relay.problem or "")
    assert list(OutboxEvent.objects.values_list("state", "attempts").distinct()) == [("pending", 0)]
    producer(relay).default = None
    relay.round()
    assert (relay.problem, relay._pause, states()) == (None, 0, ["published"] * 3)


def test_a_wrong_password_is_told_by_the_client_only(make: Any, relay: Relay) -> None:
    publish(make)
    client = producer(relay)
    client.default = KafkaError(KafkaError._MSG_TIMED_OUT)
    client.before_answer = lambda: client.config["error_cb"](KafkaError(KafkaError._AUTHENTICATION))
    relay.round()
    assert relay.problem == "Kafka refuses: _AUTHENTICATION"


def test_after_a_fatal_error_the_process_ends(make: Any, relay: Relay) -> None:
    publish(make)
    client = producer(relay)
    client.default = KafkaError(KafkaError._FATAL)
    client.before_answer = lambda: client.config["error_cb"](KafkaError(KafkaError._FATAL, "test", True))
    with pytest.raises(ProducerBroken):
        relay.run()
    assert states() == ["pending"]
    assert RelayLease.objects.get().owner == "", "the next process need not wait for the lease"


def test_a_producer_without_an_answer_is_given_up(make: Any, relay: Relay) -> None:
    publish(make)
    producer(relay).deaf = True
    relay._sender._limit = 0
    with pytest.raises(ProducerBroken):
        relay.run()
    assert states() == ["pending"]


def test_a_full_queue_is_waited_for(make: Any, relay: Relay) -> None:
    publish(make, appointments=7)
    producer(relay).capacity = 2
    assert relay.run_once()
    assert states() == ["published"] * 7


def test_what_is_too_old_is_parked_and_the_rest_published(make: Any, relay: Relay) -> None:
    publish(make, appointments=2, changes=2)
    OutboxEvent.objects.filter(revision=1).update(created_at=timezone.now() - timedelta(days=5, seconds=1))
    relay.run_once()
    assert {r for _, r in sent(relay)} == {2}
    assert sorted(states()) == ["parked", "parked", "published", "published"]


@pytest.mark.parametrize(
    ("attempts", "ahead"), [(0, timedelta(minutes=3)), (0, timedelta(hours=1)), (1, timedelta(days=1))]
)
def test_what_a_clock_that_was_ahead_wrote_is_not_waited_for(
    attempts: int, ahead: timedelta, make: Any, relay: Relay
) -> None:
    publish(make)
    then = timezone.now() + ahead
    OutboxEvent.objects.update(attempts=attempts, created_at=then, next_attempt_at=then)
    relay.run_once()
    assert states() == ["published"]


def test_a_pause_is_kept(make: Any, relay: Relay) -> None:
    publish(make)
    OutboxEvent.objects.update(attempts=1, next_attempt_at=timezone.now() + timedelta(minutes=4))
    relay.run_once()
    assert states() == ["pending"]


def test_what_is_discarded_meanwhile_stays_so_unless_it_is_out(make: Any, relay: Relay) -> None:
    [out, refused] = publish(make, appointments=2)
    client = producer(relay)
    client.faults[str(refused.pk)] = [KafkaError(KafkaError.MSG_SIZE_TOO_LARGE)]
    client.before_answer = lambda: OutboxEvent.objects.update(state="discarded") and None
    relay.run_once()
    assert OutboxEvent.objects.get(key=str(out.pk)).state == "published"
    assert OutboxEvent.objects.get(key=str(refused.pk)).state == "discarded"


class TestTheLease:
    def test_one_holds_it_until_it_ends(self) -> None:
        first, second = (Lease("default", "0/1", timedelta(seconds=15)) for _ in range(2))
        assert first.hold()
        assert not second.hold()
        RelayLease.objects.update(expires_at=Now())
        assert second.hold()
        first._renewed = -1e9
        assert not first.hold()
        assert RelayLease.objects.get().fence == 2

    def test_it_is_renewed_before_it_ends(self) -> None:
        lease = Lease("default", "0/1", timedelta(seconds=15))
        lease.hold()
        RelayLease.objects.update(expires_at=F("expires_at") - timedelta(seconds=6))
        before = RelayLease.objects.get().expires_at
        lease._renewed = time.monotonic() - 5.01
        lease.hold()
        assert RelayLease.objects.get().expires_at > before
        assert RelayLease.objects.get().fence == 1

    def test_it_is_given_back(self) -> None:
        first, second = (Lease("default", "0/1", timedelta(seconds=15)) for _ in range(2))
        first.hold()
        second.release()
        assert not second.hold(), "only one's own is given back"
        first.release()
        assert second.hold()

    def test_who_lost_it_marks_nothing(self, make: Any, relay: Relay) -> None:
        publish(make)
        thief = Lease("default", "0/1", timedelta(seconds=15))

        def steal() -> None:
            RelayLease.objects.update(expires_at=Now())
            assert thief.hold()

        producer(relay).before_answer = steal
        with pytest.raises(LeaseLost):
            relay.round()
        assert states() == ["pending"], "the other one publishes it again, which the workers notice"
        assert not relay.lease.held

    def test_a_thief_in_the_middle_of_a_batch_ends_it(self, make: Any, relay: Relay) -> None:
        publish(make, appointments=3)
        client = producer(relay)
        client.deaf = True

        def steal() -> None:
            RelayLease.objects.update(owner="another", fence=F("fence") + 1)
            relay.lease._renewed = -1e9

        client.before_answer = steal
        with pytest.raises(LeaseLost):
            relay.round()
        assert len(client) == 0, "nothing waits in the producer, to come late"

    def test_a_standby_writes_nothing(self, relay: Relay, django_assert_num_queries: Any) -> None:
        Lease("default", "0/1", timedelta(seconds=15)).hold()
        with django_assert_num_queries(2):
            assert relay.round() is False
        assert relay.problem is None


def test_shards_share_the_work(make: Any) -> None:
    publish(make, appointments=30)
    relays = [Relay(config(), "default", FakeProducer, part, 3) for part in range(3)]
    for relay in relays:
        relay.round()
    shares = [{key for key, _ in sent(relay)} for relay in relays]
    assert sum(map(len, shares)) == 30
    assert all(shares)


def test_an_outage_of_the_database_ends_the_round_only(relay: Relay) -> None:
    def broken() -> bool:
        raise OperationalError

    assert relay._survive(broken) is False
    assert (relay._pause, relay.problem) == (1, "the database is away: OperationalError")


def test_an_idle_round_is_cheap(make: Any, relay: Relay, django_assert_num_queries: Any) -> None:
    relay.round()
    with django_assert_num_queries(1):
        relay.round()


def test_old_rows_are_deleted_in_chunks_while_idle(make: Any, relay: Relay) -> None:
    [appointment] = publish(make)
    relay.run_once()
    template = OutboxEvent.objects.get()
    old = timezone.now() - timedelta(days=31)
    rows = []
    for n in range(CHUNK + 10):
        row = (
            OutboxEvent.objects.get()
            if n == 0
            else OutboxEvent(**{f.attname: getattr(template, f.attname) for f in template._meta.fields})
        )
        row.pk, row.revision, row.created_at = None, n + 10, old
        rows.append(row)
    OutboxEvent.objects.bulk_create(rows)
    with transaction.atomic():
        publish_appointment(appointment)
    OutboxEvent.objects.filter(state="pending").update(
        created_at=old, attempts=1, next_attempt_at=timezone.now() + timedelta(minutes=4)
    )
    relay._cleaned = -1e9
    relay.round()
    assert OutboxEvent.objects.count() == 12, "a chunk is gone"
    relay.round()
    relay.round()
    assert sorted(states()) == ["pending", "published"], "what is not published is never deleted"


def test_a_round_reads_the_index_of_what_waits() -> None:
    pending = Outbox("default")._events.filter(state="pending").order_by("id")
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            # The planner would read a small table as a whole.
            cursor.execute("SET enable_seqscan = off; SET enable_sort = off; SET enable_bitmapscan = off")
        try:
            plan = pending.explain()
        finally:
            if connection.vendor == "postgresql":
                cursor.execute("RESET ALL")
    assert "appointment_event_waiting" in plan
