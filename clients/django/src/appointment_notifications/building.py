"""Builds events with the project's builder, and checks them."""

import hashlib
import logging
import zlib
from collections.abc import Sequence
from typing import Any

from django.db import models

from appointment_notifications import contract
from appointment_notifications.conf import Config
from appointment_notifications.errors import InvalidEvent
from appointment_notifications.event import AppointmentEvent, encode
from appointment_notifications.models import SLOTS, OutboxEvent
from appointment_notifications.tracing import trace_headers

log = logging.getLogger(__name__)


def build_events(settings: Config, appointment: models.Model) -> Sequence[AppointmentEvent]:
    """What the project's builder makes of an appointment, as a list; raises InvalidEvent for anything else."""
    built: Any = settings.builder()(appointment)
    events = [built] if isinstance(built, AppointmentEvent) else list(built or ())
    if not all(isinstance(event, AppointmentEvent) for event in events):
        raise InvalidEvent(f"{settings.EVENT_BUILDER} must return an AppointmentEvent or a list of them")
    return events


def outbox_event(
    settings: Config,
    key: str,
    change: int,
    revision: int,
    status: str,
    event: AppointmentEvent,
    locale: str | None,
    strict: bool | None,
) -> OutboxEvent:
    """The row of one event, checked but not saved. `change` is the first revision of the same call."""
    content = event.content(key=key, revision=revision, status=status, locale=locale)
    check(content, strict=settings.STRICT if strict is None else strict)
    value = encode(content)
    return OutboxEvent(
        key=key,
        slot=zlib.crc32(key.encode()) % SLOTS,
        revision=revision,
        change=change,
        status=status,
        channels=",".join(event.channels),
        topic=settings.TOPIC,
        value=value,
        value_sha256=hashlib.sha256(value.encode()).hexdigest(),
        headers=_headers(event),
    )


def _headers(event: AppointmentEvent) -> dict[str, str]:
    headers = {**trace_headers(event.headers), **event.headers}
    if not all(isinstance(name, str) and name and isinstance(text, str) for name, text in headers.items()):
        raise InvalidEvent("headers: names and values must be text")
    return headers


def check(content: dict[str, Any], *, strict: bool) -> None:
    """Raises InvalidEvent with all broken rules. Not strict: those of addresses are only logged."""
    encode(content)
    broken = [(field, f"{field}: {rule}") for field, rule in contract.faults(content)]
    fatal = [text for field, text in broken if strict or field not in contract.ADDRESSES]
    if fatal:
        raise InvalidEvent("; ".join(fatal))
    for field, _ in broken:
        log.warning("appointment event with a bad address", extra={"field": field, "key": content["appointment_id"]})
