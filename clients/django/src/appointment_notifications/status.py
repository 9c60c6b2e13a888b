"""How the outbox is doing, in figures."""

from dataclasses import asdict, dataclass
from typing import Any

from django.db.models import Count, Min
from django.db.models.functions import Now
from django.utils import timezone

from appointment_notifications.models import OutboxEvent, OutcomeFault, RelayLease

# An event that waits for longer than this is a fault: a round takes well under a second.
LATE_SECONDS = 60.0


@dataclass(frozen=True)
class Status:
    """What monitoring wants to know."""

    pending: int
    oldest_pending_seconds: float
    parked: int
    leases_held: int
    outcome_faults: int

    @property
    def problems(self) -> list[str]:
        """What a person has to look at."""
        found = []
        if self.oldest_pending_seconds > LATE_SECONDS:
            found.append(f"an event has waited for {self.oldest_pending_seconds:.0f} s")
        if not self.leases_held:
            found.append("no relay runs")
        if self.parked:
            found.append(f"{self.parked} events are parked")
        return found

    def as_dict(self) -> dict[str, Any]:
        """For JSON."""
        return {**asdict(self), "problems": self.problems}


def read(database: str) -> Status:
    """Looks the figures up: four queries on partial or small indexes."""
    events = OutboxEvent.objects.using(database)
    pending = events.filter(state="pending").aggregate(count=Count("id"), oldest=Min("created_at"))
    oldest = pending["oldest"]
    return Status(
        pending=pending["count"],
        oldest_pending_seconds=max(0.0, (timezone.now() - oldest).total_seconds()) if oldest else 0.0,
        parked=events.filter(state="parked").count(),
        leases_held=RelayLease.objects.using(database).filter(expires_at__gt=Now()).exclude(owner="").count(),
        outcome_faults=OutcomeFault.objects.using(database).count(),
    )
