"""After Kafka lost events they are published again, with the revisions that they had."""

import json
from datetime import timedelta
from io import StringIO
from typing import Any

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError
from django.db import transaction
from django.utils import timezone

from appointment_notifications.conf import config
from appointment_notifications.models import OutboxEvent, Outcome
from appointment_notifications.publishing import publish_appointment
from appointment_notifications.relay.relay import Relay
from tests.clinic.models import Appointment
from tests.fakes import FakeProducer

pytestmark = pytest.mark.django_db(transaction=True)

SINCE = (timezone.now() - timedelta(days=1)).isoformat()


def publish(appointment: Appointment, status: str = "confirmed") -> OutboxEvent:
    with transaction.atomic():
        return publish_appointment(appointment, status=status)[0]


def relay() -> list[dict[str, Any]]:
    """Publishes everything and returns the values."""
    running = Relay(config(), "default", FakeProducer)
    assert running.run_once()
    return [json.loads(value) for _, value, *_ in running._sender._producer.topic]  # type: ignore[attr-defined]


def republish(**options: Any) -> str:
    out = StringIO()
    call_command("notifications_republish", since=SINCE, stdout=out, **options)
    return out.getvalue()


def told(event: OutboxEvent) -> None:
    Outcome.objects.create(
        key=event.key, revision=event.revision, channel="email", state="sent", rank=3, at=timezone.now(),
        event_topic="t", event_partition=0, event_offset=event.pk,
    )  # fmt: skip


def test_only_the_last_change_without_an_outcome_is_published_again(make: Any) -> None:
    lost, known, quiet = make(), make(), make(by_email=False)
    publish(lost)
    publish(lost, "rescheduled")
    told(publish(known))
    publish(quiet)
    before = relay()
    OutboxEvent.objects.update(created_at=timezone.now() - timedelta(days=8))
    assert "1 appointments have no outcome" in republish()
    assert relay() == [], "they were only counted"
    assert "1 appointments will be published again, 0 cannot be" in republish(yes=True)
    [again] = relay()
    assert again in before, "the same revision, status and facts: the workers know it by them"
    assert (again["appointment_id"], again["revision"], again["status"]) == (str(lost.pk), 2, "rescheduled")


def test_what_waits_or_was_published_before_is_left(make: Any) -> None:
    publish(make())
    relay()
    OutboxEvent.objects.update(published_at=timezone.now() - timedelta(days=2))
    publish(make())
    assert "0 appointments" in republish()


def test_an_appointment_that_is_gone_cannot_be(make: Any) -> None:
    publish(make())
    relay()
    Appointment.objects.all().delete()
    assert "0 appointments will be published again, 1 cannot be" in republish(yes=True)


def test_the_time_needs_an_offset(configure: Any) -> None:
    for since in ("yesterday", "2026-11-20T08:00:00"):
        with pytest.raises(CommandError, match="offset"):
            call_command("notifications_republish", since=since)
    configure(MODELS=())
    with pytest.raises(CommandError, match="MODELS"):
        call_command("notifications_republish", since=SINCE)
