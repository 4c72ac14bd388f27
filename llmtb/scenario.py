"""Scenarios: what happens to a centre, one JSON object a line, in order of time."""

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from typing import Any, NamedTuple, get_args

import msgspec

from llmtb.actors.asking import Ask
from llmtb.actors.command import Command
from llmtb.actors.floor import FloorCommand

LONGEST_LINE = 1_000_000  # bytes


class ScenarioError(ValueError):
    """A line that cannot be played: its number (from 1) and the reason."""

    def __init__(self, line: int, reason: str) -> None:
        super().__init__(f"line {line}: {reason}")
        self.line = line
        self.reason = reason


class Crash(Command, frozen=True, kw_only=True, tag="crash"):
    """Every actor is killed without notice and recovers from the event store."""


class End(Command, frozen=True, kw_only=True, tag="end"):
    """The clock runs up to this instant, and stops."""


class Step(NamedTuple):
    """One line of a scenario."""

    line: int
    at: datetime
    command: Command


COMMANDS: dict[str, type[Command]] = {
    str(kind.__struct_config__.tag): kind for kind in (*get_args(FloorCommand), Ask, Crash, End)
}


def steps(lines: Iterable[bytes]) -> Iterator[Step]:
    """The steps of a scenario, as they are read; blank lines are passed over.

    Raises ScenarioError at a line that is no command or that runs back in time.
    """
    last: datetime | None = None
    for number, text in enumerate(lines, 1):
        if text.strip():
            at, command = _step(number, text)
            if last is not None and at < last:
                raise ScenarioError(number, f"{at.isoformat()} is before the line above")
            last = at
            yield Step(number, at.astimezone(UTC), command)


def _step(number: int, text: bytes) -> tuple[datetime, Command]:
    if len(text) > LONGEST_LINE:
        raise ScenarioError(number, f"is longer than {LONGEST_LINE} bytes")
    try:
        fields: Any = msgspec.json.decode(text)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise ScenarioError(number, f"is not JSON: {error}") from error
    if not isinstance(fields, dict) or not isinstance(fields.get("do"), str):
        raise ScenarioError(number, 'is not an object with "at" and "do"')
    kind = COMMANDS.get(fields["do"])
    if kind is None:
        raise ScenarioError(number, f"there is no command {fields['do']!r}")
    at = _instant(number, fields.pop("at", None))
    try:
        return at, msgspec.convert(_aware(number, fields), kind)
    except msgspec.ValidationError as error:
        raise ScenarioError(number, _in_words(fields["do"], error)) from error


def _instant(number: int, text: Any) -> datetime:
    try:
        at = datetime.fromisoformat(text)
    except (TypeError, ValueError) as error:
        raise ScenarioError(number, f"{text!r} is not an instant") from error
    if at.tzinfo is None:
        raise ScenarioError(number, f"{text!r} says no time zone")
    return at


def _aware(number: int, fields: dict[str, Any]) -> dict[str, Any]:
    """The fields, with instants read: naive ones are nobody's time."""
    for name in ("due", "until"):
        if fields.get(name) is not None:
            fields[name] = _instant(number, fields[name]).astimezone(UTC)
    return fields


def _in_words(do: str, error: msgspec.ValidationError) -> str:
    reason = str(error)
    return f"{do}: {reason[:1].lower()}{reason[1:]}".replace("`", "")
