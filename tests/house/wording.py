"""How a page says what a field is: `list of whole numbers, 1 to 1440, at most 10`."""

from typing import get_type_hints

import msgspec
from msgspec import inspect

from llmtb.actors.asking import ChatId
from llmtb.actors.command import AgentId, Reason
from llmtb.policy import Clock, Name
from llmtb.settings import Audit, Telegram

# What a pattern means to people; the pages say at their top what an id and a name are.
PATTERNS = {
    Clock: "time `HH:MM`",
    Name: "name",
    AgentId: "id",
    ChatId: "id",
    Reason: "text",
    get_type_hints(Telegram, include_extras=True)["language"]: "two letters",
    get_type_hints(Audit, include_extras=True)["origin"]: "text without spaces or `+`",
}
BY_PATTERN = {inspect.type_info(type_).pattern: words for type_, words in PATTERNS.items()}  # type: ignore[attr-defined]
PLAIN = {
    inspect.AnyType: "anything",
    inspect.BoolType: "`true` or `false`",
    inspect.DateTimeType: "instant",
    inspect.DateType: "date",
    inspect.NoneType: "none",
}


def in_words(kind: inspect.Type) -> str:
    """What a value of this type is, as the tables of `docs/` say it."""
    match kind:
        case inspect.LiteralType(values=values):
            return ", ".join(f"`{value}`" for value in values)
        case inspect.UnionType(types=types):
            return " or ".join(in_words(each) for each in types)
        case inspect.StructType(cls=cls):
            published = cls.__module__.startswith("llmtb.events.")
            return f"[{cls.__name__}](#{cls.__name__.lower()})" if published else "table"
        case inspect.IntType() | inspect.FloatType():
            return _number(kind)
        case inspect.StrType():
            return _text(kind)
        case inspect.ListType(item_type=item) | inspect.VarTupleType(item_type=item):
            return f"list ({in_words(item)}){_length(kind, 'entries')}"
        case inspect.TupleType(item_types=items):
            return f"list ({'; '.join(in_words(item) for item in items)})"
        case inspect.DictType(value_type=value):
            return "table" if type(value) is inspect.AnyType else f"table ({in_words(value)})"
    return PLAIN[type(kind)]


def default_of(field: inspect.Field) -> str:
    """A field's default as a settings file would have it; a dash for none, `above` for tables."""
    if field.default is msgspec.NODEFAULT:
        return "needed"
    value = msgspec.to_builtins(field.default)
    if value is None:
        return "–"
    if isinstance(value, tuple | list) and value and isinstance(value[0], dict):
        return "above"
    return f"`{msgspec.json.encode(value).decode().replace(',', ', ')}`"


def _text(kind: inspect.StrType) -> str:
    words = BY_PATTERN[kind.pattern] if kind.pattern else "text"
    return f"{words}{_length(kind, 'characters')}"


def _number(kind: inspect.IntType | inspect.FloatType) -> str:
    words = "whole number" if isinstance(kind, inspect.IntType) else "number"
    if kind.ge is not None and kind.le is not None:
        return f"{words}, {_plain(kind.ge)} to {_plain(kind.le)}"
    bounds = {"more than {}": kind.gt, "{} or more": kind.ge, "less than {}": kind.lt}
    bounds["up to {}"] = kind.le
    said = [words, *(form.format(_plain(v)) for form, v in bounds.items() if v is not None)]
    return ", ".join(said)


def _plain(value: float) -> str:
    return str(int(value) if value == int(value) else value)


def _length(kind: inspect.StrType | inspect.ListType | inspect.VarTupleType, of: str) -> str:
    least = f", at least {kind.min_length}" if kind.min_length else ""
    return least + (f", at most {kind.max_length} {of}" if kind.max_length else "")
