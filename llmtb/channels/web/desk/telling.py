"""What an event did, in a line: for whoever caused it, for a preview of it, for the history."""

from collections.abc import Callable, Mapping
from typing import Any, Final

from llmtb.channels.conversation.known import Known
from llmtb.channels.conversation.phrases import CAUSES, customer_name, role_name
from llmtb.channels.conversation.words import Phrase, Speech, mark
from llmtb.events.desk import TakenBack
from llmtb.events.event import Event
from llmtb.events.floor import (
    AgentAdded,
    AgentChanged,
    AgentRemoved,
    BreakEnded,
    BreakExtended,
    CapacityChanged,
    CheckedIn,
    CheckedOut,
    MealClosed,
    MealOpened,
    MealReminderSent,
    OverrideEnded,
    OverrideSet,
    PolicyChanged,
    ShiftAssigned,
    ShiftClosed,
    ShiftOpened,
    ShiftUnassigned,
    SlotOffered,
    WarningForgiven,
)

REASONS: Final[Mapping[str, str]] = {
    "roster": mark("by the roster"),
    "overtime": mark("overtime"),
    "change": mark("moved"),
}


def told(speech: Speech, known: Known, event: Event) -> Phrase | None:
    """What happened, in a line; None for what is not worth one."""
    words = _WORDS.get(type(event))
    return None if words is None else words(speech, known, event)


def shift_name(speech: Speech, shift: str) -> Phrase:
    """An instance of a shift, or a shift from now on."""
    if "/" in shift:
        return speech.shift(shift)
    return speech.say("{shift} from now on", shift=shift)


def who(speech: Speech, known: Known, by: str) -> Phrase:
    """Who caused something: a person by name, or what is no person."""
    systems: Mapping[str, str] = {
        "clock": mark("the clock"),
        "company": mark("the company"),
        "policy": mark("the settings"),
        "roster": mark("the roster"),
        "owner": mark("whoever sits at the server"),
    }
    if by in systems and known.person(by) is None:
        return speech.say(systems[by])
    return speech.isolate(known.name(by))


def _override(speech: Speech, known: Known, event: OverrideSet) -> Phrase:
    return speech.say(
        "{name} set the capacity of {shift} to {capacity} until {until}: {reason}",
        name=who(speech, known, event.by),
        shift=event.shift[11:],
        capacity=event.capacity,
        until=event.until,
        reason=event.reason,
    )


def _override_over(speech: Speech, _: Known, event: OverrideEnded) -> Phrase:
    return speech.say("The rules decide the capacity of {shift}.", shift=event.shift[11:])


def _capacity(speech: Speech, _: Known, event: CapacityChanged) -> Phrase:
    return speech.say(
        "The capacity of {shift} is {capacity}: {cause}.",
        shift=event.shift[11:],
        capacity=event.capacity,
        cause=speech.say(CAUSES[event.cause]),
    )


def _rest_over(speech: Speech, known: Known, event: BreakEnded) -> Phrase:
    return speech.say("The rest of {name} is over.", name=known.name(event.agent))


def _extended(speech: Speech, known: Known, event: BreakExtended) -> Phrase:
    return speech.say("{name} rests until {due}.", name=known.name(event.agent), due=event.due)


def _forgiven(speech: Speech, known: Known, event: WarningForgiven) -> Phrase:
    name = known.name(event.agent)
    return speech.say("The last warning of {name} is forgiven.", name=name)


def _assigned(speech: Speech, known: Known, event: ShiftAssigned) -> Phrase:
    return speech.say(
        "{name} is on {shift} ({reason}).",
        name=known.name(event.agent),
        shift=shift_name(speech, event.shift),
        reason=speech.say(REASONS[event.reason]),
    )


def _unassigned(speech: Speech, known: Known, event: ShiftUnassigned) -> Phrase:
    return speech.say(
        "{name} is no longer on {shift}.",
        name=known.name(event.agent),
        shift=shift_name(speech, event.shift),
    )


def _added(speech: Speech, _: Known, event: AgentAdded | AgentChanged) -> Phrase:
    return speech.say(
        "{name} ({id}) is on the list as {role}.",
        name=event.name,
        id=event.agent,
        role=role_name(speech, event.role),
    )


def _removed(speech: Speech, _: Known, event: AgentRemoved) -> Phrase:
    return speech.say("{name} is off the list.", name=event.name)


def _in(speech: Speech, known: Known, event: CheckedIn) -> Phrase:
    name = known.name(event.agent)
    return speech.say("{name} is checked in to {shift}.", name=name, shift=event.shift[11:])


def _out(speech: Speech, known: Known, event: CheckedOut) -> Phrase:
    name = known.name(event.agent)
    return speech.say("{name} is checked out of {shift}.", name=name, shift=event.shift[11:])


def _opened(speech: Speech, _: Known, event: ShiftOpened) -> Phrase:
    return speech.say("{shift} opens, until {ends}.", shift=event.shift[11:], ends=event.ends)


def _closed(speech: Speech, _: Known, event: ShiftClosed) -> Phrase:
    return speech.say("{shift} closes.", shift=event.shift[11:])


def _meal_opened(speech: Speech, _: Known, event: MealOpened) -> Phrase:
    return speech.say(
        "{meal} opens; {n} may eat at once.",
        meal=event.meal,
        n=event.capacity,
    )


def _meal_closed(speech: Speech, _: Known, event: MealClosed) -> Phrase:
    return speech.say("{meal} is over.", meal=event.meal)


def _reminded(speech: Speech, _: Known, event: MealReminderSent) -> Phrase:
    return speech.count(
        "{n} person is reminded of {meal}.",
        "{n} people are reminded of {meal}.",
        len(event.agents),
        meal=event.meal,
    )


def _offered(speech: Speech, known: Known, event: SlotOffered) -> Phrase:
    return speech.say("{name} is told that a slot is free.", name=known.name(event.agent))


def _rules(speech: Speech, _: Known, event: PolicyChanged) -> Phrase:
    return speech.say("Changed: {keys}", keys=", ".join(event.changed))


def _taken_back(speech: Speech, known: Known, event: TakenBack) -> Phrase:
    name = customer_name(speech, known, event.chat)
    return speech.say("The conversation with {name} is over.", name=name)


_WORDS: Final[Mapping[type[Event], Callable[[Speech, Known, Any], Phrase]]] = {
    AgentAdded: _added,
    AgentChanged: _added,
    AgentRemoved: _removed,
    BreakEnded: _rest_over,
    BreakExtended: _extended,
    CapacityChanged: _capacity,
    CheckedIn: _in,
    CheckedOut: _out,
    MealClosed: _meal_closed,
    MealOpened: _meal_opened,
    MealReminderSent: _reminded,
    OverrideEnded: _override_over,
    OverrideSet: _override,
    PolicyChanged: _rules,
    ShiftAssigned: _assigned,
    ShiftClosed: _closed,
    ShiftOpened: _opened,
    ShiftUnassigned: _unassigned,
    SlotOffered: _offered,
    TakenBack: _taken_back,
    WarningForgiven: _forgiven,
}
