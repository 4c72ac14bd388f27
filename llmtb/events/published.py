"""The published form of an event: one flat JSON object that anybody's script can read.

`seq`, `at`, `stream`, `version`, `type`, `by`, then the event's own fields. Instants are ISO 8601
in UTC with six digits and `Z`, so that they sort as text; a field that was appended later is left
out while it says nothing.
"""

from collections.abc import Mapping
from datetime import UTC, date, datetime
from functools import cache
from types import NoneType
from typing import Any

import msgspec

from llmtb.events.event import Event
from llmtb.events.record import Recorded

_PLAIN = (str, int, float, NoneType)
_ENCODE = msgspec.json.Encoder().encode


def publish(recorded: Recorded) -> dict[str, Any]:
    """The published form of a recorded event, ready for JSON."""
    event = recorded.event
    form: dict[str, Any] = {
        "seq": recorded.seq,
        "at": instant(event.at),
        "stream": recorded.stream,
        "version": recorded.version,
        "type": type(event).__name__,
        "by": event.by,
    }
    for name, default in own_fields(type(event)):
        value = getattr(event, name)
        if default is msgspec.NODEFAULT or value != default:
            form[name] = plain(value)
    return form


def line(recorded: Recorded) -> bytes:
    """The published form as one line of JSON, its line feed included."""
    return _ENCODE(publish(recorded)) + b"\n"


def event_of(kind: type[Event], form: Mapping[str, Any]) -> Event:
    """The event that a published form is of, when its type is known.

    Raises msgspec.ValidationError, or KeyError for a field that is not there.
    """
    fields = msgspec.structs.fields(kind)
    missing = {f.name: f.default for f in fields if f.default is not msgspec.NODEFAULT}
    whole = missing | dict(form)
    return msgspec.convert([whole[f.name] for f in fields], kind)


def instant(at: datetime) -> str:
    """An instant as published: `2026-11-21T04:30:00.000000Z`."""
    if at.tzinfo is not UTC:
        at = at.astimezone(UTC)
    text: str = msgspec.to_builtins(at)  # several times as fast as `isoformat`
    return text if at.microsecond else f"{text[:-1]}.000000Z"


@cache
def own_fields(kind: type[Event]) -> tuple[tuple[str, Any], ...]:
    """The fields of a type that not every event has, each with its default."""
    fields = msgspec.structs.fields(kind)
    return tuple((f.name, f.default) for f in fields if f.name not in ("at", "by"))


def plain(value: Any) -> Any:
    """A value of an event as it is published: text, numbers, truth, none, tables and lists."""
    if isinstance(value, _PLAIN):
        return value
    if isinstance(value, datetime):
        return instant(value)
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, Mapping):
        return {key: plain(each) for key, each in value.items()}
    if isinstance(value, msgspec.Struct):
        return {name: plain(getattr(value, name)) for name in value.__struct_fields__}
    if isinstance(value, bytes):
        return value.hex()
    return [plain(each) for each in value]
