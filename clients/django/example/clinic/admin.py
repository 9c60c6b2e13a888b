"""Book, move and cancel appointments, and see what became of the messages."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest

from appointment_notifications.admin import AppointmentNotificationsAdminMixin
from clinic.models import Appointment, Call


@admin.register(Appointment)
class AppointmentAdmin(AppointmentNotificationsAdminMixin, admin.ModelAdmin):
    list_display = ("patient", "starts_at", "status")

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Cancel it: a deleted appointment tells nobody anything."""
        return False


@admin.register(Call)
class CallAdmin(admin.ModelAdmin):
    list_display = ("appointment", "why", "done")
    list_filter = ("done",)
    list_editable = ("done",)
