"""The project's builders."""

from typing import Any

from appointment_notifications import AppointmentEvent


def build(appointment: Any) -> AppointmentEvent:
    return AppointmentEvent(
        time=appointment.starts_at,
        timezone="Europe/Berlin",
        email=appointment.patient.email if appointment.patient else appointment.email,
        phone_e164=appointment.phone,
        notify_email=appointment.by_email,
        notify_sms=appointment.by_sms,
    )


def one_for_each_recipient(appointment: Any) -> list[AppointmentEvent]:
    return [
        AppointmentEvent(time=appointment.starts_at, email=email, notify_email=True)
        for email in appointment.email.split()
    ]


def with_headers(appointment: Any) -> AppointmentEvent:
    return AppointmentEvent(
        time=appointment.starts_at, headers={"traceparent": "00-" + "a" * 32 + "-" + "b" * 16 + "-01"}
    )


def numbered(appointment: Any) -> AppointmentEvent:
    """Each change has a recipient of its own, by which the harness knows its e-mail: they sort as the changes do."""
    email = f"a{appointment.pk}.{appointment.counter:06}@patients.example"
    return AppointmentEvent(time=appointment.starts_at, email=email, notify_email=True)
