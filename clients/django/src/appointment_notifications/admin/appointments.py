"""Columns and a panel for the admin of the project's own appointments."""

from typing import TYPE_CHECKING, Any

from django.contrib import admin
from django.contrib.admin.views.main import ChangeList
from django.db import router
from django.db.models import Model
from django.http import HttpRequest, HttpResponse
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.timezone import localtime

from appointment_notifications.admin.banner import warn
from appointment_notifications.conf import config
from appointment_notifications.history import Line, lines, newest
from appointment_notifications.models import OutboxEvent

if TYPE_CHECKING:
    _Base = admin.ModelAdmin[Model]
else:
    _Base = object

# More lines than this say nothing that a clerk needs.
SHOWN = 30


def _lines(appointments: list[Any]) -> dict[str, list[Line]]:
    name = config().KEY_FIELD
    return lines(router.db_for_read(OutboxEvent), [str(getattr(appointment, name)) for appointment in appointments])


def _with_notifications(base: type[ChangeList]) -> type[ChangeList]:
    """A list that looks up what became of all its rows at once."""

    class WithNotifications(base):  # type: ignore[misc,valid-type]
        def get_results(self, request: HttpRequest) -> None:
            super().get_results(request)
            shown: list[Any] = list(self.result_list)  # type: ignore[has-type]
            found = _lines(shown)
            name = config().KEY_FIELD
            for appointment in shown:
                appointment._notification_lines = found[str(getattr(appointment, name))]
            self.result_list = shown

    return WithNotifications


class AppointmentNotificationsAdminMixin(_Base):
    """Put it before ModelAdmin: two columns in the list, and a panel with the history on each page."""

    def get_list_display(self, request: HttpRequest) -> list[Any]:
        """The project's columns, then ours."""
        return [*super().get_list_display(request), "notification_email", "notification_sms"]

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[Any]:
        """The project's, and the panel."""
        return [*super().get_readonly_fields(request, obj), "notifications"]

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        """The project's, with the panel in one of its own at the end."""
        kept = []
        for title, options in super().get_fieldsets(request, obj):
            names = [name for name in options["fields"] if name != "notifications"]
            kept.append((title, {**options, "fields": names}))
        return [*kept, ("Notifications", {"fields": ["notifications"]})] if obj else kept

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[ChangeList]:
        """One that looks everything up in two queries."""
        return _with_notifications(super().get_changelist(request, **kwargs))

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        """Warns where notifications do not go out."""
        warn(request)
        return super().changelist_view(request, extra_context)

    @admin.display(description="e-mail")
    def notification_email(self, appointment: Any) -> str:
        """The last change's e-mail."""
        return newest(self._of(appointment), "email") or "-"

    @admin.display(description="SMS")
    def notification_sms(self, appointment: Any) -> str:
        """The last change's text message."""
        return newest(self._of(appointment), "sms") or "-"

    @admin.display(description="History")
    def notifications(self, appointment: Any) -> SafeString:
        """A table, newest first."""
        rows = [
            (
                line.revision if line.revision is not None else "",
                line.status,
                line.text,
                localtime(line.at).strftime("%Y-%m-%d %H:%M") if line.at else "",
            )
            for line in self._of(appointment)[:SHOWN]
        ]
        if not rows:
            return format_html("{}", "Nothing was published yet.")
        return format_html(
            "<table><thead><tr><th>Revision</th><th>Status</th><th>Notification</th><th>Since</th></tr></thead>"
            "<tbody>{}</tbody></table>",
            format_html_join("", "<tr><td>{}</td><td>{}</td><td>{}</td><td>{}</td></tr>", rows),
        )

    def _of(self, appointment: Any) -> list[Line]:
        """Looked up by the list for all rows, or here for one."""
        if not hasattr(appointment, "_notification_lines"):
            appointment._notification_lines = next(iter(_lines([appointment]).values()))
        found: list[Line] = appointment._notification_lines
        return found
