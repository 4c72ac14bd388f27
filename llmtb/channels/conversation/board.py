"""The live messages: what they say, and how they are kept up to date in place.

A live message is drawn from what is known, never recorded: it is only as old as the last change,
and what a crash leaves undrawn is drawn again at the next start.
"""

from collections.abc import Iterator
from datetime import datetime
from typing import Final

from llmtb.actors.shift import Break, Shift
from llmtb.channels.conversation.known import Board, Known
from llmtb.channels.conversation.phrases import (
    CAUSES,
    kind_name,
    likely_free,
    live_capacity_of,
)
from llmtb.channels.conversation.words import Phrase, Speech

MOST_NAMES: Final = 25
"""Most people of one shift on a board; the late first."""


def text_of(board: Board, known: Known, speech: Speech, now: datetime) -> str:
    """What a live message says now, less the hour it was drawn at."""
    if board.view == "capacity":
        return capacity_text(known, speech, now)
    return board_text(known, speech, now)


def capacity_text(known: Known, speech: Speech, now: datetime) -> str:
    """The number alone, shift by shift; no names."""
    lines: list[str] = []
    for shift in known.floor.in_order():
        lines.append(speech.say("{shift} until {ends}", shift=shift.name, ends=shift.ends))
        if shift.meal is not None:
            lines.append(_meal(speech, shift))
        if shift.free() == 0:
            lines += likely_free(speech, shift.next_free(), now)
        lines.append(live_capacity_of(speech, shift))
    return "\n".join(lines or [speech.say("No shift is open.")])


def board_text(known: Known, speech: Speech, now: datetime) -> str:
    """Everything a supervisor watches: who rests until when, who is late, why the number is so."""
    shifts = known.floor.in_order()
    if not shifts:
        return speech.say("No shift is open.")
    blocks = ["\n".join(_shift(known, shift, speech, now)) for shift in shifts]
    calls = _calls(known, speech, now)
    return "\n\n".join([*blocks, calls] if calls else blocks)


def late_text(known: Known, speech: Speech, now: datetime) -> str:
    """Who is late now, the latest last."""
    lines = [
        f"• {_resting(known, agent, rest, speech, now)}"
        for shift in known.floor.in_order()
        for agent, rest in late_on(shift, now)
    ]
    return "\n".join(lines or [speech.say("Nobody is late.")])


def late_on(shift: Shift, now: datetime) -> list[tuple[str, Break]]:
    """The breaks of a shift that are past their due, the longest past first."""
    late = ((agent, rest) for agent, rest in shift.breaks.items() if rest.due < now)
    return sorted(late, key=lambda pair: (pair[1].due, pair[0]))


def _shift(known: Known, shift: Shift, speech: Speech, now: datetime) -> Iterator[str]:
    yield speech.say("{shift} until {ends}", shift=shift.name, ends=shift.ends)
    yield speech.count("{n} present", "{n} present", len(shift.present))
    yield speech.say(
        "Resting {figure} (capacity: {why})",
        figure=speech.figure(shift.resting, shift.capacity or 0),
        why=_why(known, shift, speech),
    )
    if shift.meal is not None:
        yield _meal(speech, shift)
    people = sorted(shift.breaks.items(), key=lambda pair: (pair[1].due, pair[0]))
    for agent, rest in people[:MOST_NAMES]:
        yield f"• {_resting(known, agent, rest, speech, now)}"
    if len(people) > MOST_NAMES:
        yield speech.count("… and {n} more", "… and {n} more", len(people) - MOST_NAMES)
    if shift.free() == 0:
        yield from likely_free(speech, shift.next_free(), now)
    if shift.line:
        yield speech.count("{n} waits for a slot", "{n} wait for a slot", len(shift.line))
    yield live_capacity_of(speech, shift)


def _why(known: Known, shift: Shift, speech: Speech) -> Phrase:
    """What the capacity comes from."""
    override = known.floor.centre.overrides.get(shift.instance)
    if override is not None:
        return speech.say(
            "set by hand until {until}: {reason}", until=override.until, reason=override.reason
        )
    last = shift.ledger.capacity[-1] if shift.ledger.capacity else None
    return speech.say(CAUSES["opened" if last is None else last.cause])


def _resting(known: Known, agent: str, rest: Break, speech: Speech, now: datetime) -> str:
    name, kind = known.name(agent), kind_name(speech, rest.kind)
    line = speech.say("{name}: {kind} until {due}", name=name, kind=kind, due=rest.due)
    if rest.due < now:
        line = speech.say("{name}: {kind}, late since {due}", name=name, kind=kind, due=rest.due)
    if known.floor.centre.phones.get(agent) == "in_call":
        return speech.say("{rest}; by phone, in a call", rest=line)
    return line


def _meal(speech: Speech, shift: Shift) -> str:
    if shift.meal is None:
        return ""
    return speech.say("{meal} until {ends}", meal=shift.meal.name, ends=shift.meal.ends)


def _calls(known: Known, speech: Speech, now: datetime) -> str:
    """The figures of the phone system and how old they are; nothing where none ever came."""
    centre = known.floor.centre
    load = centre.load
    if load is None:
        if centre.policy.load.mode == "ratio":
            return ""
        return speech.say("The phone system has given no figures: the number present decides.")
    if centre.figures(now) is None:
        return speech.say(
            "The phone system is silent since {time}: the number present decides.", time=load.at
        )
    return speech.say(
        "Calls at {time}: {calls}, {seconds} s each",
        time=load.at,
        calls=load.calls,
        seconds=round(load.aht_seconds),
    )
