"""The trace in which an event is published goes on in the workers, where the project uses OpenTelemetry."""

from collections.abc import Mapping

try:
    from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator
except ImportError:  # it is no dependency
    TraceContextTextMapPropagator = None  # type: ignore[assignment,misc]


def trace_headers(given: Mapping[str, str]) -> dict[str, str]:
    """`traceparent` and `tracestate` of the current span; nothing without one, or where `given` has them.

    The project's own propagators are not asked: baggage could hold personal data, and headers are kept.
    """
    carrier: dict[str, str] = {}
    if TraceContextTextMapPropagator is not None and "traceparent" not in given:
        TraceContextTextMapPropagator().inject(carrier)
    return carrier
