"""The board on the wall: few numbers, each beside its target, readable at five metres."""

from collections.abc import Mapping

from litestar import Controller, Response, get
from litestar.di import NamedDependency
from litestar.response import Stream

from llmtb.channels.web.console import Console
from llmtb.channels.web.page import drawn, page
from llmtb.channels.web.viewer import Viewer, only


class BoardPages(Controller):
    """`/board`, and the stream that keeps it up to date."""

    path = "/board"
    guards = [only()]  # noqa: RUF012  litestar reads it so
    include_in_schema = False

    @get()
    async def show(
        self, console: NamedDependency[Console], viewer: NamedDependency[Viewer]
    ) -> Response[str]:
        """The page."""
        return page("board/board.html", viewer, regions=await _regions(console, viewer))

    @get("/feed")
    async def feed(
        self, console: NamedDependency[Console], viewer: NamedDependency[Viewer]
    ) -> Stream:
        """Its regions, as they change."""

        async def draw() -> Mapping[str, str]:
            return await _regions(console, viewer)

        stream = console.hub.watch(("board", viewer.speech.language), draw)
        return Stream(stream, media_type="text/event-stream")


async def _regions(console: Console, viewer: Viewer) -> Mapping[str, str]:
    shifts = console.known.floor.in_order()
    return {"floor": drawn("board/floor.html", viewer.speech, shifts=shifts)}
