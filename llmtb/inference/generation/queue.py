"""The queue of all chats: bounded, by priority and age, in batches of one rung. Pure.

A text must not depend on what else is asked at the moment. So each prompt is padded by its own
length alone, to the next rung of a fixed ladder, and only prompts of one rung share a batch.

Nobody starves: a text has a place in the order, the instant at which it came plus what its
priority costs, and the first place is always served first. A call goes before the customers of
the last ten seconds, and not before those who waited longer.
"""

import bisect
import math
from collections.abc import Iterator
from typing import Generic, NamedTuple, TypeVar

from llmtb.inference.errors import QueueFull
from llmtb.inference.generation.prompt import Priority

T = TypeVar("T")

# Seconds that each priority stands behind one who came at the same instant on a call.
BEHIND = {
    Priority.CALL: 0.0,
    Priority.AGENT: 4.0,
    Priority.CUSTOMER: 10.0,
    Priority.BACKGROUND: 60.0,
}

# How much of the queue may be taken when one more of this priority comes.
SHARE = {
    Priority.CALL: 1.0,
    Priority.AGENT: 0.9,
    Priority.CUSTOMER: 0.75,
    Priority.BACKGROUND: 0.5,
}


class Ticket(NamedTuple, Generic[T]):
    """A place in the queue; the least is served first.

    place: seconds, see above. number: in which order they came. group: who may share its batch.
    """

    place: float
    number: int
    priority: Priority
    group: int
    item: T


def rung(length: int, step: int, top: int) -> int:
    """The length to which a prompt is padded: the next multiple of `step`, at most `top`.

    A prompt longer than `top` stays as it is.
    """
    return max(length, min(math.ceil(length / step) * step, top))


class Line(Generic[T]):
    """What waits. `limit`: how many may."""

    def __init__(self, limit: int) -> None:
        self.limit = limit
        self._groups: dict[int, list[Ticket[T]]] = {}
        self._counts = dict.fromkeys(Priority, 0)
        self._number = 0

    def __len__(self) -> int:
        return sum(self._counts.values())

    def __iter__(self) -> Iterator[Ticket[T]]:
        """All tickets, first place first."""
        return iter(sorted((each for group in self._groups.values() for each in group), key=_order))

    def counts(self) -> dict[Priority, int]:
        """How many wait, by priority."""
        return dict(self._counts)

    def room(self, priority: Priority) -> int:
        """How many more of a priority would be taken."""
        return max(0, math.ceil(self.limit * SHARE[priority]) - len(self))

    def add(self, item: T, *, priority: Priority, group: int, now: float) -> Ticket[T]:
        """Take one in. Raises QueueFull, which says how many wait."""
        if not self.room(priority):
            raise QueueFull(f"{len(self)} texts wait already; ask again a little later")
        self._number += 1
        ticket = Ticket(now + BEHIND[priority], self._number, priority, group, item)
        bisect.insort(self._groups.setdefault(group, []), ticket, key=_order)
        self._counts[priority] += 1
        return ticket

    def remove(self, ticket: Ticket[T]) -> bool:
        """Take one out. Whether it was still there."""
        waiting = self._groups.get(ticket.group, [])
        at = bisect.bisect_left(waiting, _order(ticket), key=_order)
        if at == len(waiting) or waiting[at].number != ticket.number:
            return False
        del waiting[at]
        self._left(ticket)
        return True

    def head(self) -> Ticket[T] | None:
        """Who is served next."""
        return min((group[0] for group in self._groups.values()), key=_order, default=None)

    def take(self, rows: int) -> list[Ticket[T]]:
        """The next batch: who is first, then the next of the same group, at most `rows`."""
        first = self.head()
        if first is None:
            return []
        waiting = self._groups[first.group]
        batch, waiting[:rows] = waiting[:rows], []
        for ticket in batch:
            self._left(ticket)
        return batch

    def _left(self, ticket: Ticket[T]) -> None:
        self._counts[ticket.priority] -= 1
        if not self._groups.get(ticket.group, True):
            del self._groups[ticket.group]


def _order(ticket: Ticket[T]) -> tuple[float, int]:
    return ticket.place, ticket.number
