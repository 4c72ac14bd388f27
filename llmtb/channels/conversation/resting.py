"""An agent's rests, presence and waiting: what those presses come to."""

from collections.abc import Sequence
from datetime import datetime
from typing import Final, get_args

from llmtb.actors.agent import CheckIn, CheckOut, EndBreak, LeaveLine, StartBreak, WaitForSlot
from llmtb.actors.shift import Shift
from llmtb.channels.conversation import keyboards
from llmtb.channels.conversation.keyboards import Offer
from llmtb.channels.conversation.phrases import (
    REFUSALS,
    kind_name,
    live_capacity_of,
    minutes_left,
    refusal,
)
from llmtb.channels.conversation.step import Press, Say, Scene, Step, Verb
from llmtb.channels.port import Inline
from llmtb.events.event import Event
from llmtb.events.floor import BreakRefused, BreakStarted, Kind, Role, SlotOffered, WaitJoined

FLOOR: Final[tuple[Role, ...]] = ("agent", "supervisor")
_ORDER: Final[tuple[Kind, ...]] = ("normal", "urgent", "meal", "emergency")


def rest(scene: Scene) -> Step:
    """The toggle: back from the rest that runs, else the kinds that are open now."""
    shift = _shift(scene)
    if shift is None or scene.agent not in shift.breaks:
        return Step(replies=(menu(scene),))
    over = Step(replies=(Say(text=scene.speech.say("You are not resting.")),))
    return Step(
        command=EndBreak(agent=scene.agent), after=lambda events: Step() if events else over
    )


def menu(scene: Scene) -> Say:
    """The kinds of rest that are open to an agent right now, or why there is none."""
    speech, shift = scene.speech, _shift(scene)
    if shift is None:
        return _absent(scene)
    offers = offers_of(scene, shift)
    keyboard = keyboards.rests(speech, offers, scene.now)
    lines = [_why_not(scene, shift)] if not any(o.kind != "emergency" for o in offers) else []
    if offers:
        lines.append(speech.say("Which rest would you like?"))
    if shift.free() == 0 and scene.agent not in shift.breaks:
        keyboard = keyboards.stacked(keyboard, _line(scene, shift))
    lines.append(live_capacity_of(speech, shift))
    return Say(text="\n".join(line for line in lines if line), keyboard=keyboard)


def offers_of(scene: Scene, shift: Shift) -> list[Offer]:
    """The kinds of rest that would be granted to the speaker now."""
    offers = []
    for kind in _ORDER:
        match scene.known.may_rest(scene.agent, kind, scene.now):
            case BreakStarted(due=due):
                offers.append(Offer(kind, minutes_left(scene.now, due), shift.free()))
            case _:
                pass
    return offers


def choose(scene: Scene, args: tuple[str, ...], drawn: datetime) -> Step:
    """A kind was pressed: asked for, unless the button is old, then shown again."""
    kind = next((each for each in get_args(Kind) if (each,) == args), None)
    age = (scene.now - drawn).total_seconds()
    if kind is None or not -5 <= age <= scene.settings.press_seconds:
        toast = scene.speech.say("That button was old. This is how it is now.")
        return Step(toast=toast, redraw=menu(scene))
    return Step(
        command=StartBreak(agent=scene.agent, kind=kind),
        # One drawing of a menu asks for one rest, however often and wherever it is tapped.
        command_id=f"tg:menu:{scene.chat}:{scene.message}:{int(drawn.timestamp())}",
        after=lambda events: _outcome(scene, events),
    )


def _outcome(scene: Scene, events: Sequence[Event]) -> Step:
    for event in events:
        if isinstance(event, BreakStarted):
            kind = kind_name(scene.speech, event.kind)
            text = scene.speech.say("{kind} rest until {due}.", kind=kind, due=event.due)
            return Step(toast=text, redraw=Say(text=text))
        if isinstance(event, BreakRefused):
            why = refusal(scene.speech, event, scene.now)
            return Step(toast=why, alert=True, redraw=Say(text=why))
    return Step(toast=scene.speech.say("Nothing has changed."))


def wait(scene: Scene, _args: tuple[str, ...], _drawn: datetime) -> Step:
    """Tell me when a slot is free."""

    def joined(events: Sequence[Event]) -> Step:
        speech, shift = scene.speech, _shift(scene)
        if any(isinstance(event, SlotOffered) for event in events):
            return Step(toast=speech.say("A slot is free now."))
        if any(isinstance(event, WaitJoined) for event in events):
            return Step(toast=speech.say("You will be told as soon as a slot is free."))
        if shift is None:
            return Step(toast=speech.say(REFUSALS["not_present"]), alert=True)
        if scene.agent in shift.breaks:
            return Step(toast=speech.say(REFUSALS["already_resting"]), alert=True)
        return Step(toast=speech.say("You are in the waiting line already."))

    return Step(command=WaitForSlot(agent=scene.agent), after=joined)


def leave_line(scene: Scene, _args: tuple[str, ...], _drawn: datetime) -> Step:
    """Never mind."""
    toast = scene.speech.say("You are not waiting any more.")
    return Step(command=LeaveLine(agent=scene.agent), after=lambda _: Step(toast=toast))


def check_in(scene: Scene) -> Step:
    """I am here. What follows from it is told by its event; here is only why nothing would."""
    return Step(
        command=CheckIn(agent=scene.agent),
        after=lambda events: Step() if events else Step(replies=(Say(text=_present(scene)),)),
    )


def press_check_in(scene: Scene, _args: tuple[str, ...], _drawn: datetime) -> Step:
    """I am here, by the button under a message."""
    done = Step(toast=scene.speech.say("You are checked in."))
    return Step(
        command=CheckIn(agent=scene.agent),
        after=lambda events: done if events else Step(toast=_present(scene), alert=True),
    )


def check_out(scene: Scene) -> Step:
    """I am leaving."""
    absent = Step(replies=(Say(text=scene.speech.say(REFUSALS["not_present"])),))
    return Step(
        command=CheckOut(agent=scene.agent), after=lambda events: Step() if events else absent
    )


def _shift(scene: Scene) -> Shift | None:
    floor = scene.known.floor
    agent = floor.agents.get(scene.agent)
    return None if agent is None or agent.present is None else floor.shifts.get(agent.present)


def _present(scene: Scene) -> str:
    shift = _shift(scene)
    if shift is None:
        return scene.speech.say("You are not on the roster of a shift that is open now.")
    return scene.speech.say("You are checked in to {shift} already.", shift=shift.name)


def _absent(scene: Scene) -> Say:
    speech, shift = scene.speech, scene.known.floor.rostered(scene.agent)
    lines = [speech.say(REFUSALS["not_present"])]
    if shift is None:
        lines.append(speech.say("You are not on the roster of a shift that is open now."))
        return Say(text="\n".join(lines))
    lines.append(speech.say("Your shift {shift} is open.", shift=shift.name))
    button = keyboards.one(speech.say(keyboards.LABELS["check_in"]), "ci", at=scene.now)
    return Say(text="\n".join(lines), keyboard=button)


def _why_not(scene: Scene, shift: Shift) -> str:
    """Why no ordinary rest is open, and when one is likely."""
    kind: Kind = "meal" if shift.meal is not None else "normal"
    outcome = scene.known.may_rest(scene.agent, kind, scene.now)
    return refusal(scene.speech, outcome, scene.now) if isinstance(outcome, BreakRefused) else ""


def _line(scene: Scene, shift: Shift) -> Inline:
    speech = scene.speech
    if scene.agent in shift.line:
        place = shift.line.index(scene.agent) + 1
        label = speech.say("I do not wait any more (you are number {place})", place=place)
        return keyboards.one(label, "lw", at=scene.now)
    return keyboards.one(speech.say("Tell me when free"), "w", at=scene.now)


VERBS: Final[dict[str, Verb]] = {
    "rest": Verb(FLOOR, rest, fresh=True),
    "check_in": Verb(FLOOR, check_in, fresh=True),
    "check_out": Verb(FLOOR, check_out, fresh=True),
}
PRESSES: Final[dict[str, Press]] = {
    "r": Press(FLOOR, choose),
    "w": Press(FLOOR, wait),
    "lw": Press(FLOOR, leave_line),
    "ci": Press(FLOOR, press_check_in),
}
