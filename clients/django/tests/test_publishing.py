"""publish_appointment and its relatives, on the database that the settings name."""

import json
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.db import transaction
from opentelemetry.baggage import set_baggage
from opentelemetry.context import attach, detach
from opentelemetry.sdk.trace import TracerProvider

from appointment_notifications import InvalidEvent, NotInTransaction, WrongDatabase, tracing
from appointment_notifications.models import OutboxEvent, Stream
from appointment_notifications.publishing import publish_appointment, publish_appointments, validate_appointment
from tests.clinic.models import Appointment, Visit

pytestmark = pytest.mark.django_db


def values() -> list[dict[str, Any]]:
    return [json.loads(event.value) for event in OutboxEvent.objects.order_by("id")]


def test_an_event_says_what_the_transaction_leaves(make: Any) -> None:
    appointment = make()
    [event] = publish_appointment(appointment)
    assert values() == [
        {
            "appointment_id": str(appointment.pk),
            "time": Appointment.objects.get().starts_at.isoformat(),
            "notify": {"email": True, "sms": False},
            "revision": 1,
            "status": "confirmed",
            "timezone": "Europe/Berlin",
            "email": "mara.lind@patients.example",
        }
    ]
    assert (event.state, event.channels, event.key, event.change) == ("pending", "email", str(appointment.pk), 1)


def test_it_costs_four_queries(make: Any, django_assert_num_queries: Any) -> None:
    appointment = make()
    publish_appointment(appointment)
    with django_assert_num_queries(4):
        publish_appointment(appointment)


def test_a_stale_instance_announces_what_is_stored(make: Any) -> None:
    stale = make()
    new = stale.starts_at + timedelta(hours=1)
    Appointment.objects.update(starts_at=new)
    publish_appointment(stale, status="rescheduled")
    assert values()[0]["time"] == new.isoformat()
    assert stale.starts_at != new, "the caller's instance is left alone"


@pytest.mark.django_db(transaction=True)
def test_outside_of_a_transaction_it_is_refused(make: Any) -> None:
    with pytest.raises(NotInTransaction):
        publish_appointment(make())


@pytest.mark.django_db(transaction=True)
def test_a_rollback_announces_nothing(make: Any) -> None:
    appointment = make()
    with transaction.atomic():
        publish_appointment(appointment)
        transaction.set_rollback(True)
    assert not OutboxEvent.objects.exists()
    assert not Stream.objects.exists()


def test_another_database_than_the_outbox_is_refused(make: Any) -> None:
    appointment = make()
    appointment._state.db = "archive"
    with pytest.raises(WrongDatabase):
        publish_appointment(appointment)


def test_an_appointment_that_is_gone_or_not_saved_is_refused(make: Any) -> None:
    gone = make()
    Appointment.objects.all().delete()
    with pytest.raises(InvalidEvent, match="not in the database"):
        publish_appointment(gone)
    with pytest.raises(InvalidEvent, match="not saved"):
        publish_appointment(Appointment())


def test_each_recipient_has_an_event_of_its_own(make: Any, configure: Any) -> None:
    configure(EVENT_BUILDER="tests.clinic.events.one_for_each_recipient")
    appointment = make(email="a@patients.example b@patients.example")
    first = publish_appointment(appointment)
    second = publish_appointment(appointment, status="cancelled")
    assert [(e.revision, e.change) for e in first + second] == [(1, 1), (2, 1), (3, 3), (4, 3)]
    assert [v["email"][0] for v in values()] == ["a", "b", "a", "b"]


def test_nobody_to_tell_is_no_event(make: Any, configure: Any) -> None:
    configure(EVENT_BUILDER="tests.clinic.events.one_for_each_recipient")
    assert publish_appointment(make(email="")) == []


def test_headers_travel_in_the_row(make: Any, configure: Any) -> None:
    configure(EVENT_BUILDER="tests.clinic.events.with_headers")
    [event] = publish_appointment(make())
    assert OutboxEvent.objects.get(pk=event.pk).headers["traceparent"].startswith("00-")


def test_the_current_span_travels_in_the_row(make: Any, configure: Any) -> None:
    tracer = TracerProvider().get_tracer(__name__)
    [untraced] = publish_appointment(make())
    with tracer.start_as_current_span("book") as span:
        token = attach(set_baggage("patient", "mara.lind@patients.example"))
        [event] = publish_appointment(make())
        detach(token)
        configure(EVENT_BUILDER="tests.clinic.events.with_headers")
        [given] = publish_appointment(make())
    context = span.get_span_context()
    parent = f"00-{context.trace_id:032x}-{context.span_id:016x}-{context.trace_flags:02x}"
    assert untraced.headers == {}
    assert OutboxEvent.objects.get(pk=event.pk).headers == {"traceparent": parent}
    assert given.headers["traceparent"].endswith("b" * 16 + "-01")


def test_without_opentelemetry_nothing_is_traced(make: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tracing, "TraceContextTextMapPropagator", None)
    with TracerProvider().get_tracer(__name__).start_as_current_span("book"):
        assert publish_appointment(make())[0].headers == {}


def test_bulk_changes_are_locked_in_the_order_of_their_keys(make: Any) -> None:
    appointments = [make() for _ in range(12)]
    events = publish_appointments(reversed(appointments), status="rescheduled", locale="de")
    keys = [event.key for event in events]
    assert keys == sorted(keys)
    assert len(keys) == 12
    assert {v["locale"] for v in values()} == {"de"}


def test_a_bad_address_costs_its_channel_only(make: Any, configure: Any) -> None:
    appointment = make(email="no address", by_sms=True, phone="+15550101234")
    publish_appointment(appointment)
    with pytest.raises(InvalidEvent, match="email") as refused:
        publish_appointment(appointment, strict=True)
    assert "no address" not in str(refused.value)
    configure(STRICT=True)
    with pytest.raises(InvalidEvent, match="email"):
        publish_appointment(appointment)
    with pytest.raises(ValidationError, match="email"):
        validate_appointment(appointment)
    assert OutboxEvent.objects.count() == 1


def test_faults_of_the_program_are_refused(make: Any, configure: Any) -> None:
    appointment = make()
    with pytest.raises(InvalidEvent, match="status"):
        publish_appointment(appointment, status="moved")
    with pytest.raises(InvalidEvent, match="time zone"):
        validate_naive(appointment)
    configure(EVENT_BUILDER="builtins.str")
    with pytest.raises(InvalidEvent, match="AppointmentEvent"):
        publish_appointment(appointment)


def validate_naive(appointment: Appointment) -> None:
    from tests.clinic.events import build

    appointment.starts_at = datetime(2027, 1, 1)
    build(appointment).content(key="1", revision=1, status="confirmed")


def test_a_clerk_may_validate_before_the_first_save(make: Any) -> None:
    unsaved = make()
    unsaved.pk = None
    validate_appointment(unsaved)


class TestTheProjectsOwnRevision:
    def test_it_is_raised_in_the_database(self, make: Any, configure: Any) -> None:
        configure(REVISION="field:counter")
        appointment = make(counter=41)
        publish_appointment(appointment)
        publish_appointment(appointment)
        assert [v["revision"] for v in values()] == [42, 43]

    def test_one_that_a_stale_save_wrote_back_is_refused(self, make: Any, configure: Any) -> None:
        configure(REVISION="field:counter")
        appointment = make(counter=41)
        publish_appointment(appointment)
        appointment.save()
        with pytest.raises(InvalidEvent, match="fell back"), transaction.atomic():
            publish_appointment(appointment)


class TestTheMixin:
    def test_it_publishes_what_changed(self) -> None:
        start = datetime.fromisoformat("2027-03-01T09:00:00+01:00")
        visit = Visit.objects.create(starts_at=start, email="mara@patients.example")
        visit.note = "brings her x-rays"
        visit.save()
        visit.starts_at = start + timedelta(hours=1)
        visit.save()
        visit.cancelled = True
        visit.save(update_fields=["cancelled"])
        assert [(v["revision"], v["status"]) for v in values()] == [
            (1, "confirmed"),
            (2, "rescheduled"),
            (3, "cancelled"),
        ]

    def test_a_stale_instance_that_takes_a_change_back_announces_that(self) -> None:
        start = datetime.fromisoformat("2027-03-01T09:00:00+01:00")
        stale = Visit.objects.create(starts_at=start, email="mara@patients.example")
        other = Visit.objects.get()
        other.starts_at = start + timedelta(hours=1)
        other.save()
        stale.save()
        assert datetime.fromisoformat(values()[-1]["time"]) == start
        assert len(values()) == 3
