"""Questions put to a served company, and what came of them, without a ladder in between."""

from typing import Any

from llmtb.actors.asking import Ask, GiveAnswer, OfferChoices, Rate, Withhold
from llmtb.actors.command import Command
from llmtb.events.chat import Audience, Choice
from tests.web.serving import Served

CUSTOMER = "site-1"


class Desk:
    """Asks and answers as chats do; every question is known by its id."""

    def __init__(self, served: Served) -> None:
        self._served = served
        self._counts: dict[str, int] = {}

    async def ask(
        self, text: str, chat: str = CUSTOMER, audience: Audience = "customer", **more: Any
    ) -> str:
        """A question; its id."""
        number = self._counts[chat] = self._counts.get(chat, 0) + 1
        await self._do(chat, Ask(chat=chat, text=text, audience=audience, **more))
        return f"{chat}/{number}"

    async def answer(self, question: str, text: str = "Five days.", **more: Any) -> None:
        """An answer of the bot's; with `origin="person"` of a person's."""
        chat = question.rpartition("/")[0]
        fields: dict[str, Any] = {
            "sources": ("Help [faq@1#1]",),
            "origin": "faq",
            "milliseconds": 40,
            "language": "en",
            "confidence": 0.9,
        }
        fields |= more
        await self._do(chat, GiveAnswer(chat=chat, question=question, text=text, **fields))

    async def offer(self, question: str) -> None:
        """Two choices."""
        chat = question.rpartition("/")[0]
        choices = tuple(Choice(label=each, text=each, source="s") for each in ("A", "B"))
        await self._do(
            chat, OfferChoices(chat=chat, question=question, choices=choices, milliseconds=60)
        )

    async def withhold(self, question: str, reason: str = "unsure") -> None:
        """No answer."""
        chat = question.rpartition("/")[0]
        await self._do(chat, Withhold(chat=chat, question=question, reason=reason))

    async def rate(self, question: str, rating: Any) -> None:
        """What whoever asked thinks of the answer."""
        chat = question.rpartition("/")[0]
        await self._do(chat, Rate(chat=chat, question=question, rating=rating))

    async def _do(self, chat: str, command: Command) -> None:
        await self._served.house.chat(chat, command)
        await self._served.seen()
