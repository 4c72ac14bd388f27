"""The side of CTranslate2: threads that write batches, and everything that could go wrong there.

What is known of the library, and how it is met here:

- an exception in a callback can abort the process: the callback holds every exception;
- an exit with a running batch aborts it as well: `atexit` stops all rows, and waits;
- a child made by fork after loading hangs, even while it ends: it may not use the engine, and
  never frees it;
- a full queue of the library blocks whoever submits: each thread has one batch at a time, and
  there are as many workers as threads;
- the cache of static prompts only grows: it is not used.
"""

import atexit
import ctypes
import os
import queue
import threading
import weakref
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NamedTuple, Protocol

import ctranslate2

from llmtb.inference.errors import Closed, ModelError


class Row(Protocol):
    """One text of a batch."""

    @property
    def tokens(self) -> Sequence[str]:
        """Its prompt, padded."""
        ...

    def step(self, token: int, last: bool) -> bool:
        """Hear of a token, in the engine's thread. True ends the row."""
        ...


class Batch(NamedTuple):
    """Rows of one length. done: called in the engine's thread, with what went wrong or None."""

    rows: Sequence[Row]
    longest: int  # tokens to write at most
    done: Callable[[Exception | None], None]


# Small models run in circles without it, and lose their place in a text far above it (measured
# by eye on drafts of SmolLM2-135M: 1.0 loops in most of them, 1.2 invents more than 1.1).
REPEATING = 1.1


class Engine:
    """A loaded model and its threads. None of its methods but `load` and `close` blocks."""

    def __init__(self, generator: ctranslate2.Generator, name: str, workers: int) -> None:
        self.name = name
        self._generator: ctranslate2.Generator | None = generator
        self._batches: queue.SimpleQueue[Batch | None] = queue.SimpleQueue()
        self._halted = False
        self._owner = os.getpid()
        self._threads = [
            # Daemons, since others are joined before `atexit` could stop their rows.
            threading.Thread(target=self._work, name=f"{name}-{number}", daemon=True)
            for number in range(workers)
        ]
        _engines.add(self)
        for thread in self._threads:
            thread.start()

    @classmethod
    def load(
        cls, folder: Path, *, name: str, compute_type: str, workers: int, threads: int
    ) -> "Engine":
        """Load a model. Raises ModelError.

        workers: batches at once; they share the weights. threads: of one batch.
        """
        try:
            generator = ctranslate2.Generator(
                str(folder),
                device="cpu",
                compute_type=compute_type,
                inter_threads=workers,
                intra_threads=threads,
                max_queued_batches=-1,
            )
        except (RuntimeError, ValueError) as error:
            raise ModelError(f"{name}: cannot be loaded: {_line(error)}") from None
        return cls(generator, name, workers)

    def write(self, batch: Batch) -> None:
        """Have a batch written by the next free thread.

        Raises Closed in a child process, which must load a model of its own; ModelError where
        the prompts are not of one length, since the library would then read them word by word.
        """
        if os.getpid() != self._owner:
            raise Closed(f"{self.name}: was loaded before this process was forked; load it anew")
        if len({len(row.tokens) for row in batch.rows}) != 1:
            raise ModelError(f"{self.name}: the prompts of a batch are not equally long")
        self._batches.put(batch)

    def halt(self) -> None:
        """End every row at its next token; what is begun later ends at its first."""
        self._halted = True

    def close(self) -> None:
        """Finish what was given to `write`, end the threads, free the model. Blocks."""
        if os.getpid() != self._owner:
            return
        for _ in self._threads:
            self._batches.put(None)
        for thread in self._threads:
            thread.join()
        self._generator = None  # waits for the library's own threads

    def _work(self) -> None:
        while (batch := self._batches.get()) is not None:
            error: Exception | None = None
            try:
                self._write(batch)
            except Exception as raised:  # noqa: BLE001 - whoever waits for the batch is told
                error = ModelError(f"{self.name}: stopped writing: {_line(raised)}")
            try:
                batch.done(error)
            except Exception:  # noqa: BLE001 - a loop that is gone waits for nothing any more
                self._halted = True

    def _write(self, batch: Batch) -> None:
        if self._generator is None:
            raise Closed(f"{self.name}: is closed")
        raised: list[BaseException] = []

        def hear(step: ctranslate2.GenerationStepResult) -> bool:
            try:
                return batch.rows[step.batch_id].step(step.token_id, step.is_last) or self._halted
            except BaseException as error:  # noqa: BLE001 - raised below; here it would abort all
                raised.append(error)
                return True

        self._generator.generate_batch(
            [list(row.tokens) for row in batch.rows],
            max_length=batch.longest,
            include_prompt_in_result=False,
            cache_static_prompt=False,
            repetition_penalty=REPEATING,
            callback=hear,
        )
        if raised:
            raise RuntimeError(_line(raised[0]))

    def leak(self) -> None:
        """Never free the model: its threads are not in this process, and freeing joins them."""
        if self._generator is not None:
            ctypes.pythonapi.Py_IncRef(ctypes.py_object(self._generator))


_engines: "weakref.WeakSet[Engine]" = weakref.WeakSet()


def _stop_all() -> None:
    """Before the interpreter ends: no batch may outlive it."""
    engines = list(_engines)
    for engine in engines:
        engine.halt()
    for engine in engines:
        engine.close()


def _leak_all() -> None:
    for engine in list(_engines):
        engine.leak()


def _line(error: BaseException) -> str:
    """What an error says, in one line."""
    return " ".join(str(error).split()) or type(error).__name__


atexit.register(_stop_all)
os.register_at_fork(after_in_child=_leak_all)
