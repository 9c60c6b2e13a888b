"""Says in the admin that something is wrong before somebody has to ask."""

from django.contrib import messages
from django.db import router
from django.http import HttpRequest

from appointment_notifications import status
from appointment_notifications.models import OutboxEvent


def warn(request: HttpRequest) -> None:
    """Adds a warning for each problem, for those who may see the outbox."""
    if request.method != "GET" or not request.user.has_perm("appointment_notifications.view_outboxevent"):
        return
    for problem in status.read(router.db_for_read(OutboxEvent)).problems:
        messages.warning(request, f"Notifications: {problem}.")
