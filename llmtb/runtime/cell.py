"""One actor's place in the system: its mailbox, and its way from life to life."""

import asyncio
from collections import deque
from collections.abc import Coroutine
from enum import Enum
from typing import TYPE_CHECKING, Any, Final

from llmtb.runtime.actor import Actor, BatchActor
from llmtb.runtime.clock import Clock
from llmtb.runtime.errors import DeadlineExceeded, Refused, Stopped
from llmtb.runtime.mailbox import TURN, Letter, deadline
from llmtb.runtime.router import Ref, Router
from llmtb.runtime.timers import Timers

if TYPE_CHECKING:
    from llmtb.runtime.kind import Kind


class Wake:
    """Asked by `System.wake`: answered as soon as the actor has started."""


WAKE: Final = Wake()


class Phase(Enum):
    """Where an actor is in its life."""

    ABSENT = 0  # to be made
    ALIVE = 1
    LEAVING = 2  # idle for long: to be stopped
    FAILED = 3  # waits to be made again


LEAVING = Phase.LEAVING  # looked at on every turn


class Cell:
    """The `Context` of one actor, and all that is kept for an idle one.

    box: its mail; None while it is idle, so that `None` also says that it is not scheduled.
    """

    __slots__ = ("actor", "box", "idle_since", "key", "kind", "phase")

    def __init__(self, kind: "Kind", key: str) -> None:
        self.kind = kind
        self.key = key
        self.phase = Phase.ABSENT
        self.actor: Actor | BatchActor | None = None
        self.box: deque[Any] | None = None
        self.idle_since = 0.0

    @property
    def ref(self) -> Ref:
        return self.kind.system.ref(self.kind.name, self.key)

    @property
    def clock(self) -> Clock:
        return self.kind.system.clock

    @property
    def router(self) -> Router:
        return self.kind.system

    @property
    def timers(self) -> Timers:
        return self.kind.timers_of(self.key)

    def report(self, error: Exception) -> None:
        self.kind.report(self.key, error)

    def leave(self) -> None:
        """Begins passivation; mail is held from here on."""
        self.phase = Phase.LEAVING
        self.box = deque()
        self.kind.schedule(self)

    def restart(self) -> None:
        """Ends the wait of a failed actor."""
        self.phase = Phase.ABSENT
        self.kind.schedule(self)

    def turn(self) -> Coroutine[Any, Any, None]:
        """Handles some of the mail; makes, or stops, the actor where that comes first."""
        actor, box = self.actor, self.box
        if actor is None or box is None or self.phase is LEAVING:
            return self._come_alive()
        return self._handle(actor, box)

    def _handle(self, actor: Actor | BatchActor, box: deque[Any]) -> Coroutine[Any, Any, None]:
        if isinstance(actor, BatchActor):
            return self._handle_batch(actor, box)
        return self._handle_each(actor, box)

    def _end_turn(self, box: deque[Any]) -> None:
        if box:
            self.kind.schedule(self)
        else:
            self.box = None
            self.kind.rest(self)

    async def _come_alive(self) -> None:
        """Begins the next life, after the end of the last; none if nobody wrote."""
        box = self.box
        if box is None:
            return
        if self.phase is LEAVING:
            await self.stop()
            if not box:
                self.kind.forget(self)
                return
        actor = await self._start(box)
        if actor is not None:
            await self._handle(actor, box)

    async def stop(self) -> None:
        """Ends the actor's life."""
        actor, self.actor = self.actor, None
        self.phase = Phase.ABSENT
        if actor is None:
            return
        try:
            await actor.stopped()
        except (asyncio.CancelledError, Exception) as error:
            failure = _failure(error)
            if failure is None:
                raise
            self.report(failure)

    async def _start(self, box: deque[Any]) -> Actor | BatchActor | None:
        """Makes the actor; None if it failed."""
        kind = self.kind
        async with kind.gate:
            try:
                actor = kind.factory(self)
                await actor.started()
            except (asyncio.CancelledError, Exception) as error:
                failure = _failure(error)
                if failure is None:
                    raise
                self._failed_to_start(box, failure)
                return None
        self.actor = actor
        self.phase = Phase.ALIVE
        kind.system.counts.recoveries += 1
        return actor

    def _failed_to_start(self, box: deque[Any], error: Exception) -> None:
        """Whoever wanted it awake learns why it is not; the mail waits for the next try."""
        for _ in range(len(box)):
            item = box.popleft()
            if type(item) is Letter and item.message is WAKE:
                item.fail(error)
            else:
                box.append(item)
        self.kind.failed(self, error)

    async def _handle_each(self, actor: Actor, box: deque[Any]) -> None:
        """Hands over up to a turn's messages one by one."""
        kind = self.kind
        receive = actor.receive
        inherited = deadline.get()
        count = min(len(box), TURN)
        kind.handled += count
        for _ in range(count):
            if not box:  # a crash empties it
                break
            item = box.popleft()
            letter: Letter | None = None
            if type(item) is Letter:
                if not self._is_wanted(item):
                    continue
                letter, item = item, item.message
                if item is WAKE:
                    letter.answer(None)
                    continue
                if letter.deadline is not inherited:
                    inherited = letter.deadline
                    deadline.set(inherited)
            elif inherited is not None:
                inherited = None
                deadline.set(None)
            try:
                reply = await receive(item)
            except Refused as refusal:
                if letter is not None:
                    letter.fail(refusal)
            except (asyncio.CancelledError, Exception) as error:
                failure = _failure(error)
                if letter is not None:
                    letter.fail(failure or Stopped(kind.name, self.key))
                if failure is None:
                    raise
                kind.failed(self, failure)
                return
            else:
                if letter is not None:
                    letter.answer(reply)
        self._end_turn(box)

    async def _handle_batch(self, actor: BatchActor, box: deque[Any]) -> None:
        """Hands over up to a turn's messages at once."""
        letters = [_letter(box.popleft()) for _ in range(min(len(box), TURN))]
        self.kind.handled += len(letters)
        wanted = [letter for letter in letters if self._is_wanted(letter)]
        batch = deque(letter for letter in wanted if letter.message is not WAKE)
        if deadline.get() is not None:
            deadline.set(None)
        failure: Exception | None = None
        try:
            if wanted:
                await actor.receive_batch(batch)
        except (asyncio.CancelledError, Exception) as error:
            failure = _failure(error)
            for letter in letters:
                if failure is None or letter not in batch:
                    letter.fail(failure or Stopped(self.kind.name, self.key))
            if failure is None:
                raise
        box.extendleft(reversed(batch))
        if failure is not None:
            self.kind.failed(self, failure)
            return
        for letter in wanted:
            if letter.message is WAKE:
                letter.answer(None)
        self._end_turn(box)

    def _is_wanted(self, letter: Letter) -> bool:
        """Whether a letter is to be handed over; if not, it is settled."""
        reply, due = letter.reply, letter.deadline
        if reply is None:
            return True
        if reply.done() or (due is not None and due <= self.kind.time()):
            self.kind.system.counts.expired += 1
            letter.fail(DeadlineExceeded(self.kind.name, self.key))
            return False
        return True


def _letter(item: Any) -> Letter:
    return item if type(item) is Letter else Letter(item)


def _failure(error: BaseException) -> Exception | None:
    """What failed an actor; None where somebody cancelled the very task it runs in."""
    if isinstance(error, Exception):
        return error
    task = asyncio.current_task()
    if task is not None and task.cancelling():
        return None
    return RuntimeError("what the actor waited for was cancelled")
