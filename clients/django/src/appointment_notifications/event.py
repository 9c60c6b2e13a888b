"""The event that a project builds from an appointment."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from appointment_notifications.errors import InvalidEvent

CONFIRMED, RESCHEDULED, CANCELLED = "confirmed", "rescheduled", "cancelled"
STATUSES = (CONFIRMED, RESCHEDULED, CANCELLED)

# The contract's limit of a record's value.
MAX_BYTES = 256 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class AppointmentEvent:
    """Who is to be told of an appointment, and when it is. Id, revision and status are added by the package.

    `time` needs a time zone. `timezone` is the IANA name of the zone in which it is shown. An address matters only
    where its `notify_` flag is set. `headers` travel with the record (`traceparent`, say) and must hold no personal
    data: they are kept after the event is published.
    """

    time: datetime
    timezone: str | None = None
    locale: str | None = None
    email: str | None = None
    phone_e164: str | None = None
    notify_email: bool = False
    notify_sms: bool = False
    user_id: str | int | None = None
    headers: Mapping[str, str] = field(default_factory=dict)

    @property
    def channels(self) -> list[str]:
        """The channels that the event asks for."""
        return [name for name, asked in (("email", self.notify_email), ("sms", self.notify_sms)) if asked]

    def content(self, *, key: str, revision: int, status: str, locale: str | None = None) -> dict[str, Any]:
        """The value of the record as the contract has it."""
        content: dict[str, Any] = {
            "appointment_id": key,
            "time": rfc3339(self.time),
            "notify": {"email": self.notify_email, "sms": self.notify_sms},
            "revision": revision,
            "status": status,
        }
        if self.user_id is not None:
            content["user_id"] = self.user_id
        if self.timezone:
            content["timezone"] = self.timezone
        if locale or self.locale:
            content["locale"] = locale or self.locale
        # An address that was not asked for is not published: nobody needs it there.
        if self.notify_email:
            content["email"] = self.email
        if self.notify_sms:
            content["phone_e164"] = self.phone_e164
        return content


def rfc3339(time: datetime) -> str:
    """The time with its own offset; in UTC where the offset has seconds, which RFC 3339 cannot write."""
    offset = time.utcoffset() if isinstance(time, datetime) else None
    if offset is None:
        raise InvalidEvent("time: a datetime with a time zone is needed (USE_TZ = True)")
    if offset % timedelta(minutes=1):
        time = time.astimezone(UTC)
    return time.isoformat()


def encode(content: Mapping[str, Any]) -> str:
    """The record's value as text; raises InvalidEvent where it is no JSON or too large."""
    try:
        text = json.dumps(content, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
        size = len(text.encode())
    except (TypeError, ValueError) as error:
        raise InvalidEvent(f"the event cannot be written as JSON: {type(error).__name__}") from None
    if size > MAX_BYTES:
        raise InvalidEvent(f"the event has {size} bytes; at most {MAX_BYTES} are allowed")
    return text
