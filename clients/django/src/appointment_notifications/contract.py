"""Checks events and outcomes against the packaged copies of the repository's contracts."""

import functools
import json
from collections.abc import Iterator, Mapping
from importlib import resources
from typing import Any

from jsonschema import Draft202012Validator, FormatChecker
from jsonschema.exceptions import ValidationError

EVENT, OUTCOME = "appointment_created.schema.json", "outcome.schema.json"

# A fault in one of these is a person's typing mistake: it costs one channel its message, not the appointment.
ADDRESSES = ("email", "phone_e164")


@functools.cache
def validator(name: str) -> Draft202012Validator:
    """The validator of a packaged schema."""
    text = resources.files("appointment_notifications").joinpath("schemas", name).read_text(encoding="utf-8")
    return Draft202012Validator(json.loads(text), format_checker=FormatChecker(["date-time"]))


def faults(content: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Yields (field, rule) of each broken rule of an event. No value is in it: values are personal data."""
    for error in validator(EVENT).iter_errors(content):
        yield _field(error), _rule(error)


def outcome_fault(content: object) -> str | None:
    """Names the first rule that an outcome breaks; None for a valid one."""
    for error in validator(OUTCOME).iter_errors(content):
        return f"{_field(error)}: {_rule(error)}"
    return None


def _field(error: ValidationError) -> str:
    return str(error.absolute_path[0]) if error.absolute_path else "event"


def _rule(error: ValidationError) -> str:
    if error.validator in ("type", "required", "maxLength", "minLength", "enum", "const", "minimum", "maximum"):
        return f"{error.validator} {error.validator_value!r}"
    return f"does not match the contract ({error.validator})"
