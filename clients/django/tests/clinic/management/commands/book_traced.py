"""Books one appointment within a span, and prints how other programs name that span."""

from datetime import timedelta
from typing import Any

from django.core.management.base import BaseCommand
from django.db import transaction
from django.utils import timezone
from opentelemetry.sdk.trace import TracerProvider

from appointment_notifications.publishing import publish_appointment
from tests.clinic.models import Appointment


class Command(BaseCommand):
    def handle(self, *args: Any, **options: Any) -> None:
        starts_at = timezone.now() + timedelta(days=2)
        with TracerProvider().get_tracer("clinic").start_as_current_span("book"), transaction.atomic():
            appointment = Appointment.objects.create(starts_at=starts_at, email="mara.lind@patients.example")
            [event] = publish_appointment(appointment)
        self.stdout.write(event.headers["traceparent"])
