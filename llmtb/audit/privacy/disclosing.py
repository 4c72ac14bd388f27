"""Puts together everything that is held about a person, so that it can be handed to them.

Other people are in it by their part alone, without name or id; their words are left out, also
where a message passed them on, and so is what says nothing about the person.
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Set
from typing import Any, Final, NamedTuple

import msgspec

from llmtb.audit.privacy.tracing import Person, words_of
from llmtb.events.access import InvitationAccepted
from llmtb.events.chat import MessageQueued
from llmtb.events.desk import MessageRelayed
from llmtb.events.event import Event
from llmtb.events.floor import AgentAdded, AgentChanged, ShiftReported
from llmtb.events.personal import REDACTED, Owner, divide, plan_of
from llmtb.events.published import publish
from llmtb.events.record import Recorded

LEFT_OUT: Final = "⟦left out⟧"
"""What stands where words of others were."""
_UNSAID: Final = ("stream", "version")
_PLAIN: Final = ("seq", "at", "type")
_OF_A_CHAT: Final = ("question", "update")  # ids that hold the chat's
_TELLS_OF: Final = re.compile(r"reply:notice:(\d{1,18}):")  # a message's id, and an event's place


class Told(NamedTuple):
    """An event about a person, as they are told of it: its type, and its published form."""

    type: str
    form: dict[str, Any]


class Others(NamedTuple):
    """Everybody else. parts: by id, account or chat, what they are; names: by name, the same."""

    parts: Mapping[str, str]
    names: Mapping[str, str]


def others_of(events: Iterable[Event], person: Person) -> Others:
    """Everybody else who is known. events: those of `privacy.tracing.WHO`, oldest first."""
    parts: dict[str, str] = {}
    names: dict[str, str] = {}
    mine = _ids(person)
    for event in events:
        agent = getattr(event, "agent", "")
        if agent in mine:
            continue
        if isinstance(event, AgentAdded | AgentChanged):
            parts[agent] = event.role
            if event.name != REDACTED:
                names[event.name] = event.role
        elif isinstance(event, InvitationAccepted) and event.account not in mine:
            parts[event.account] = event.role
    for name in person.names & names.keys():
        del names[name]
    return Others(parts, names)


def told_of(recorded: Iterable[Recorded], person: Person, others: Others) -> Iterator[Told]:
    """What they are told of each event that is about them, in order."""
    mine, names = _ids(person), _names(others.names)
    theirs: set[int] = set()  # events with words of others
    for each in recorded:
        if any(owner not in person.owners for owner, _ in words_of(each)):
            theirs.add(each.seq)
        if not _is_about(each, mine, person.owners):
            continue
        form = publish(msgspec.structs.replace(each, event=_own(each, person, mine, theirs)))
        among = others
        chat = getattr(each.event, "chat", None)
        if chat is not None and chat not in mine:  # a customer that they talked with
            among = Others({chat: "customer", **others.parts}, others.names)
            form = {name: value for name, value in form.items() if name not in _OF_A_CHAT}
        kept = {
            name: value if name in _PLAIN else _hide(value, mine, among, names)
            for name, value in form.items()
            if name not in _UNSAID
        }
        yield Told(form["type"], kept)


def _ids(person: Person) -> frozenset[str]:
    """What they are called in events: an id, chats, accounts."""
    return frozenset(owner.partition("/")[2] for owner in person.owners) | {person.id}


def _is_about(recorded: Recorded, mine: frozenset[str], owners: frozenset[str]) -> bool:
    event = recorded.event
    if recorded.stream in owners or event.by in mine:
        return True
    if isinstance(event, ShiftReported):
        return any(lines.agent in mine for lines in event.report.agents)
    return any(getattr(event, name, None) in mine for name in ("agent", "chat", "of", "person"))


def _own(recorded: Recorded, person: Person, mine: frozenset[str], theirs: Set[int]) -> Event:
    """The event with their own words in it alone. theirs: events with words of others."""
    event = recorded.event
    if isinstance(event, ShiftReported):
        lines = [each for each in event.report.agents if each.agent in mine]
        report = msgspec.structs.replace(event.report, agents=lines, acts=[])
        return msgspec.structs.replace(event, report=report)
    plan = plan_of(type(event))
    said_it = isinstance(event, MessageRelayed) and event.sender == "agent" and event.agent in mine
    if plan is None or said_it:
        return event
    whose: set[str] = set()

    def take(owner: Owner, words: Any) -> None:
        whose.add(owner[0])

    blanked: Event = divide(event, plan, recorded.stream, take)
    passed_on = isinstance(event, MessageQueued) and _tells_of(event.message) in theirs
    return blanked if passed_on or not whose <= person.owners else event


def _tells_of(message: str) -> int | None:
    """The position of the event that a message tells of, by its id; None if it answers a press."""
    found = _TELLS_OF.match(message)
    return int(found[1]) if found else None


def _names(names: Mapping[str, str]) -> re.Pattern[str]:
    either = "|".join(re.escape(name) for name in sorted(names, key=len, reverse=True))
    return re.compile(rf"(?<!\w)(?:{either})(?!\w)" if either else r"(?!)")


def _hide(value: Any, mine: frozenset[str], others: Others, names: re.Pattern[str]) -> Any:
    """A value with the parts of others in place of their ids and names."""
    if isinstance(value, str):
        if value in mine:
            return value
        if value == REDACTED:
            return LEFT_OUT
        if value in others.parts:
            return others.parts[value]
        return names.sub(lambda found: others.names[found[0]], value)
    if isinstance(value, dict):
        return {key: _hide(each, mine, others, names) for key, each in value.items()}
    if isinstance(value, list):
        return [_hide(each, mine, others, names) for each in value]
    return value
