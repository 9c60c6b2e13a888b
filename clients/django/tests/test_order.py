"""Ids follow commits, appointment by appointment: the relay can go by them."""

import json
import random
import threading
from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection, transaction

from appointment_notifications import publishing
from appointment_notifications.models import OutboxEvent, Stream
from appointment_notifications.publishing import publish_appointment
from tests.clinic.models import Appointment, Patient

pytestmark = pytest.mark.django_db(transaction=True)

WRITERS, CHANGES = 8, 15


def change(make: Callable[..., Appointment]) -> list[str]:
    """Changes two appointments from many threads and returns what went wrong.

    Half of the transactions change the patient first, the others announce without any change: no row of the project's
    own orders the two kinds, only the package's lock does.
    """
    patients = [Patient.objects.create(email="p0@patients.example") for _ in range(2)]
    appointments = [make(patient=patient) for patient in patients]
    faults: list[str] = []
    go = threading.Barrier(WRITERS)

    def write(number: int) -> None:
        chance = random.Random(number)
        try:
            go.wait()
            for n in range(CHANGES):
                which = chance.randrange(2)
                with transaction.atomic():
                    if number % 2:
                        Appointment.objects.filter(pk=appointments[which].pk).update(phone=f"+1555{n:07}")
                        Patient.objects.filter(pk=patients[which].pk).update(email=f"p{number}.{n}@patients.example")
                    publish_appointment(appointments[which])
                faults.extend(holes())
        except Exception as error:
            faults.append(f"{type(error).__name__}: {error}")
        finally:
            connection.close()

    run([threading.Thread(target=write, args=(number,)) for number in range(WRITERS)])
    for appointment, patient in zip(appointments, patients, strict=True):
        last = OutboxEvent.objects.filter(key=str(appointment.pk)).order_by("id").last()
        patient.refresh_from_db()
        if last is None or json.loads(last.value)["email"] != patient.email:
            faults.append("the last event tells something that is no longer so")
    return faults


def holes() -> list[str]:
    """What a relay sees at any moment must be a beginning of each appointment's events, in the order of their ids."""
    seen: dict[str, list[int]] = {}
    for key, revision in OutboxEvent.objects.order_by("id").values_list("key", "revision"):
        seen.setdefault(key, []).append(revision)
    return [f"seen: {revisions}" for revisions in seen.values() if revisions != list(range(1, len(revisions) + 1))]


def run(threads: list[threading.Thread]) -> None:
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def test_ids_and_revisions_follow_commits(make: Any) -> None:
    assert change(make) == []
    assert OutboxEvent.objects.count() == WRITERS * CHANGES


def test_with_the_projects_own_counter_nobody_waits_in_a_circle(make: Any, configure: Any) -> None:
    """Half of the writers have the appointment's row locked already when they publish; the others have not."""
    configure(REVISION="field:counter")
    assert change(make) == []


def test_without_the_lock_they_do_not(make: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """SQLite's lock is the transaction's own; elsewhere it is the Stream's row."""

    def no_lock(database: str, key: str) -> Stream:
        return Stream.objects.using(database).get_or_create(key=key)[0]

    monkeypatch.setattr(publishing, "lock_stream", no_lock)
    if connection.vendor == "sqlite":
        monkeypatch.setitem(connection.settings_dict["OPTIONS"], "transaction_mode", "DEFERRED")
    assert change(make) != [], "the test of the order could not fail"


def test_two_new_appointments_of_one_key_wait_for_each_other(make: Any) -> None:
    """The counter's row is made by whoever comes first; the other waits and goes on from there."""
    appointment = make()
    faults: list[BaseException] = []
    go = threading.Barrier(4)

    def publish() -> None:
        try:
            go.wait()
            with transaction.atomic():
                publish_appointment(appointment)
        except BaseException as error:
            faults.append(error)
        finally:
            connection.close()

    run([threading.Thread(target=publish) for _ in range(4)])
    assert faults == []
    assert sorted(OutboxEvent.objects.values_list("revision", flat=True)) == [1, 2, 3, 4]
