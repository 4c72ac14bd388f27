"""How texts are taken in, and how they end, whoever writes them: queue, deadlines, figures."""

import asyncio
from collections.abc import Callable
from typing import Generic, TypeVar

from llmtb.inference.errors import Closed, DeadlinePassed, InferenceError, QueueFull
from llmtb.inference.generation.draft import Draft, Ended, Generated, Sheet
from llmtb.inference.generation.figures import Figures, Statistics
from llmtb.inference.generation.prompt import Priority
from llmtb.inference.generation.queue import Line, Ticket

T = TypeVar("T")


class Job(Generic[T]):
    """A text that was asked for. work: what its writer needs to know."""

    def __init__(self, work: T, sheet: Sheet) -> None:
        self.work = work
        self.sheet = sheet
        self.ticket: Ticket[Job[T]] | None = None  # while it waits
        self.alarm: asyncio.TimerHandle | None = None
        self.tokens = 0


class Intake(Generic[T]):
    """The jobs of one generator, from being asked for to being whole.

    model: its identity. limit: how many may wait. wake: something waits. halt: a job that is
    being written has ended early. Lives in one event loop.
    """

    def __init__(
        self, model: str, limit: int, wake: Callable[[], None], halt: Callable[[Job[T]], None]
    ) -> None:
        self._loop = asyncio.get_running_loop()
        self._model = model
        self._wake = wake
        self._halt = halt
        self.line: Line[Job[T]] = Line(limit)
        self.running: set[Job[T]] = set()
        self.figures = Figures(self._loop.time())
        self.closing = False
        self._idle = asyncio.Event()
        self._idle.set()

    def check(self, priority: Priority) -> None:
        """Raise Closed, or QueueFull, before any work is put into a prompt."""
        if self.closing:
            raise Closed(f"{self._model}: takes no more texts, it is being closed")
        if not self.line.room(priority):
            self.figures.refused += 1
            raise QueueFull(
                f"{self._model}: {len(self.line)} texts wait already; ask again a little later"
            )

    def admit(self, work: T, *, priority: Priority, group: int, deadline: float | None) -> Draft:
        """Take a text in; `check` has let it pass."""
        job: Job[T]
        sheet = Sheet(self._model, lambda: self._given_up(job))
        job = Job(work, sheet)
        now = self._loop.time()
        job.ticket = self.line.add(job, priority=priority, group=group, now=now)
        self._idle.clear()
        if deadline is not None:
            job.alarm = self._loop.call_later(max(0.0, deadline), self._too_late, job)
        self._wake()
        return Draft(sheet)

    def begin(self, rows: int) -> list[Job[T]]:
        """The next batch, at most so many of one group."""
        batch = [ticket.item for ticket in self.line.take(rows)]
        for job in batch:
            job.ticket = None
        self.running.update(batch)
        return batch

    def wrote(self, job: Job[T], piece: str, tokens: int, ended: Ended | None) -> None:
        """A job has so many tokens now, and this text more; perhaps it is whole."""
        now = self._loop.time()
        if tokens > job.tokens:
            self.figures.wrote(tokens - job.tokens, now)
            job.tokens = tokens
        job.sheet.write(piece)
        if ended is not None:
            job.sheet.end(tokens, ended)
            outcome = job.sheet.outcome
            if isinstance(outcome, Generated):
                self.figures.ended(job.sheet.first, now - job.sheet.asked)
            self.leave(job)

    def fail(self, job: Job[T], error: InferenceError) -> None:
        """A job has ended badly; nothing happens to one that has ended already."""
        if job.sheet.fail(error):
            if isinstance(error, Closed):
                self.figures.stopped += 1
            else:
                self.figures.failed += 1
        self.leave(job)

    def leave(self, job: Job[T]) -> None:
        """A job neither waits nor runs any more."""
        if job.alarm is not None:
            job.alarm.cancel()
            job.alarm = None
        if job.ticket is not None:
            self.line.remove(job.ticket)
            job.ticket = None
        self.running.discard(job)
        if not self.running and not len(self.line):
            self._idle.set()

    def stop(self) -> None:
        """End all that waits and runs with Closed."""
        for job in [*(ticket.item for ticket in self.line), *self.running]:
            self._halt(job)
            self.fail(job, Closed(f"{self._model}: was closed before the text was whole"))

    async def idle(self) -> None:
        """Wait until nothing waits or runs."""
        await self._idle.wait()

    def statistics(self) -> Statistics:
        """What was done so far, and what waits."""
        return self.figures.told(self.line.counts(), len(self.running), self._loop.time())

    def _given_up(self, job: Job[T]) -> None:
        self.figures.cancelled += 1
        self._halt(job)
        self.leave(job)

    def _too_late(self, job: Job[T]) -> None:
        if job.sheet.fail(DeadlinePassed(f"{self._model}: the text would have come too late")):
            self.figures.late += 1
            self._halt(job)
            self.leave(job)
