"""A capacity set by hand: which shift, how many, until when, why."""

from datetime import datetime
from typing import Final

from llmtb.actors.shift import EndOverride, OverrideCapacity
from llmtb.channels.conversation import keyboards
from llmtb.channels.conversation.dialogues import (
    SUPERVISOR,
    ask,
    ask_reason,
    instant,
    reason,
    whole_number,
)
from llmtb.channels.conversation.keyboards import Choice
from llmtb.channels.conversation.step import Given, Press, Say, Scene, Stage, Step, Verb
from llmtb.channels.conversation.tokens import find, short

NUMBERS: Final = ("0", "1", "2", "3", "4", "5", "6", "8", "10")
UNTILS: Final = ("30", "60", "120")
MOST_SEATS: Final = 10_000


def override(scene: Scene) -> Step:
    """Which shift, if more than one is open."""
    shifts = scene.known.floor.in_order()
    if not shifts:
        return Step(replies=(Say(text=scene.speech.say("No shift is open.")),))
    if len(shifts) == 1:
        return _override(scene, shifts[0].instance)
    choices = [Choice(shift.name, (short(shift.instance),)) for shift in shifts]
    keyboard = keyboards.listed("ov", choices, scene.now, wide=2)
    return Step(replies=(Say(text=scene.speech.say("Which shift?"), keyboard=keyboard),))


def override_shift(scene: Scene, args: tuple[str, ...], _drawn: datetime) -> Step:
    """A shift was pressed."""
    instance = _open_shift(scene, args)
    return _closed(scene) if instance is None else _override(scene, instance)


def override_again(scene: Scene, args: tuple[str, ...], _drawn: datetime) -> Step:
    """Another number, over the one set by hand before."""
    instance = _open_shift(scene, args)
    if instance is None:
        return _closed(scene)
    return ask(scene, "override.number", {"shift": instance}, _ask_number)


def end_override(scene: Scene, args: tuple[str, ...], _drawn: datetime) -> Step:
    """The capacity is given back to the rules."""
    instance = _open_shift(scene, args)
    if instance is None:
        return _closed(scene)
    text = scene.speech.say("The rules decide the capacity of {shift}.", shift=instance[11:])
    done = Step(toast=text, redraw=Say(text=text))
    return Step(command=EndOverride(by=scene.agent, shift=instance), after=lambda _: done)


def _override(scene: Scene, instance: str) -> Step:
    held = scene.known.floor.centre.overrides.get(instance)
    if held is None:
        return ask(scene, "override.number", {"shift": instance}, _ask_number)
    speech, reference = scene.speech, short(instance)
    text = speech.say(
        "{shift}: set by hand to {capacity} until {until}: {reason}",
        shift=instance[11:],
        capacity=held.capacity,
        until=held.until,
        reason=held.reason,
    )
    back = keyboards.one(speech.say("Give it back to the rules"), "oe", reference, at=scene.now)
    other = keyboards.one(speech.say("Set another number"), "on", reference, at=scene.now)
    return Step(replies=(Say(text=text, keyboard=keyboards.stacked(back, other)),))


def _ask_number(scene: Scene, given: Given) -> Say:
    shift = scene.known.floor.shifts.get(given["shift"])
    text = scene.speech.say(
        "{shift}: how many may rest at once? It is {capacity} now. Press or write a number.",
        shift=given["shift"][11:],
        capacity=(shift.capacity if shift else None) or 0,
    )
    choices = [Choice(scene.speech.number(int(n)), ("override.number", n)) for n in NUMBERS]
    return Say(text=text, keyboard=keyboards.listed("d", choices, scene.now, wide=5))


def _take_number(scene: Scene, given: Given, text: str) -> Step:
    number = whole_number(scene.speech, text, 0, MOST_SEATS)
    return ask(scene, "override.until", {**given, "capacity": str(number)}, _ask_until)


def _ask_until(scene: Scene, given: Given) -> Say:
    speech, step = scene.speech, "override.until"
    choices = [Choice(speech.minutes(int(each)), (step, each)) for each in UNTILS]
    choices.append(Choice(speech.say("The shift's end"), (step, "end")))
    text = speech.say("Until when? Press, or write an hour such as {hour}.", hour="14:30")
    return Say(text=text, keyboard=keyboards.listed("d", choices, scene.now, wide=2))


def _take_until(scene: Scene, given: Given, text: str) -> Step:
    until = "" if text == "end" else instant(scene, text).isoformat()
    return ask(scene, "override.reason", {**given, "until": until}, ask_reason)


def _take_override(scene: Scene, given: Given, text: str) -> Step:
    until = datetime.fromisoformat(given["until"]) if given["until"] else None
    return Step(
        command=OverrideCapacity(
            by=scene.agent,
            shift=given["shift"],
            capacity=int(given["capacity"]),
            until=until,
            reason=reason(scene.speech, text),
        ),
        after=lambda _: Step(dialogue=None),  # its event is told to every supervisor
    )


def _open_shift(scene: Scene, args: tuple[str, ...]) -> str | None:
    return find(args[0], scene.known.floor.shifts) if args else None


def _closed(scene: Scene) -> Step:
    text = scene.speech.say("That shift is over.")
    return Step(toast=text, redraw=Say(text=text))


STAGES: Final[dict[str, Stage]] = {
    "override.number": Stage(SUPERVISOR, _ask_number, _take_number),
    "override.until": Stage(SUPERVISOR, _ask_until, _take_until),
    "override.reason": Stage(SUPERVISOR, ask_reason, _take_override),
}
VERBS: Final[dict[str, Verb]] = {"override": Verb(SUPERVISOR, override)}
PRESSES: Final[dict[str, Press]] = {
    "ov": Press(SUPERVISOR, override_shift),
    "on": Press(SUPERVISOR, override_again),
    "oe": Press(SUPERVISOR, end_override),
}
