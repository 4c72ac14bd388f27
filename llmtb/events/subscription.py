"""Following the journal: what was recorded, then what is being recorded, without a seam."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence

from llmtb.events.errors import JournalError
from llmtb.events.record import Recorded

RECENT = 8192  # events kept in memory, so that followers who keep up never read the store
BATCH = 1024  # most stored events in one batch

Past = Callable[[int, int], Awaitable[tuple[list[Recorded], int]]]
"""Reads the given number of stored events after a position; returns them and the new position."""


class Feed:
    """The journal's side of its subscriptions: the newest events, and who waits for more.

    head: the position of the last event that was recorded and acknowledged.
    """

    def __init__(self, head: int, past: Past) -> None:
        self.head = head
        self.closed = False
        self.followers: set[Subscription] = set()
        self._past = past
        self._recent: list[Recorded] = []
        self._waiting: list[asyncio.Future[None]] = []

    def publish(self, recorded: Sequence[Recorded]) -> None:
        """Take in what was recorded just now, and wake everyone who waits for it."""
        if recorded[0].seq != self.head + 1 or not self.followers:
            self._recent.clear()
        self._recent += recorded
        if len(self._recent) > 2 * RECENT:
            del self._recent[:-RECENT]
        self.head = recorded[-1].seq
        self.wake()

    def advance(self, head: int) -> None:
        """Take note that the store holds more than was published; it will be read from there."""
        if head > self.head:
            self._recent.clear()
            self.head = head
            self.wake()

    def wake(self) -> None:
        """Let everyone who waits look again."""
        waiting, self._waiting = self._waiting, []
        for news in waiting:
            if not news.done():
                news.set_result(None)

    def close(self) -> None:
        """End the subscriptions, once they have handed out what is in memory."""
        self.closed = True
        self.wake()

    async def news(self) -> None:
        """Wait for `publish`, `wake` or `close`."""
        news = asyncio.get_running_loop().create_future()
        self._waiting.append(news)
        await news

    async def after(self, position: int) -> tuple[list[Recorded], int]:
        """Return some events after a position, in order, and the position they reach."""
        start = position - (self.head - len(self._recent))
        if start >= 0:
            batch = self._recent[start : start + BATCH]
            return batch, position + len(batch)
        try:
            return await self._past(position, min(BATCH, self.head - position))
        except JournalError:
            if self.closed:  # and with it the store, meanwhile
                return [], position
            raise


class Subscription:
    """The events after a position, in order, each once, as batches that are never empty.

    `async for batch in subscription` goes on until `close`, or until the journal closes; what was
    not handed out by then is found again from `position`. A slow follower delays nobody: what is
    no longer in memory it reads from the store.

    position: the last event handed out.
    """

    def __init__(self, feed: Feed, after: int) -> None:
        if not 0 <= after <= feed.head:
            raise JournalError(
                f"position {after} is not in the journal, which ends at {feed.head};"
                " whatever keeps that position belongs to another journal and must be rebuilt"
            )
        self.position = after
        self._feed = feed
        feed.followers.add(self)

    def __aiter__(self) -> "Subscription":
        return self

    async def __anext__(self) -> list[Recorded]:
        """Return the next batch; raises UnreadableEvent at an event that cannot be decoded."""
        feed = self._feed
        while self in feed.followers:
            if self.position < feed.head:
                batch, reached = await feed.after(self.position)
                if reached == self.position:
                    break
                self.position = reached
                if batch:
                    return batch
            elif feed.closed:
                break
            else:
                await feed.news()
        self.close()
        raise StopAsyncIteration

    def close(self) -> None:
        """End the iteration, also for whoever waits in it now."""
        if self in self._feed.followers:
            self._feed.followers.discard(self)
            self._feed.wake()
