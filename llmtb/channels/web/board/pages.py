"""The board on the wall: few numbers, each beside its target, readable at five metres."""

from collections.abc import Mapping
from typing import Any

from litestar import Controller, Request, Response, get
from litestar.di import NamedDependency
from litestar.response import Stream

from llmtb.channels.conversation.words import Phrase
from llmtb.channels.web.board.drawing import MOST_SHIFTS, regions
from llmtb.channels.web.board.tiles import clock
from llmtb.channels.web.console import Console
from llmtb.channels.web.page import page
from llmtb.channels.web.viewer import Viewer, only


class BoardPages(Controller):
    """`/board`, the same for a wall (`/board/wall`), and the streams that keep them up to date."""

    path = "/board"
    guards = [only()]  # noqa: RUF012  litestar reads it so
    include_in_schema = False

    @get()
    async def show(
        self,
        request: Request[Any, Any, Any],
        console: NamedDependency[Console],
        viewer: NamedDependency[Viewer],
    ) -> Response[str]:
        """The page."""
        return _page(console, viewer, on_wall="wall" in request.query_params)

    @get("/wall")
    async def show_on_wall(
        self, console: NamedDependency[Console], viewer: NamedDependency[Viewer]
    ) -> Response[str]:
        """The board alone, filling a screen that nobody touches."""
        return _page(console, viewer, on_wall=True)

    @get("/feed")
    async def feed(
        self, console: NamedDependency[Console], viewer: NamedDependency[Viewer]
    ) -> Stream:
        """Its regions, as they change."""
        return _stream(console, viewer, on_wall=False)

    @get("/wall/feed")
    async def wall_feed(
        self, console: NamedDependency[Console], viewer: NamedDependency[Viewer]
    ) -> Stream:
        """The same for the wall."""
        return _stream(console, viewer, on_wall=True)


def _page(console: Console, viewer: Viewer, *, on_wall: bool) -> Response[str]:
    now = console.now()
    return page(
        "board/wall.html" if on_wall else "board/board.html",
        viewer,
        regions=_drawn(console, viewer.speech.language, on_wall=on_wall),
        now=now,
        clock=clock(viewer.speech, now),
        as_of=viewer.speech.say("As of {time}", time=Phrase("{time}")),
    )


def _stream(console: Console, viewer: Viewer, *, on_wall: bool) -> Stream:
    language = viewer.speech.language

    async def draw() -> Mapping[str, str]:
        return _drawn(console, language, on_wall=on_wall)

    stream = console.hub.watch(("board", language, on_wall), draw)
    return Stream(stream, media_type="text/event-stream", headers={"Cache-Control": "no-store"})


def _drawn(console: Console, language: str, *, on_wall: bool) -> Mapping[str, str]:
    known = console.known
    # The company may move to another time zone under an open page.
    speech = console.words.speech(language, known.floor.centre.policy.zone)
    return regions(known, speech, console.now(), most=MOST_SHIFTS if on_wall else None)
