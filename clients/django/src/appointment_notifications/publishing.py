"""Writes events into the outbox, in the transaction that changes the appointment."""

from collections.abc import Iterable

from django.core.exceptions import ValidationError
from django.db import models, router, transaction
from django.db.models import F

from appointment_notifications.building import build_events, check, outbox_event
from appointment_notifications.conf import Config, config
from appointment_notifications.errors import InvalidEvent, NotInTransaction, WrongDatabase
from appointment_notifications.event import CONFIRMED, STATUSES
from appointment_notifications.models import OutboxEvent, Stream


def publish_appointment(
    appointment: models.Model,
    *,
    status: str = CONFIRMED,
    locale: str | None = None,
    using: str | None = None,
    strict: bool | None = None,
) -> list[OutboxEvent]:
    """Announces the appointment as the transaction leaves it: call it after the change, inside `atomic()`.

    What is announced is read from the database, not from the instance: one that was loaded earlier may be stale.
    Returns the events, one for each that EVENT_BUILDER returned. A bad address is left to that channel's dead
    letters unless `strict` (default: the setting STRICT) is true.

    Raises NotInTransaction, WrongDatabase, and InvalidEvent for what no event may be.
    """
    settings = config()
    database = _database(appointment, using)
    return _publish(settings, database, appointment, status=status, locale=locale, strict=strict)


def publish_appointments(
    appointments: Iterable[models.Model],
    *,
    status: str = CONFIRMED,
    locale: str | None = None,
    using: str | None = None,
    strict: bool | None = None,
) -> list[OutboxEvent]:
    """Announces many appointments, after `update()` or `bulk_create()`, say.

    They are locked in the order of their keys, so that two bulk changes wait for each other instead of deadlocking.
    """
    settings = config()
    events: list[OutboxEvent] = []
    for appointment in sorted(appointments, key=lambda a: _key(settings, a)):
        database = _database(appointment, using)
        events += _publish(settings, database, appointment, status=status, locale=locale, strict=strict)
    return events


def validate_appointment(appointment: models.Model) -> None:
    """Raises ValidationError for what would make the event invalid, addresses included. For `Model.clean()`.

    The appointment need not be saved. The texts name the event's fields, which need not be the model's: so they
    are errors of the whole form.
    """
    settings = config()
    try:
        key = _key(settings, appointment)
    except InvalidEvent:
        key = "unsaved"
    try:
        for event in build_events(settings, appointment):
            check(event.content(key=key, revision=1, status=CONFIRMED), strict=True)
    except InvalidEvent as error:
        raise ValidationError(str(error), code="appointment_notifications") from error


def _publish(
    settings: Config, database: str, appointment: models.Model, *, status: str, locale: str | None, strict: bool | None
) -> list[OutboxEvent]:
    if status not in STATUSES:
        raise InvalidEvent(f"status: one of {', '.join(STATUSES)}")
    key = _key(settings, appointment)
    if settings.revision_field is not None:
        # Its row is written below, and whoever has just saved it holds it already: so it is always locked first.
        type(appointment)._base_manager.using(database).select_for_update().filter(pk=appointment.pk).first()
    stream = lock_stream(database, key)
    fresh = _fresh(database, appointment, settings)
    built = build_events(settings, fresh)
    first = _next_revision(settings, database, stream, fresh, len(built))
    events = [
        outbox_event(settings, key, first, first + n, status, event, locale, strict) for n, event in enumerate(built)
    ]
    OutboxEvent.objects.using(database).bulk_create(events)
    return events


def _database(appointment: models.Model, using: str | None) -> str:
    """The alias of the outbox's database; raises unless the appointment is in it and a transaction is open."""
    outbox = using or router.db_for_write(OutboxEvent)
    stored = appointment._state.db or router.db_for_write(type(appointment), instance=appointment)
    if stored != outbox:
        raise WrongDatabase(f"the appointment is in {stored!r}, the outbox in {outbox!r}")
    if not transaction.get_connection(outbox).in_atomic_block:
        raise NotInTransaction("publish inside transaction.atomic(), together with the change of the appointment")
    return outbox


def _key(settings: Config, appointment: models.Model) -> str:
    key = getattr(appointment, settings.KEY_FIELD)
    if key is None or key == "":
        raise InvalidEvent("appointment_id: the appointment is not saved yet")
    return str(key)


def lock_stream(database: str, key: str) -> Stream:
    """Takes the appointment's row lock, which its transaction keeps.

    Without it two editors insert in one order and commit in the other, and the relay publishes the older change last:

        A inserts id 1, B inserts id 2, B commits, the relay publishes 2, A commits, the relay publishes 1.
    """
    streams = Stream.objects.using(database)
    stream = streams.select_for_update().filter(key=key).first()
    if stream is None:
        streams.get_or_create(key=key)
        stream = streams.select_for_update().get(key=key)
    return stream


def _fresh(database: str, appointment: models.Model, settings: Config) -> models.Model:
    """The appointment as the database has it, now that nobody else can change it behind our back."""
    found = type(appointment)._base_manager.using(database).filter(pk=appointment.pk).first()
    if found is None:
        raise InvalidEvent("the appointment is not in the database: publish a cancellation before deleting it")
    return found


def _next_revision(settings: Config, database: str, stream: Stream, appointment: models.Model, count: int) -> int:
    """Raises the counter by count and returns the first of the new revisions."""
    if settings.revision_field is None:
        first = stream.revision + 1
    else:
        first = _own_revision(settings.revision_field, database, stream, appointment, count)
    stream.revision = first + count - 1
    stream.save(using=database, update_fields=["revision", "updated_at"])
    return first


def _own_revision(name: str, database: str, stream: Stream, appointment: models.Model, count: int) -> int:
    """Raises the appointment's own counter in the database; a stale save() may have written an old value back."""
    rows = type(appointment)._base_manager.using(database).filter(pk=appointment.pk)
    rows.update(**{name: F(name) + max(count, 1)})
    last = int(rows.values_list(name, flat=True).get())
    first = last - max(count, 1) + 1
    if first <= stream.revision:
        raise InvalidEvent(f"revision: {name} fell back; {stream.revision} was published, {first} would be next")
    return first
