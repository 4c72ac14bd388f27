"""What a reason is: a sentence, the events that it rests on, and what does not agree with them."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any, TypeAlias

import msgspec

from llmtb.events.event import Event
from replay.speech import SELVES, plain, who
from replay.standings.scene import Scene
from replay.standings.seen import Seen


class Reason(msgspec.Struct, frozen=True):
    """Why something happened, as a sentence without its full stop; seqs: what it rests on."""

    text: str
    seqs: tuple[int, ...] = ()


class Doubt(msgspec.Struct, frozen=True):
    """What an event says, and the events before it do not add up to."""

    text: str


Reasons: TypeAlias = Iterator[Reason | Doubt]
Reasoner: TypeAlias = Callable[[Scene, Any], Reasons]
"""Reasons for an event, from the scene as it was before it."""
Reasoners: TypeAlias = Mapping[type[Event], Reasoner]

OWNER = "owner"
ROLES = {"admin": "an admin", "agent": "an agent", "auditor": "an auditor"}


def because(text: str, *rests_on: Seen[Any] | int | None) -> Reason:
    """A reason; what it rests on is named by position, as far as the log holds it."""
    seqs = [each.seq if isinstance(each, Seen) else each for each in rests_on if each is not None]
    return Reason(text, tuple(dict.fromkeys(seq for seq in seqs if seq > 0)))


def agree(what: str, said: object, found: object) -> Iterator[Doubt]:
    """A doubt, where an event says something else than what the log adds up to."""
    if said != found:
        yield Doubt(f"it says that {what} was {said}, and the events before it give {found}")


def author(scene: Scene, by: str) -> Reason:
    """Who did it, and what they were."""
    person = scene.roster.people.get(by)
    if person is not None:
        role = ROLES.get(person.role, f"a {person.role}")
        return because(f"{plain(by)} did it, {role}", scene.trail.of("person", by))
    if by in SELVES:
        return because(f"{who(by)} did it by itself, and no person")
    if by == OWNER:
        return because(
            "the owner did it: whoever sits at the machine itself, and may use its files"
        )
    return because(f"{who(by)} did it, whom the log knows as no member of the company")


def rule(scene: Scene, setting: str, value: object) -> Reason:
    """A setting, who set it and where; the default, where nobody did."""
    changed = scene.trail.of("policy", setting)
    return because(f"the setting {setting} was {value}, {setter(scene, changed)}", changed)


def setter(scene: Scene, changed: Seen[Any] | None) -> str:
    """Who changed a setting last; the default, where nobody did in a log that is whole."""
    if changed is not None:
        return f"set by {who(changed.event.by)}"
    return "set before what can be read here" if scene.missing else "the default"
