"""What the tests share."""

from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.test import override_settings
from django.utils import timezone

from tests import settings as project
from tests.clinic.models import Appointment


@pytest.fixture
def make() -> Callable[..., Appointment]:
    """Makes a valid appointment, the day after tomorrow."""

    def make(**fields: Any) -> Appointment:
        fields = {"starts_at": timezone.now() + timedelta(days=2), "email": "mara.lind@patients.example"} | fields
        return Appointment.objects.create(**fields)

    return make


@pytest.fixture
def configure() -> Iterator[Callable[..., None]]:
    """Changes the package's settings for a test."""
    active: list[override_settings] = []

    def configure(**changes: Any) -> None:
        override = override_settings(APPOINTMENT_NOTIFICATIONS=project.APPOINTMENT_NOTIFICATIONS | changes)
        override.enable()
        active.append(override)

    yield configure
    for override in reversed(active):
        override.disable()
