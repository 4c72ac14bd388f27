"""Keeping open pages up to date: what changed of a picture is drawn once and sent to all.

A picture is a few regions of HTML. Whoever begins to watch gets all of them, then each that
differs; what a slow reader missed is overtaken by what is true now, so nothing ever piles up, and
a page that was cut off needs nothing but to connect again.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Hashable, Mapping
from datetime import datetime
from typing import Any, Final

import msgspec

from llmtb.channels.conversation.feeder import Feeder

Draw = Callable[[], Awaitable[Mapping[str, str]]]
"""Draws a picture: its regions, by the id of the element that each fills."""

REST: Final = 0.25  # seconds between two drawings: nobody reads faster
LOOK: Final = 2.0  # seconds after which a picture is drawn anew though nothing happened
RETRY: Final = b"retry: 1000\n\n"


def sse(event: str, data: Any, id_: str = "") -> bytes:
    """One server-sent event; data: what JSON can hold."""
    head = f"id: {id_}\n" if id_ else ""
    return f"{head}event: {event}\ndata: ".encode() + msgspec.json.encode(data) + b"\n\n"


class _Watcher:
    """One page that watches: what it is still to be sent, by region."""

    def __init__(self) -> None:
        self.pending: dict[str, bytes] = {}
        self.news = asyncio.Event()

    def owe(self, events: Mapping[str, bytes]) -> None:
        self.pending.update(events)
        self.news.set()


class _Picture:
    """One picture and whoever watches it; drawn as long as somebody does."""

    def __init__(self, draw: Draw) -> None:
        self.draw = draw
        self.regions: dict[str, str] = {}
        self.events: dict[str, bytes] = {}
        self.watchers: set[_Watcher] = set()
        self.drawing: asyncio.Task[None] | None = None


class Hub:
    """All pictures that are watched. `close` ends every stream, so that the server can stop."""

    def __init__(self, feeder: Feeder, now: Callable[[], datetime]) -> None:
        self._feeder = feeder
        self._now = now
        self._pictures: dict[Hashable, _Picture] = {}
        self._closed = False

    @property
    def watching(self) -> int:
        """How many pages watch now."""
        return sum(len(each.watchers) for each in self._pictures.values())

    async def watch(self, name: Hashable, draw: Draw) -> AsyncIterator[bytes]:
        """The stream of a picture: all of it, then what changes, with a beat in between.

        name: pages that give the same one share the drawings, so it must tell apart whatever
        `draw` depends on: the language, what the viewer may see.
        """
        picture = self._pictures.setdefault(name, _Picture(draw))
        watcher = _Watcher()
        watcher.owe(picture.events)
        picture.watchers.add(watcher)
        if picture.drawing is None:
            picture.drawing = asyncio.create_task(self._draw(name, picture), name=f"picture {name}")
        try:
            yield RETRY
            while not self._closed:
                await watcher.news.wait()
                watcher.news.clear()
                pending, watcher.pending = watcher.pending, {}
                if pending:
                    yield b"".join(pending.values())
        finally:
            picture.watchers.discard(watcher)
            if not picture.watchers and picture.drawing is not None:
                picture.drawing.cancel()
                self._pictures.pop(name, None)

    async def close(self) -> None:
        """End every stream; the pages connect again by themselves."""
        self._closed = True
        tasks = [each.drawing for each in self._pictures.values() if each.drawing is not None]
        for picture in self._pictures.values():
            for watcher in picture.watchers:
                watcher.news.set()
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _draw(self, name: Hashable, picture: _Picture) -> None:
        while True:
            seq = self._feeder.known.seq
            regions = await picture.draw()
            id_ = str(seq)
            news = {
                region: sse("region", {"id": region, "html": html}, id_)
                for region, html in regions.items()
                if picture.regions.get(region) != html
            }
            beat = sse("beat", {"at": self._now().isoformat(), "seq": seq}, id_)
            picture.regions.update(regions)
            picture.events.update(news)
            picture.events["beat"] = beat
            for watcher in picture.watchers:
                watcher.owe({**news, "beat": beat})
            await asyncio.sleep(REST)
            try:
                async with asyncio.timeout(LOOK):
                    await self._feeder.change(seq)
            except TimeoutError:
                continue
