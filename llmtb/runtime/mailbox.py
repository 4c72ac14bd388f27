"""Letters: messages on their way, and where those end up that nobody takes."""

import asyncio
from collections import deque
from collections.abc import Callable
from contextvars import ContextVar
from typing import Any, Final, NamedTuple

TURN: Final = 64  # messages an actor handles before the others have theirs

deadline: ContextVar[float | None] = ContextVar("deadline", default=None)
"""When the message being handled must be answered, in loop time; asks made meanwhile inherit it."""


class Letter:
    """A message and the place for its answer.

    reply: None for a message that was told. deadline: loop time in seconds, or None.
    """

    __slots__ = ("deadline", "message", "reply")

    def __init__(
        self,
        message: Any,
        reply: asyncio.Future[Any] | None = None,
        deadline: float | None = None,
    ) -> None:
        self.message = message
        self.reply = reply
        self.deadline = deadline

    @property
    def given_up(self) -> bool:
        """Whether the asker has its reply already, or waits no more."""
        return self.reply is not None and self.reply.done()

    def answer(self, value: object) -> None:
        """Gives the asker the answer, if there is one who still waits."""
        reply = self.reply
        if reply is not None and not reply.done():
            reply.set_result(value)

    def fail(self, error: Exception) -> None:
        """Raises the error at the asker, if there is one who still waits."""
        reply = self.reply
        if reply is not None and not reply.done():
            reply.set_exception(error)


class DeadLetter(NamedTuple):
    """A told message that no actor took, and why."""

    kind: str
    key: str
    message: Any
    reason: str


class DeadLetters:
    """The latest dead letters, and how many there were in all.

    tell: called with each of them.
    """

    def __init__(self, keep: int, tell: Callable[[DeadLetter], None] | None) -> None:
        self.latest: deque[DeadLetter] = deque(maxlen=keep)
        self.count = 0
        self._tell = tell

    def add(self, letter: DeadLetter) -> None:
        self.count += 1
        self.latest.append(letter)
        if self._tell is not None:
            self._tell(letter)
