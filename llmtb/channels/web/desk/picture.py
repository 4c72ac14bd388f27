"""The floor as a supervisor sees it: who is where, what is due, what asks for somebody.

Pure: drawn from what is known, for an instant; words come with it, set in the viewer's language.
"""

from collections.abc import Iterator
from datetime import datetime
from typing import Final, Literal, NamedTuple

from llmtb.actors.agent import Day
from llmtb.actors.shift import Shift
from llmtb.channels.conversation.known import Known
from llmtb.channels.conversation.phrases import CAUSES, customer_name, kind_name
from llmtb.channels.conversation.words import Phrase, Speech, mark

Look = Literal["", "good", "warn", "bad", "calm"]
PHONES: Final = {
    "free": mark("free"),
    "in_call": mark("in a call"),
    "wrap": mark("after-call work"),
    "away": mark("away from the phone"),
}
LOOKS: Final[dict[str, Look]] = {"free": "good", "in_call": "", "wrap": "", "away": "warn"}
WARNED: Final = {"late": mark("late"), "meal_twice": mark("second meal")}


class Here(NamedTuple):
    """Somebody present. rank: the order of the list; place: in the waiting line, from 1.

    mismatch: resting as far as the bot knows, and in a call as far as the phone system does.
    warnings: what for, of this shift date. blocked: normal and urgent rests are closed to them.
    """

    rank: tuple[int, datetime, str, str]
    agent: str
    name: str
    state: Phrase
    look: Look
    resting: bool
    mismatch: bool
    place: int
    warnings: list[Phrase]
    blocked: bool
    disciplined: bool

    @property
    def asks(self) -> bool:
        """Whether there is anything about them that a supervisor may have to see to."""
        return self.resting or bool(self.place or self.warnings or self.blocked)


class Open(NamedTuple):
    """An open shift. set_by_hand: whether a supervisor's number holds; `why` the number does."""

    instance: str
    name: str
    starts: datetime
    ends: datetime
    capacity: int
    resting: int
    free: int
    why: Phrase
    set_by_hand: bool
    people: list[Here]
    line: list[str]
    mismatches: list[str]
    late: int


class Talk(NamedTuple):
    """A conversation that a person has, or a customer to be called back (agent: nobody)."""

    customer: Phrase
    agent: str
    since: datetime


def open_shifts(known: Known, speech: Speech, now: datetime) -> list[Open]:
    """The open shifts, by start."""
    return [_open(known, shift, speech, now) for shift in known.floor.in_order()]


def emergency(known: Known) -> tuple[str, datetime] | None:
    """Who holds the one emergency slot, by name, and until when."""
    return next(
        (
            (known.name(agent), rest.due)
            for shift in known.floor.in_order()
            for agent, rest in shift.breaks.items()
            if rest.kind == "emergency"
        ),
        None,
    )


def talks(known: Known, speech: Speech) -> tuple[list[Talk], list[Talk]]:
    """The conversations that people have, and the customers to be called back; oldest first."""
    desk = known.floor.desk
    held = [
        Talk(customer_name(speech, known, chat), known.name(each.agent), each.about.since)
        for chat, each in desk.held.items()
    ]
    waiting = [
        Talk(customer_name(speech, known, chat), "", each.since)
        for chat, each in desk.callbacks.items()
    ]
    return sorted(held, key=lambda t: t.since), sorted(waiting, key=lambda t: t.since)


def why(known: Known, shift: Shift, speech: Speech) -> Phrase:
    """What a capacity comes from, with the figures it was reckoned from."""
    override = known.floor.centre.overrides.get(shift.instance)
    if override is not None:
        return speech.say(
            "set by hand until {until}: {reason}", until=override.until, reason=override.reason
        )
    last = shift.ledger.capacity[-1] if shift.ledger.capacity else None
    breaks = known.floor.centre.policy.breaks
    return speech.say(
        "{cause}; {allow} for every {every} of {present} present",
        cause=speech.say(CAUSES["opened" if last is None else last.cause]),
        allow=breaks.allow,
        every=breaks.every,
        present=len(shift.present),
    )


def _open(known: Known, shift: Shift, speech: Speech, now: datetime) -> Open:
    people = sorted(_people(known, shift, speech, now))
    return Open(
        instance=shift.instance,
        name=shift.name,
        starts=shift.starts,
        ends=shift.ends,
        capacity=shift.capacity or 0,
        resting=shift.resting,
        free=shift.free(),
        why=why(known, shift, speech),
        set_by_hand=shift.instance in known.floor.centre.overrides,
        people=people,
        line=[known.name(agent) for agent in shift.line],
        mismatches=[each.name for each in people if each.mismatch],
        late=sum(rest.due < now for rest in shift.breaks.values()),
    )


def _people(known: Known, shift: Shift, speech: Speech, now: datetime) -> Iterator[Here]:
    for agent in shift.present:
        account = known.floor.agents[agent]
        day: Day = account.day(shift.date)
        rank, state, look = _state(known, shift, agent, speech, now)
        rest = shift.breaks.get(agent)
        name = known.name(agent)
        yield Here(
            rank=(rank, rest.due if rest else shift.ends, name, agent),
            agent=agent,
            name=name,
            state=state,
            look=look,
            resting=rest is not None,
            mismatch=rest is not None and known.floor.centre.phones.get(agent) == "in_call",
            place=shift.line.index(agent) + 1 if agent in shift.line else 0,
            warnings=[speech.say(WARNED[each.cause]) for each in day.warnings],
            blocked=account.blocked == shift.instance,
            disciplined=day.disciplined,
        )


def _state(
    known: Known, shift: Shift, agent: str, speech: Speech, now: datetime
) -> tuple[int, Phrase, Look]:
    rest, phone = shift.breaks.get(agent), known.floor.centre.phones.get(agent)
    if rest is not None and rest.due < now:
        kind = kind_name(speech, rest.kind)
        return 0, speech.say("{kind}, late since {due}", kind=kind, due=rest.due), "bad"
    if rest is not None:
        kind = kind_name(speech, rest.kind)
        return 1, speech.say("{kind} until {due}", kind=kind, due=rest.due), "calm"
    if phone is None:
        return 2, speech.say("here"), ""
    return 2, speech.say(PHONES[phone]), LOOKS[phone]
