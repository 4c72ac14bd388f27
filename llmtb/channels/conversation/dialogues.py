"""Dialogues: how they go on, and what people write in them: numbers, hours, reasons."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Final

from llmtb.actors.chat import Dialogue
from llmtb.channels.conversation.step import Given, Say, Scene, Step, Unclear
from llmtb.channels.conversation.words import Speech, ascii_digits
from llmtb.events.floor import Role

SUPERVISOR: Final[tuple[Role, ...]] = ("supervisor",)
MOST_REASON: Final = 500


def ask(scene: Scene, step: str, given: Given, prompt: Callable[[Scene, Given], Say]) -> Step:
    """The dialogue goes on to a step, whose question is asked."""
    return Step(dialogue=Dialogue(step, given), replies=(prompt(scene, given),))


def ask_reason(scene: Scene, _given: Given) -> Say:
    """The question that ends most dialogues."""
    return Say(text=scene.speech.say("For what reason? Write it in a few words."))


def whole_number(speech: Speech, text: str, least: int, most: int) -> int:
    """A number as people type it, in any digits. Raises Unclear."""
    digits = ascii_digits(text).strip()
    if digits.isascii() and digits.isdecimal() and least <= int(digits[:9]) <= most:
        return int(digits[:9])
    raise Unclear(
        speech.say("Please write a whole number from {least} to {most}.", least=least, most=most)
    )


def instant(scene: Scene, text: str) -> datetime:
    """An hour of the day, the next one to come, or a number of minutes. Raises Unclear."""
    typed = ascii_digits(text).strip()
    hour, colon, minute = typed.replace(".", ":").partition(":")
    unclear = Unclear(scene.speech.say("Please write an hour such as {hour}.", hour="14:30"))
    if not (hour.isascii() and hour.isdecimal() and len(hour) <= 4):
        raise unclear
    if not colon:
        return scene.now + timedelta(minutes=max(1, min(int(hour), 1440)))
    if not (minute.isascii() and minute.isdecimal() and int(hour) < 24 and int(minute) < 60):
        raise unclear
    local = scene.now.astimezone(scene.policy.zone)
    then = local.replace(hour=int(hour), minute=int(minute), second=0, microsecond=0)
    return (then if then > local else then + timedelta(days=1)).astimezone(scene.now.tzinfo)


def reason(speech: Speech, text: str) -> str:
    """A reason. Raises Unclear for none, or for a whole letter."""
    words = " ".join(text.split())
    if not 0 < len(words) <= MOST_REASON:
        raise Unclear(speech.say("Please write the reason in a few words."))
    return words
