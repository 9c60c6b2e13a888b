"""What is kept of the outcomes, in whatever order and however often they come."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from confluent_kafka import Consumer, KafkaError, KafkaException, Producer
from django.db import OperationalError, connection
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from appointment_notifications.conf import config
from appointment_notifications.models import Outcome, OutcomeFault
from appointment_notifications.outcomes import consumer as consumer_module
from appointment_notifications.outcomes.consumer import ConsumerBroken, OutcomeConsumer
from appointment_notifications.outcomes.fact import Fact, Unreadable, parse
from appointment_notifications.outcomes.store import apply, store
from appointment_notifications.signals import outcome_received
from tests.kafka import BOOTSTRAP, Topic, topic

__all__ = ["topic"]
pytestmark = pytest.mark.django_db(transaction=True)

CORPUS = sorted((Path(__file__).resolve().parents[3] / "contracts" / "outcomes").glob("*.json"))
NOW = "2026-11-26T10:00:00.123Z"
START = datetime(2026, 11, 26, 10, tzinfo=UTC)


def record(outcome: str = "sent", **changes: Any) -> dict[str, Any]:
    receipt = outcome in ("delivered", "undelivered", "complained", "unconfirmed")
    dead = outcome == "dead_lettered"
    return {
        "version": 1,
        "id": "0" * 32,
        "type": "receipt" if receipt else "outcome",
        "channel": "email",
        "appointment_id": "a-7",
        "outcome": outcome,
        "reason": {"skipped": "already_sent", "dead_lettered": "recipient_rejected"}.get(outcome, ""),
        "code": "mailgun.400" if dead else "",
        "status": "confirmed",
        "revision": 3,
        "provider_message_id": "m-1" if receipt or outcome == "sent" else "",
        "dead_letter_id": "d-1" if dead else "",
        "event": {
            "topic": "appointments.created",
            "partition": 2,
            "offset": 10,
            "timestamp": "2026-11-26T10:00:00.000Z",
        },
        "replay_job": "",
        "at": NOW,
    } | changes


def fact(outcome: str = "sent", **changes: Any) -> Fact:
    return parse(b"a-7", json.dumps(record(outcome, **changes)).encode())


@pytest.mark.parametrize("path", CORPUS, ids=lambda path: path.stem)
def test_the_contracts_examples_are_read(path: Path) -> None:
    assert parse(b"key", path.read_bytes()).key


UNREADABLE = {
    "empty": b"",
    "cut": b"{",
    "list": b"[]",
    "no UTF-8": b"\xff",
    "deep": b"[" * 100_000,
    "version": json.dumps(record(version=2)).encode(),
    "kind": json.dumps(record("bounced")).encode(),
    "revision": json.dumps(record(revision=2**63)).encode(),
    # More than Kafka can have, and than PostgreSQL's integer takes: to store it would fail for ever.
    "partition": json.dumps(record(event=record()["event"] | {"partition": 2**31})).encode(),
}


@pytest.mark.parametrize("value", UNREADABLE.values(), ids=UNREADABLE)
def test_what_does_not_keep_the_contract_is_named_without_its_values(value: bytes) -> None:
    with pytest.raises(Unreadable) as refused:
        parse(b"key", value)
    assert "a-7" not in str(refused.value)


def test_an_event_that_could_not_be_decoded_is_known_by_the_records_key() -> None:
    found = parse(b"a\0-\xff", json.dumps(record("dead_lettered", appointment_id="", reason="invalid_event")).encode())
    assert found.key == "a-\ufffd"


@pytest.mark.parametrize("text", ["\0", "\ud800", "a\udfffz"])
def test_no_text_of_a_record_stops_the_consumer(text: str) -> None:
    facts = [
        fact("sent", appointment_id=text, provider_message_id=text, dead_letter_id=text),
        fact("dead_lettered", reason="invalid_event", code=text, appointment_id=text),
        fact("undelivered", type="receipt", provider_message_id="m", reason=text, code=text),
    ]
    store("default", facts)
    assert Outcome.objects.get().state == "undelivered"


@pytest.mark.parametrize(("at", "year"), [("253402300800000", 9999), ("-99999999999999", 1), ("0", 1970)])
def test_a_year_that_python_does_not_have_is_cut(at: str, year: int) -> None:
    assert fact(at=at).at.year == year


KINDS = ["skipped", "dead_lettered", "sent", "delivered", "undelivered", "complained", "unconfirmed"]


@given(
    kinds=st.lists(st.tuples(st.sampled_from(KINDS), st.integers(0, 3)), min_size=1, max_size=8), chance=st.randoms()
)
@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_the_order_and_number_of_facts_does_not_matter(kinds: list[tuple[str, int]], chance: Any) -> None:
    facts = [
        fact(kind, at=(START + timedelta(minutes=m)).isoformat(timespec="milliseconds").replace("+00:00", "Z"))
        for kind, m in kinds
    ]

    def final(facts: list[Fact]) -> tuple[object, ...]:
        row = Outcome(channel="email", at=facts[0].at)
        for each in facts:
            apply(row, each)
        return row.state, row.rank, row.reason, row.code, row.complained, row.unconfirmed, row.told, row.dead_letter_id

    shuffled = facts + chance.choices(facts, k=4)
    chance.shuffle(shuffled)
    assert final(facts) == final(shuffled)


@pytest.mark.parametrize(
    ("kinds", "told"),
    [
        (["sent", "skipped"], "sent"),
        (["dead_lettered", "sent"], "sent"),
        (["delivered", "sent"], "delivered"),
        (["undelivered", "delivered"], "undelivered"),
        (["sent", "unconfirmed"], "unconfirmed"),
        (["unconfirmed", "delivered", "sent"], "delivered"),
        (["complained", "delivered"], "complained"),
        (["complained", "undelivered"], "undelivered"),
        (["skipped"], "skipped"),
    ],
)
def test_the_higher_word_counts(kinds: list[str], told: str) -> None:
    store("default", [fact(kind) for kind in kinds])
    assert Outcome.objects.get().told == told
    for kind in kinds:
        store("default", [fact(kind)])
    assert Outcome.objects.get().told == told


def test_channels_and_events_are_kept_apart() -> None:
    other = record()["event"] | {"offset": 11}
    store("default", [fact(), fact(channel="sms"), fact(event=other), fact("delivered", event=other)])
    assert sorted(Outcome.objects.values_list("channel", "event_offset", "state")) == [
        ("email", 10, "sent"),
        ("email", 11, "delivered"),
        ("sms", 10, "sent"),
    ]


def test_a_batch_costs_few_queries(django_assert_max_num_queries: Any) -> None:
    facts = [fact(event=record()["event"] | {"offset": n}) for n in range(200)]
    with django_assert_max_num_queries(14):
        store("default", facts)
    with django_assert_max_num_queries(10):
        store("default", facts)


class Message:
    def __init__(self, offset: int, value: bytes, error: KafkaError | None = None) -> None:
        self._offset, self._value, self._error = offset, value, error

    def topic(self) -> str:
        return "notifications.outcomes"

    def partition(self) -> int:
        return 0

    def offset(self) -> int:
        return self._offset

    def key(self) -> bytes:
        return b"a-7"

    def value(self) -> bytes:
        return self._value

    def error(self) -> KafkaError | None:
        return self._error


class FakeConsumer:
    """Hands out batches, then ends the loop; like the real one it knows what was committed."""

    def __init__(self, config: dict[str, Any]) -> None:
        self.config = config
        self.batches: list[list[Message]] = []
        self.committed: list[int] = []
        self.refuses_commits = False
        self.idle: Any = None

    def subscribe(self, topics: list[str]) -> None:
        self.topics = topics

    def consume(self, count: int, timeout: float) -> list[Message]:
        if self.batches:
            return self.batches.pop(0)
        self.idle()
        return []

    def commit(self, offsets: list[Any], asynchronous: bool) -> None:
        if self.refuses_commits:
            raise KafkaException(KafkaError(KafkaError.ILLEGAL_GENERATION))
        self.committed += [at.offset for at in offsets]

    def assignment(self) -> list[Any]:
        return []

    def position(self, parts: list[Any]) -> list[Any]:
        return []

    def close(self) -> None:
        pass


@pytest.fixture
def consumer(monkeypatch: pytest.MonkeyPatch) -> OutcomeConsumer:
    made = OutcomeConsumer(config(), "default", FakeConsumer)
    made._consumer.idle = made.stop.set
    return made


@pytest.fixture
def told() -> Any:
    """What the signal told."""
    found: list[tuple[str, str]] = []

    def receive(outcome: Outcome, **kwargs: Any) -> None:
        assert not connection.in_atomic_block, "told after the commit"
        found.append((outcome.channel, outcome.told))

    outcome_received.connect(receive)
    yield found
    outcome_received.disconnect(receive)


def message(offset: int, *args: Any, **kwargs: Any) -> Message:
    return Message(offset, json.dumps(record(*args, **kwargs)).encode())


def test_each_new_word_is_told_once(consumer: OutcomeConsumer, told: Any) -> None:
    fake = consumer._consumer
    fake.batches = [[message(0), message(1)], [message(2, "delivered")], [message(3), message(4, channel="sms")]]
    consumer.run()
    assert told == [("email", "sent"), ("email", "delivered"), ("sms", "sent")]
    assert fake.committed == [2, 3, 5]
    assert not Outcome.objects.filter(signal_due=True).exists()
    assert consumer.tally.read("outcomes") == {"sent": 4, "delivered": 1}


def test_what_cannot_be_read_is_passed_over_and_kept(consumer: OutcomeConsumer, told: Any, caplog: Any) -> None:
    fake = consumer._consumer
    fake.batches = [[Message(0, b"{"), message(1)], [Message(0, b"{")]]
    consumer.run()
    assert told == [("email", "sent")]
    assert OutcomeFault.objects.get().offset == 0
    assert "notifications.outcomes[0]@0" in caplog.text


def test_a_receiver_that_raises_costs_nobody_else(consumer: OutcomeConsumer, told: Any) -> None:
    def broken(**kwargs: Any) -> None:
        raise RuntimeError

    outcome_received.connect(broken)
    try:
        consumer._consumer.batches = [[message(0), message(1, channel="sms")]]
        consumer.run()
    finally:
        outcome_received.disconnect(broken)
    assert len(told) == 2


def test_what_a_dead_process_did_not_tell_is_told_by_the_next(consumer: OutcomeConsumer, told: Any) -> None:
    store("default", [fact()])
    consumer._consumer.batches = [[message(0)]]
    consumer.run()
    assert told == [("email", "sent")]


def test_the_database_is_waited_for_and_nothing_is_told_twice(
    consumer: OutcomeConsumer, told: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(consumer_module, "FIRST_PAUSE", 0)
    failures = [OperationalError(), OperationalError()]

    def flaky(*args: Any) -> list[Outcome]:
        if failures:
            raise failures.pop()
        return store(*args)

    monkeypatch.setattr(consumer_module, "store", flaky)
    consumer._consumer.batches = [[message(0)]]
    consumer.run()
    assert told == [("email", "sent")]
    assert (consumer._consumer.committed, consumer.problem) == ([1], None)


def test_a_commit_that_was_made_but_answered_by_an_error_is_told(
    consumer: OutcomeConsumer, told: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(consumer_module, "FIRST_PAUSE", 0)
    failures = [OperationalError()]

    def committed_but(*args: Any) -> list[Outcome]:
        rows = store(*args)
        if failures:
            raise failures.pop()
        return rows

    monkeypatch.setattr(consumer_module, "store", committed_but)
    consumer._consumer.batches = [[message(0)]]
    consumer.run()
    assert told == [("email", "sent")]


def test_what_cannot_be_stored_is_behind(consumer: OutcomeConsumer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(consumer_module, "FIRST_PAUSE", 0)
    behind: list[float | None] = []

    def away_at_first(*args: Any) -> list[Outcome]:
        behind.append(consumer.tally.gauge("outcome_lag"))
        if len(behind) == 1:
            raise OperationalError
        return store(*args)

    monkeypatch.setattr(consumer_module, "store", away_at_first)
    consumer._consumer.batches = [[message(0), message(1)]]
    consumer.run()
    assert [*behind, consumer.tally.gauge("outcome_lag")] == [2, 2, 0]


def test_a_commit_that_comes_too_late_is_no_fault(consumer: OutcomeConsumer, told: Any) -> None:
    consumer._consumer.refuses_commits = True
    consumer._consumer.batches = [[message(0)], [message(0)]]
    consumer.run()
    assert told == [("email", "sent")]


def test_errors_are_shown_and_fatal_ones_end_it(consumer: OutcomeConsumer) -> None:
    consumer._consumer.batches = [[Message(0, b"", KafkaError(KafkaError.TOPIC_AUTHORIZATION_FAILED))]]
    consumer.run()
    assert consumer.problem == "Kafka: TOPIC_AUTHORIZATION_FAILED"
    consumer.stop.clear()
    consumer._consumer.batches = [[Message(0, b"", KafkaError(KafkaError._FATAL, "test", True))]]
    with pytest.raises(ConsumerBroken):
        consumer.run()


@pytest.mark.kafka
def test_on_a_real_kafka_a_second_run_goes_on_where_the_first_ended(topic: Topic, configure: Any, told: Any) -> None:
    topic.create()
    configure(OUTCOMES_TOPIC=topic.name, OUTCOMES_GROUP=topic.name)
    producer = Producer({"bootstrap.servers": BOOTSTRAP})

    def write(*records: dict[str, Any]) -> None:
        for each in records:
            producer.produce(topic.name, key="a-7", value=json.dumps(each))
        assert producer.flush(30) == 0

    write(record(), record("delivered"))
    first = OutcomeConsumer(config(), "default", Consumer)
    first.run(until_idle=True)
    assert (told, first.tally.gauge("outcome_lag")) == ([("email", "delivered")], 0)
    write(record("complained"))
    second = OutcomeConsumer(config(), "default", Consumer)
    second.run(until_idle=True)
    assert second.tally.read("outcomes") == {"complained": 1}
    assert told[-1] == ("email", "complained")
    third = OutcomeConsumer(config(), "default", Consumer)
    third.run(until_idle=True)
    assert third.tally.read("outcomes") == {}, "there is nothing new, and it ends all the same"
