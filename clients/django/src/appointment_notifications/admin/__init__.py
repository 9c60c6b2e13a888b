"""The admin: what waits, what became of each event, and columns for the project's own appointments."""

from appointment_notifications.admin.appointments import AppointmentNotificationsAdminMixin
from appointment_notifications.admin.tables import OutboxEventAdmin, OutcomeAdmin, OutcomeFaultAdmin, RelayLeaseAdmin

__all__ = [
    "AppointmentNotificationsAdminMixin",
    "OutboxEventAdmin",
    "OutcomeAdmin",
    "OutcomeFaultAdmin",
    "RelayLeaseAdmin",
]
