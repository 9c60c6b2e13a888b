"""What the tests share."""

import os
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.test import override_settings
from django.utils import timezone

from tests import settings as project
from tests.clinic.models import Appointment


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Without a broker its tests are left out, and said so. The harness in tests/django always gives one."""
    if os.environ.get("KAFKA_BOOTSTRAP_SERVERS"):
        return
    left_out = [item for item in items if item.get_closest_marker("kafka")]
    if left_out:
        items[:] = [item for item in items if item not in left_out]
        config.hook.pytest_deselected(items=left_out)


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
