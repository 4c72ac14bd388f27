"""Keeping open pages up to date: what changed of a picture is drawn once and sent to all.

A picture is a few regions of HTML. Whoever begins to watch gets all of them, then each that
differs; what a slow reader missed is overtaken by what is true now, so nothing ever piles up, and
a page that was cut off needs nothing but to connect again.
"""

import asyncio
import logging
from collections.abc import AsyncGenerator, Awaitable, Callable, Hashable, Mapping
from datetime import datetime
from typing import Any, Final, Protocol

import msgspec

from llmtb.channels.conversation.known import Known

log = logging.getLogger(__name__)

Draw = Callable[[], Awaitable[Mapping[str, str]]]
"""Draws a picture: its regions, by the id of the element that each fills."""

REST: Final = 0.4  # seconds between two drawings: nobody reads faster
LOOK: Final = 2.0  # seconds after which a picture is drawn anew though nothing happened
PATIENCE: Final = 10.0  # seconds that a drawing may take
RETRY: Final = b"retry: 1000\n\n"
_AT_ONCE: Final = 2  # pictures drawn in one turn of the loop: the house must go on meanwhile
_SLICE: Final = 20  # watchers told in one turn of the loop
_BEAT: Final = "beat"
_QUIET: Final = LOOK / 2  # seconds for which a picture that stays the same needs no beat


class Following(Protocol):
    """What is known, and word of when it is more; see `Feeder`."""

    @property
    def known(self) -> Known: ...
    async def change(self, since: int) -> None: ...


def sse(event: str, data: Any, id_: str = "") -> bytes:
    """One server-sent event; data: what JSON can hold."""
    head = f"id: {id_}\n" if id_ else ""
    return f"{head}event: {event}\ndata: ".encode() + msgspec.json.encode(data) + b"\n\n"


class _Watcher:
    """One page that watches: what it is still to be sent, by region."""

    __slots__ = ("_pending", "_whole", "news")

    def __init__(self) -> None:
        self._pending: Mapping[str, bytes] = {}
        self._whole: bytes | None = None
        self.news = asyncio.Event()

    def owe(self, events: Mapping[str, bytes], whole: bytes | None = None) -> None:
        """whole: the events in one piece, which all who miss nothing else share."""
        if self._pending:
            self._pending, self._whole = {**self._pending, **events}, None
        else:
            self._pending, self._whole = events, whole
        self.news.set()

    def take(self) -> bytes:
        """What is owed; empty if nothing is."""
        self.news.clear()
        owed = b"".join(self._pending.values()) if self._whole is None else self._whole
        self._pending, self._whole = {}, None
        return owed


class _Picture:
    """One picture and whoever watches it; drawn as long as somebody does."""

    def __init__(self, name: Hashable, draw: Draw) -> None:
        self.name = name
        self.draw = draw
        self.regions: dict[str, str] = {}
        self.events: dict[str, bytes] = {}
        self.watchers: set[_Watcher] = set()
        self.drawing: asyncio.Task[None] | None = None
        self.told = float("-inf")


class Hub:
    """All pictures that are watched. `close` ends every stream, so that the server can stop."""

    def __init__(self, feeder: Following, now: Callable[[], datetime]) -> None:
        self._feeder = feeder
        self._now = now
        self._pictures: dict[Hashable, _Picture] = {}
        self._drawing = asyncio.Semaphore(_AT_ONCE)
        self._telling = asyncio.Lock()
        self._closed = False

    @property
    def watching(self) -> int:
        """How many pages watch now."""
        return sum(len(each.watchers) for each in self._pictures.values())

    async def watch(self, name: Hashable, draw: Draw) -> AsyncGenerator[bytes]:
        """The stream of a picture: all of it, then what changes, with a beat in between.

        name: pages that give the same one share the drawings, so it must tell apart whatever
        `draw` depends on: the language, what the viewer may see. A drawing that fails leaves what
        was drawn before; the beats stay out, so that the pages say that they are old.
        """
        picture, watcher = self._begin(name, draw), _Watcher()
        watcher.owe(dict(picture.events))
        picture.watchers.add(watcher)
        try:
            yield RETRY
            while not self._closed:
                await watcher.news.wait()
                if owed := watcher.take():
                    yield owed
        finally:
            picture.watchers.discard(watcher)
            if not picture.watchers:
                self._end(picture)

    async def close(self) -> None:
        """End every stream; the pages connect again by themselves."""
        self._closed = True
        pictures = list(self._pictures.values())
        tasks = [each.drawing for each in pictures if each.drawing is not None]
        for task in tasks:
            task.cancel()
        for picture in pictures:
            for watcher in picture.watchers:
                watcher.news.set()
        await asyncio.gather(*tasks, return_exceptions=True)

    def _begin(self, name: Hashable, draw: Draw) -> _Picture:
        picture = self._pictures.get(name)
        if picture is None:
            picture = self._pictures[name] = _Picture(name, draw)
        if picture.drawing is None and not self._closed:
            picture.drawing = asyncio.create_task(self._keep(picture), name=f"picture {name}")
        return picture

    def _end(self, picture: _Picture) -> None:
        if picture.drawing is not None:
            picture.drawing.cancel()
        if self._pictures.get(picture.name) is picture:
            del self._pictures[picture.name]

    async def _keep(self, picture: _Picture) -> None:
        """Draw it whenever more is known, and now and then though nothing is."""
        failing = False
        while True:
            seq = self._feeder.known.seq
            try:
                async with self._drawing, asyncio.timeout(PATIENCE):
                    regions = await picture.draw()
            except Exception:  # whatever a page draws wrongly must not leave it as it is for good
                log.log(
                    logging.DEBUG if failing else logging.ERROR,
                    "the picture %s could not be drawn",
                    picture.name,
                    exc_info=True,
                )
                failing = True
                await asyncio.sleep(LOOK)
                continue
            failing = False
            await self._tell(picture, regions, seq)
            await asyncio.sleep(REST)
            try:
                async with asyncio.timeout(LOOK - REST):
                    await self._feeder.change(seq)
            except TimeoutError:
                continue

    async def _tell(self, picture: _Picture, regions: Mapping[str, str], seq: int) -> None:
        """Owe everybody what differs, a few in each turn of the loop: none of it piles up there."""
        id_, now = str(seq), asyncio.get_running_loop().time()
        news = {
            region: sse("region", {"id": region, "html": html}, id_)
            for region, html in regions.items()
            if picture.regions.get(region) != html
        }
        if not news and now - picture.told < _QUIET:
            return
        picture.told = now
        news[_BEAT] = sse(_BEAT, {"at": self._now().isoformat(), "seq": seq}, id_)
        picture.regions.update(regions)
        watchers = list(picture.watchers)
        # Whoever comes from here on gets it from `events`.
        picture.events.update(news)
        picture.events[_BEAT] = picture.events.pop(_BEAT)
        whole = b"".join(news.values())
        for first in range(0, len(watchers), _SLICE):
            async with self._telling:
                for watcher in watchers[first : first + _SLICE]:
                    watcher.owe(news, whole)
                await asyncio.sleep(0)
