"""What an actor is to the runtime, and the runtime to an actor.

An actor's life:

1. The first message to its key has the factory called with a `Context`, and `started` awaited.
2. `receive` is awaited for one message at a time, in the order in which each sender sent them.
   What it returns or raises goes to the asker. `Refused` is a reply; any other exception is a
   failure: the actor is dropped, without `stopped`, and begins at 1 again after a while.
3. When it has been idle for long, or the system stops, `stopped` is awaited and it is dropped.
   The next message or timer begins at 1 again; nobody can tell the difference.
"""

from abc import ABC, abstractmethod
from collections import deque
from collections.abc import Callable
from typing import Any, Protocol, TypeAlias

from llmtb.runtime.clock import Clock
from llmtb.runtime.mailbox import Letter
from llmtb.runtime.router import Ref, Router
from llmtb.runtime.timers import Timers


class Context(Protocol):
    """What a factory is given: one actor's place in the system."""

    @property
    def key(self) -> str: ...

    @property
    def ref(self) -> Ref:
        """The actor's own reference."""
        ...

    @property
    def clock(self) -> Clock: ...

    @property
    def router(self) -> Router:
        """Finds other actors."""
        ...

    @property
    def timers(self) -> Timers: ...

    def report(self, error: Exception) -> None:
        """Says that something went wrong which the actor survives."""
        ...


class Mortal:
    """Begins and ends; most need nothing of it."""

    __slots__ = ()

    async def started(self) -> None:
        """Makes ready for the first message; mail waits until this returns."""

    async def stopped(self) -> None:
        """Leaves memory in peace; mail waits for the next actor of this key."""


class Actor(Mortal, ABC):
    """Has its messages handled one at a time."""

    __slots__ = ()

    @abstractmethod
    async def receive(self, message: Any) -> Any:
        """Handles one message; returns the reply."""


class BatchActor(Mortal, ABC):
    """Handles what has gathered in its mailbox together."""

    __slots__ = ()

    @abstractmethod
    async def receive_batch(self, batch: deque[Letter]) -> None:
        """Takes letters off the left of `batch`, answers or fails each. An empty one: it is woken.

        What it leaves in there goes back to the front of the mailbox. If it raises, so that it is
        restarted, those that it took and did not answer get the error.
        """


Factory: TypeAlias = Callable[[Context], Actor | BatchActor]
