"""Which fields of an event are words about a person, and therefore sealed under that person's key.

A field says so where it is declared: `text: Annotated[str, QUESTION]`. Ids, instants and counts
are never sealed: the chain, the rules and the reports need them, and an id is no name.
"""

from collections.abc import Callable
from datetime import date
from functools import cache
from typing import Annotated, Any, Literal, NamedTuple, TypeAlias, get_args, get_origin
from typing import get_type_hints as hints_of

import msgspec

Kind: TypeAlias = Literal["profile", "reasons", "questions", "conversations", "messages"]
"""What sort of words: names and dates of hire; supervisors' reasons; questions and what they were
answered; conversations with people; messages that were sent, and what was typed into dialogues."""
KINDS: tuple[Kind, ...] = get_args(Kind)

PEOPLE = ("agent/", "chat/")
"""How the names of those begin who own words: streams of people."""

REDACTED = "⟦redacted⟧"
"""What stands where words were that cannot be read: their key is gone, or not at hand."""


class Personal(NamedTuple):
    """The mark of a personal field: what sort of words it holds, and what stands for them."""

    kind: Kind
    blank: Any = REDACTED


NAME = Personal("profile")
HIRED = Personal("profile", date.min)
DEVICE = Personal("profile")
REASON = Personal("reasons")
QUESTION = Personal("questions")
CHOICES = Personal("questions", [])
TALK = Personal("conversations")
MESSAGE = Personal("messages")
GIVEN = Personal("messages", {})

Owner: TypeAlias = tuple[str, Kind]
"""Whose words they are, such as `agent/a17` or `chat/4711`, and of what sort."""
Take = Callable[[Owner, Any], object]
Give = Callable[[Owner, Any], Any]


class Leaf(NamedTuple):
    """A personal field: its name, its mark and the decoder of what it holds."""

    name: str
    mark: Personal
    read: Callable[[bytes], Any]


class Plan(NamedTuple):
    """Where the personal fields of a type are: its own, and those of the structs it holds.

    inner: field, plan, and whether the field is a list of such structs.
    """

    leaves: tuple[Leaf, ...]
    inner: tuple[tuple[str, "Plan", bool], ...]


@cache
def plan_of(type_: type[Any]) -> Plan | None:
    """Where the personal fields of a struct type are; None if it has none."""
    leaves: list[Leaf] = []
    inner: list[tuple[str, Plan, bool]] = []
    for name, hint in hints_of(type_, include_extras=True).items():
        mark = next((each for each in _notes(hint) if isinstance(each, Personal)), None)
        if mark is not None:
            leaves.append(Leaf(name, mark, msgspec.msgpack.Decoder(get_args(hint)[0]).decode))
            continue
        many = get_origin(hint) is list
        held = get_args(hint)[0] if many else hint
        if isinstance(held, type) and issubclass(held, msgspec.Struct):
            plan = plan_of(held)
            if plan is not None:
                inner.append((name, plan, many))
    return Plan(tuple(leaves), tuple(inner)) if leaves or inner else None


def divide(value: Any, plan: Plan, owner: str, take: Take) -> Any:
    """A struct with blanks in place of its personal words; `take` gets each of those, in order.

    owner: whose they are, where the struct itself does not say so.
    """
    owner = _owner(value, owner)
    changed: dict[str, Any] = {}
    for name, mark, _ in _leaves(plan, owner):
        words = getattr(value, name)
        if words is not None:
            take((owner, mark.kind), words)
            changed[name] = mark.blank
    for name, within, many in plan.inner:
        held = getattr(value, name)
        if many:
            changed[name] = [divide(each, within, owner, take) for each in held]
        else:
            changed[name] = divide(held, within, owner, take)
    return msgspec.structs.replace(value, **changed) if changed else value


def unite(value: Any, plan: Plan, owner: str, give: Give) -> Any:
    """The struct that was divided; `give` returns each of its words, in the same order.

    What `give` returns for words that cannot be read is their blank, which it is told.
    """
    owner = _owner(value, owner)
    changed: dict[str, Any] = {}
    for leaf in _leaves(plan, owner):
        if getattr(value, leaf.name) == leaf.mark.blank:
            changed[leaf.name] = give((owner, leaf.mark.kind), leaf)
    for name, within, many in plan.inner:
        held = getattr(value, name)
        if many:
            changed[name] = [unite(each, within, owner, give) for each in held]
        else:
            changed[name] = unite(held, within, owner, give)
    return msgspec.structs.replace(value, **changed) if changed else value


def _leaves(plan: Plan, owner: str) -> tuple[Leaf, ...]:
    """The personal fields of a struct; what is said of a shift is nobody's."""
    return plan.leaves if owner.startswith(PEOPLE) else ()


def _owner(value: Any, owner: str) -> str:
    """Whose words a struct holds: its chat's, else its agent's, else whose it is a part of."""
    chat = getattr(value, "chat", None)
    if chat is not None:
        return f"chat/{chat}"
    agent = getattr(value, "agent", None)
    return owner if agent is None else f"agent/{agent}"


def _notes(hint: Any) -> tuple[Any, ...]:
    return get_args(hint)[1:] if get_origin(hint) is Annotated else ()
