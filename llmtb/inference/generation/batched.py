"""The inference actor: all chats, one queue, batches of equally long prompts, streams of text.

The event loop decides and never computes: a prompt is spelled and queued in `submit`, batches
are written by the engine's threads, and what they write comes back in one call of the loop for
all tokens of a moment.
"""

import asyncio
from collections import deque
from collections.abc import Callable, Sequence
from functools import partial

import msgspec

from llmtb.inference.errors import InferenceError, ModelError
from llmtb.inference.generation.draft import Draft, Ended
from llmtb.inference.generation.engine import Batch, Engine
from llmtb.inference.generation.figures import Statistics
from llmtb.inference.generation.intake import Intake, Job
from llmtb.inference.generation.prompt import Priority, Prompt
from llmtb.inference.generation.queue import rung
from llmtb.inference.generation.scribe import Scribe
from llmtb.inference.generation.wording import Wording
from llmtb.inference.models.model import Model


class Settings(msgspec.Struct, frozen=True, kw_only=True):
    """How a model of our own writes.

    workers: batches at once. threads: of one batch; workers times threads should be the cores.
    rows: texts in a batch at most. step: prompts are padded to multiples of so many tokens.
    waiting: texts that may wait. context: tokens of prompt and answer together at most, bounded
    by the model's own. gather: seconds to wait for others when the first of a batch comes.
    """

    workers: int = 2
    threads: int = 1
    rows: int = 8
    step: int = 64
    waiting: int = 256
    context: int = 2048
    gather: float = 0.005


class _Row:
    """One text in the engine: what it is made from, and who hears of its tokens."""

    def __init__(self, prompt: Sequence[str], length: int, most: int, scribe: Scribe) -> None:
        self.tokens = prompt
        self.length = length  # of the prompt without padding
        self.most = most
        self.scribe = scribe
        self.halted = False
        self.tell: Callable[[str, int, Ended | None], None] = _nobody

    def step(self, token: int, last: bool) -> bool:
        if self.halted:
            return True
        piece = self.scribe.take(token)
        if last:
            piece += self.scribe.finish("end")
        self.tell(piece, self.scribe.tokens, self.scribe.ended)
        return self.scribe.ended is not None


class BatchedGenerator:
    """Writes texts with a CTranslate2 model, for many at once. See `Generator` for the contract.

    Made by `open`, ended by `close`. Belongs to the event loop it was opened on. A text depends
    on its prompt alone, not on the others in its batch.
    """

    def __init__(self, model: Model, wording: Wording, engine: Engine, settings: Settings) -> None:
        self.model = model.identity
        self._wording = wording
        self._engine = engine
        self._settings = settings
        self._loop = asyncio.get_running_loop()
        self._intake: Intake[_Row] = Intake(self.model, settings.waiting, self._wake, _halt)
        self._batches = 0  # in the engine
        self._timer: asyncio.TimerHandle | None = None
        self._inbox: deque[Callable[[], None]] = deque()
        self._called = False
        self._quiet = asyncio.Event()
        self._quiet.set()
        self._ending: asyncio.Task[None] | None = None

    @classmethod
    async def open(cls, model: Model, settings: Settings | None = None) -> "BatchedGenerator":
        """Load a model, in a thread. Raises ModelError."""
        settings = settings or Settings()
        loading = asyncio.get_running_loop().run_in_executor(None, _load, model, settings)
        try:
            wording, engine = await asyncio.shield(loading)
        except asyncio.CancelledError:
            loading.add_done_callback(_unload)
            raise
        return cls(model, wording, engine, settings)

    def submit(self, prompt: Prompt, *, priority: Priority, deadline: float | None = None) -> Draft:
        """Ask for a text; never blocks. Raises QueueFull, Closed, ModelError."""
        self._intake.check(priority)
        spelled = self._wording.spell(prompt)
        top = self._wording.context - prompt.max_new
        pad = self._wording.pad
        length = len(spelled.tokens)
        padded = length if pad is None else rung(length, self._settings.step, top)
        row = _Row(
            spelled.padded(padded, pad or ""),
            length,
            prompt.max_new,
            Scribe(self._wording.tokenizer, self._wording.ends, prompt.max_new, prompt.stop),
        )
        return self._intake.admit(row, priority=priority, group=padded, deadline=deadline)

    def statistics(self) -> Statistics:
        """What was done so far, and what waits."""
        return self._intake.statistics()

    async def close(self, *, drain: bool = True) -> None:
        """Take nothing more, finish what was taken, free the model.

        With `drain=False` all texts end with Closed instead, at their next token. A second call
        waits for the first, and may hurry it.
        """
        self._intake.closing = True
        if not drain:
            self._engine.halt()
            self._intake.stop()
        if self._ending is None:
            self._ending = self._loop.create_task(self._end())
        await asyncio.shield(self._ending)

    async def _end(self) -> None:
        await self._intake.idle()
        await self._quiet.wait()
        if self._timer is not None:
            self._timer.cancel()
        await self._loop.run_in_executor(None, self._engine.close)

    def _wake(self) -> None:
        if self._timer is None and self._batches <= self._settings.workers:
            self._timer = self._loop.call_later(self._settings.gather, self._start)

    def _start(self) -> None:
        """Give the engine all batches that it has threads for."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        while (head := self._intake.line.head()) is not None:
            # One thread more than workers is kept for those who are on a call.
            express = head.priority is Priority.CALL
            if self._batches >= self._settings.workers + express:
                return
            self._give(self._intake.begin(self._settings.rows))

    def _give(self, jobs: list[Job[_Row]]) -> None:
        now = self._loop.time()
        rows = [job.work for job in jobs]
        spelled = sum(row.length for row in rows)
        padding = sum(len(row.tokens) for row in rows) - spelled
        self._intake.figures.begun([now - job.sheet.asked for job in jobs], spelled, padding)
        for job in jobs:
            job.work.tell = partial(self._heard, job)
        self._batches += 1
        self._quiet.clear()
        try:
            self._engine.write(
                Batch(rows, max(row.most for row in rows), partial(self._written, jobs))
            )
        except InferenceError as error:
            self._after(jobs, error)

    def _heard(self, job: Job[_Row], piece: str, tokens: int, ended: Ended | None) -> None:
        """In the engine's thread: a token has come."""
        self._post(partial(self._intake.wrote, job, piece, tokens, ended))

    def _written(self, jobs: list[Job[_Row]], error: Exception | None) -> None:
        """In the engine's thread: a batch has ended."""
        self._post(partial(self._after, jobs, error))

    def _post(self, news: Callable[[], None]) -> None:
        self._inbox.append(news)
        # One call of the loop for all tokens of a moment; two threads may both call, harmlessly.
        if not self._called:
            self._called = True
            self._loop.call_soon_threadsafe(self._read)

    def _read(self) -> None:
        self._called = False
        while self._inbox:
            self._inbox.popleft()()

    def _after(self, jobs: list[Job[_Row]], error: Exception | None) -> None:
        self._batches -= 1
        for job in jobs:
            if not isinstance(error, InferenceError):
                error = ModelError(f"{self.model}: stopped in the middle of a text; ask again")
            self._intake.fail(job, error)
        self._start()
        if not self._batches:
            self._quiet.set()


def _halt(job: Job[_Row]) -> None:
    job.work.halted = True


def _nobody(piece: str, tokens: int, ended: Ended | None) -> None:
    """Hears of tokens before a row is given to the engine: there are none."""


def _load(model: Model, settings: Settings) -> tuple[Wording, Engine]:
    wording = Wording(model.folder, model.name, min(settings.context, model.max_tokens))
    engine = Engine.load(
        model.folder,
        name=model.name,
        compute_type=model.compute_type,
        workers=settings.workers + 1,
        threads=settings.threads,
    )
    return wording, engine


def _unload(loading: "asyncio.Future[tuple[Wording, Engine]]") -> None:
    """Nobody waits for the model any more that was being loaded."""
    if loading.cancelled() or loading.exception() is not None:
        return
    loading.get_loop().run_in_executor(None, loading.result()[1].close)
