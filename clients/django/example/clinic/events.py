"""What is told of an appointment."""

from django.conf import settings

from appointment_notifications import AppointmentEvent
from clinic.models import Appointment


def build(appointment: Appointment) -> AppointmentEvent:
    return AppointmentEvent(
        time=appointment.starts_at,
        timezone=settings.TIME_ZONE,
        email=appointment.email,
        phone_e164=appointment.phone,
        notify_email=appointment.by_email,
        notify_sms=appointment.by_sms,
    )
