"""A model mixin for those who save appointments one at a time."""

from typing import Any, ClassVar

from django.db import models, router, transaction

from appointment_notifications.event import CONFIRMED, RESCHEDULED
from appointment_notifications.publishing import publish_appointment


class NotifiedAppointment(models.Model):
    """Publishes in `save()` when the appointment is new or one of `notify_fields` changed.

    `update()`, `bulk_create()` and `delete()` do not pass through `save()`: use `publish_appointments` there.
    """

    notify_fields: ClassVar[tuple[str, ...]] = ()

    class Meta:
        abstract = True

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Saves and publishes in one transaction."""
        using = kwargs.get("using") or router.db_for_write(type(self), instance=self)
        with transaction.atomic(using=using):
            before = self._notified(using)
            super().save(*args, **kwargs)
            if before is None or before != self._notified(using):
                publish_appointment(self, status=self.notification_status(before is None), using=using)

    def notification_status(self, created: bool) -> str:
        """What the patient is told. Override it to say "cancelled"."""
        return CONFIRMED if created else RESCHEDULED

    def _notified(self, using: str) -> dict[str, Any] | None:
        """The fields as the database has them: the instance knows only what they were when it was loaded."""
        if self.pk is None:
            return None
        rows = type(self)._base_manager.using(using).select_for_update().filter(pk=self.pk)
        found: dict[str, Any] | None = rows.values(*self.notify_fields).first()
        return found
