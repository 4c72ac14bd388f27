"""A text that is being written: one state, an end that writes it and an end that reads it."""

import asyncio
from collections.abc import AsyncIterator, Callable
from types import TracebackType
from typing import Literal, NamedTuple, Protocol, Self

from llmtb.inference.errors import InferenceError
from llmtb.inference.generation.figures import Statistics
from llmtb.inference.generation.prompt import Priority, Prompt

Ended = Literal["end", "length", "stop"]


class Cancelled(InferenceError):
    """Whoever asked for the text gave it up."""


class Generated(NamedTuple):
    """A text that a model wrote.

    tokens: written, without the one that ends it. milliseconds: since it was asked for, until
    the last token; first_milliseconds: until the first. model: the identity of the model.
    ended: `end` by the model itself, `length` by `max_new`, `stop` by a stop text.
    """

    text: str
    tokens: int
    milliseconds: float
    first_milliseconds: float
    model: str
    ended: Ended


class Sheet:
    """The state of a text that is being written, and the end that writes it.

    Lives in one event loop. What comes after its end is dropped.
    """

    def __init__(self, model: str, give_up: Callable[[], None]) -> None:
        self._loop = asyncio.get_running_loop()
        self._model = model
        self._asked = self._loop.time()
        self._first = 0.0
        self._waiters: list[asyncio.Future[None]] = []
        self.give_up = give_up
        self.pieces: list[str] = []
        self.outcome: Generated | InferenceError | None = None

    @property
    def asked(self) -> float:
        """When it was asked for, on the loop's clock, in seconds."""
        return self._asked

    @property
    def first(self) -> float:
        """Seconds from then to the first token; 0 before it."""
        return self._first

    def write(self, piece: str) -> None:
        """Add to the text; an empty piece only says that the writing has begun."""
        if self.outcome is not None:
            return
        self._first = self._first or self._loop.time() - self._asked
        if piece:
            self.pieces.append(piece)
            self._wake()

    def end(self, tokens: int, ended: Ended) -> None:
        """The text is whole."""
        if self.outcome is None:
            spent = self._loop.time() - self._asked
            self.outcome = Generated(
                text="".join(self.pieces),
                tokens=tokens,
                milliseconds=spent * 1000,
                first_milliseconds=(self._first or spent) * 1000,
                model=self._model,
                ended=ended,
            )
            self._wake()

    def fail(self, error: InferenceError) -> bool:
        """The text will not be whole. Whether it was still open."""
        if self.outcome is not None:
            return False
        self.outcome = error
        self._wake()
        return True

    async def change(self) -> None:
        """Wait until something was written, or it ended."""
        waiter = self._loop.create_future()
        self._waiters.append(waiter)
        try:
            await waiter
        finally:
            if waiter in self._waiters:
                self._waiters.remove(waiter)

    def _wake(self) -> None:
        waiters, self._waiters = self._waiters, []
        for waiter in waiters:
            if not waiter.done():
                waiter.set_result(None)


class Draft:
    """A text that is being written, for whoever asked for it.

    Iterate over it for the pieces as they come, from the beginning each time; await `result` for
    the whole. As a context manager it is given up when the block is left.
    """

    def __init__(self, sheet: Sheet) -> None:
        self._sheet = sheet

    @property
    def done(self) -> bool:
        """Whether it has ended, well or not."""
        return self._sheet.outcome is not None

    def cancel(self) -> None:
        """Give it up, wherever it is: nothing more is computed for it. Harmless when it is done."""
        if self._sheet.fail(Cancelled("the text was given up before it was whole")):
            self._sheet.give_up()

    async def result(self) -> Generated:
        """The whole text.

        Raises Cancelled, DeadlinePassed, Closed, EndpointError, ModelError.
        """
        while (outcome := self._sheet.outcome) is None:
            await self._sheet.change()
        if isinstance(outcome, InferenceError):
            raise type(outcome)(*outcome.args)  # each reader has its own traceback
        return outcome

    async def __aiter__(self) -> AsyncIterator[str]:
        read = 0
        while True:
            while read < len(self._sheet.pieces):
                read += 1
                yield self._sheet.pieces[read - 1]
            if self.done:
                break
            await self._sheet.change()
        await self.result()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.cancel()


class Generator(Protocol):
    """Whatever writes texts: a model of our own, or one behind HTTP."""

    @property
    def model(self) -> str:
        """The identity of the model, kept beside every text."""
        ...

    def submit(self, prompt: Prompt, *, priority: Priority, deadline: float | None = None) -> Draft:
        """Ask for a text; never blocks.

        deadline: seconds from now after which it is worth nothing; the draft then raises
        DeadlinePassed. Raises QueueFull, Closed, and ModelError for a prompt that the model
        cannot take.
        """
        ...

    def statistics(self) -> Statistics:
        """What was done so far, and what waits."""
        ...

    async def close(self, *, drain: bool = True) -> None:
        """Take nothing more; finish what was taken, or with `drain=False` end it with Closed."""
        ...
