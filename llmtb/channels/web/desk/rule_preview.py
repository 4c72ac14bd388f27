"""What other rules would change at this moment: they are tried on a copy of the floor.

Pure: nobody is told, nothing is recorded.
"""

from collections.abc import Iterator
from datetime import datetime
from hashlib import sha256
from typing import Any, Final, NamedTuple

import msgspec

from llmtb.actors import floor as floors
from llmtb.actors.centre import SetPolicy
from llmtb.actors.command import Command
from llmtb.actors.floor import Floor
from llmtb.channels.conversation.known import Known
from llmtb.channels.conversation.words import Phrase, Speech
from llmtb.channels.web.desk.rule_fields import means, values, written
from llmtb.channels.web.desk.telling import told
from llmtb.events.event import Event
from llmtb.events.floor import CapacityChanged, CheckedIn, CheckedOut, PolicyChanged
from llmtb.policy import Policy

MOST_LINES: Final = 30


class Difference(NamedTuple):
    """A setting that changes: its key, its meaning (a message id), the values as written."""

    key: str
    means: str
    old: str
    new: str


class Preview(NamedTuple):
    """What would change. events: those that would be recorded. lines: the same, in words.

    more: how many lines were left out. version: of the rules it was tried against.
    """

    differences: list[Difference]
    events: list[Event]
    lines: list[Phrase]
    more: int
    version: str


def preview(
    known: Known, speech: Speech, partial: dict[str, Any], by: str, now: datetime
) -> Preview:
    """Try a partial policy. Raises Refused for one that is not sound."""
    command = SetPolicy(policy=partial, by=by)
    before = known.floor
    events, after = rehearse(before, command, now)
    lines = list(_lines(known, speech, events, before, after))
    old, new = before.centre.policy, after.centre.policy
    return Preview(
        differences=differences(old, new),
        events=events,
        lines=lines[:MOST_LINES],
        more=max(0, len(lines) - MOST_LINES),
        version=version(old),
    )


def rehearse(floor: Floor, command: Command, now: datetime) -> tuple[list[Event], Floor]:
    """The events a command would lead to, and a floor after them; the given one stays as it is.

    Raises Refused.
    """
    copy = msgspec.msgpack.decode(msgspec.msgpack.encode(floor), type=Floor)
    events = []
    for event in floors.decide(copy, command, now):
        copy = floors.evolve(copy, event)
        events.append(event)
    return events, copy


def differences(old: Policy, new: Policy) -> list[Difference]:
    """The settings that differ, in the order of the policy."""
    before, after = values(old), values(new)
    return [
        Difference(key, means(key), written(before[key]), written(value))
        for key, value in after.items()
        if before[key] != value
    ]


def version(policy: Policy) -> str:
    """What tells one policy from another."""
    return sha256(msgspec.json.encode(policy.table(), order="deterministic")).hexdigest()[:16]


def _lines(
    known: Known, speech: Speech, events: list[Event], before: Floor, after: Floor
) -> Iterator[Phrase]:
    figures = {shift.instance: shift.capacity for shift in before.in_order()}
    yield from _moved_ends(speech, before, after)
    for event in events:
        if isinstance(event, CapacityChanged) and figures.get(event.shift) is not None:
            yield speech.say(
                "The capacity of {shift} goes from {old} to {new}.",
                shift=event.shift[11:],
                old=figures[event.shift] or 0,
                new=event.capacity,
            )
            figures[event.shift] = event.capacity
        elif not isinstance(event, PolicyChanged | CheckedIn | CheckedOut):
            line = told(speech, known, event)
            if line is not None:
                yield line
    yield from _counted(speech, events)


def _moved_ends(speech: Speech, before: Floor, after: Floor) -> Iterator[Phrase]:
    for shift in before.in_order():
        moved = after.shifts.get(shift.instance)
        if moved is not None and moved.ends != shift.ends:
            yield speech.say(
                "{shift} ends at {new} instead of {old}.",
                shift=shift.name,
                new=moved.ends,
                old=shift.ends,
            )


def _counted(speech: Speech, events: list[Event]) -> Iterator[Phrase]:
    into = sum(isinstance(event, CheckedIn) for event in events)
    out = sum(isinstance(event, CheckedOut) for event in events)
    if into:
        yield speech.count("{n} person is checked in.", "{n} people are checked in.", into)
    if out:
        yield speech.count("{n} person is checked out.", "{n} people are checked out.", out)
