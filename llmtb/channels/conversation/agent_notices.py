"""What agents are told: of their own rests, warnings, presence and meals, and of nobody else's."""

from collections.abc import Iterator

from llmtb.channels.conversation import keyboards
from llmtb.channels.conversation.board import capacity_text
from llmtb.channels.conversation.keyboards import REST, Offer
from llmtb.channels.conversation.occasion import Notice, Occasion, to_person
from llmtb.channels.conversation.phrases import (
    kind_name,
    late_minutes,
    live_capacity,
    live_capacity_of,
    minutes_left,
    refusal,
    role_name,
)
from llmtb.channels.conversation.step import Say
from llmtb.channels.conversation.words import Speech
from llmtb.events.floor import (
    AgentChanged,
    BreakEnded,
    BreakExtended,
    BreakRefused,
    BreakStarted,
    CapacityChanged,
    CheckedIn,
    CheckedOut,
    DisciplineApplied,
    MealClosed,
    MealReminderSent,
    ShiftAssigned,
    ShiftUnassigned,
    SlotOffered,
    WarningForgiven,
    WarningIssued,
)

# --- an agent's own rests ----------------------------------------------------------------------


def started(occasion: Occasion) -> Iterator[Notice]:
    """Granted: for how long, until when, and what is left."""
    event: BreakStarted = occasion.event
    shift = occasion.known.floor.shifts[event.shift]
    for chat, speech in to_person(occasion, event.agent):
        lines = [
            speech.say(
                "{kind} rest: {minutes}, until {due}.",
                kind=kind_name(speech, event.kind),
                minutes=speech.minutes(minutes_left(event.at, event.due)),
                due=event.due,
            ),
            speech.say("Press {rest} when you are back.", rest=REST),
        ]
        if len(shift.breaks) >= len(shift.present):
            lines.append(speech.say("Mind: nobody of your shift is left on the phones."))
        lines.append(live_capacity(speech, event.free, shift.capacity or 0))
        yield Notice(chat, Say(text="\n".join(lines)))


def refused(occasion: Occasion) -> Iterator[Notice]:
    """Refused: why, when a slot is likely free, and a way to be told."""
    event: BreakRefused = occasion.event
    for chat, speech in to_person(occasion, event.agent):
        keyboard = None
        if event.reason == "full":
            keyboard = keyboards.one(speech.say("Tell me when free"), "w", at=event.at)
        yield Notice(chat, Say(text=refusal(speech, event, event.at), keyboard=keyboard))


def ended(occasion: Occasion) -> Iterator[Notice]:
    """Over: who ended it or how late it was, and at its end the live capacity."""
    event: BreakEnded = occasion.event
    shift = occasion.known.floor.shifts[event.shift]
    for chat, speech in to_person(occasion, event.agent):
        lines = [speech.say("your rest time is over")]
        if event.ended_by == "supervisor":
            by, reason = occasion.known.name(event.by), event.reason or ""
            lines.append(speech.say("{name} ended it: {reason}", name=by, reason=reason))
        elif event.ended_by == "shift_end":
            lines.append(speech.say("Your shift has ended."))
        elif event.late_seconds:
            late = speech.minutes(late_minutes(event.late_seconds))
            lines.append(speech.say("You were {late} late.", late=late))
        lines.append(live_capacity(speech, event.free, shift.capacity or 0))
        yield Notice(chat, Say(text="\n".join(lines)))


def extended(occasion: Occasion) -> Iterator[Notice]:
    """A supervisor moved the due."""
    event: BreakExtended = occasion.event
    for chat, speech in to_person(occasion, event.agent):
        text = speech.say(
            "{name} gave you time until {due}: {reason}",
            name=occasion.known.name(event.by),
            due=event.due,
            reason=event.reason,
        )
        yield Notice(chat, Say(text=text))


def offered(occasion: Occasion) -> Iterator[Notice]:
    """A slot is free for the first in the waiting line, who may press at once."""
    event: SlotOffered = occasion.event
    shift = occasion.known.floor.shifts[event.shift]
    for chat, speech in to_person(occasion, event.agent):
        offers = []
        for kind in ("normal", "urgent", "meal"):
            outcome = occasion.known.may_rest(event.agent, kind, event.at)
            if isinstance(outcome, BreakStarted):
                minutes = minutes_left(event.at, outcome.due)
                offers.append(Offer(outcome.kind, minutes, shift.free()))
        lines = [
            speech.say("A slot is free now. It is offered, not held: the first to press has it."),
            live_capacity_of(speech, shift),
        ]
        keyboard = keyboards.rests(speech, offers, event.at) if offers else None
        yield Notice(chat, Say(text="\n".join(lines), keyboard=keyboard))


# --- warnings and what they lead to ------------------------------------------------------------


def warned(occasion: Occasion) -> Iterator[Notice]:
    """A warning: how late, the how-manieth, of how many."""
    event: WarningIssued = occasion.event
    most = occasion.known.floor.centre.policy.breaks.max_warnings
    for chat, speech in to_person(occasion, event.agent):
        count = speech.say("Warning {count}; {most} are allowed.", count=event.count, most=most)
        if event.cause == "meal_twice":
            lines = [speech.say("You have had your meal in this meal time."), count]
        else:
            late = speech.minutes(event.minute or 0)
            lines = [
                speech.say("You are {late} late from your rest.", late=late),
                count,
                speech.say("Press {rest} when you are back.", rest=REST),
            ]
        yield Notice(chat, Say(text="\n".join(lines)))


def forgiven(occasion: Occasion) -> Iterator[Notice]:
    """A warning was taken back."""
    event: WarningForgiven = occasion.event
    for chat, speech in to_person(occasion, event.agent):
        lines = [
            speech.say("{name} took a warning of yours back.", name=occasion.known.name(event.by)),
            speech.count("{n} warning is left.", "{n} warnings are left.", event.count),
        ]
        if event.reason:
            lines.insert(1, speech.isolate(event.reason))
        yield Notice(chat, Say(text="\n".join(lines)))


def disciplined(occasion: Occasion) -> Iterator[Notice]:
    """What too many warnings have led to."""
    event: DisciplineApplied = occasion.event
    for chat, speech in to_person(occasion, event.agent):
        text = speech.say("You have more warnings than are allowed. Your supervisors were told.")
        if event.action == "block":
            text = speech.say(
                "You have more warnings than are allowed. "
                "Normal and urgent rests are closed to you until your shift ends."
            )
        yield Notice(chat, Say(text=text))


# --- presence and roster -----------------------------------------------------------------------


def checked_in(occasion: Occasion) -> Iterator[Notice]:
    """Present by their own press or a supervisor's; the roster does it silently."""
    event: CheckedIn = occasion.event
    shift = occasion.known.floor.shifts[event.shift]
    for chat, speech in to_person(occasion, event.agent):
        if event.by != "roster":
            text = speech.say(
                "You are checked in to {shift}, until {ends}.", shift=shift.name, ends=shift.ends
            )
            yield Notice(chat, Say(text=text))
        if shift.capacity is not None:
            yield from _pinned(occasion, chat, speech)


def opened(occasion: Occasion) -> Iterator[Notice]:
    """A shift's first capacity, to whom the roster checked in before it was known."""
    event: CapacityChanged = occasion.event
    if event.cause == "opened":
        for agent in sorted(occasion.known.floor.shifts[event.shift].present):
            for chat, speech in to_person(occasion, agent):
                yield from _pinned(occasion, chat, speech)


def _pinned(occasion: Occasion, chat: str, speech: Speech) -> Iterator[Notice]:
    """The live capacity, where the company wants it in every agent's chat."""
    if occasion.settings.pin_capacity and occasion.known.card(chat).board is None:
        live = capacity_text(occasion.known, speech, occasion.event.at)
        yield Notice(chat, Say(text=live, board="capacity", pin=True))


def checked_out(occasion: Occasion) -> Iterator[Notice]:
    """Not present any more."""
    event: CheckedOut = occasion.event
    for chat, speech in to_person(occasion, event.agent):
        text = speech.say("You are checked out of {shift}.", shift=event.shift[11:])
        yield Notice(chat, Say(text=text))


def assigned(occasion: Occasion) -> Iterator[Notice]:
    """Put on a shift by somebody; what the settings' file does is told to nobody."""
    event: ShiftAssigned = occasion.event
    if occasion.known.person(event.by) is None or event.by == event.agent:
        return
    for chat, speech in to_person(occasion, event.agent):
        if event.reason == "overtime":
            text = speech.say("Your overtime: {shift}.", shift=_when(speech, event.shift))
        else:
            text = speech.say("You are on {shift}.", shift=_when(speech, event.shift))
        yield Notice(chat, Say(text=text))


def unassigned(occasion: Occasion) -> Iterator[Notice]:
    """Taken off a shift by somebody."""
    event: ShiftUnassigned = occasion.event
    if occasion.known.person(event.by) is None or event.by == event.agent:
        return
    for chat, speech in to_person(occasion, event.agent):
        text = speech.say("You are no longer on {shift}.", shift=_when(speech, event.shift))
        yield Notice(chat, Say(text=text))


def _when(speech: Speech, shift: str) -> str:
    return speech.shift(shift) if "/" in shift else speech.isolate(shift)


def changed(occasion: Occasion) -> Iterator[Notice]:
    """Somebody's role may be another one now: so are their buttons."""
    event: AgentChanged = occasion.event
    if occasion.known.person(event.by) is None or event.by == event.agent:
        return
    for chat, speech in to_person(occasion, event.agent):
        text = speech.say(
            "Hello {name}. You are here as {role}.",
            name=event.name,
            role=role_name(speech, event.role),
        )
        yield Notice(chat, Say(text=text, keyboard=keyboards.permanent(speech, event.role)))


# --- meals -------------------------------------------------------------------------------------


def reminded(occasion: Occasion) -> Iterator[Notice]:
    """Meal time: until when, that it will not be extended, and a button to go."""
    event: MealReminderSent = occasion.event
    shift = occasion.known.floor.shifts[event.shift]
    if shift.meal is None:
        return
    minutes = occasion.known.floor.centre.policy.meal_minutes
    minutes = min(minutes, minutes_left(event.at, shift.meal.ends))
    for agent in event.agents:
        for chat, speech in to_person(occasion, agent):
            lines = [
                speech.say(
                    "{meal} is open until {ends}, and will not be extended.",
                    meal=event.meal,
                    ends=shift.meal.ends,
                ),
                live_capacity_of(speech, shift),
            ]
            offer = Offer("meal", minutes, shift.free())
            keyboard = keyboards.rests(speech, [offer], event.at)
            told = Say(text="\n".join(lines), keyboard=keyboard, until=shift.meal.ends)
            yield Notice(chat, told)


def meal_closed(occasion: Occasion) -> Iterator[Notice]:
    """To everyone present: the meal time is over, and the capacity that holds now."""
    event: MealClosed = occasion.event
    shift = occasion.known.floor.shifts[event.shift]
    free = max(0, event.capacity - shift.resting)
    for agent in sorted(shift.present):
        for chat, speech in to_person(occasion, agent):
            lines = [
                speech.say("{meal} is over.", meal=event.meal),
                live_capacity(speech, free, event.capacity),
            ]
            yield Notice(chat, Say(text="\n".join(lines)))
