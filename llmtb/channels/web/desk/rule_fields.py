"""The company's rules as fields of a form: what each means, how it is written, what may be typed.

Kinds and bounds are those of `llmtb.policy.Policy` itself; a list of tables is rows of fields,
`shifts[0].name`, of which the empty ones do not count.
"""

from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any, Final, NamedTuple

import msgspec
from msgspec import inspect

from llmtb.channels.conversation.words import mark
from llmtb.policy import Policy

MINUTES: Final = mark("minutes")
SECONDS: Final = mark("seconds")
DAYS: Final = mark("days")
SPARE_ROWS: Final = 2


class Setting(NamedTuple):
    """One setting: its dotted key, what it means, its unit if it has one."""

    key: str
    means: str
    unit: str = ""


class Group(NamedTuple):
    """Settings that belong together. hint: what is worth knowing of them all."""

    title: str
    hint: str
    settings: tuple[Setting, ...]


GROUPS: Final = (
    Group(
        mark("The company"),
        "",
        (
            Setting("timezone", mark("Time zone, by its IANA name")),
            Setting("presence", mark("Who is present")),
        ),
    ),
    Group(
        mark("Shifts"),
        mark("A shift comes every day, and crosses midnight when its end is not after its start."),
        (Setting("shifts", mark("The shifts of a day")),),
    ),
    Group(
        mark("Rests"),
        mark("For every so many present, so many may rest at once."),
        (
            Setting("breaks.normal_minutes", mark("A normal rest lasts"), MINUTES),
            Setting("breaks.urgent_minutes", mark("An urgent rest lasts"), MINUTES),
            Setting("breaks.every", mark("For every so many present …")),
            Setting("breaks.allow", mark("… so many may rest")),
            Setting("breaks.floor", mark("The capacity never falls below, whatever the calls")),
            Setting(
                "breaks.warn_after_minutes", mark("Who is late is warned after, rising"), MINUTES
            ),
            Setting("breaks.max_warnings", mark("Warnings that one shift date allows")),
            Setting("breaks.on_too_many", mark("What more warnings lead to")),
            Setting("emergency.minutes", mark("An emergency rest lasts"), MINUTES),
        ),
    ),
    Group(
        mark("Meals"),
        mark("A window lies within its shift, is long enough for one meal, and overlaps no other."),
        (
            Setting("meals", mark("The meal windows of a day")),
            Setting(
                "meals_extra_minutes", mark("A meal lasts longer than a normal rest by"), MINUTES
            ),
            Setting(
                "meals_remind_every_minutes",
                mark("Who has not eaten is reminded every"),
                MINUTES,
            ),
        ),
    ),
    Group(
        mark("Calls"),
        mark("With fresh figures from the phone system, the capacity may follow the calls."),
        (
            Setting("load.mode", mark("How calls move the capacity")),
            Setting("load.steps", mark("From so many calls up, so many of every so many may rest")),
            Setting("load.interval_minutes", mark("The phone system's interval"), MINUTES),
            Setting("load.service_seconds", mark("Answer within …"), SECONDS),
            Setting("load.service_level", mark("… this share of the calls, such as 0.8")),
            Setting("load.max_occupancy", mark("Agents are busy at most this share of their time")),
            Setting("load.patience_seconds", mark("A caller waits, on average"), SECONDS),
            Setting("load.stale_after_seconds", mark("Figures count as none after"), SECONDS),
        ),
    ),
    Group(
        mark("Questions"),
        mark("Ask me! answers from the company's documents."),
        (
            Setting("questions.customers", mark("Who may ask as a customer")),
            Setting("questions.idle_minutes", mark("A session ends without a word after"), MINUTES),
            Setting("questions.per_minute", mark("Questions of one chat in a minute")),
            Setting("questions.per_day", mark("Questions of one chat on a day")),
            Setting("questions.longest", mark("Characters of a question")),
            Setting("questions.hand_over", mark("A person takes over what is not answered")),
            Setting("questions.sample", mark("Answer from the sample while there is nothing else")),
            Setting("questions.drafts", mark("A model may draft replies for agents")),
            Setting(
                "questions.generate", mark("A model's own words may reach customers, if checked")
            ),
        ),
    ),
    Group(
        mark("Privacy"),
        mark(
            "Older words are destroyed for good, every night; 0 keeps them until somebody is"
            " forgotten."
        ),
        (
            Setting("privacy.messages_days", mark("Messages are kept for"), DAYS),
            Setting(
                "privacy.conversations_days", mark("Conversations with people are kept for"), DAYS
            ),
            Setting("privacy.questions_days", mark("Questions and answers are kept for"), DAYS),
            Setting("privacy.reasons_days", mark("Supervisors' reasons are kept for"), DAYS),
        ),
    ),
    Group(
        mark("The board on the wall"),
        "",
        (Setting("wall.names", mark("Whose names it shows")),),
    ),
)
"""Every setting of the policy, as docs/settings.md groups them."""

CHOICES: Final[Mapping[str, str]] = {
    "roster": mark("everybody on the roster, when the shift opens"),
    "check_in": mark("whoever checks in"),
    "notify": mark("the supervisors are told"),
    "block": mark("normal and urgent rests are closed until the shift ends"),
    "ratio": mark("not at all"),
    "steps": mark("by steps"),
    "erlang_c": mark("by Erlang C"),
    "erlang_a": mark("by Erlang A, for callers who hang up"),
    "invited": mark("who was invited"),
    "list": mark("who is on the company's list"),
    "anyone": mark("anyone who writes"),
    "none": mark("nobody's"),
    "initials": mark("initials"),
    "full": mark("whole names"),
    "true": mark("yes"),
    "false": mark("no"),
}
COLUMNS: Final[Mapping[str, str]] = {
    "name": mark("Name"),
    "shift": mark("Shift"),
    "start": mark("Start"),
    "end": mark("End"),
    "calls": mark("Calls"),
    "every": mark("Of every"),
    "allow": mark("May rest"),
}


@cache
def kinds() -> Mapping[str, inspect.Type]:
    """The type of every setting, by dotted key."""
    return dict(_kinds(Policy, ""))


def means(key: str) -> str:
    """What a dotted key means (a message id); the key itself where it is of another version."""
    found = (each.means for group in GROUPS for each in group.settings if each.key == key)
    return next(found, key)


def columns(key: str) -> tuple[str, ...]:
    """The fields of a list of tables; none for any other setting."""
    kind = kinds()[key]
    if isinstance(kind, inspect.VarTupleType) and isinstance(kind.item_type, inspect.StructType):
        return tuple(field.name for field in kind.item_type.fields)
    return ()


def choices(key: str) -> tuple[str, ...]:
    """What may be chosen, where there is a choice."""
    kind = kinds()[key]
    if isinstance(kind, inspect.LiteralType):
        return tuple(str(value) for value in kind.values)
    return ("true", "false") if isinstance(kind, inspect.BoolType) else ()


def number_of(key: str) -> inspect.IntType | inspect.FloatType | None:
    """The kind of number that a setting, or each of its list, is."""
    kind = kinds()[key]
    if isinstance(kind, inspect.VarTupleType):
        kind = kind.item_type
    if isinstance(kind, inspect.UnionType):
        kind = next(each for each in kind.types if not isinstance(each, inspect.NoneType))
    return kind if isinstance(kind, inspect.IntType | inspect.FloatType) else None


def bounds(key: str) -> tuple[str, str] | None:
    """From what to what a number may go, where it has bounds on both sides."""
    kind = number_of(key)
    if kind is None:
        return None
    least = kind.ge if kind.ge is not None else kind.gt
    most = kind.le if kind.le is not None else kind.lt
    return None if least is None or most is None else (f"{least:g}", f"{most:g}")


def values(policy: Policy) -> dict[str, Any]:
    """The value of every setting, by dotted key, as plain data."""
    table = policy.table()
    return {key: _at(table, key) for key in kinds()}


def shown(policy: Policy) -> dict[str, str]:
    """A policy as the form shows it, by the name of the field."""
    fields: dict[str, str] = {}
    for key, value in values(policy).items():
        if columns(key):
            for row, table in enumerate(value):
                fields |= {f"{key}[{row}].{name}": written(each) for name, each in table.items()}
        else:
            fields[key] = written(value)
    return fields


def written(value: Any) -> str:
    """A value as a field has it."""
    match value:
        case bool():
            return "true" if value else "false"
        case None:
            return ""
        case float():
            return f"{value:g}" if value != int(value) else str(int(value))
        case list() | tuple():
            return ", ".join(
                " ".join(map(written, each.values())) if isinstance(each, dict) else written(each)
                for each in value
            )
        case _:
            return str(value)


def _kinds(of: type[Any], prefix: str) -> Iterator[tuple[str, inspect.Type]]:
    info = inspect.type_info(of)
    assert isinstance(info, inspect.StructType)  # noqa: S101  Policy and its parts are
    for field in info.fields:
        kind = field.type
        if isinstance(kind, inspect.StructType):
            yield from _kinds(kind.cls, f"{prefix}{field.name}.")
        else:
            while isinstance(kind, inspect.Metadata):
                kind = kind.type
            yield f"{prefix}{field.name}", kind


def _at(table: Mapping[str, Any], key: str) -> Any:
    value: Any = table
    for part in key.split("."):
        value = value[part]
    return msgspec.to_builtins(value)
