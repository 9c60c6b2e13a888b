"""Publishes again what Kafka may have lost: the same revision, so that what was sent is not sent twice."""

import hashlib
from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django.db import models, transaction
from django.db.models import Exists, OuterRef
from django.utils import timezone

from appointment_notifications.building import build_events
from appointment_notifications.conf import Config
from appointment_notifications.event import encode
from appointment_notifications.models import OutboxEvent, Outcome
from appointment_notifications.publishing import lock_stream

State = OutboxEvent.State


def unanswered(database: str, since: datetime) -> list[str]:
    """The appointments whose newest event was published since then, asked for a channel, and has no outcome."""
    events = OutboxEvent.objects.using(database)
    newer = events.filter(key=OuterRef("key"), change__gt=OuterRef("change"))
    told = Outcome.objects.using(database).filter(key=OuterRef("key"), revision=OuterRef("revision"))
    found = events.filter(~Exists(newer), ~Exists(told), state=State.PUBLISHED, published_at__gte=since)
    return sorted(set(found.exclude(channels="").values_list("key", flat=True)))


def republish(settings: Config, database: str, appointment: models.Model, key: str) -> bool:
    """Makes the appointment's last change pending again, as the database has it now; False where that is not possible.

    The content was deleted when it was published, so that it is built anew. Its time is now: the old record is gone,
    and one of its age could be deleted, too.
    """
    with transaction.atomic(using=database):
        revision = lock_stream(database, key).revision
        rows = _last_change(database, key, revision)
        built = build_events(settings, type(appointment)._base_manager.using(database).get(pk=appointment.pk))
        if len(built) != len(rows) or any(row.state != State.PUBLISHED for row in rows):
            return False
        now = timezone.now()
        for row, event in zip(rows, built, strict=True):
            row.value = encode(event.content(key=key, revision=row.revision, status=row.status))
            row.value_sha256 = hashlib.sha256(row.value.encode()).hexdigest()
            row.channels = ",".join(event.channels)
            row.state, row.attempts, row.created_at, row.next_attempt_at = State.PENDING, 0, now, now
            row.published_at = row.partition = row.offset = None
            row.save(using=database)
    return True


def _last_change(database: str, key: str, revision: int) -> list[OutboxEvent]:
    rows = list(OutboxEvent.objects.using(database).filter(key=key).order_by("-revision"))
    return [row for row in reversed(rows) if rows[0].revision == revision and row.change == rows[0].change]


def appointments(settings: Config, database: str, keys: Iterable[str], manager: Any) -> dict[str, models.Model]:
    """The appointments of one model with these keys."""
    found = manager.using(database).filter(**{f"{settings.KEY_FIELD}__in": list(keys)})
    return {str(getattr(appointment, settings.KEY_FIELD)): appointment for appointment in found}
