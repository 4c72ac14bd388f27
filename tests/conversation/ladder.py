"""A ladder that answers what a test says, in the place of the real one."""

import asyncio
from collections.abc import Callable

from llmtb.actors.asking import Found, GiveAnswer, OfferChoices, Withhold
from llmtb.events.chat import Choice
from llmtb.inference.answering.asked import Asked


class Ladder:
    """Says to each question what `says` holds for its text; to any other, chat and text again.

    asked: what reached it, in order. seconds: how long it takes.
    """

    def __init__(
        self,
        says: dict[str, Callable[[Asked], Found]] | None = None,
        seconds: Callable[[Asked], float] = lambda _: 0.0,
    ) -> None:
        self.says = says or {}
        self.seconds = seconds
        self.asked: list[Asked] = []

    async def __call__(self, asked: Asked, _language: str | None) -> Found:
        self.asked.append(asked)
        await asyncio.sleep(self.seconds(asked))
        return self.says.get(asked.text, echo)(asked)


def echo(asked: Asked) -> Found:
    """Chat and text again."""
    return answer(f"{asked.chat} asked: {asked.text}")(asked)


def answer(text: str, **fields: object) -> Callable[[Asked], Found]:
    """An answer from one document."""

    def found(asked: Asked) -> Found:
        given: dict[str, object] = {
            "sources": ("Modem guide › Reset, p. 3 [modems@2#7]",),
            "origin": "extract",
            "language": "en",
            "confidence": 0.9,
            "passages": ({"passage": "modems@2#7", "title": "How to reset a modem"},),
            **fields,
        }
        return GiveAnswer(chat=asked.chat, question=asked.question, text=text, **given)  # type: ignore[arg-type]

    return found


def offer(*labels: str) -> Callable[[Asked], Found]:
    """Choices, each of which answers with its own label."""

    def found(asked: Asked) -> Found:
        choices = tuple(
            Choice(label=label, text=f"All about {label}.", source=label, language="en")
            for label in labels
        )
        return OfferChoices(chat=asked.chat, question=asked.question, choices=choices)

    return found


def nothing(reason: str = "nothing_found") -> Callable[[Asked], Found]:
    """No answer."""
    return lambda asked: Withhold(chat=asked.chat, question=asked.question, reason=reason)
