"""Who watches a chat: what each page is still to be sent, which never piles up."""

import asyncio
import re
from collections.abc import Iterable, Mapping
from typing import Final

from llmtb.channels.web.feed import sse
from llmtb.channels.web.window.telling import Numbers, Told

MOST: Final = 256
"""Things that wait for one page; of a slower reader they are forgotten, and read again."""


_CHATS: Final = 16  # chats in one stream
_NUMBER: Final = re.compile(r"[0-9]{1,18}\Z")


class Line:
    """How a chat is sent along a stream: alone in it, or as one of several, under a name.

    name: which chat it is, in each event's `of`; empty: the stream has no other.
    positions: of all chats in the stream; what the browser brings back when it was cut off.
    """

    def __init__(self, name: str = "", positions: dict[str, int] | None = None) -> None:
        self._name = name
        self._positions = {} if positions is None else positions

    def render(self, things: Iterable[Told], seq: int = 0) -> bytes:
        """Some things as they are sent, one after another.

        A message comes last of its event, whose number it carries: whoever has seen that has seen
        all, and nothing with a number is ever overtaken.
        """
        return b"".join(self._one(told, seq) for told in sorted(things, key=_last))

    def _one(self, told: Told, seq: int) -> bytes:
        data, id_ = told.data, ""
        if seq and told.name == "message":
            self._positions[self._name] = seq
            id_ = encode_positions(self._positions)
        if self._name:
            data = {"of": self._name, **data}
        return sse(told.name, data, id_)


def encode_positions(positions: Mapping[str, int]) -> str:
    """`17`, or `Sara:17 Reza:12`."""
    return " ".join(f"{name}:{seq}" if name else str(seq) for name, seq in positions.items())


def decode_positions(text: str) -> dict[str, int]:
    """What `encode_positions` gave; whatever else a browser brings is left out."""
    pairs = (part.rpartition(":") for part in text.split()[:_CHATS])
    return {name: int(seq) for name, _, seq in pairs if _NUMBER.fullmatch(seq)}


class Watcher:
    """One open page. position: the last event that it was sent, -1 before any.

    behind: whether it is to be read to from the journal; what happens meanwhile waits.
    """

    def __init__(self, position: int, line: Line) -> None:
        self.position = position
        self.line = line
        self.behind = True
        self._pending: dict[tuple[str, object], tuple[int, Told]] = {}
        self._lost = False
        self._news = asyncio.Event()

    def tell(self, things: Iterable[Told], seq: int = 0) -> None:
        """Owe the page some things; seq: the event that they come of, if it is one."""
        for thing in sorted(things, key=_last):
            self._pending[thing.name, key_of(thing)] = seq, thing  # what was overtaken is not sent
        if len(self._pending) > MOST:
            self._pending.clear()
            self._lost = self.behind = True
        self._news.set()

    def begin_reading(self) -> None:
        """What was lost until now is about to be read."""
        self._lost = False

    def read_to(self, position: int) -> None:
        """The page was told of everything up to an event; it is behind if it lost any since."""
        self.position = position
        self.behind = self._lost
        kept = {k: v for k, v in self._pending.items() if not 0 < v[0] <= position}
        self._pending = kept

    def take(self) -> bytes:
        """What waits, which is then sent; nothing of it, while something before it was lost."""
        if self.behind:
            return b""
        pending, self._pending = self._pending, {}
        self.position = max([self.position, *(seq for seq, _ in pending.values())])
        return b"".join(self.line.render([thing], seq) for seq, thing in pending.values())

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


def _last(told: Told) -> bool:
    return told.name == "message"
