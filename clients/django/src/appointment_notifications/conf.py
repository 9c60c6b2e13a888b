"""The settings: one dict `APPOINTMENT_NOTIFICATIONS`, read into a typed value."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields
from datetime import timedelta
from typing import Any, cast

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.utils.module_loading import import_string

NAME = "APPOINTMENT_NOTIFICATIONS"


@dataclass(frozen=True, kw_only=True)
class Config:
    """All settings with their defaults. README.md describes them."""

    # Dotted path of a function: appointment -> AppointmentEvent, or a list of them (one for each recipient).
    EVENT_BUILDER: str
    # Passed to librdkafka: bootstrap.servers, security. What the promises rest on cannot be set (checks.py).
    KAFKA: Mapping[str, Any] = field(default_factory=dict)
    TOPIC: str = "appointments.created"
    OUTCOMES_TOPIC: str = "notifications.outcomes"
    OUTCOMES_GROUP: str = "appointments-django"
    # The models of appointments, such as "clinic.Appointment": checked to be in the outbox's database.
    MODELS: tuple[str, ...] = ()
    # The attribute that is the appointment's id in events.
    KEY_FIELD: str = "pk"
    # "field:NAME" takes the revision from the appointment's own counter; else the package counts.
    REVISION: str | None = None
    # Refuse an event with a bad address, instead of leaving that channel to the dead letters.
    STRICT: bool = False
    # What is older was not published and is parked: the topic's retention (7 days) could delete it unread.
    MAX_AGE: timedelta = timedelta(days=5)
    # How long hash, partition and offset of a published event are kept. Its content goes at once.
    KEEP_PUBLISHED: timedelta = timedelta(days=30)
    # How long outcomes are kept; None: for ever.
    KEEP_OUTCOMES: timedelta | None = None
    BATCH: int = 500
    POLL: timedelta = timedelta(milliseconds=500)
    LEASE: timedelta = timedelta(seconds=15)
    # How long Kafka may take for one record before the relay tries again.
    DELIVERY_TIMEOUT: timedelta = timedelta(seconds=20)

    @property
    def revision_field(self) -> str | None:
        """The name of the appointment's own counter, if it has one."""
        return self.REVISION.removeprefix("field:") if self.REVISION else None

    def builder(self) -> Callable[[Any], Any]:
        """The project's EVENT_BUILDER."""
        return cast("Callable[[Any], Any]", import_string(self.EVENT_BUILDER))


def known() -> set[str]:
    """The names of all settings."""
    return {f.name for f in fields(Config)}


def config() -> Config:
    """The settings as they are now. Raises ImproperlyConfigured; `manage.py check` says more."""
    given = getattr(settings, NAME, None)
    if not isinstance(given, Mapping):
        raise ImproperlyConfigured(f"{NAME} must be a dict")
    if unknown := set(given) - known():
        raise ImproperlyConfigured(f"{NAME}: unknown {', '.join(sorted(map(str, unknown)))}")
    if "EVENT_BUILDER" not in given:
        raise ImproperlyConfigured(f"{NAME}: EVENT_BUILDER is missing")
    return Config(**given)
