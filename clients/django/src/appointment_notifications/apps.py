"""The Django app."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class AppointmentNotificationsConfig(AppConfig):
    """Registers the system checks."""

    name = "appointment_notifications"
    label = "appointment_notifications"
    verbose_name = _("Appointment notifications")
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from appointment_notifications import checks  # noqa: F401 # registers them
