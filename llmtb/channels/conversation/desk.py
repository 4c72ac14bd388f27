"""What everybody may ask for: help, language, history, the live capacity, overtime."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import Final

from llmtb.actors.centre import AssignShift
from llmtb.channels.conversation import keyboards
from llmtb.channels.conversation.board import capacity_text
from llmtb.channels.conversation.keyboards import REST, Choice
from llmtb.channels.conversation.phrases import (
    called,
    kind_name,
    late_minutes,
    role_name,
    supervisors,
)
from llmtb.channels.conversation.resting import FLOOR
from llmtb.channels.conversation.step import (
    Elsewhere,
    History,
    Press,
    Say,
    Scene,
    Step,
    Verb,
)
from llmtb.channels.conversation.tokens import find, short
from llmtb.channels.conversation.words import Speech, mark
from llmtb.channels.port import Inline, Reply
from llmtb.events.event import Event
from llmtb.events.floor import Role
from llmtb.policy import Window, instances_around
from llmtb.projections.history import Day

EVERYBODY: Final[tuple[Role, ...]] = ("agent", "supervisor", "auditor", "customer")
OVERTIME_HOURS: Final = 24

_HELP: Final[dict[Role, str]] = {
    "agent": mark(
        "Press {rest} to rest, and press it again when you are back.\n"
        "The bot grants a rest while slots are free, tells you when to be back, and warns you if "
        "you are late.\n"
        "My history shows your own rests; nobody else's are shown to you.\n"
        "Ask me!: your question, answered from the company's own documents.\n"
        "Callbacks: customers who wait for somebody."
    ),
    "supervisor": mark(
        "Live board: the floor as it is, kept up to date in place.\n"
        "Set capacity: by hand, until an hour, for a reason.\n"
        "Rests: end, extend or forgive.\n"
        "Rosters: who is on which shift. People: invite and remove.\n"
        "Report: a past shift as a file with its picture.\n"
        "/set shows the settings; /set breaks.every 4 changes one.\n"
        "/cancel leaves whatever was begun.\n"
        "Ask me!: your question, answered from the company's own documents.\n"
        "Callbacks: customers who wait for somebody."
    ),
    "auditor": mark(
        "Live board and Report show what was and what is; you may read, and change nothing.\n"
        "Ask me!: your question, answered from the company's own documents."
    ),
    "customer": mark(
        "Press Ask me! or simply write your question, in your own words and language.\n"
        "I am a bot. I answer from the company's own documents and say where the answer is from; "
        "what they do not say, I do not make up.\n"
        "A person is one press away. Exit ends our talk."
    ),
}


def welcome(scene: Scene) -> Say:
    """The greeting with the permanent buttons; the answer to /start, however often."""
    speech = scene.speech
    if scene.role == "customer":
        text = speech.say(
            "Hello {name}, welcome to BOT Ask me!\n"
            "If you have a question, press Ask me! or simply write it.",
            name=called(speech, scene.name),
        )
        return Say(text=f"{text}\n{help_text(scene)}", keyboard=buttons(scene))
    name, role = scene.known.name(scene.agent), role_name(speech, scene.role)
    text = speech.say("Hello {name}. You are here as {role}.", name=name, role=role)
    return Say(text=f"{text}\n{help_text(scene)}", keyboard=buttons(scene))


def buttons(scene: Scene, speech: Speech | None = None) -> Reply:
    """The permanent buttons of the speaker, in the chat's language or another."""
    roster = scene.known.floor.centre.roster
    tables = (roster.standing, roster.single)
    on_shifts = any(scene.agent in each for table in tables for each in table.values())
    return keyboards.permanent(speech or scene.speech, scene.role, on_shifts=on_shifts)


def help_text(scene: Scene) -> str:
    """What the speaker can do here."""
    return scene.speech.say(_HELP[scene.role], rest=REST)


def show_help(scene: Scene) -> Step:
    """The help, and the permanent buttons again."""
    return Step(replies=(Say(text=help_text(scene), keyboard=buttons(scene)),))


def start(scene: Scene) -> Step:
    """/start of one who is on the list: nothing is lost, the buttons come back."""
    return Step(replies=(welcome(scene),))


def show_id(scene: Scene) -> Step:
    """/id: what a person is known by here."""
    text = scene.speech.say("Your account's number is {id}.", id=scene.chat)
    return Step(replies=(Say(text=text),))


def languages(scene: Scene) -> Step:
    """The languages, each by its own name."""
    choices = [Choice(name, (code,)) for code, name in scene.words.languages.items()]
    keyboard = keyboards.listed("lg", choices, scene.now, wide=3)
    return Step(replies=(Say(text=scene.speech.say("Choose the language"), keyboard=keyboard),))


def choose_language(scene: Scene, args: tuple[str, ...], _drawn: datetime) -> Step:
    """A language was pressed: from now on everything is in it, the buttons too."""
    code = next((code for code in scene.words.languages if (code,) == args), None)
    if code is None:
        return Step(toast=scene.speech.say("That button was old. This is how it is now."))
    speech = scene.words.speech(code, scene.policy.zone)
    name = scene.words.languages[code]
    text = speech.say("From now on in {language}.", language=name)
    told = Say(text=text, keyboard=buttons(scene, speech))
    return Step(language=code, toast=text, replies=(told,))


def history(scene: Scene) -> Step:
    """The speaker's own rests of the last days; nobody else's."""

    async def told(view: History) -> Step:
        return Step(replies=(Say(text=history_text(scene.speech, await view(scene.agent))),))

    return Step(lookup=told)


def history_text(speech: Speech, days: Sequence[Day]) -> str:
    """The rests and warnings of some days, the newest first."""
    blocks = [block for day in days if (block := _day(speech, day))]
    return "\n\n".join(blocks) or speech.say("No rests yet.")


def _day(speech: Speech, day: Day) -> str:
    lines: list[str] = [speech.day(date.fromisoformat(day.date))]
    for rest in reversed(day.breaks):
        kind, span = kind_name(speech, rest.kind), speech.span(rest.start, rest.over or rest.due)
        line = speech.say("{kind} {span}", kind=kind, span=span)
        if rest.late_seconds:
            late = speech.minutes(late_minutes(rest.late_seconds))
            line = speech.say("{rest}, {late} late", rest=line, late=late)
        lines.append(f"• {line}")
    standing = sum(warning.forgiven_by is None for warning in day.warnings)
    if standing:
        lines.append(speech.count("{n} warning", "{n} warnings", standing))
    return "\n".join(lines) if len(lines) > 1 else ""


def capacity(scene: Scene) -> Step:
    """One pinned message with the number alone, kept up to date in place; again: no more."""
    board = scene.card.board
    if board is not None and board.view == "capacity":
        text = scene.speech.say("The live capacity is not kept up to date any more.")
        return Step(hide_board=True, replies=(Say(text=text),))
    now = capacity_text(scene.known, scene.speech, scene.now)
    return Step(replies=(Say(text=now, board="capacity", pin=True),))


def overtime(scene: Scene) -> Step:
    """The shifts of the next day that the speaker is not on."""
    windows = _open_to(scene)
    if not windows:
        text = scene.speech.say("You are on every shift of the next day already.")
        return Step(replies=(Say(text=text),))
    text = scene.speech.say("On which shift would you like to work?")
    choices = [Choice(window_label(scene.speech, each), (short(each.name),)) for each in windows]
    return Step(replies=(Say(text=text, keyboard=keyboards.listed("ot", choices, scene.now)),))


def ask_overtime(scene: Scene, args: tuple[str, ...], _drawn: datetime) -> Step:
    """A shift was pressed: the supervisors are asked, each with a button that assigns."""
    windows = {window.name: window for window in _open_to(scene)}
    instance = find(args[0], windows) if args else None
    if instance is None:
        text = scene.speech.say("That shift is not open to you any more.")
        return Step(toast=text, redraw=Say(text=text))
    asked = [(who, chat) for who, chat in supervisors(scene.known) if who != scene.agent]
    if not asked:
        return Step(toast=scene.speech.say("There is no supervisor to ask."), alert=True)
    text = scene.speech.say(
        "Your supervisors were asked about {shift}.", shift=scene.speech.shift(instance)
    )
    key = f"overtime:{scene.chat}:{scene.message}:{instance}"
    elsewhere = tuple(Elsewhere(chat, _request(scene, chat, instance), key) for _, chat in asked)
    return Step(toast=text, redraw=Say(text=text), elsewhere=elsewhere)


def assign_overtime(scene: Scene, args: tuple[str, ...], _drawn: datetime) -> Step:
    """A supervisor grants an overtime."""
    instance, agent = _requested(scene, args)
    if instance is None or agent is None:
        return _gone(scene)
    speech = scene.speech
    name, shift = scene.known.name(agent), scene.speech.shift(instance)
    done = speech.say("{name} is on {shift} (overtime).", name=name, shift=shift)

    def assigned(_: Sequence[Event]) -> Step:
        return Step(toast=done, redraw=Say(text=done))

    command = AssignShift(agent=agent, shift=instance, reason="overtime", by=scene.agent)
    return Step(command=command, after=assigned)


def decline_overtime(scene: Scene, args: tuple[str, ...], drawn: datetime) -> Step:
    """A supervisor declines an overtime; the one who asked is told, once."""
    instance, agent = _requested(scene, args)
    chat = scene.known.chat_of(agent) if agent is not None else None
    if instance is None or agent is None or chat is None:
        return _gone(scene)
    theirs = scene.speech_for(chat)
    no = theirs.say("Your overtime on {shift} was not granted.", shift=theirs.shift(instance))
    text = scene.speech.say(
        "Declined: {name} on {shift}.",
        name=scene.known.name(agent),
        shift=scene.speech.shift(instance),
    )
    # Every supervisor's copy of one request was drawn at one instant.
    told = Elsewhere(chat, Say(text=no), f"declined:{instance}:{drawn:%Y%m%dT%H%M%S}")
    return Step(toast=text, redraw=Say(text=text), elsewhere=(told,))


def window_label(speech: Speech, window: Window) -> str:
    """An instance as a button says it: name, times, date."""
    day, _, name = window.name.partition("/")
    span = speech.span(window.starts, window.ends)
    return f"{name} · {span} · {speech.day(date.fromisoformat(day))}"


def coming(scene: Scene, hours: int) -> list[Window]:
    """The instances that run now or start within some hours, by start."""
    today = scene.now.astimezone(scene.policy.zone).date()
    until = scene.now + timedelta(hours=hours)
    around = instances_around(scene.policy, today)
    return [each for each in around if each.ends > scene.now and each.starts < until]


def _open_to(scene: Scene) -> list[Window]:
    roster = scene.known.floor.centre.roster
    windows = coming(scene, OVERTIME_HOURS)
    return [each for each in windows if not roster.holds(scene.agent, each.name)]


def _request(scene: Scene, chat: str, instance: str) -> Say:
    speech = scene.speech_for(chat)
    references = (short(instance), short(scene.agent))
    name = scene.known.name(scene.agent)
    text = speech.say(
        "{name} asks for overtime on {shift}.", name=name, shift=speech.shift(instance)
    )
    buttons = (
        keyboards.button(speech.say("Assign"), "oa", *references, at=scene.now),
        keyboards.button(speech.say("Decline"), "od", *references, at=scene.now),
    )
    return Say(text=text, keyboard=Inline((buttons,)))


def _requested(scene: Scene, args: tuple[str, ...]) -> tuple[str | None, str | None]:
    if len(args) != 2:
        return None, None
    instances = [window.name for window in coming(scene, OVERTIME_HOURS)]
    return find(args[0], instances), find(args[1], scene.known.floor.centre.roster.people)


def _gone(scene: Scene) -> Step:
    text = scene.speech.say("This request is over.")
    return Step(toast=text, redraw=Say(text=text))


VERBS: Final[dict[str, Verb]] = {
    "start": Verb(EVERYBODY, start),
    "help": Verb(EVERYBODY, show_help),
    "id": Verb(EVERYBODY, show_id),
    "language": Verb(EVERYBODY, languages),
    "history": Verb(FLOOR, history),
    "capacity": Verb(("agent",), capacity),
    "overtime": Verb(FLOOR, overtime),
}
PRESSES: Final[dict[str, Press]] = {
    "lg": Press(EVERYBODY, choose_language),
    "ot": Press(FLOOR, ask_overtime),
    "oa": Press(("supervisor",), assign_overtime),
    "od": Press(("supervisor",), decline_overtime),
}
