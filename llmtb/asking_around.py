"""The questions of a made-up company's agents and customers, asked of the real Ask me!

They are those of the sample (`llmtb/sample/questions`), so some have no answer; what customers
ask always has one, for whoever looks on has only two agents' phones to answer with.
"""

import asyncio
import random
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Final, Literal

import msgspec

from llmtb.actors.asking import Ask, Choose, Rate
from llmtb.actors.chat import ChooseLanguage
from llmtb.app import House
from llmtb.channels.port import DESK, SITE, chat_key
from llmtb.events.chat import AnswerGiven, Audience, ChoicesOffered
from llmtb.events.journal import Recorded
from llmtb.runtime.clock import Clock
from llmtb.runtime.errors import Refused

SAMPLE: Final = Path(__file__).with_name("sample") / "questions"
AT_ONCE: Final = 60  # questions at the start, so that there is something to look at
EVERY: Final = timedelta(minutes=4)
CHATS: Final = 40
FIRST: Final = 1000  # the number of the first of these chats among those of its channel
HELPED: Final = 0.8  # of the answers that are rated
_PAUSE: Final = 0.05  # seconds between two of those at the start
_CHATS: Final = frozenset(
    chat_key(first + FIRST + number) for first in (SITE, DESK) for number in range(CHATS)
)


class Question(msgspec.Struct, frozen=True):
    """One that somebody may ask; `kind` says whether there is an answer."""

    text: str
    language: str
    kind: str
    audience: Audience = "customer"


class AskingAround:
    """People who ask. `run` it beside the house."""

    def __init__(self, house: House, clock: Clock, chance: random.Random) -> None:
        self._house = house
        self._clock = clock
        self._chance = chance
        self._questions = list(_questions())

    async def run(self) -> None:
        """Ask many things at once, then one now and then, until this is cancelled."""
        answering = asyncio.create_task(self._react(), name="rating")
        try:
            for _ in range(AT_ONCE):
                await self._ask()
                await asyncio.sleep(_PAUSE)
            while True:
                then = self._clock.now() + EVERY * self._chance.uniform(0.5, 1.5)
                while (wait := self._clock.wait(then)) > 0:  # noqa: ASYNC110  its pace may change
                    await asyncio.sleep(wait)
                await self._ask()
        finally:
            answering.cancel()

    async def _ask(self) -> None:
        question = self._chance.choice(self._questions)
        asks: Audience = "customer"
        if question.kind != "answerable" or self._chance.random() < 0.5:
            asks = "agent"
        first = SITE if asks == "customer" else DESK
        chat = chat_key(first + FIRST + self._chance.randrange(CHATS))
        try:
            await self._house.chat(chat, ChooseLanguage(chat=chat, language=question.language))
            await self._house.chat(chat, Ask(chat=chat, text=question.text, audience=asks))
        except Refused:
            return

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
        event, chat = recorded.event, recorded.stream.partition("/")[2]
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


def _questions() -> Iterator[Question]:
    for file in sorted(SAMPLE.glob("*.json")):
        yield from msgspec.json.decode(file.read_bytes(), type=list[Question])
