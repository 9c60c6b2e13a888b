"""Status, metrics, health and recovery."""

import json
import urllib.error
import urllib.request
from datetime import timedelta
from io import StringIO
from typing import Any

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError
from django.db import transaction
from django.utils import timezone

from appointment_notifications import health
from appointment_notifications.models import OutboxEvent, RelayLease, Stream
from appointment_notifications.publishing import publish_appointment
from appointment_notifications.tally import Tally
from tests.clinic.models import Appointment

pytestmark = pytest.mark.django_db(transaction=True)


def publish(make: Any, age: timedelta = timedelta()) -> Appointment:
    appointment: Appointment = make()
    with transaction.atomic():
        [event] = publish_appointment(appointment)
    OutboxEvent.objects.filter(pk=event.pk).update(created_at=timezone.now() - age)
    return appointment


def run_relay() -> None:
    RelayLease.objects.create(shard="0/1", owner="test", expires_at=timezone.now() + timedelta(minutes=1), fence=1)


def status() -> tuple[int, dict[str, Any]]:
    out = StringIO()
    try:
        call_command("notifications_status", json=True, stdout=out)
    except SystemExit as ended:
        return int(ended.code or 0), json.loads(out.getvalue())
    return 0, json.loads(out.getvalue())


def test_the_status_has_an_exit_code(make: Any) -> None:
    assert status()[0] == 1, "no relay runs"
    run_relay()
    publish(make)
    code, figures = status()
    assert (code, figures["pending"], figures["leases_held"], figures["problems"]) == (0, 1, 1, [])
    publish(make, timedelta(seconds=61))
    code, figures = status()
    assert (code, round(figures["oldest_pending_seconds"])) == (1, 61)


def test_parked_events_need_a_person(make: Any) -> None:
    run_relay()
    publish(make)
    OutboxEvent.objects.update(state="parked")
    assert status()[1]["problems"] == ["1 events are parked"]


class Service:
    def __init__(self) -> None:
        self.problem: str | None = None
        self.alive = 1e12
        self.tally = Tally()


def get(url: str) -> tuple[int, str]:
    try:
        with urllib.request.urlopen(url, timeout=10) as response:
            return response.status, response.read().decode()
    except urllib.error.HTTPError as error:
        return error.code, error.read().decode()


def test_health_and_metrics_over_http(make: Any) -> None:
    publish(make)
    service = Service()
    service.tally.add("published", "", 3)
    service.tally.add("failed", "_MSG_TIMED_OUT")
    with health.serve("127.0.0.1:0", service) as address:
        assert get(f"http://{address}/livez") == (200, "ok\n")
        assert get(f"http://{address}/readyz") == (200, "ok\n")
        assert get(f"http://{address}/nowhere")[0] == 404
        status, text = get(f"http://{address}/metrics")
        service.problem, service.alive = "Kafka is away: _TRANSPORT", -1e12
        assert get(f"http://{address}/readyz") == (503, "Kafka is away: _TRANSPORT\n")
        assert get(f"http://{address}/livez")[0] == 503
    assert status == 200
    for line in (
        "appointment_notifications_pending_events 1.0",
        "appointment_notifications_leases_held 0.0",
        'appointment_notifications_published_total{reason=""} 3.0',
        'appointment_notifications_failed_total{reason="_MSG_TIMED_OUT"} 1.0',
    ):
        assert line in text
    assert "outcome_lag" not in text, "this process reads no outcomes"


def test_after_a_restore_no_revision_is_used_twice(make: Any, configure: Any) -> None:
    appointment = publish(make)
    publish(make, timedelta(days=6))
    call_command("notifications_recover", skip=1000, stdout=StringIO())
    assert sorted(OutboxEvent.objects.values_list("state", flat=True)) == ["parked", "pending"]
    with transaction.atomic():
        [event] = publish_appointment(appointment)
    assert event.revision == 1002
    configure(REVISION="field:counter")
    call_command("notifications_recover", skip=2000, stdout=StringIO())
    with transaction.atomic():
        Appointment.objects.filter(pk=appointment.pk).update(counter=5000)
        publish_appointment(appointment)
    assert Stream.objects.get(key=str(appointment.pk)).revision == 5001


def test_recovery_wants_to_know_the_models_of_ones_own_counters(configure: Any) -> None:
    configure(REVISION="field:counter", MODELS=())
    with pytest.raises(CommandError, match="MODELS"):
        call_command("notifications_recover", skip=1)
    with pytest.raises(CommandError, match="at least 1"):
        call_command("notifications_recover", skip=0)


@pytest.mark.parametrize("text", ["1", "1/1", "-1/2", "a/b", "0/0", "1/2/3"])
def test_a_shard_is_one_of_so_many(text: str) -> None:
    with pytest.raises(CommandError, match="--shard"):
        call_command("relay_notifications", shard=text)
