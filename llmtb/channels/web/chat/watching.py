"""Who watches a chat: what each page is still to be sent, which never piles up."""

import asyncio
from collections.abc import Iterable
from typing import Final

from llmtb.channels.web.chat.telling import Numbers, Told
from llmtb.channels.web.feed import sse

MOST: Final = 256
"""Things that wait for one page; of a slower reader they are forgotten, and read again."""


class Watcher:
    """One open page. position: the last event that it was sent, -1 before any.

    behind: whether it is to be read to from the journal; what happens meanwhile waits.
    """

    def __init__(self, position: int) -> None:
        self.position = position
        self.behind = True
        self._pending: dict[tuple[str, object], tuple[int, bytes]] = {}
        self._lost = False
        self._news = asyncio.Event()

    def tell(self, things: Iterable[Told], seq: int = 0) -> None:
        """Owe the page some things; seq: the event that they come of, if it is one."""
        for thing, data in encoded(things, seq):
            self._pending[thing.name, key_of(thing)] = seq, data  # what was overtaken is not sent
        if len(self._pending) > MOST:
            self._pending.clear()
            self._lost = self.behind = True
        self._news.set()

    def read_to(self, position: int) -> None:
        """The page was told of everything up to an event; it is behind if it lost any since."""
        self.position = position
        self.behind, self._lost = self._lost, False
        kept = {k: v for k, v in self._pending.items() if not 0 < v[0] <= position}
        self._pending = kept

    def take(self) -> bytes:
        """What waits, which is then sent."""
        pending, self._pending = self._pending, {}
        self.position = max([self.position, *(seq for seq, _ in pending.values())])
        return b"".join(data for _, data in pending.values())

    def wake(self) -> None:
        """Have the page look at what there is."""
        self._news.set()

    async def news(self) -> None:
        """Wait until there is something."""
        await self._news.wait()
        self._news.clear()


class Room:
    """All who watch one chat, and what its messages are called elsewhere."""

    def __init__(self) -> None:
        self.watchers: set[Watcher] = set()
        self.numbers = Numbers()

    def tell(self, things: Iterable[Told], seq: int = 0) -> None:
        """Tell all of them; seq as in Watcher."""
        things = list(things)
        for watcher in self.watchers:
            watcher.tell(things, seq)


def key_of(told: Told) -> object:
    """What a thing of the same name takes the place of."""
    return told.data.get("id", told.data.get("question"))


def encoded(things: Iterable[Told], seq: int) -> Iterable[tuple[Told, bytes]]:
    """Each thing as it is sent. A message comes last of its event, whose number it carries:

    whoever has seen that has seen all, and nothing with a number is ever overtaken.
    """
    for told in sorted(things, key=lambda each: each.name == "message"):
        id_ = str(seq) if seq and told.name == "message" else ""
        yield told, sse(told.name, told.data, id_)
