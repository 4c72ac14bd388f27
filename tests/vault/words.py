"""The words about people in an event, found in a way of its own, to hold the product's against."""

from collections.abc import Iterator
from typing import Annotated, Any, NamedTuple, get_args, get_origin, get_type_hints

import msgspec

from llmtb.events.personal import Personal


class Said(NamedTuple):
    """A value within an event. path: where. mark: how its field is marked; None: not at all.

    owner: of whom the struct that holds it speaks, such as `agent/a17`.
    """

    path: str
    owner: str
    mark: Personal | None
    value: Any


def said(struct: msgspec.Struct, owner: str, path: str = "") -> Iterator[Said]:
    """Every value of an event of a stream, and of the structs within it."""
    for name in ("agent", "chat"):  # a chat goes before an agent
        if (value := getattr(struct, name, None)) is not None:
            owner = f"{name}/{value}"
    for name, hint in get_type_hints(type(struct), include_extras=True).items():
        marks = get_args(hint)[1:] if get_origin(hint) is Annotated else ()
        mark = next((each for each in marks if isinstance(each, Personal)), None)
        value = getattr(struct, name)
        if mark is None and isinstance(value, msgspec.Struct):
            yield from said(value, owner, f"{path}.{name}")
        elif (
            mark is None
            and isinstance(value, list)
            and isinstance((*value, None)[0], msgspec.Struct)
        ):
            for number, each in enumerate(value):
                yield from said(each, owner, f"{path}.{name}.{number}")
        else:
            yield Said(f"{path}.{name}", owner, mark, value)


def sealed_of(struct: msgspec.Struct, stream: str) -> list[Said]:
    """What of an event is sealed: all that is marked, and is about a person."""
    return [
        each
        for each in said(struct, stream)
        if each.mark is not None and each.value is not None
        if each.owner.startswith(("agent/", "chat/"))
    ]


def texts(value: Any) -> Iterator[str]:
    """Every text within a value."""
    match msgspec.to_builtins(value):
        case str(text):
            yield text
        case list(items):
            for each in items:
                yield from texts(each)
        case dict(table):
            for each in table.values():
                yield from texts(each)
