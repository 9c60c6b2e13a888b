"""Prometheus metrics, where prometheus-client is installed (the extra `metrics`)."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from django.db import router

from appointment_notifications import status
from appointment_notifications.models import OutboxEvent
from appointment_notifications.tally import Tally

if TYPE_CHECKING:
    from prometheus_client import Metric

PREFIX = "appointment_notifications_"


def render(tally: Tally) -> tuple[int, str, bytes]:
    """The answer of /metrics: HTTP status, content type and body."""
    try:
        from prometheus_client import CollectorRegistry, exposition
    except ImportError:
        return 501, "text/plain; charset=utf-8", b"pip install appointment-notifications[metrics]\n"
    registry = CollectorRegistry(auto_describe=False)
    registry.register(_Collector(tally))
    return 200, exposition.CONTENT_TYPE_LATEST, exposition.generate_latest(registry)


class _Collector:
    def __init__(self, tally: Tally) -> None:
        self._tally = tally

    def collect(self) -> "Iterator[Metric]":
        from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily

        now = status.read(router.db_for_read(OutboxEvent))
        for name, text, value in (
            ("pending_events", "Events that are not published yet", now.pending),
            ("oldest_pending_seconds", "Age of the oldest of them", now.oldest_pending_seconds),
            ("parked_events", "Events that wait for a person", now.parked),
            ("leases_held", "Shards that a relay publishes", now.leases_held),
            ("outcome_faults", "Outcomes that could not be read", now.outcome_faults),
        ):
            yield GaugeMetricFamily(PREFIX + name, text, value=value)
        if (lag := self._tally.gauge("outcome_lag")) is not None:
            yield GaugeMetricFamily(PREFIX + "outcome_lag", "Outcomes that this consumer has not stored", value=lag)
        for name, text in (
            ("published", "Events published"),
            ("failed", "Attempts that failed"),
            ("outcomes", "Outcomes read"),
        ):
            family = CounterMetricFamily(PREFIX + name, text, labels=["reason"])
            for reason, count in self._tally.read(name).items():
                family.add_metric([reason], count)
            yield family
