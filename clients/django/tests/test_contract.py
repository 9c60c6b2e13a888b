"""The package's copy of the contract, and that what it builds keeps it."""

import json
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from appointment_notifications import AppointmentEvent, InvalidEvent, contract
from appointment_notifications.building import check
from appointment_notifications.event import encode

CONTRACTS = Path(__file__).resolve().parents[3] / "contracts"


@pytest.mark.parametrize("path", sorted((CONTRACTS / "examples").glob("*.json")), ids=lambda p: p.stem)
def test_examples_are_valid(path: Path) -> None:
    assert list(contract.faults(json.loads(path.read_text(encoding="utf-8")))) == []


def invalid() -> list[tuple[str, Any]]:
    """The corpus's invalid values that are JSON objects; this package makes no others."""
    found = []
    for path in sorted((CONTRACTS / "invalid").glob("*.json")):
        try:
            value = json.loads(path.read_bytes().decode())
        except (ValueError, RecursionError):
            continue
        if isinstance(value, dict):
            found.append((path.stem, value))
    return found


@pytest.mark.parametrize(("name", "value"), invalid(), ids=[name for name, _ in invalid()])
def test_invalid_values_are_refused(name: str, value: dict[str, Any]) -> None:
    with pytest.raises(InvalidEvent):
        check(value, strict=True)


offsets = st.timedeltas(min_value=timedelta(hours=-23), max_value=timedelta(hours=23))
times = st.builds(
    lambda t, o: t.replace(tzinfo=timezone(o)),
    st.datetimes(min_value=datetime(1901, 1, 2), max_value=datetime(9998, 1, 1)),
    offsets,
)
events = st.builds(
    AppointmentEvent,
    time=times,
    timezone=st.none() | st.text(max_size=256),
    locale=st.none() | st.sampled_from(["de", "pt-BR", "no such"]),
    email=st.none() | st.emails() | st.text(max_size=300),
    phone_e164=st.none() | st.from_regex(r"\+[1-9][0-9]{1,14}", fullmatch=True) | st.text(max_size=20),
    notify_email=st.booleans(),
    notify_sms=st.booleans(),
    user_id=st.none() | st.integers(min_value=-(2**63), max_value=2**63 - 1),
)


@given(
    event=events,
    revision=st.integers(min_value=1, max_value=2**63 - 1),
    key=st.from_regex(r"[a-z0-9-]{1,40}", fullmatch=True),
)
@settings(max_examples=150, deadline=None)
def test_whatever_is_built_breaks_the_contract_by_an_address_only(
    event: AppointmentEvent, revision: int, key: str
) -> None:
    content = event.content(key=key, revision=revision, status="confirmed")
    check(content, strict=False)
    told = json.loads(encode(content))
    assert {field for field, _ in contract.faults(told)} <= set(contract.ADDRESSES)
    at = datetime.fromisoformat(told["time"])
    assert at.astimezone(UTC) == event.time.astimezone(UTC)


def test_more_than_256_kib_is_refused() -> None:
    with pytest.raises(InvalidEvent, match="262145 bytes"):
        encode({"a": "x" * (256 * 1024 - 7)})
    encode({"a": "x" * (256 * 1024 - 8)})


def test_half_a_character_is_refused_without_being_shown() -> None:
    with pytest.raises(InvalidEvent, match="UnicodeEncodeError"):
        encode({"a": "\ud800secret"})
