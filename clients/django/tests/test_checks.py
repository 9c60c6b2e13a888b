"""`manage.py check` names what is wrong, all at once."""

from typing import Any

import pytest
from django.core.management import call_command
from django.db import connections
from django.test import override_settings

from appointment_notifications.checks import check_database, check_settings


def ids() -> list[str]:
    return [found.id.removeprefix("appointment_notifications.") for found in check_settings() if found.id]


def test_the_tests_own_settings_are_clean() -> None:
    assert check_settings() + check_database() == []


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"EVENT_BUILDERS": "x"}, ["E002"]),
        ({"EVENT_BUILDER": "nowhere.at_all"}, ["E003"]),
        ({"EVENT_BUILDER": "tests.clinic.events.AppointmentEvent.time"}, ["E003"]),
        ({"KAFKA": {}}, ["E004"]),
        (
            {"KAFKA": {"bootstrap.servers": "x", "partitioner": "murmur2", "acks": "1", "enable.idempotence": False}},
            ["E005"] * 3,
        ),
        ({"MODELS": ("clinic.Nobody",)}, ["E006"]),
        ({"REVISION": "field:counter"}, ["E008"]),  # Visit has none.
    ],
)
def test_what_is_wrong_has_an_id(changes: dict[str, Any], expected: list[str], configure: Any) -> None:
    configure(**changes)
    assert ids() == expected


def test_times_need_time_zones() -> None:
    with override_settings(USE_TZ=False):
        assert "E001" in ids()


def test_no_settings_at_all() -> None:
    with override_settings(APPOINTMENT_NOTIFICATIONS=None):
        assert ids() == ["E002"]


class ToArchive:
    def db_for_write(self, model: Any, **hints: Any) -> str | None:
        return "archive" if model._meta.app_label == "clinic" else None


def test_appointments_in_another_database() -> None:
    with override_settings(DATABASE_ROUTERS=["tests.test_checks.ToArchive"]):
        assert set(ids()) == {"E007"}


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ({}, ["E009"]),
        ({"transaction_mode": "DEFERRED", "timeout": 1}, ["E009", "E010"]),
        ({"transaction_mode": "immediate"}, []),
    ],
)
def test_sqlite_needs_immediate_transactions(
    options: dict[str, Any], expected: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    connection = connections["default"]
    monkeypatch.setattr(type(connection), "vendor", "sqlite")
    monkeypatch.setitem(connection.settings_dict, "OPTIONS", options)
    assert [str(found.id).rpartition(".")[2] for found in check_database()] == expected


@pytest.mark.django_db
def test_no_migration_is_missing() -> None:
    call_command("makemigrations", "appointment_notifications", check=True, dry_run=True, verbosity=0)
