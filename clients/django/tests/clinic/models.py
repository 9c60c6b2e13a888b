"""A project's own models, one of each kind."""

from django.db import models

from appointment_notifications.mixins import NotifiedAppointment


class Patient(models.Model):
    email = models.CharField(max_length=300)

    def __str__(self) -> str:
        return f"patient {self.pk}"


class Appointment(models.Model):
    """Published by hand."""

    starts_at = models.DateTimeField()
    email = models.CharField(max_length=300, blank=True)
    phone = models.CharField(max_length=32, blank=True)
    by_email = models.BooleanField(default=True)
    by_sms = models.BooleanField(default=False)
    patient = models.ForeignKey(Patient, null=True, on_delete=models.CASCADE)
    counter = models.BigIntegerField(default=0)

    def __str__(self) -> str:
        return f"appointment {self.pk}"


class Visit(NotifiedAppointment):
    """Published by the mixin."""

    notify_fields = ("starts_at", "email", "cancelled")

    starts_at = models.DateTimeField()
    email = models.CharField(max_length=300)
    note = models.CharField(max_length=50, blank=True)
    cancelled = models.BooleanField(default=False)
    phone = ""
    by_email = True
    by_sms = False
    patient = None

    def __str__(self) -> str:
        return f"visit {self.pk}"

    def notification_status(self, created: bool) -> str:
        return "cancelled" if self.cancelled else super().notification_status(created)
