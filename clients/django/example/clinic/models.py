"""Appointments, and the patients who have to be called."""

from typing import ClassVar

from django.core.exceptions import ValidationError
from django.db import models

from appointment_notifications.mixins import NotifiedAppointment
from appointment_notifications.publishing import validate_appointment


class Appointment(NotifiedAppointment):
    """Published whenever one of `notify_fields` changes."""

    class Status(models.TextChoices):
        BOOKED = "booked"
        CANCELLED = "cancelled"

    notify_fields = ("starts_at", "email", "phone", "by_email", "by_sms", "status")

    patient = models.CharField(max_length=100)
    starts_at = models.DateTimeField()
    email = models.CharField("e-mail address", max_length=254, blank=True)
    phone = models.CharField(max_length=20, blank=True, help_text="Such as +15550101234")
    by_email = models.BooleanField("notify by e-mail", default=True)
    by_sms = models.BooleanField("notify by SMS", default=False)
    status = models.CharField(max_length=16, choices=Status.choices, default=Status.BOOKED)

    class Meta:
        ordering: ClassVar = ["starts_at"]

    def __str__(self) -> str:
        return f"{self.patient}, {self.starts_at:%Y-%m-%d %H:%M}"

    def clean(self) -> None:
        """Shows the clerk what is wrong with an address, instead of a dead letter later."""
        if self.starts_at is None:
            raise ValidationError({"starts_at": "When?"})
        validate_appointment(self)

    def notification_status(self, created: bool) -> str:
        """What the patient is told."""
        return "cancelled" if self.status == self.Status.CANCELLED else super().notification_status(created)


class Call(models.Model):
    """A patient who was not reached and has to be called."""

    appointment = models.ForeignKey(Appointment, on_delete=models.CASCADE)
    why = models.CharField(max_length=200)
    done = models.BooleanField(default=False)

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["appointment", "why"], name="one_call")]

    def __str__(self) -> str:
        return f"{self.appointment}: {self.why}"
