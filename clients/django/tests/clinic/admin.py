"""The project's admin."""

from django.contrib import admin

from appointment_notifications.admin import AppointmentNotificationsAdminMixin
from tests.clinic.models import Appointment


@admin.register(Appointment)
class AppointmentAdmin(AppointmentNotificationsAdminMixin, admin.ModelAdmin):
    list_display = ("id", "starts_at")
