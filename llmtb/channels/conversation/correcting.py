"""Other people's rests and warnings: ended, extended, forgiven, always for a reason."""

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Final

from llmtb.actors.agent import EndBreakFor, ExtendBreak, ForgiveWarning
from llmtb.channels.conversation import keyboards
from llmtb.channels.conversation.dialogues import SUPERVISOR, ask, ask_reason, reason, whole_number
from llmtb.channels.conversation.keyboards import Choice, page_of
from llmtb.channels.conversation.phrases import kind_name
from llmtb.channels.conversation.step import Given, Press, Say, Scene, Stage, Step, Verb
from llmtb.channels.conversation.tokens import find, short
from llmtb.events.event import Event
from llmtb.events.floor import BreakExtended

MINUTES: Final = ("5", "10", "15", "30")


def breaks(scene: Scene) -> Step:
    """Who rests, and who was warned: the people a supervisor may have to do with."""
    return Step(replies=(_people(scene, 0),))


def turn_people(scene: Scene, args: tuple[str, ...], _drawn: datetime) -> Step:
    """Another page of them."""
    return Step(redraw=_people(scene, page_of(args)))


def _people(scene: Scene, page: int) -> Say:
    floor, speech = scene.known.floor, scene.speech
    resting = [agent for shift in floor.in_order() for agent in sorted(shift.breaks)]
    present = {agent for shift in floor.in_order() for agent in shift.present}
    warned = [each for each in sorted(present) if _warnings(scene, each) and each not in resting]
    if not resting and not warned:
        return Say(text=speech.say("Nobody is resting, nobody was warned."))
    choices = [Choice(scene.known.name(each), (short(each),)) for each in [*resting, *warned]]
    keyboard = keyboards.paged("pc", choices, page, ("pb",), scene.now)
    return Say(text=speech.say("Whom is it about?"), keyboard=keyboard)


def person(scene: Scene, args: tuple[str, ...], _drawn: datetime) -> Step:
    """One person: their rest and warnings, and what may be done about them."""
    agent = find(args[0], scene.known.floor.centre.roster.people) if args else None
    if agent is None:
        return Step(toast=scene.speech.say("That person is not on the list any more."))
    speech, name = scene.speech, scene.known.name(agent)
    rest = next((s.breaks[agent] for s in scene.known.floor.in_order() if agent in s.breaks), None)
    lines, acts = [speech.say("{name} is not resting.", name=name)], []
    if rest is not None:
        kind = kind_name(speech, rest.kind)
        lines = [speech.say("{name}: {kind} until {due}", name=name, kind=kind, due=rest.due)]
        acts += [("pe", speech.say("End the rest")), ("px", speech.say("Extend the rest"))]
    warnings = _warnings(scene, agent)
    if warnings:
        lines.append(speech.count("{n} warning", "{n} warnings", warnings))
        acts.append(("pf", speech.say("Forgive the last warning")))
    rows = [keyboards.one(label, verb, short(agent), at=scene.now) for verb, label in acts]
    told = Say(text="\n".join(lines), keyboard=keyboards.stacked(*rows) if rows else None)
    return Step(redraw=told)


def _about(step: str, prompt: Callable[[Scene, Given], Say]) -> Press:
    def begin(scene: Scene, args: tuple[str, ...], _drawn: datetime) -> Step:
        agent = find(args[0], scene.known.floor.centre.roster.people) if args else None
        if agent is None:
            return Step(toast=scene.speech.say("That person is not on the list any more."))
        return ask(scene, step, {"agent": agent}, prompt)

    return Press(SUPERVISOR, begin)


def _ask_minutes(scene: Scene, given: Given) -> Say:
    text = scene.speech.say(
        "{name}: by how many minutes? Press or write a number.",
        name=scene.known.name(given["agent"]),
    )
    choices = [Choice(scene.speech.number(int(n)), ("extend.minutes", n)) for n in MINUTES]
    return Say(text=text, keyboard=keyboards.listed("d", choices, scene.now, wide=4))


def _take_minutes(scene: Scene, given: Given, text: str) -> Step:
    minutes = whole_number(scene.speech, text, 1, 1440)
    return ask(scene, "extend.reason", {**given, "minutes": str(minutes)}, ask_reason)


def _take_extend(scene: Scene, given: Given, text: str) -> Step:
    name = scene.known.name(given["agent"])

    def extended(events: Sequence[Event]) -> Step:
        for event in events:
            if isinstance(event, BreakExtended):
                words = scene.speech.say("{name} rests until {due}.", name=name, due=event.due)
                return _done(words)
        return _not_resting(scene, name)

    command = ExtendBreak(
        by=scene.agent,
        agent=given["agent"],
        minutes=int(given["minutes"]),
        reason=reason(scene.speech, text),
    )
    return Step(command=command, after=extended)


def _take_end(scene: Scene, given: Given, text: str) -> Step:
    name = scene.known.name(given["agent"])
    done = _done(scene.speech.say("The rest of {name} is over.", name=name))
    command = EndBreakFor(by=scene.agent, agent=given["agent"], reason=reason(scene.speech, text))
    return Step(command=command, after=lambda events: done if events else _not_resting(scene, name))


def _take_forgive(scene: Scene, given: Given, text: str) -> Step:
    name = scene.known.name(given["agent"])
    done = _done(scene.speech.say("The last warning of {name} is forgiven.", name=name))
    none = _done(scene.speech.say("{name} has no warning.", name=name))
    command = ForgiveWarning(
        by=scene.agent, agent=given["agent"], reason=reason(scene.speech, text)
    )
    return Step(command=command, after=lambda events: done if events else none)


def _warnings(scene: Scene, agent: str) -> int:
    """The warnings that stand on the person's latest shift date."""
    days = scene.known.floor.agents[agent].days if agent in scene.known.floor.agents else {}
    return len(days[max(days)].warnings) if days else 0


def _done(text: str) -> Step:
    return Step(dialogue=None, replies=(Say(text=text),))


def _not_resting(scene: Scene, name: str) -> Step:
    return _done(scene.speech.say("{name} is not resting.", name=name))


STAGES: Final[dict[str, Stage]] = {
    "extend.minutes": Stage(SUPERVISOR, _ask_minutes, _take_minutes),
    "extend.reason": Stage(SUPERVISOR, ask_reason, _take_extend),
    "end.reason": Stage(SUPERVISOR, ask_reason, _take_end),
    "forgive.reason": Stage(SUPERVISOR, ask_reason, _take_forgive),
}
VERBS: Final[dict[str, Verb]] = {"breaks": Verb(SUPERVISOR, breaks)}
PRESSES: Final[dict[str, Press]] = {
    "pc": Press(SUPERVISOR, person),
    "pb": Press(SUPERVISOR, turn_people),
    "pe": _about("end.reason", ask_reason),
    "px": _about("extend.minutes", _ask_minutes),
    "pf": _about("forgive.reason", ask_reason),
}
