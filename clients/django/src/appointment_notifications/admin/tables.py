"""The package's own tables. All of them are read-only; two actions decide on what is parked."""

from typing import TYPE_CHECKING, Any

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils import timezone

from appointment_notifications.admin.banner import warn
from appointment_notifications.models import OutboxEvent, Outcome, OutcomeFault, RelayLease

if TYPE_CHECKING:
    _EventAdmin = admin.ModelAdmin[OutboxEvent]
    _OutcomeAdmin = admin.ModelAdmin[Outcome]
    _FaultAdmin = admin.ModelAdmin[OutcomeFault]
    _LeaseAdmin = admin.ModelAdmin[RelayLease]
else:
    _EventAdmin = _OutcomeAdmin = _FaultAdmin = _LeaseAdmin = admin.ModelAdmin

State = OutboxEvent.State


class ReadOnly:
    """Nobody adds, changes or deletes rows by hand."""

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Never."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Never."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Never."""
        return False


class TriedFilter(admin.SimpleListFilter):
    """Events that Kafka did not take at once."""

    title = "attempts"
    parameter_name = "tried"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        """The choices."""
        return [("yes", "failed before")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        """Filters."""
        return queryset.filter(attempts__gt=0) if self.value() else queryset


@admin.register(OutboxEvent)
class OutboxEventAdmin(ReadOnly, _EventAdmin):
    """What is to be published, and what was."""

    list_display = ("key", "revision", "status", "channels", "state", "attempts", "last_error", "created_at")
    list_filter = ("state", "created_at", TriedFilter)
    search_fields = ("=key",)
    ordering = ("-id",)
    show_full_result_count = False
    actions = ("retry", "discard")

    def get_fields(self, request: HttpRequest, obj: OutboxEvent | None = None) -> Any:
        """All but the content, which holds addresses: that needs a permission of its own."""
        names = [field.name for field in OutboxEvent._meta.fields]
        if not request.user.has_perm("appointment_notifications.view_event_value"):
            names.remove("value")
        return names

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        """Warns where events do not go out."""
        warn(request)
        return super().changelist_view(request, extra_context)

    def has_decide_permission(self, request: HttpRequest) -> bool:
        """Who may retry and discard: the model's usual right to change."""
        return bool(request.user.has_perm("appointment_notifications.change_outboxevent"))

    @admin.action(description="Publish parked events after all", permissions=["decide"])
    def retry(self, request: HttpRequest, queryset: QuerySet[OutboxEvent]) -> None:
        """Makes parked events pending again; one that is too old is parked again by the relay."""
        chosen = list(queryset.filter(state=State.PARKED))
        queryset.filter(pk__in=[event.pk for event in chosen], state=State.PARKED).update(
            state=State.PENDING, attempts=0, next_attempt_at=timezone.now()
        )
        for event in chosen:
            self.log_change(request, event, "retry")
        self.message_user(request, f"{len(chosen)} events will be published.", messages.SUCCESS)

    @admin.action(description="Discard waiting and parked events", permissions=["decide"])
    def discard(self, request: HttpRequest, queryset: QuerySet[OutboxEvent]) -> HttpResponse | None:
        """Asks for a reason, then gives the events up. Their content is deleted."""
        chosen = queryset.filter(state__in=[State.PARKED, State.PENDING])
        reason = request.POST.get("reason", "").strip()
        if not reason:
            return self._ask_for_reason(request, chosen)
        events = list(chosen)
        chosen.filter(pk__in=[event.pk for event in events]).update(
            state=State.DISCARDED, value="", last_error=f"discarded: {reason}"[:256]
        )
        for event in events:
            self.log_change(request, event, f"discarded: {reason}")
        self.message_user(request, f"{len(events)} events discarded.", messages.SUCCESS)
        return None

    def _ask_for_reason(self, request: HttpRequest, chosen: QuerySet[OutboxEvent]) -> HttpResponse:
        context = {
            **self.admin_site.each_context(request),
            "title": "Discard events",
            "events": chosen,
            "opts": self.model._meta,
            "again": "post_reason" in request.POST,
        }
        return TemplateResponse(request, "admin/appointment_notifications/discard.html", context)


@admin.register(Outcome)
class OutcomeAdmin(ReadOnly, _OutcomeAdmin):
    """What became of each event on each channel."""

    list_display = ("key", "revision", "channel", "told", "reason", "code", "at")
    list_filter = ("channel", "state", "complained", "at")
    search_fields = ("=key", "=provider_message_id", "=dead_letter_id")
    ordering = ("-id",)
    show_full_result_count = False


@admin.register(OutcomeFault)
class OutcomeFaultAdmin(ReadOnly, _FaultAdmin):
    """Outcomes that could not be read."""

    list_display = ("topic", "partition", "offset", "reason", "seen_at")


@admin.register(RelayLease)
class RelayLeaseAdmin(ReadOnly, _LeaseAdmin):
    """Which relay publishes."""

    list_display = ("shard", "owner", "expires_at", "fence")
