"""The encoder as the rest of the house uses it: awaited, in its own threads, people first."""

import asyncio
from collections import deque
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import NamedTuple

import numpy as np

from llmtb.inference.embedding.tokens import Row
from llmtb.inference.embedding.weights import ROWS, TOKENS, Vectors, Weights, batches
from llmtb.inference.errors import Closed, DeadlinePassed, InferenceError, QueueFull
from llmtb.inference.models.model import Model

WAITING = 2048  # texts of people, and as many of the background, before more are refused
SLICE = 64  # texts of one background call that wait at once, so that calls share
BACKGROUND = TOKENS // 3  # tokens of a background batch: how long a person's text may wait for it


class Statistics(NamedTuple):
    """What an encoder has done since it was opened, and what it has before it.

    queries, passages: texts embedded for people and in the background. waiting: of both, now.
    running: batches being computed. batches, tokens: computed, padding not counted. cut: texts
    longer than the window. refused: calls turned away by a full queue. late: by their deadline.
    seconds: workers' time spent computing.
    """

    queries: int = 0
    passages: int = 0
    waiting: int = 0
    running: int = 0
    batches: int = 0
    tokens: int = 0
    cut: int = 0
    refused: int = 0
    late: int = 0
    seconds: float = 0.0


class _Job:
    """The texts of one call; its vectors are whole when `future` is done."""

    def __init__(self, size: int, dimensions: int) -> None:
        self.vectors = np.zeros((size, dimensions), np.float32)
        self.open = size
        self.future: asyncio.Future[Vectors] = asyncio.get_running_loop().create_future()

    def put(self, places: list[int], vectors: Vectors) -> None:
        self.vectors[places] = vectors
        self.open -= len(places)
        if not self.open and not self.future.done():
            self.future.set_result(self.vectors)

    def fail(self, error: BaseException) -> bool:
        """Whether it still waited."""
        if self.future.done():
            return False
        self.future.set_exception(error)
        return True


class _Wanted(NamedTuple):
    job: _Job
    place: int
    ids: list[int]


class Encoder:
    """Embeds texts, batching those that wait together; questions of people go first.

    Made by `open`, ended by `close`. Belongs to the event loop it was opened on.
    """

    def __init__(self, model: Model, weights: Weights, *, workers: int, waiting: int) -> None:
        self.identity = model.identity
        self.dimensions = weights.dimensions
        self._weights = weights
        self._workers = workers
        self._limit = waiting
        self._loop = asyncio.get_running_loop()
        self._reader = ThreadPoolExecutor(1, "tokens")
        self._threads = ThreadPoolExecutor(workers, "encoder")
        self._people: deque[_Wanted] = deque()
        self._background: deque[_Wanted] = deque()
        self._running: set[asyncio.Future[Vectors]] = set()
        self._ending: asyncio.Task[None] | None = None
        self._woken = False
        self._done = Statistics()

    @classmethod
    async def open(
        cls, model: Model, *, threads: int = 1, workers: int = 1, waiting: int = WAITING
    ) -> "Encoder":
        """Load a model in a thread. Raises ModelError.

        threads: of one batch. workers: batches at once. waiting: texts before more are refused.
        """
        weights = await asyncio.to_thread(Weights, model, threads=threads, workers=workers)
        return cls(model, weights, workers=workers, waiting=waiting)

    async def queries(
        self, texts: Sequence[str], *, deadline: float | None = None, background: bool = False
    ) -> Vectors:
        """Unit vectors of what people ask, a row for each text.

        deadline: seconds from now after which they are worth nothing. background: nobody waits
        for them. Of a text longer than the model's window the beginning counts. Raises QueueFull,
        DeadlinePassed, Closed, ModelError.
        """
        if background:
            return await self._in_slices(texts, self._weights.query)
        self._refuse(self._people, len(texts))
        alarm = self._loop.time() + deadline if deadline is not None else None
        return await self._embed(texts, self._weights.query, self._people, alarm)

    async def passages(self, texts: Sequence[str]) -> Vectors:
        """Unit vectors of what is stored, whenever no person waits.

        Of a text longer than the model's window the beginning counts. Raises QueueFull, Closed,
        ModelError.
        """
        return await self._in_slices(texts, self._weights.passage)

    def statistics(self) -> Statistics:
        """What was done so far."""
        return self._done._replace(
            waiting=len(self._people) + len(self._background), running=len(self._running)
        )

    async def close(self) -> None:
        """Finish what waits, take nothing more, give the threads back. Twice is as once."""
        if self._ending is None:
            self._ending = self._loop.create_task(self._end())
        await asyncio.shield(self._ending)

    async def _end(self) -> None:
        await self._loop.run_in_executor(self._reader, int)  # who is being read now is queued next
        while self._people or self._background or self._running:
            self._start_batches()
            if self._running:
                await asyncio.wait(self._running)
        await asyncio.to_thread(self._reader.shutdown)
        await asyncio.to_thread(self._threads.shutdown)

    def _refuse(self, lane: deque[_Wanted], size: int) -> None:
        if self._ending is not None:
            raise Closed("the encoder is closed")
        if len(lane) + size > self._limit:
            self._done = self._done._replace(refused=self._done.refused + 1)
            raise QueueFull(f"{len(lane)} texts wait for the encoder; ask again later")

    async def _in_slices(self, texts: Sequence[str], read: Callable[[str], Row]) -> Vectors:
        vectors = np.zeros((len(texts), self.dimensions), np.float32)
        # Near lengths in one slice, so that little is padding.
        order = sorted(range(len(texts)), key=lambda place: len(texts[place]))
        for start in range(0, len(order), SLICE):
            places = order[start : start + SLICE]
            self._refuse(self._background, len(places))
            part = [texts[place] for place in places]
            vectors[places] = await self._embed(part, read, self._background, None)
        return vectors

    async def _embed(
        self,
        texts: Sequence[str],
        read: Callable[[str], Row],
        lane: deque[_Wanted],
        alarm: float | None,
    ) -> Vectors:
        if not texts:
            return np.zeros((0, self.dimensions), np.float32)
        job = _Job(len(texts), self.dimensions)
        late = None if alarm is None else self._loop.call_at(alarm, self._too_late, job)
        try:
            rows = await self._loop.run_in_executor(self._reader, list[Row], map(read, texts))
            if self._ending is not None and self._ending.done():
                raise Closed("the encoder is closed")
            cut = sum(row.cut for row in rows)
            self._done = self._done._replace(cut=self._done.cut + cut)
            lane.extend(_Wanted(job, place, row.ids) for place, row in enumerate(rows))
            self._wake()
            vectors = await job.future
        finally:
            if late is not None:
                late.cancel()
            job.future.cancel()  # those of its rows that still wait are passed over
        if lane is self._people:
            self._done = self._done._replace(queries=self._done.queries + len(texts))
        else:
            self._done = self._done._replace(passages=self._done.passages + len(texts))
        return vectors

    def _too_late(self, job: _Job) -> None:
        if job.fail(DeadlinePassed("the encoder had no time for the question; ask again")):
            self._done = self._done._replace(late=self._done.late + 1)

    def _wake(self) -> None:
        if not self._woken:
            self._woken = True
            # After this round of the loop, so that texts that come together go together.
            self._loop.call_soon(self._start_batches)

    def _start_batches(self) -> None:
        self._woken = False
        while len(self._running) < self._workers:
            batch = _take(self._people, TOKENS) or _take(self._background, BACKGROUND)
            if not batch:
                return
            work = self._loop.run_in_executor(
                self._threads, self._weights.encode, [wanted.ids for wanted in batch]
            )
            self._running.add(work)
            work.add_done_callback(partial(self._finish, batch, self._loop.time()))

    def _finish(self, batch: list[_Wanted], started: float, work: asyncio.Future[Vectors]) -> None:
        self._running.discard(work)
        done = self._done
        self._done = done._replace(
            batches=done.batches + 1,
            tokens=done.tokens + sum(len(wanted.ids) for wanted in batch),
            seconds=done.seconds + self._loop.time() - started,
        )
        error = work.exception()
        for job in {id(wanted.job): wanted.job for wanted in batch}.values():
            rows = [row for row, wanted in enumerate(batch) if wanted.job is job]
            if error is None:
                job.put([batch[row].place for row in rows], work.result()[rows])
            elif isinstance(error, InferenceError):
                job.fail(type(error)(*error.args))  # each awaiter has its own traceback
            else:
                job.fail(error)
        self._start_batches()


def _take(lane: deque[_Wanted], tokens: int) -> list[_Wanted]:
    """The batch to which the one who waits longest belongs, out of the first who wait."""
    heads: list[_Wanted] = []
    while lane and len(heads) < 2 * ROWS:
        wanted = lane.popleft()
        if not wanted.job.future.done():
            heads.append(wanted)
    if not heads:
        return []
    lengths = [len(wanted.ids) for wanted in heads]
    chosen = next(each for each in batches(lengths, tokens=tokens) if 0 in each)
    lane.extendleft(reversed(list(_without(heads, set(chosen)))))
    return [heads[place] for place in chosen]


def _without(heads: Iterable[_Wanted], places: set[int]) -> Iterable[_Wanted]:
    return (wanted for place, wanted in enumerate(heads) if place not in places)
