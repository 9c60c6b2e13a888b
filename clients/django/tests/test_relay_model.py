"""Whatever Kafka answers and wherever the relay dies: nothing is lost, and no revision overtakes an earlier one."""

import json
from collections import defaultdict
from datetime import timedelta
from typing import Any

import pytest
from confluent_kafka import KafkaError
from django.db import transaction
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from appointment_notifications.conf import config
from appointment_notifications.errors import LeaseLost
from appointment_notifications.models import OutboxEvent, RelayLease, Stream
from appointment_notifications.publishing import publish_appointment
from appointment_notifications.relay.outbox import Outbox
from appointment_notifications.relay.relay import Relay
from tests.clinic.models import Appointment
from tests.fakes import FakeProducer

pytestmark = pytest.mark.django_db

# What Kafka may answer for a record; None is the acknowledgement.
ANSWERS = [
    None,
    KafkaError(KafkaError.INVALID_RECORD),
    KafkaError(KafkaError.INVALID_TIMESTAMP),
    KafkaError(KafkaError._MSG_TIMED_OUT),
    KafkaError(KafkaError.TOPIC_AUTHORIZATION_FAILED),
]
answers = st.lists(st.sampled_from(ANSWERS), min_size=1, max_size=4)
steps = st.one_of(
    st.tuples(st.just("change"), st.integers(0, 1)),
    st.tuples(st.just("answers"), st.tuples(st.integers(0, 1), answers)),
    st.tuples(st.just("round"), st.none()),
    st.tuples(st.just("die after Kafka"), st.none()),
    st.tuples(st.just("time passes"), st.none()),
)


class Model:
    """The outbox, a relay at a time, and all that Kafka has acknowledged."""

    def __init__(self) -> None:
        for model in (OutboxEvent, Stream, RelayLease, Appointment):
            model.objects.all().delete()
        self.appointments = [
            Appointment.objects.create(starts_at=timezone.now() + timedelta(days=2), email="a@patients.example")
            for _ in range(2)
        ]
        self.topic: list[tuple[str, int]] = []
        self.faults: dict[str, list[KafkaError | None]] = {}
        self.start()

    def start(self) -> None:
        self.relay = Relay(config(), "default", FakeProducer)

    def do(self, step: str, detail: Any) -> None:
        if step == "change":
            with transaction.atomic():
                publish_appointment(self.appointments[detail])
        elif step == "answers":
            self.faults[str(self.appointments[detail[0]].pk)] = list(detail[1])
        elif step == "time passes":
            OutboxEvent.objects.update(next_attempt_at=timezone.now())
        else:
            self.round(dies=step == "die after Kafka")

    def round(self, dies: bool = False) -> None:
        producer = self.relay._sender._producer
        assert isinstance(producer, FakeProducer)
        producer.topic, producer.faults = [], self.faults
        try:
            with pytest.MonkeyPatch.context() as patched:
                if dies:
                    patched.setattr(Outbox, "settle", _die)
                self.relay.round()
        except LeaseLost:
            RelayLease.objects.all().delete()
            self.start()
        self.topic += [(key, json.loads(value)["revision"]) for key, value, *_ in producer.topic]

    def drain(self) -> None:
        """Kafka takes everything from now on."""
        self.faults = {}
        while OutboxEvent.objects.filter(state="pending").exists():
            self.do("time passes", None)
            self.round()


def _die(*args: Any) -> None:
    raise LeaseLost


@given(st.lists(steps, max_size=15))
@settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_nothing_is_lost_and_nothing_overtakes(schedule: list[tuple[str, Any]]) -> None:
    model = Model()
    # Each has a later event to be overtaken by.
    for appointment in (0, 1, 0, 1):
        model.do("change", appointment)
    for step, detail in schedule:
        model.do(step, detail)
    model.drain()

    first: dict[str, list[int]] = defaultdict(list)
    for key, revision in model.topic:
        if revision not in first[key]:
            first[key].append(revision)
    events = {(event.key, event.revision): event.state for event in OutboxEvent.objects.all()}
    for (key, revision), state in events.items():
        assert state in ("published", "parked")
        assert state == "parked" or revision in first[key], f"{key} @ {revision} is lost"
    for key, revisions in first.items():
        assert revisions == sorted(revisions), f"{key} came as {revisions}"
