"""Play a scenario on a virtual clock, on the real actors and the real event store."""

import asyncio
import random
from collections.abc import Callable, Iterable, Iterator
from datetime import datetime
from itertools import chain

from llmtb.actors import centre as centres
from llmtb.actors.asking import Ask, Withhold
from llmtb.actors.centre import Centre, SetPolicy
from llmtb.actors.command import Command
from llmtb.app import House
from llmtb.events.chat import QuestionAsked
from llmtb.events.codec import CODEC, Codec
from llmtb.events.journal import Journal, Recorded, Subscription
from llmtb.events.stores.store import Store
from llmtb.policy import PolicyError, merge
from llmtb.runtime import virtual
from llmtb.runtime.errors import Refused
from llmtb.scenario import Crash, End, ScenarioError, Step, steps

Tell = Callable[[Recorded], None]


def simulate(lines: Iterable[bytes], store: Store, tell: Tell) -> None:
    """Play the lines of a scenario; `tell` gets every new event, in order of `seq`.

    Closes the store. Raises ScenarioError at a line that cannot be played: what the lines above it
    led to has been told, and nothing of the line itself was done.
    """
    played = steps(lines)
    first = next(played, None)
    if first is None:
        store.close()
        return
    virtual.run(play(chain([first], played), store, tell, first.at), first.at)


async def play(
    played: Iterator[Step], store: Store, tell: Tell, start: datetime, codec: Codec = CODEC
) -> None:
    """Play steps on the running virtual loop; see `simulate`."""
    journal = await Journal.open(store, codec=codec)
    news = journal.subscribe(journal.head)
    telling = asyncio.create_task(_tell(news, tell), name="telling")
    try:
        await _Play(journal, start).run(played)
    finally:
        await journal.close()
        await telling


async def _tell(news: Subscription, tell: Tell) -> None:
    async for batch in news:
        for recorded in batch:
            tell(recorded)


class _Play:
    """One run of a scenario; `centre` is what its lines may speak of."""

    def __init__(self, journal: Journal, start: datetime) -> None:
        self.journal = journal
        self.centre = Centre()
        self.dropped: set[str] = set()  # names of shifts that a policy had before
        self.clock = virtual.clock()
        for recorded in journal.read():
            if recorded.event.at > start:
                raise ScenarioError(1, f"the store goes on to {recorded.event.at.isoformat()}")
            centres.evolve(self.centre, recorded.event)

    async def run(self, played: Iterator[Step]) -> None:
        house = await self._house()
        try:
            for step in played:
                self._check(step)
                await asyncio.sleep((step.at - self.clock.now()).total_seconds())
                if isinstance(step.command, Crash):
                    house.crash()
                    house = await self._house()
                elif isinstance(step.command, End):
                    await house.wake()
                    return
                else:
                    await self._do(house, step)
        finally:
            house.crash()

    async def _house(self) -> House:
        return await House.start(self.journal, self.clock, random.Random(0))  # noqa: S311

    async def _do(self, house: House, step: Step) -> None:
        try:
            had = self.centre.policy.shifts
            for recorded in await self._apply(house, step.command):
                centres.evolve(self.centre, recorded.event)
            if self.centre.policy.shifts is not had:
                has = {times.name for times in self.centre.policy.shifts}
                self.dropped = (self.dropped | {times.name for times in had}) - has
        except Refused as error:
            raise ScenarioError(step.line, str(error)) from error

    async def _apply(self, house: House, command: Command) -> list[Recorded]:
        if isinstance(command, Ask):
            return await _ask(house, command)
        return await house.floor(command)

    def _check(self, step: Step) -> None:
        """Raise ScenarioError, before the clock moves, for a line that cannot be played."""
        command = step.command
        try:
            agent = getattr(command, "agent", None)
            if agent is not None and not isinstance(command, centres.AddAgent):
                self.centre.known(agent)
            shift = getattr(command, "shift", None)
            # One that was taken out of the policy may still be open: then the floor decides.
            if shift is not None and shift.rpartition("/")[2] not in self.dropped:
                self.centre.instance(shift, step.at)
            if isinstance(command, SetPolicy):
                merge(self.centre.policy, command.policy)
        except (Refused, PolicyError) as error:
            raise ScenarioError(step.line, str(error)) from error


async def _ask(house: House, command: Ask) -> list[Recorded]:
    """A question of a scenario: it has no documents, so it is withheld at once."""
    asked = await house.chat(command.chat, command)
    for recorded in asked:
        if isinstance(recorded.event, QuestionAsked):
            question = recorded.event.question
            withhold = Withhold(chat=command.chat, question=question, reason="no_knowledge")
            await house.chat(command.chat, withhold)
    return asked
