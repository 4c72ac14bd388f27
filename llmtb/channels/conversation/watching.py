"""What supervisors and auditors read: the live board, who is late, the reports of past shifts."""

from datetime import datetime
from typing import Final

from llmtb.channels.conversation import keyboards
from llmtb.channels.conversation.board import board_text, late_on, late_text
from llmtb.channels.conversation.keyboards import Choice
from llmtb.channels.conversation.step import Press, Say, Scene, Step, Verb
from llmtb.channels.conversation.tokens import find, short
from llmtb.channels.conversation.words import Speech
from llmtb.channels.port import Attached
from llmtb.events.floor import Role

READERS: Final[tuple[Role, ...]] = ("supervisor", "auditor")


def board(scene: Scene) -> Step:
    """The live board, which takes the place of the chat's last one."""
    text = board_text(scene.known, scene.speech, scene.now)
    return Step(replies=(Say(text=text, board="floor"),))


def late(scene: Scene) -> Step:
    """Who is late; a supervisor gets a button for each of them."""
    text = late_text(scene.known, scene.speech, scene.now)
    if scene.role != "supervisor":
        return Step(replies=(Say(text=text),))
    shifts = scene.known.floor.in_order()
    names = [agent for shift in shifts for agent, _ in late_on(shift, scene.now)]
    choices = [Choice(scene.known.name(name), (short(name),)) for name in names]
    keyboard = keyboards.listed("pc", choices[: keyboards.PAGE], scene.now, wide=2)
    return Step(replies=(Say(text=text, keyboard=keyboard if choices else None),))


def reports(scene: Scene) -> Step:
    """The past shifts that have a report, the newest first."""
    speech, instances = scene.speech, scene.known.reports[::-1][: keyboards.PAGE]
    if not instances:
        return Step(replies=(Say(text=speech.say("No shift has ended yet.")),))
    choices = [Choice(speech.shift(each), (short(each),)) for each in instances]
    keyboard = keyboards.listed("rp", choices, scene.now)
    return Step(replies=(Say(text=speech.say("Which shift?"), keyboard=keyboard),))


def report(scene: Scene, args: tuple[str, ...], _drawn: datetime) -> Step:
    """The report of a past shift, as a picture and as files."""
    instance = find(args[0], scene.known.reports) if args else None
    if instance is None:
        return Step(toast=scene.speech.say("That report is not at hand here any more."))
    text = scene.speech.say("Report of {shift}", shift=scene.speech.shift(instance))
    return Step(toast=text, replies=report_files(scene.speech, instance))


def report_files(speech: Speech, instance: str) -> tuple[Say, ...]:
    """A shift's report: its picture, and the files behind it."""
    text, language = speech.say("Report of {shift}", shift=speech.shift(instance)), speech.language
    files = (
        Attached(instance, "png", language),
        Attached(instance, "xlsx", language),
        Attached(instance, "csv", language),
    )
    return tuple(Say(text=text, attachment=each) for each in files)


VERBS: Final[dict[str, Verb]] = {
    "board": Verb(READERS, board),
    "late": Verb(READERS, late),
    "report": Verb(READERS, reports),
}
PRESSES: Final[dict[str, Press]] = {"rp": Press(READERS, report)}
