"""The actors of one process: kinds of them, references to them, and their end."""

import asyncio
import random
from collections.abc import Callable
from contextlib import suppress
from contextvars import ContextVar, copy_context
from typing import Any, NamedTuple

from llmtb.runtime.actor import Factory
from llmtb.runtime.cell import WAKE, Phase
from llmtb.runtime.clock import Clock
from llmtb.runtime.expiry import Expiry
from llmtb.runtime.kind import Kind
from llmtb.runtime.mailbox import DeadLetter, DeadLetters, Letter
from llmtb.runtime.mailbox import deadline as inherited_deadline
from llmtb.runtime.scheduler import Scheduler
from llmtb.runtime.supervision import Backoff, Failure, log_failure

_inside: ContextVar["System | None"] = ContextVar("inside", default=None)


class Statistics(NamedTuple):
    """How a system is doing.

    actors: in memory now, by kind. busy: with mail, or in a turn. idle: without.
    restarting: failed, and to be made again. stopped: failed too often; `System.wake` revives.
    waiting: messages in mailboxes now.
    Since the system began: messages handed to actors; asks that expired before that; messages
    refused; restarts; recoveries (lives begun: on a first message, a return, a restart); dead
    letters.
    """

    actors: dict[str, int]
    busy: int
    idle: int
    restarting: int
    stopped: int
    waiting: int
    messages: int
    expired: int
    refused: int
    restarts: int
    recoveries: int
    dead_letters: int


class Counts:
    """What a system counts since it began."""

    __slots__ = ("expired", "recoveries", "refused", "restarts")

    def __init__(self) -> None:
        self.expired = self.recoveries = self.refused = self.restarts = 0


class LocalRef:
    """A reference to an actor of this process; see `llmtb.runtime.router.Ref`."""

    __slots__ = ("_key", "_kind")

    def __init__(self, kind: Kind, key: str) -> None:
        self._kind = kind
        self._key = key

    @property
    def kind(self) -> str:
        return self._kind.name

    @property
    def key(self) -> str:
        return self._key

    def tell(self, message: object) -> bool:
        kind = self._kind
        refusal = kind.post(self._key, message)
        if refusal is None:
            return True
        kind.system.counts.refused += 1
        kind.lose(self._key, message, refusal.reason)
        return False

    async def ask(
        self,
        message: object,
        timeout: float | None = None,  # noqa: ASYNC109 - it travels with the message
    ) -> Any:
        kind, key = self._kind, self._key
        loop = kind.system.loop
        deadline = inherited_deadline.get()
        if timeout is not None:
            own = loop.time() + timeout
            if deadline is None or own < deadline:
                deadline = own
        reply: asyncio.Future[Any] = loop.create_future()
        refusal = kind.post(key, Letter(message, reply, deadline))
        if refusal is not None:
            kind.system.counts.refused += 1
            raise refusal(kind.name, key)
        if deadline is None:
            return await reply
        expiry = kind.system.expiry
        expiry.add(deadline, reply, kind.name, key)
        try:
            return await reply
        finally:
            expiry.answered()

    def __repr__(self) -> str:
        return f"<{self.kind}/{self.key}>"


class System:
    """Holds the actors of one event loop. Make it within the running loop.

    clock: the time that actors see. chance: spreads restarts out.
    report: called with each failure of an actor. undelivered: called with each dead letter, of
    which the last `keep` are at hand in `dead_letters.latest`.
    """

    def __init__(
        self,
        clock: Clock,
        *,
        chance: random.Random | None = None,
        report: Callable[[Failure], None] = log_failure,
        undelivered: Callable[[DeadLetter], None] | None = None,
        keep: int = 1000,
    ) -> None:
        self.clock = clock
        self.loop = asyncio.get_running_loop()
        self.chance = chance or random.Random(0)  # noqa: S311 - spreads load, hides nothing
        self.report = report
        self.dead_letters = DeadLetters(keep, undelivered)
        self.counts = Counts()
        self.expiry = Expiry(self.loop)
        context = copy_context()
        context.run(_inside.set, self)
        context.run(inherited_deadline.set, None)
        self.scheduler = Scheduler(self.loop, context)
        self.is_gone = False
        self._kinds: dict[str, Kind] = {}

    def register(
        self,
        kind: str,
        factory: Factory,
        *,
        capacity: int = 1024,
        passivate_after: float | None = None,
        supervision: Backoff | None = None,
        max_recoveries: int = 50,
    ) -> None:
        """Makes a kind of actors known.

        capacity: messages that a mailbox holds. passivate_after: seconds for which an actor is
        idle before it leaves memory (up to a quarter more); None: it stays.
        max_recoveries: how many start at the same time.
        Raises ValueError if the kind is known already.
        """
        if kind in self._kinds:
            raise ValueError(f"the kind {kind} is registered already")
        self._kinds[kind] = Kind(
            self,
            kind,
            factory,
            capacity=capacity,
            passivate_after=passivate_after,
            supervision=supervision or Backoff(),
            max_recoveries=max_recoveries,
        )

    def ref(self, kind: str, key: str) -> LocalRef:
        """Returns a reference. Raises KeyError for a kind that nobody registered."""
        return LocalRef(self._kinds[kind], key)

    async def wake(
        self,
        kind: str,
        key: str,
        timeout: float | None = None,  # noqa: ASYNC109 - it travels with the message
    ) -> None:
        """Has an actor start, and returns when it has; one that was stopped for good, too.

        Raises what its `started` raises, though it will be tried again; and what `ask` raises.
        """
        self._kinds[kind].revive(key)
        await self.ref(kind, key).ask(WAKE, timeout)

    def statistics(self) -> Statistics:
        cells = [cell for kind in self._kinds.values() for cell in kind.cells.values()]
        idle = sum(cell.box is None for cell in cells)
        restarting = sum(cell.phase is Phase.FAILED for cell in cells)
        counts = self.counts
        return Statistics(
            actors={name: len(kind.cells) for name, kind in self._kinds.items()},
            busy=len(cells) - idle - restarting,
            idle=idle,
            restarting=restarting,
            stopped=sum(len(kind.stopped) for kind in self._kinds.values()),
            waiting=sum(len(cell.box or ()) for cell in cells),
            messages=sum(kind.handled for kind in self._kinds.values()),
            expired=counts.expired,
            refused=counts.refused,
            restarts=counts.restarts,
            recoveries=counts.recoveries,
            dead_letters=self.dead_letters.count,
        )

    async def stop(self, drain: float = 5.0) -> None:
        """Refuses what comes from outside, has the mail handled, and stops every actor.

        Takes at most `drain` seconds for the mail and as many for `Actor.stopped`; what is left
        then is cancelled: dead letters for what was told, Stopped for who asked.
        """
        if self.is_gone:
            return
        for kind in self._kinds.values():
            kind.close()
        with suppress(TimeoutError):
            async with asyncio.timeout(drain):
                await self.scheduler.quiet()
        self.is_gone = True
        tasks = self.scheduler.close()
        if tasks:
            await asyncio.wait(tasks)
        with suppress(TimeoutError):
            async with asyncio.timeout(drain):
                for kind in self._kinds.values():
                    await kind.stop()
        for kind in self._kinds.values():
            for cell in kind.in_memory():
                kind.bury(cell, "the system stopped")
        self.expiry.close()

    def crash(self) -> None:
        """Drops every actor, task and timer on the spot, as the end of the process would.

        Nobody is told, but for those who asked: Stopped.
        """
        self.is_gone = True
        for kind in self._kinds.values():
            kind.close()
        self.scheduler.close()
        for kind in self._kinds.values():
            for cell in kind.in_memory():
                kind.drop(cell)
        self.expiry.close()

    def is_inside(self) -> bool:
        """Whether this runs in a turn of one of the system's actors, while it drains."""
        return not self.is_gone and _inside.get() is self
