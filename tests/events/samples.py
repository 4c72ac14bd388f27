"""Samples of every version of every event, which must be readable for ever.

`samples/TOPIC.jsonl` holds the bytes of some events, as they were once written, and the published
form they had. Committed lines are never changed. When the tests say that one is missing,

    PYTHONPATH=. python tests/events/samples.py

adds a sample for each topic and each field that has none, and touches nothing else.
"""

import json
import sys
import types
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any, Literal, NamedTuple, Union, get_args, get_origin, get_type_hints

import msgspec

from llmtb.events.codec import CODEC
from llmtb.events.event import Event
from llmtb.events.published import publish
from llmtb.events.record import Recorded

FOLDER = Path(__file__).with_name("samples")
NIGHT = datetime(2026, 11, 21, 22, 30, 15, 123456, tzinfo=UTC)


class Sample(NamedTuple):
    """The stored bytes of an event, and its published form."""

    topic: str
    state: bytes
    published: dict[str, Any]


def samples() -> Iterator[Sample]:
    """Yield every committed sample."""
    for file in sorted(FOLDER.glob("*.jsonl")):
        for line in file.read_text(encoding="utf-8").splitlines():
            kept = json.loads(line)
            yield Sample(file.stem, bytes.fromhex(kept["bytes"]), kept["published"])


def published(event: Event) -> dict[str, Any]:
    """Return the published form of an event, as the first of its stream, through JSON."""
    form: dict[str, Any] = json.loads(
        msgspec.json.encode(publish(Recorded(1, "sample/1", 1, event, bytes(32))))
    )
    return form


def missing() -> Iterator[Event]:
    """Yield an event for each topic and field that no sample tells anything about."""
    told: dict[str, set[str]] = {topic: set() for topic in CODEC.types}
    for sample in samples():
        told[sample.topic] |= {
            name for name, value in sample.published.items() if value is not None
        }
    for topic, kind in CODEC.types.items():
        if not set(kind.__struct_fields__) <= told[topic]:
            yield example(kind, full=True)
        if not told[topic] and any(is_optional(hint) for hint in hints(kind).values()):
            yield example(kind, full=False)


def example(hint: Any, *, full: bool, name: str = "", depth: int = 0) -> Any:
    """Return a value of a type, always the same; full: with everything optional in it."""
    if isinstance(hint, type) and issubclass(hint, msgspec.Struct):
        values = {
            field: example(each, full=full, name=field, depth=depth + 1)
            for field, each in hints(hint).items()
        }
        return hint(**values)
    origin, inner = get_origin(hint), get_args(hint)
    if is_optional(hint):
        some = next(each for each in inner if each is not type(None))
        return example(some, full=full, name=name, depth=depth) if full else None
    if origin is Literal:
        return inner[-1] if full else inner[0]
    if origin is list or inner[1:] == (...,):
        items = [example(inner[0], full=full, name=name, depth=depth)] if full else []
        return items if origin is list else tuple(items)
    if origin is tuple:
        return tuple(example(each, full=full, name=name, depth=depth) for each in inner)
    if origin is dict:
        value = example(inner[1], full=full, name=name, depth=depth)
        return {"first": value, "second": value} if full else {}
    plain: dict[Any, Any] = {
        str: f"{name} – né",
        int: 7,
        float: 0.25,
        bool: full,
        datetime: NIGHT + timedelta(minutes=depth),
        date: NIGHT.date(),
        bytes: b"\x00\xff",
        Any: {"number": 1, "list": ["a", None, 2.5, True]},
    }
    return plain[hint]


def hints(kind: type) -> dict[str, Any]:
    """Return the types of a Struct's fields."""
    found = get_type_hints(kind)
    return {field.name: found[field.name] for field in msgspec.structs.fields(kind)}


def is_optional(hint: Any) -> bool:
    """Return whether a value of the type may be None."""
    return get_origin(hint) in (Union, types.UnionType) and type(None) in get_args(hint)


def main() -> None:
    """Add what is missing."""
    FOLDER.mkdir(exist_ok=True)
    for event in list(missing()):
        topic, state = CODEC.encode(event)
        kept = {"bytes": state.hex(), "published": published(event)}
        with (FOLDER / f"{topic}.jsonl").open("a", encoding="utf-8") as file:
            file.write(json.dumps(kept, ensure_ascii=False) + "\n")
        sys.stdout.write(f"added a sample of {topic}\n")


if __name__ == "__main__":
    main()
