"""One record of the outcomes' topic."""

import json
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from appointment_notifications.contract import outcome_fault

# The contract's order. complained and unconfirmed are no states: they are kept beside.
RANKS = {"skipped": 1, "dead_lettered": 2, "sent": 3, "delivered": 4, "undelivered": 5}
_LARGEST = 2**63 - 1


class Unreadable(Exception):
    """The record does not keep the contract. The text holds none of its values."""


@dataclass(frozen=True, slots=True)
class Fact:
    """What one record tells of one event on one channel."""

    channel: str
    event: tuple[str, int, int]
    key: str
    revision: int | None
    status: str
    outcome: str
    reason: str
    code: str
    provider_message_id: str
    dead_letter_id: str
    at: datetime

    @property
    def rank(self) -> int:
        """How much it says; 0 for what is kept beside the state."""
        return RANKS.get(self.outcome, 0)


def parse(key: bytes | None, value: bytes | None) -> Fact:
    """Reads a record; raises Unreadable."""
    try:
        told = json.loads((value or b"").decode())
    except (ValueError, RecursionError) as error:
        raise Unreadable(f"no JSON: {type(error).__name__}") from None
    if fault := outcome_fault(told):
        raise Unreadable(fault)
    event = told["event"]
    numbers = [event["offset"], told["revision"] or 0]
    if any(abs(number) > _LARGEST for number in numbers) or event["partition"] >= 2**31 or len(told["channel"]) > 32:
        raise Unreadable("event: a number or name is too large")
    return Fact(
        channel=told["channel"],
        event=(_text(event["topic"], 249), event["partition"], event["offset"]),
        # Of an event that could not be decoded only the record's key is known.
        key=_text(told["appointment_id"] or (key or b"").decode(errors="replace"), 256),
        revision=told["revision"],
        status=told["status"],
        outcome=told["outcome"],
        reason=_text(told["reason"], 64),
        code=_text(told["code"], 128),
        provider_message_id=_text(told["provider_message_id"], 256),
        dead_letter_id=_text(told["dead_letter_id"], 256),
        at=_time(told["at"]),
    )


def _text(value: Any, limit: int) -> str:
    """What every database can store: PostgreSQL has no NUL, and UTF-8 no half of a character, as JSON has."""
    return str(value).replace("\0", "").encode(errors="replace").decode()[:limit]


def _time(text: str) -> datetime:
    """RFC 3339, or Unix milliseconds where the year has no four digits: such a time is cut to what Python has."""
    try:
        if "T" in text:
            return datetime.fromisoformat(text)
        return datetime(1970, 1, 1, tzinfo=UTC) + timedelta(milliseconds=int(text))
    except (ValueError, OverflowError):
        return datetime(9999, 12, 31, tzinfo=UTC) if not text.startswith("-") else datetime(1, 1, 2, tzinfo=UTC)
