"""The questions of a made-up company's agents and customers, asked of the real Ask me!

They are those of the sample (`llmtb/sample/questions`), so some have no answer.
"""

import asyncio
import random
from collections.abc import Iterator, Sequence
from contextlib import suppress
from datetime import timedelta
from pathlib import Path
from typing import Final, Literal

import msgspec

from llmtb.actors.asking import Ask, Choose, Rate
from llmtb.actors.chat import ChooseLanguage
from llmtb.actors.desk import TakeBack
from llmtb.app import House
from llmtb.channels.port import DESK, SITE, chat_key
from llmtb.events.chat import (
    AnswerGiven,
    AnswerWithheld,
    Audience,
    ChoicesOffered,
    QuestionAsked,
)
from llmtb.events.desk import CallbackOpened, HandedOver
from llmtb.events.journal import Recorded
from llmtb.runtime.clock import Clock
from llmtb.runtime.errors import Refused
from llmtb.runtime.tasks import until_first

SAMPLE: Final = Path(__file__).with_name("sample") / "questions"
AT_ONCE: Final = 60  # questions at the start, so that there is something to look at
EVERY: Final = timedelta(minutes=4)
CHATS: Final = 40
FIRST: Final = 1000  # the number of the first of these chats among those of its channel
HELPED: Final = 0.8  # of the answers that are rated
_INDEXED, _PATIENCE = 120.0, 10.0  # seconds for the first to be answered, and for the many
_PAUSE: Final = 0.05  # seconds between two of those at the start
_CHATS: Final = frozenset(
    chat_key(first + FIRST + number) for first in (SITE, DESK) for number in range(CHATS)
)


class Question(msgspec.Struct, frozen=True):
    """One that somebody may ask."""

    text: str
    language: str


class AskingAround:
    """People who ask. `first`, `many`, then `run` it beside the house."""

    def __init__(self, house: House, clock: Clock, chance: random.Random) -> None:
        self._house = house
        self._clock = clock
        self._chance = chance
        self._questions = list(_questions())
        self._waiting: set[str] = set()
        self._settled = asyncio.Event()

    async def first(self) -> None:
        """Ask one thing, and wait for its answer: from then on the documents are there."""
        await self._until_answered(1, ("agent",), _INDEXED)

    async def many(self) -> None:
        """Ask many things at once, and wait until they are answered, but not for ever."""
        await self._until_answered(AT_ONCE, ("agent", "customer"), _PATIENCE)

    async def _until_answered(
        self, number: int, audiences: Sequence[Audience], patience: float
    ) -> None:
        reacting = asyncio.create_task(self._react(), name="rating")
        try:
            for _ in range(number):
                await self._ask(self._chance.choice(audiences))
                await asyncio.sleep(_PAUSE)
            with suppress(TimeoutError):
                async with asyncio.timeout(patience):
                    while self._waiting:
                        self._settled.clear()
                        await self._settled.wait()
        finally:
            reacting.cancel()

    async def run(self) -> None:
        """Have agents ask something now and then, until this is cancelled."""
        await until_first(self._react(), self._go_on())

    async def _go_on(self) -> None:
        while True:
            then = self._clock.now() + EVERY * self._chance.uniform(0.5, 1.5)
            while (wait := self._clock.wait(then)) > 0:  # noqa: ASYNC110  its pace may change
                await asyncio.sleep(wait)
            await self._ask("agent")

    async def _ask(self, audience: Audience) -> None:
        question = self._chance.choice(self._questions)
        first = SITE if audience == "customer" else DESK
        chat = chat_key(first + FIRST + self._chance.randrange(CHATS))
        try:
            await self._house.chat(chat, ChooseLanguage(chat=chat, language=question.language))
            asked = await self._house.chat(
                chat, Ask(chat=chat, text=question.text, audience=audience)
            )
        except Refused:
            return
        events = (recorded.event for recorded in asked)
        self._waiting |= {each.question for each in events if isinstance(each, QuestionAsked)}

    async def _react(self) -> None:
        """Choose what is offered, and rate some of the answers."""
        following = self._house.journal.subscribe(self._house.journal.head)
        try:
            async for batch in following:
                for recorded in batch:
                    await self._answered(recorded)
        finally:
            following.close()

    async def _answered(self, recorded: Recorded) -> None:
        if isinstance(recorded.event, CallbackOpened | HandedOver):
            await self._give_up(recorded.event.chat)
            return
        event, chat = recorded.event, recorded.stream.partition("/")[2]
        if isinstance(event, AnswerGiven | AnswerWithheld):
            self._waiting.discard(event.question)
            self._settled.set()
        if not isinstance(event, AnswerGiven | ChoicesOffered) or chat not in _CHATS:
            return
        try:
            if isinstance(event, ChoicesOffered):
                choice = Choose(chat=chat, question=event.question, choice=0)
                await self._house.chat(chat, choice)
            elif self._chance.random() < 0.5:
                rating: Literal[0, 1] = 1 if self._chance.random() < HELPED else 0
                rate = Rate(chat=chat, question=event.question, rating=rating)
                await self._house.chat(chat, rate)
        except Refused:
            return

    async def _give_up(self, chat: str) -> None:
        """Whoever is made up waits for nobody: the phones are for whoever looks on."""
        if chat not in _CHATS:
            return
        try:
            await self._house.floor(TakeBack(chat=chat, by=chat, reason="exit"))
        except Refused:
            return


def _questions() -> Iterator[Question]:
    for file in sorted(SAMPLE.glob("*.json")):
        yield from msgspec.json.decode(file.read_bytes(), type=list[Question])
