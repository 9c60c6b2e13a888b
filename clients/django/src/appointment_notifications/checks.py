"""System checks: what is wrong with the settings is said by `manage.py check`, all at once."""

from collections.abc import Mapping
from typing import Any

from django.apps import apps
from django.conf import settings
from django.core.checks import CheckMessage, Error, Warning, register
from django.core.exceptions import ImproperlyConfigured
from django.db import connections, router

from appointment_notifications.conf import NAME, Config, config
from appointment_notifications.kafka import FORBIDDEN
from appointment_notifications.mixins import NotifiedAppointment
from appointment_notifications.models import OutboxEvent

_SQLITE_OPTIONS = 'DATABASES["default"]["OPTIONS"] = {"transaction_mode": "IMMEDIATE", "timeout": 20}'


def _error(number: int, text: str, hint: str | None = None) -> Error:
    return Error(text, hint=hint, id=f"appointment_notifications.E{number:03}")


@register("appointment_notifications")
def check_settings(**kwargs: Any) -> list[CheckMessage]:
    """The settings themselves."""
    found: list[CheckMessage] = []
    if not settings.USE_TZ:
        found.append(_error(1, "USE_TZ is False: times would have no time zone", "USE_TZ = True"))
    try:
        known = config()
    except (ImproperlyConfigured, TypeError) as error:
        return [*found, _error(2, str(error))]
    return found + _builder(known) + _kafka(known) + _models(known)


def _builder(known: Config) -> list[CheckMessage]:
    try:
        if not callable(known.builder()):
            raise ImportError(f"{known.EVENT_BUILDER} is no function")
    except ImportError as error:
        return [_error(3, f"{NAME}: EVENT_BUILDER: {error}")]
    return []


def _kafka(known: Config) -> list[CheckMessage]:
    if not isinstance(known.KAFKA, Mapping) or not known.KAFKA.get("bootstrap.servers"):
        return [_error(4, f"{NAME}: KAFKA needs bootstrap.servers")]
    return [
        _error(5, f"{NAME}: KAFKA may not set {name}", FORBIDDEN[name])
        for name in sorted(FORBIDDEN.keys() & known.KAFKA.keys())
    ]


def _models(known: Config) -> list[CheckMessage]:
    """Appointments must be where the outbox is: one transaction cannot hold both otherwise."""
    found: list[CheckMessage] = []
    models = {model for model in apps.get_models() if issubclass(model, NotifiedAppointment)}
    for label in known.MODELS:
        try:
            models.add(apps.get_model(label))
        except (LookupError, ValueError):
            found.append(_error(6, f"{NAME}: MODELS: there is no model {label}"))
    outbox = router.db_for_write(OutboxEvent)
    for model in sorted(models, key=lambda m: m._meta.label):
        if (database := router.db_for_write(model)) != outbox:
            found.append(_error(7, f"{model._meta.label} is in {database!r}, the outbox in {outbox!r}"))
        if known.revision_field and known.revision_field not in {f.name for f in model._meta.get_fields()}:
            found.append(_error(8, f"{NAME}: REVISION: {model._meta.label} has no field {known.revision_field}"))
    return found


@register("appointment_notifications")
def check_database(**kwargs: Any) -> list[CheckMessage]:
    """What the order of events needs from the database."""
    connection = connections[router.db_for_write(OutboxEvent)]
    options = connection.settings_dict.get("OPTIONS", {})
    if connection.vendor == "sqlite":
        return _sqlite(options)
    if connection.vendor == "mysql" and "innodb" not in str(options.get("init_command", "innodb")).lower():
        return [Warning("MySQL without InnoDB has no transactions", id="appointment_notifications.W001")]
    return []


def _sqlite(options: Mapping[str, Any]) -> list[CheckMessage]:
    """SQLite has no row locks: only a transaction that takes the write lock at its start keeps the order."""
    found: list[CheckMessage] = []
    if str(options.get("transaction_mode", "")).upper() not in ("IMMEDIATE", "EXCLUSIVE"):
        found.append(_error(9, "SQLite needs IMMEDIATE transactions", _SQLITE_OPTIONS))
    if float(options.get("timeout", 5)) < 5:
        found.append(_error(10, "SQLite writers must wait for each other", _SQLITE_OPTIONS))
    return found
