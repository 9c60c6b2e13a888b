"""What clerks and operators see."""

from datetime import timedelta
from typing import Any

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import Permission, User
from django.db import connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from appointment_notifications.models import OutboxEvent, Outcome, RelayLease
from appointment_notifications.publishing import publish_appointment

pytestmark = pytest.mark.django_db

EVENTS = "admin:appointment_notifications_outboxevent_changelist"
APPOINTMENTS = "admin:clinic_appointment_changelist"


@pytest.fixture
def running() -> None:
    """A relay that holds its lease."""
    RelayLease.objects.create(shard="0/1", owner="test", expires_at=timezone.now() + timedelta(minutes=1), fence=1)


def staff(*permissions: str) -> Client:
    user = User.objects.create_user("clerk", is_staff=True)
    user.user_permissions.set(Permission.objects.filter(codename__in=permissions))
    client = Client()
    client.force_login(user)
    return client


def publish(appointment: Any, status: str = "confirmed", **state: Any) -> list[OutboxEvent]:
    with transaction.atomic():
        events = publish_appointment(appointment, status=status)
    for event in events:
        OutboxEvent.objects.filter(pk=event.pk).update(**state)
    return events


_offset = iter(range(1_000_000))


def outcome(event: OutboxEvent, state: str, channel: str = "email", **more: Any) -> None:
    rank = ["skipped", "dead_lettered", "sent", "delivered", "undelivered"].index(state) + 1
    Outcome.objects.create(
        key=event.key, revision=event.revision, channel=channel, state=state, rank=rank, at=timezone.now(),
        status=event.status, event_topic="t", event_partition=0, event_offset=next(_offset), **more,
    )  # fmt: skip


def page(admin_client: Client, name: str = APPOINTMENTS) -> str:
    return admin_client.get(reverse(name)).content.decode()


@pytest.mark.parametrize(
    ("state", "more", "text"),
    [
        ("delivered", {}, "e-mail: delivered"),
        ("undelivered", {"code": "mailgun.550"}, "e-mail: undelivered (mailgun.550)"),
        ("dead_lettered", {"reason": "invalid_event", "code": "event.email"}, "e-mail: dead lettered (event.email)"),
        ("skipped", {"reason": "superseded"}, "e-mail: skipped (superseded)"),
        ("delivered", {"complained": True}, "e-mail: complained"),
    ],
)
def test_the_list_says_what_became_of_the_last_change(
    make: Any, admin_client: Client, running: None, state: str, more: dict[str, Any], text: str
) -> None:
    appointment = make()
    [first] = publish(appointment, state="published")
    outcome(first, "sent")
    [last] = publish(appointment, "rescheduled", state="published")
    outcome(last, "skipped", reason="already_sent")
    outcome(last, state, **more)
    assert text in page(admin_client)


def test_before_there_is_an_outcome_the_list_says_where_the_event_is(
    make: Any, admin_client: Client, running: None
) -> None:
    publish(make())
    publish(make(), state="parked", last_error="MSG_SIZE_TOO_LARGE")
    publish(make(by_email=False, by_sms=True, phone="+15550101234"), state="published")
    make()
    text = page(admin_client)
    for expected in ("e-mail: waits to be published", "e-mail: not published (MSG_SIZE_TOO_LARGE)", "SMS: published"):
        assert expected in text


def test_several_recipients_are_counted(make: Any, admin_client: Client, running: None, configure: Any) -> None:
    configure(EVENT_BUILDER="tests.clinic.events.one_for_each_recipient")
    events = publish(make(email="a@patients.example b@patients.example c@patients.example"), state="published")
    for event, state in zip(events, ["delivered", "delivered", "undelivered"], strict=True):
        outcome(event, state)
    assert "e-mail: 2 delivered, 1 undelivered" in page(admin_client)


def test_a_page_of_appointments_costs_two_queries_however_long(make: Any, admin_client: Client, running: None) -> None:
    def count() -> int:
        with CaptureQueriesContext(connection) as captured:
            page(admin_client)
        ours = [q["sql"] for q in captured if "outboxevent" in q["sql"] or "notifications_outcome" in q["sql"]]
        assert len([sql for sql in ours if " IN (" in sql]) == 2
        return len(captured)

    for _ in range(2):
        [event] = publish(make(), state="published")
        outcome(event, "sent")
    few = count()
    for _ in range(40):
        [event] = publish(make(), state="published")
        outcome(event, "sent")
    assert count() == few


def test_the_page_of_one_appointment_has_its_history(make: Any, admin_client: Client, running: None) -> None:
    appointment = make(email="<b>@patients.example")
    [first] = publish(appointment, state="published")
    outcome(first, "delivered")
    publish(appointment, "cancelled")
    url = reverse("admin:clinic_appointment_change", args=[appointment.pk])
    text = admin_client.get(url).content.decode()
    assert text.index("waits to be published") < text.index("e-mail: delivered")
    assert "cancelled" in text
    assert admin_client.get(reverse("admin:clinic_appointment_add")).status_code == 200


def test_addresses_are_shown_only_with_the_permission(make: Any, running: None) -> None:
    [event] = publish(make(email="secret@patients.example"))
    url = reverse("admin:appointment_notifications_outboxevent_change", args=[event.pk])
    client = staff("view_outboxevent")
    assert "secret@" not in client.get(url).content.decode()
    User.objects.get().user_permissions.add(Permission.objects.get(codename="view_event_value"))
    assert "secret@" in client.get(url).content.decode()


def test_parked_events_are_published_after_all(make: Any, admin_client: Client, running: None) -> None:
    [event] = publish(make(), state="parked", attempts=10)
    [done] = publish(make(), state="published")
    chosen = {"action": "retry", "_selected_action": [event.pk, done.pk]}
    admin_client.post(reverse(EVENTS), chosen)
    event.refresh_from_db()
    done.refresh_from_db()
    assert (event.state, event.attempts, done.state) == ("pending", 0, "published")
    assert LogEntry.objects.get().object_id == str(event.pk)


def test_discarding_needs_a_reason_and_deletes_the_addresses(make: Any, admin_client: Client, running: None) -> None:
    [event] = publish(make(), state="parked")
    chosen = {"action": "discard", "_selected_action": [event.pk]}
    asked = admin_client.post(reverse(EVENTS), chosen)
    assert "Reason" in asked.content.decode()
    assert (
        "A reason is needed"
        in admin_client.post(reverse(EVENTS), {**chosen, "post_reason": "1", "reason": " "}).content.decode()
    )
    event.refresh_from_db()
    assert event.state == "parked"
    admin_client.post(reverse(EVENTS), {**chosen, "reason": "patient was called"})
    event.refresh_from_db()
    assert (event.state, event.value, event.last_error) == ("discarded", "", "discarded: patient was called")
    assert "patient was called" in LogEntry.objects.get().get_change_message()


def test_who_may_only_look_decides_nothing(make: Any, running: None) -> None:
    [event] = publish(make(), state="parked")
    client = staff("view_outboxevent")
    client.post(reverse(EVENTS), {"action": "retry", "_selected_action": [event.pk]})
    event.refresh_from_db()
    assert event.state == "parked"
    for name in ("add", "delete", "change"):
        args = [] if name == "add" else [event.pk]
        url = reverse(f"admin:appointment_notifications_outboxevent_{name}", args=args)
        assert client.post(url, {"post": "yes"}).status_code == 403


@pytest.mark.parametrize("name", [EVENTS, APPOINTMENTS])
def test_a_banner_says_what_is_wrong(make: Any, admin_client: Client, name: str) -> None:
    publish(make(), created_at=timezone.now() - timedelta(seconds=75))
    text = page(admin_client, name)
    assert "no relay runs" in text
    assert "an event has waited for 7" in text


def test_no_banner_while_all_is_well(make: Any, admin_client: Client, running: None) -> None:
    publish(make())
    assert "Notifications:" not in page(admin_client)


def test_every_list_opens(admin_client: Client, running: None) -> None:
    for model in ("outboxevent", "outcome", "outcomefault", "relaylease"):
        response = admin_client.get(reverse(f"admin:appointment_notifications_{model}_changelist"))
        assert response.status_code == 200
