"""Who was not reached is called."""

from typing import Any

from django.dispatch import receiver

from appointment_notifications.models import Outcome
from appointment_notifications.signals import outcome_received
from clinic.models import Appointment, Call


@receiver(outcome_received)
def call_the_patient(outcome: Outcome, **kwargs: Any) -> None:
    """Told at least once: the call is unique, so that twice is no harm."""
    if outcome.told not in ("undelivered", "dead_lettered"):
        return
    appointment = Appointment.objects.filter(pk=outcome.key).first()
    if appointment is not None:
        why = f"{outcome.channel} {outcome.told} ({outcome.code or outcome.reason}), revision {outcome.revision}"
        Call.objects.get_or_create(appointment=appointment, why=why[:200])
