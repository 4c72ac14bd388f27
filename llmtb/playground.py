"""The local demo: a made-up company whose days go by on a fast clock, with phones for anybody.

What its people do is a scenario's steps (`llmtb.testing.day`), day after day, on the real actors;
whoever opens the page is an agent, a customer and a supervisor among them.
"""

import asyncio
import logging
from collections.abc import Iterator, Sequence
from datetime import date, datetime, timedelta
from typing import Final

from llmtb.actors.access import AcceptInvitation, Invite, digest_of
from llmtb.actors.centre import AddAgent, AssignShift, SetPolicy
from llmtb.actors.command import Command
from llmtb.app import House
from llmtb.channels.conversation.step import Settings as Manners
from llmtb.channels.port import DESK, SITE, chat_key
from llmtb.channels.web.console import Phone
from llmtb.events.floor import Role
from llmtb.runtime.clock import PacedClock
from llmtb.runtime.errors import Refused
from llmtb.scenario import End, Step
from llmtb.testing.day import ZONE, Day

log = logging.getLogger(__name__)

AGENTS: Final = 60
SPEED: Final = 20.0
BEGIN: Final = timedelta(
    hours=9, minutes=20
)  # in the morning shift, with its figures already there
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
PATIENT: Final = 7200  # seconds of the demo: two minutes of whoever looks on, at its usual pace


class Playground:
    """The demo on a loop. Made where that runs; `run` it beside the house."""

    def __init__(self, today: date, language: str, loop: asyncio.AbstractEventLoop) -> None:
        midnight = datetime(today.year, today.month, today.day, tzinfo=ZONE)
        self._today = today
        self.clock = PacedClock(midnight + BEGIN, loop, SPEED)
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
        """Bring the people in and have them work, day after day, until this is cancelled."""
        now = self.clock.now()
        day = 0
        for step in self._day(day):
            if step.at > now - timedelta(hours=1):
                break
            if isinstance(step.command, SetPolicy | AddAgent | AssignShift):
                await self._do(house, step.command)
        await self._hold_phones(house)
        while True:
            for step in self._day(day):
                if step.at > now - timedelta(minutes=10):
                    await self._until(step.at)
                    if isinstance(step.command, End):
                        break
                    await self._do(house, step.command)
            day += 1

    def _day(self, number: int) -> Iterator[Step]:
        today = self._today + timedelta(days=number)
        return Day(number + 1, AGENTS, crashes=0, on=today).steps()

    async def _hold_phones(self, house: House) -> None:
        await self._do(house, SetPolicy(policy=RULES))
        for number, (agent, name, role) in enumerate(PEOPLE, 1):
            await self._do(house, AddAgent(agent=agent, name=name, role=role))
            if role == "agent":
                for shift in ("night", "morning", "evening"):
                    await self._do(house, AssignShift(agent=agent, shift=shift))
            code = digest_of(f"the phone of {agent}, which is anybody's")
            until = self.clock.now() + timedelta(days=1)
            invite = Invite(by="demo", agent=agent, role=role, code_digest=code, until=until)
            await house.access(invite)
            account = chat_key(DESK + number)
            await house.access(AcceptInvitation(code_digest=code, account=account))

    async def _until(self, at: datetime) -> None:
        while (wait := self.clock.wait(at)) > 0:  # noqa: ASYNC110  the clock's pace may change
            await asyncio.sleep(wait)

    async def _do(self, house: House, command: Command) -> None:
        try:
            await house.floor(command)
        except Refused as refusal:
            log.debug("the demo was refused: %s", refusal)
