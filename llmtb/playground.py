"""The local demo: a made-up company whose days go by on a fast clock, with phones for anybody.

What its people do is a scenario's steps (`llmtb.testing.day`), day after day, on the real actors.
Yesterday and this morning are played before it opens, so that there is a past to look at; whoever
opens the page is an agent, a customer and a supervisor among them.
"""

import asyncio
import random
from collections.abc import Iterator, Sequence
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Final

from msgspec.structs import replace

from llmtb.actors.access import AcceptInvitation, Invite, digest_of
from llmtb.actors.centre import AddAgent, AssignShift, SetPolicy
from llmtb.actors.command import Command
from llmtb.app import House
from llmtb.asking_around import AskingAround
from llmtb.channels.conversation.step import Settings as Manners
from llmtb.channels.port import DESK, SITE, chat_key
from llmtb.channels.web.console import Phone
from llmtb.events.codec import CODEC, Codec
from llmtb.events.floor import Role
from llmtb.events.stores.sqlite import SQLiteStore
from llmtb.runtime import virtual
from llmtb.runtime.clock import PacedClock
from llmtb.runtime.errors import Refused
from llmtb.runtime.tasks import until_first
from llmtb.scenario import End, Step
from llmtb.simulate import play
from llmtb.testing.day import ZONE, Day

AGENTS: Final = 60
CALLS: Final = 24  # of each agent in a shift
SPEED: Final = 20.0
BEGIN: Final = timedelta(hours=9, minutes=20)  # in the morning shift, with its figures there
# The names of a company in many countries; some of them run from right to left.
NAMES: Final = (
    *("Ana", "Budi", "Chen", "Dewi", "Elif", "Farid", "Gita", "Hana", "Ivo", "Julia", "Kemal"),
    *("لیلا", "Mateus", "Noor", "Omid", "Pita", "Quan", "Rosa", "Sami", "Tina", "Umar", "Vera"),
    *("Wei", "Xia", "یاسمن", "Zoe", "Amir", "Bea", "Caio", "Dara", "Eko", "Fang", "Gil", "Hugo"),
    *("Ines", "Jin", "Kiana", "Lan", "Mina", "نادر", "Oya", "Paulo", "Rana", "Sita", "Tomas"),
    *("Uma", "Vahid", "Wulan", "Yan", "زهرا", "Aldo", "Bita", "Cara", "Doni", "Emre", "Flor"),
    *("Guo", "Hadi", "Iman", "João"),
)
PEOPLE: Final[Sequence[tuple[str, str, Role]]] = (
    ("sara", "Sara", "agent"),
    ("nima", "Nima", "agent"),
    ("maryam", "Maryam", "supervisor"),
)
PHONES: Final = (
    *(Phone(name, DESK + number, role) for number, (_, name, role) in enumerate(PEOPLE, 1)),
    Phone("Reza", SITE + 1, "customer"),
)
RULES: Final = {"questions": {"customers": "anyone", "idle_minutes": 720}}
PATIENT: Final = 7200  # seconds of the demo in which a press is not too old


class Playground:
    """The demo on a loop. Made where that runs; `run` it beside the house.

    today: the date on which it begins. language: its phones', at first.
    """

    def __init__(self, today: date, language: str, loop: asyncio.AbstractEventLoop) -> None:
        self._today = today
        self.clock = PacedClock(opening(today), loop, SPEED)
        self.manners = Manners(press_seconds=PATIENT, dialogue_minutes=720, language=language)

    @property
    def phones(self) -> Sequence[Phone]:
        """The phones that anybody may hold."""
        return PHONES

    @property
    def speed(self) -> float:
        """How many seconds pass in one."""
        return self.clock.speed

    @speed.setter
    def speed(self, speed: float) -> None:
        self.clock.speed = speed

    async def run(self, house: House) -> None:
        """Have its people work and ask, day after day, until this is cancelled."""
        await _hand_out_phones(house)
        chance = random.Random(1)  # noqa: S311 - a company made up hides nothing
        around = AskingAround(house, self.clock, chance)
        await until_first(self._work(house), self._ask(house, around))

    async def _ask(self, house: House, around: AskingAround) -> None:
        """Have others ask; what they get no answer to does not come to the two phones."""
        await around.first()
        await _do(house, SetPolicy(policy={"questions.hand_over": False}, by="demo"))
        await around.many()
        await _do(house, SetPolicy(policy={"questions.hand_over": True}, by="demo"))
        await around.run()

    async def _work(self, house: House) -> None:
        began, number = self.clock.now(), 1
        while True:
            for step in _day(self._today, number):
                if step.at >= began:
                    await self._until(step.at)
                    await _do(house, step.command)
            number += 1

    async def _until(self, at: datetime) -> None:
        while (wait := self.clock.wait(at)) > 0:  # noqa: ASYNC110  the clock's pace may change
            await asyncio.sleep(wait)


def opening(today: date) -> datetime:
    """The instant at which the demo begins."""
    return datetime(today.year, today.month, today.day, tzinfo=ZONE) + BEGIN


def play_past(today: date, journal: Path, codec: Codec = CODEC) -> None:
    """Play yesterday and this morning into a new journal, as fast as it goes.

    Raises JournalError.
    """
    begin = opening(today)

    def past() -> Iterator[Step]:
        yield from (step for step in _day(today, 0) if not isinstance(step.command, End))
        yield from (step for step in _day(today, 1) if step.at < begin)
        yield Step(0, begin, End())

    steps = past()
    first = next(_day(today, 0))
    playing = play(steps, SQLiteStore(journal), lambda _: None, first.at, codec)
    virtual.run(playing, first.at)


def _day(today: date, number: int) -> Iterator[Step]:
    """What happens on a day; yesterday is number 0."""
    on = today + timedelta(days=number - 1)
    for step in Day(number + 1, AGENTS, crashes=0, on=on, calls=CALLS).steps():
        if isinstance(step.command, AddAgent) and step.command.name is None:
            name = NAMES[(int(step.command.agent[1:]) - 1) % len(NAMES)]
            yield step._replace(command=replace(step.command, name=name))
        elif not isinstance(step.command, End) or number == 0:
            yield step


async def _hand_out_phones(house: House) -> None:
    """Bring in the people whom whoever looks on may be, each with a phone."""
    await _do(house, SetPolicy(policy=RULES, by="demo"))
    for number, (agent, name, role) in enumerate(PEOPLE, 1):
        await _do(house, AddAgent(agent=agent, name=name, role=role))
        if role == "agent":
            for shift in ("night", "morning", "evening"):
                await _do(house, AssignShift(agent=agent, shift=shift))
        code = digest_of(f"the phone of {agent}, which is anybody's")
        until = house.clock.now() + timedelta(days=1)
        await house.access(Invite(by="demo", agent=agent, role=role, code_digest=code, until=until))
        account = chat_key(DESK + number)
        await house.access(AcceptInvitation(code_digest=code, account=account))


async def _do(house: House, command: Command) -> None:
    """What a made-up person does; that it is refused is a part of the show."""
    try:
        await house.floor(command)
    except Refused:
        return
