"""Rosters: who is on which shift, and putting people on and off, from now on or for one date."""

from collections.abc import Callable, Sequence
from datetime import date, datetime
from typing import Final

from llmtb.actors.centre import OFF_THE_FLOOR, AssignShift, UnassignShift
from llmtb.channels.conversation import keyboards
from llmtb.channels.conversation.desk import coming
from llmtb.channels.conversation.dialogues import SUPERVISOR
from llmtb.channels.conversation.keyboards import Choice, page_of
from llmtb.channels.conversation.step import Press, Say, Scene, Step, Verb
from llmtb.channels.conversation.tokens import find, short
from llmtb.channels.conversation.words import mark
from llmtb.events.event import Event
from llmtb.events.floor import AssignReason

ACTS: Final[dict[str, str]] = {
    "a": mark("Add"),
    "o": mark("Overtime"),
    "c": mark("Move here"),
    "u": mark("Take off"),
}
_REASONS: Final[dict[str, AssignReason]] = {"a": "roster", "o": "overtime", "c": "change"}
ALWAYS: Final = "always"
SCOPE_HOURS: Final = 48
MOST_NAMES: Final = 60


def rosters(scene: Scene) -> Step:
    """The shifts, and how many are on each."""
    roster, speech = scene.known.floor.centre.roster, scene.speech
    choices = []
    for times in scene.policy.shifts:
        on = speech.number(len(roster.standing.get(times.name, ())))
        label = f"{times.name} {times.start}–{times.end} · {on}"
        choices.append(Choice(label, (short(times.name),)))
    keyboard = keyboards.listed("rs", choices, scene.now)
    return Step(replies=(Say(text=speech.say("Which shift?"), keyboard=keyboard),))


def roster(scene: Scene, args: tuple[str, ...], _drawn: datetime) -> Step:
    """Who is on a shift, and what may be done about it."""
    name = _shift(scene, args)
    if name is None:
        return _gone(scene)
    speech, roster = scene.speech, scene.known.floor.centre.roster
    names = sorted(scene.known.name(agent) for agent in roster.standing.get(name, ()))
    lines: list[str] = [
        speech.count("{shift}: {n} person", "{shift}: {n} people", len(names), shift=name)
    ]
    lines += [f"• {speech.isolate(each)}" for each in names[:MOST_NAMES]]
    if len(names) > MOST_NAMES:
        lines.append(speech.count("… and {n} more", "… and {n} more", len(names) - MOST_NAMES))
    for window in coming(scene, SCOPE_HOURS):
        extra = _only_on(scene, name, window.name)
        if extra:
            day = date.fromisoformat(window.name[:10])
            lines.append(speech.say("On {day} also: {names}", day=day, names=", ".join(extra)))
    choices = [Choice(speech.say(label), (args[0], act, "0")) for act, label in ACTS.items()]
    keyboard = keyboards.listed("ra", choices, scene.now, wide=2)
    return Step(redraw=Say(text="\n".join(lines), keyboard=keyboard))


def pick(scene: Scene, args: tuple[str, ...], _drawn: datetime) -> Step:
    """Whom to put on or off: one page of those it may be."""
    name = _shift(scene, args)
    act = args[1] if len(args) == 3 and args[1] in ACTS else None
    if name is None or act is None:
        return _gone(scene)
    people = _candidates(scene, name, act)
    if not people:
        return Step(toast=scene.speech.say("There is nobody to choose."))
    choices = [Choice(scene.known.name(each), (args[0], act, short(each))) for each in people]
    turn = ("ra", args[0], act)
    keyboard = keyboards.paged("rq", choices, page_of(args), turn, scene.now)
    text = scene.speech.say("{act}: {shift}. Who?", act=scene.speech.say(ACTS[act]), shift=name)
    return Step(redraw=Say(text=text, keyboard=keyboard))


def scope(scene: Scene, args: tuple[str, ...], _drawn: datetime) -> Step:
    """From now on, or on one date alone."""
    name, agent = _shift(scene, args), _agent(scene, args)
    if name is None or agent is None or args[1] not in ACTS:
        return _gone(scene)
    speech = scene.speech
    text = speech.say(
        "{act}: {name}, {shift}. When?",
        act=speech.say(ACTS[args[1]]),
        name=scene.known.name(agent),
        shift=name,
    )
    choices = [Choice(speech.say("From now on"), (*args, ALWAYS))] if args[1] != "o" else []
    for window in coming(scene, SCOPE_HOURS):
        day, _, window_name = window.name.partition("/")
        if window_name == name:
            label = speech.say("Only on {day}", day=date.fromisoformat(day))
            choices.append(Choice(label, (*args, day)))
    return Step(redraw=Say(text=text, keyboard=keyboards.listed("rx", choices, scene.now)))


def apply(scene: Scene, args: tuple[str, ...], _drawn: datetime) -> Step:
    """The person put on or off."""
    name, agent = _shift(scene, args), _agent(scene, args)
    if name is None or agent is None or len(args) != 4 or args[1] not in ACTS:
        return _gone(scene)
    shift = name if args[3] == ALWAYS else f"{args[3]}/{name}"
    after = _told(scene, agent, shift)
    if args[1] == "u":
        return Step(command=UnassignShift(agent=agent, shift=shift, by=scene.agent), after=after)
    reason = _REASONS[args[1]]
    command = AssignShift(agent=agent, shift=shift, reason=reason, by=scene.agent)
    return Step(command=command, after=after)


def _told(scene: Scene, agent: str, shift: str) -> Callable[[Sequence[Event]], Step]:
    def told(events: Sequence[Event]) -> Step:
        speech, name = scene.speech, scene.known.name(agent)
        if not events:
            return Step(toast=speech.say("It is so already."))
        text = speech.say("Done: {name}, {shift}.", name=name, shift=when(scene, shift))
        return Step(toast=text, redraw=Say(text=text))

    return told


def when(scene: Scene, shift: str) -> str:
    """A shift by its name, from now on, or one instance of it."""
    if "/" in shift:
        return scene.speech.shift(shift)
    return scene.speech.say("{shift} from now on", shift=shift)


def _candidates(scene: Scene, name: str, act: str) -> list[str]:
    """The people an act may be about, by name."""
    roster = scene.known.floor.centre.roster
    on = set(roster.standing.get(name, ()))
    for window in coming(scene, SCOPE_HOURS):
        if act in ("o", "u") and window.name.endswith(f"/{name}"):
            on |= set(roster.on(window.name))
    able = {each for each, p in roster.people.items() if p.role not in OFF_THE_FLOOR}
    chosen = able & on if act == "u" else able - on
    return sorted(chosen, key=lambda each: (scene.known.name(each), each))


def _only_on(scene: Scene, name: str, instance: str) -> list[str]:
    if not instance.endswith(f"/{name}"):
        return []
    roster = scene.known.floor.centre.roster
    single = roster.single.get(instance, set()) - roster.standing.get(name, set())
    return sorted(scene.known.name(agent) for agent in single)


def _shift(scene: Scene, args: tuple[str, ...]) -> str | None:
    return find(args[0], (times.name for times in scene.policy.shifts)) if args else None


def _agent(scene: Scene, args: tuple[str, ...]) -> str | None:
    people = scene.known.floor.centre.roster.people
    return find(args[2], people) if len(args) > 2 else None


def _gone(scene: Scene) -> Step:
    return Step(toast=scene.speech.say("That button was old. Please begin again."))


VERBS: Final[dict[str, Verb]] = {"rosters": Verb(SUPERVISOR, rosters)}
PRESSES: Final[dict[str, Press]] = {
    "rs": Press(SUPERVISOR, roster),
    "ra": Press(SUPERVISOR, pick),
    "rq": Press(SUPERVISOR, scope),
    "rx": Press(SUPERVISOR, apply),
}
