"""What was recorded, for other systems to keep: events as JSON Lines, reports of shifts."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import closing
from datetime import date
from itertools import takewhile
from typing import Annotated, Any, Final

from litestar import Controller, Request, Response, get
from litestar.di import NamedDependency
from litestar.params import FromPath, QueryParameter
from litestar.response import Stream

from llmtb.channels.attachments import DRAW, document_of
from llmtb.channels.web.api.callers import caller_of, may, note_looking
from llmtb.channels.web.api.exchange import Exchange
from llmtb.channels.web.api.problems import Problem, errors
from llmtb.channels.web.api.timing import Timed
from llmtb.events.errors import JournalError
from llmtb.events.published import line
from llmtb.projections.database import ViewsUnusable
from llmtb.projections.shift_report import Kept, report_of

LINES: Final = "application/x-ndjson"
MOST_EVENTS: Final = 10_000
PIECE: Final = 65_536  # bytes that are sent together, about
CATCHING_UP: Final = 2.0
FORMS: Final = {
    "application/json": "json",
    "text/csv": "csv",
    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet": "xlsx",
}
"""The forms of a report, the first where any will do."""


class Exports(Controller):
    """`/api/v1/events` and `/api/v1/shifts/{day}/{name}/report`."""

    path = "/api/v1"
    middleware = [Timed]  # noqa: RUF012  litestar reads it so
    tags = ["exports"]  # noqa: RUF012  litestar reads it so
    guards = [may("export:read")]  # noqa: RUF012  litestar reads it so

    @get(
        "/events",
        summary="The events after a position",
        description="One event a line, in order, in the published language. `Link` says where"
        " to go on; ask again there, with `If-None-Match`, for what is new. Scope:"
        " `export:read`.",
        operation_id="events",
        media_type=LINES,
        responses=errors(400, 401, 403, 409, 429, 503),
    )
    async def events(
        self,
        request: Request[Any, Any, Any],
        exchange: NamedDependency[Exchange],
        after: Annotated[
            int, QueryParameter(ge=0, le=2**53, description="The position before the first.")
        ] = 0,
        limit: Annotated[
            int, QueryParameter(ge=1, le=MOST_EVENTS, description="The most events to send.")
        ] = 1000,
    ) -> Response[str] | Stream:
        """The lines, as they are read."""
        journal = exchange.console.journal
        if after > journal.head:
            said = f"the journal ends at event {journal.head}; is this another journal?"
            raise Problem(409, said, field="after")
        end = min(after + limit, journal.head)
        etag = f'"{after}-{end}-{_seal(exchange, end)}"'
        headers = {
            "ETag": etag,
            "Cache-Control": "private, no-cache",
            "Link": f'</api/v1/events?after={end}&limit={limit}>; rel="next"',
        }
        if etag in request.headers.get("if-none-match", ""):
            return Response("", status_code=304, headers=headers, media_type=LINES)
        if end == after:
            return Response("", headers=headers, media_type=LINES)
        await note_looking(exchange, caller_of(request), "export", "events")
        exchange.exports.check()
        return Stream(_lines(exchange, after, end), headers=headers, media_type=LINES)

    @get(
        "/shifts/{day:str}/{name:str}/report",
        summary="The report of a closed shift",
        description="As JSON, CSV or XLSX, by `Accept`; the tables in the language of"
        " `language`. Scope: `export:read`.",
        operation_id="shiftReport",
        responses=errors(400, 401, 403, 404, 406, 429, 503),
    )
    async def report(
        self,
        request: Request[Any, Any, Any],
        exchange: NamedDependency[Exchange],
        day: FromPath[str],
        name: FromPath[str],
        language: Annotated[
            str | None,
            QueryParameter(pattern="^[a-z]{2,3}$", description="Of the tables; such as `fa`."),
        ] = None,
    ) -> Response[Kept]:
        """The report, in a form that is taken."""
        shift, form = f"{_day(day)}/{name}", _form(request)
        exchange.exports.check()
        with exchange.exports.place():
            kept, content = await _report(exchange, shift, form, language)
        await note_looking(exchange, caller_of(request), "report", shift)
        if content is None:
            return Response(kept)
        media_type = next(media for media, each in FORMS.items() if each == form)
        disposition = f'attachment; filename="{day}-report.{form}"'
        headers = {"Content-Disposition": disposition, "Vary": "Accept"}
        drawn: Response[Any] = Response(content, headers=headers, media_type=media_type)
        return drawn


async def _report(
    exchange: Exchange, shift: str, form: str, language: str | None
) -> tuple[Kept, bytes | None]:
    console = exchange.console
    spoken = language or console.language
    if spoken not in console.words.languages:
        spoken = console.language
    try:
        async with asyncio.timeout(CATCHING_UP):
            await console.views.reached(console.journal.head)
        async with console.views.snapshot() as read:
            kept = await report_of(read, shift)
            document = await document_of(read, shift, console.words, spoken)
    except (ViewsUnusable, TimeoutError) as error:
        raise Problem(503, "the views do not follow the journal; ask again", wait=5) from error
    if kept is None or document is None:
        raise Problem(404, "there is no report of this shift; it has one once it is closed")
    return kept, None if form == "json" else await asyncio.to_thread(DRAW[form], document)


async def _lines(exchange: Exchange, after: int, end: int) -> AsyncIterator[bytes]:
    """The lines of the events after one position up to another, in pieces."""
    piece = bytearray()
    # The place is taken here: of an answer that nobody waits for, this never begins.
    with exchange.exports.place(), closing(exchange.console.journal.subscribe(after)) as following:
        async for batch in following:
            for recorded in takewhile(lambda each: each.seq <= end, batch):
                piece += line(recorded)
                if len(piece) >= PIECE:
                    yield bytes(piece)
                    piece.clear()
            if batch[-1].seq >= end:
                break
        yield bytes(piece)


def _seal(exchange: Exchange, seq: int) -> str:
    """What tells an event, and all before it, from any others."""
    if not seq:
        return "0"
    try:
        return next(exchange.console.journal.read(seq - 1)).hash.hex()[:16]
    except (JournalError, StopIteration) as error:
        raise Problem(503, "the journal cannot be read; ask again", wait=5) from error


def _day(text: str) -> date:
    try:
        day = date.fromisoformat(text)
    except ValueError:
        day = None
    if day is None or day.isoformat() != text:
        raise Problem(404, "a shift is named by its date, such as 2026-11-21, and its name")
    return day


def _form(request: Request[Any, Any, Any]) -> str:
    wanted = request.accept.best_match(list(FORMS), default=None)
    if wanted is None and request.headers.get("accept"):
        raise Problem(406, f"a report comes as {', '.join(FORMS)}")
    return FORMS[wanted or "application/json"]
