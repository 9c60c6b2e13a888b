"""Counters of one process, which metrics read."""

import threading
from collections import Counter


class Tally:
    """Counts by name and reason. Safe for concurrent use."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._counts: Counter[tuple[str, str]] = Counter()
        self._gauges: dict[str, float] = {}

    def add(self, name: str, reason: str, count: int = 1) -> None:
        """Adds to a counter."""
        with self._lock:
            self._counts[name, reason] += count

    def read(self, name: str) -> dict[str, int]:
        """The counts of a name by reason."""
        with self._lock:
            return {reason: count for (of, reason), count in self._counts.items() if of == name}

    def set(self, name: str, value: float) -> None:
        """Sets a gauge."""
        with self._lock:
            self._gauges[name] = value

    def gauge(self, name: str) -> float | None:
        """The value of a gauge; None before it was set."""
        with self._lock:
            return self._gauges.get(name)
