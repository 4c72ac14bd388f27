"""All pages as one application: its rooms, its static files, and what it says when it cannot."""

import gzip
import logging
from collections.abc import Sequence
from functools import cache
from typing import Any, Final
from urllib.parse import quote

from litestar import Controller, Litestar, Request, Response, get
from litestar.config.compression import CompressionConfig
from litestar.di import NamedDependency, Provide
from litestar.enums import MediaType
from litestar.exceptions import HTTPException, NotFoundException
from litestar.params import FromPath
from litestar.response import Redirect
from litestar.types import ASGIApp

from llmtb.channels.web.api.description import OPERATIONS, Description
from llmtb.channels.web.api.exchange import Exchange
from llmtb.channels.web.api.problems import OWN_PATHS, told
from llmtb.channels.web.board.pages import BoardPages
from llmtb.channels.web.chat.pages import ChatPages
from llmtb.channels.web.chat.phones import DemoClock, PhonePages
from llmtb.channels.web.console import Console
from llmtb.channels.web.desk.acts import DeskActs
from llmtb.channels.web.desk.changes import ChangePages
from llmtb.channels.web.desk.floor import DeskPages
from llmtb.channels.web.desk.people import PeoplePages
from llmtb.channels.web.desk.rosters import RosterPages
from llmtb.channels.web.desk.rules import RulePages
from llmtb.channels.web.door.access import AccessPages
from llmtb.channels.web.door.account import AccountPages
from llmtb.channels.web.door.door import Door
from llmtb.channels.web.door.gate import STATE as PASSAGE
from llmtb.channels.web.door.gate import Passage
from llmtb.channels.web.door.sign_in import SignInPages
from llmtb.channels.web.page import STATIC, drawn, stamp
from llmtb.channels.web.questions.answering import AnsweringPages
from llmtb.channels.web.questions.pages import QuestionPages
from llmtb.channels.web.reports.adherence import AdherencePages, OwnPages
from llmtb.channels.web.reports.pages import ReportPages
from llmtb.channels.web.reports.people import PersonPages
from llmtb.channels.web.viewer import back_to, viewer_of
from llmtb.channels.web.widget.pages import WidgetPages
from llmtb.channels.web.widget.visits import Visits
from llmtb.events.errors import JournalReadOnly

log = logging.getLogger(__name__)

ROOMS: Final[Sequence[type[Controller]]] = (
    AccessPages,
    AccountPages,
    AdherencePages,
    AnsweringPages,
    BoardPages,
    ChangePages,
    ChatPages,
    DemoClock,
    DeskActs,
    DeskPages,
    OwnPages,
    PeoplePages,
    PersonPages,
    PhonePages,
    QuestionPages,
    ReportPages,
    RosterPages,
    RulePages,
    SignInPages,
    Visits,
    WidgetPages,
)
"""The pages, room by room."""

_KINDS: Final = {".css": "text/css", ".js": "text/javascript", ".svg": "image/svg+xml"}
_YEAR: Final = "public, max-age=31536000, immutable"


@get("/static/{digest:str}/{name:str}", include_in_schema=False, sync_to_thread=False)
def static_file(
    request: Request[Any, Any, Any], digest: FromPath[str], name: FromPath[str]
) -> Response[bytes]:
    """A file that pages stand on; its address changes with its content."""
    path = STATIC / name
    kind = _KINDS.get(path.suffix)
    if kind is None or "/" in name or not path.is_file() or digest != stamp(name):
        raise NotFoundException
    whole, packed = _file(name)
    headers = {"Cache-Control": _YEAR, "Vary": "Accept-Encoding"}
    if "gzip" not in request.headers.get("accept-encoding", "") or len(packed) >= len(whole):
        return Response(whole, media_type=kind, headers=headers)
    return Response(packed, media_type=kind, headers=headers | {"Content-Encoding": "gzip"})


@cache
def _file(name: str) -> tuple[bytes, bytes]:
    """A static file as it is, and packed once for all."""
    whole = (STATIC / name).read_bytes()
    return whole, gzip.compress(whole, mtime=0)


@get("/", include_in_schema=False)
async def home(console: NamedDependency[Console]) -> Redirect:
    """The first thing to see: the board, and in the demo its phones beside it."""
    return Redirect("/phones" if console.demo is not None else "/board")


def refusal(request: Request[Any, Any, Any], error: HTTPException) -> Response[Any]:
    """A request that cannot be done, in words: a page for people, JSON for machines."""
    status = error.status_code
    if request.url.path.startswith(OWN_PATHS):
        return told(request, error)
    streams = "text/event-stream" in request.headers.get("accept", "")
    if status == 401 and request.method == "GET" and not streams:
        back = back_to(request.method, request.url.path, request.url.query)
        return Redirect(f"/sign-in?back={quote(back)}")
    passage: Passage = request.scope["state"][PASSAGE]
    speech = passage.visitor.speech
    html = drawn("refusal.html", speech, status=status)
    return Response(html, status_code=status, media_type=MediaType.HTML)


def too_deep(request: Request[Any, Any, Any], _: RecursionError) -> Response[Any]:
    """A body that is nested deeper than any: whoever sends it fills no log."""
    return refusal(request, HTTPException(status_code=400, detail="nested too deep"))


def closed(request: Request[Any, Any, Any], error: JournalReadOnly) -> Response[Any]:
    """What would have been recorded, where nothing can be; the reason is on every page."""
    return refusal(request, HTTPException(status_code=503, detail=str(error)))


def fault(request: Request[Any, Any, Any], error: Exception) -> Response[Any]:
    """A fault of ours: said without a word of its inside, which is in the log."""
    log.error("%s %s failed", request.method, request.url.path, exc_info=error)
    return refusal(request, HTTPException(status_code=500, detail="the server failed"))


def site(console: Console) -> ASGIApp:
    """The application, behind its door."""
    return Door(console, application(console))


def application(console: Console) -> Litestar:
    """All rooms; only what comes through the door has a viewer."""
    exchange = Exchange(console)
    app = Litestar(
        [static_file, home, *ROOMS, *OPERATIONS, Description],
        dependencies={
            "console": Provide(lambda: console, sync_to_thread=False),
            "viewer": Provide(viewer_of),
            "exchange": Provide(lambda: exchange, sync_to_thread=False),
        },
        exception_handlers={
            HTTPException: refusal,
            RecursionError: too_deep,
            JournalReadOnly: closed,
            Exception: fault,
        },
        compression_config=CompressionConfig(
            backend="gzip", exclude=["/feed", "/stream", "^/static/"]
        ),
        lifespan=[exchange.counting],
        openapi_config=None,
        logging_config=None,
        request_max_body_size=1_000_000,
    )
    app.state.console = console
    app.state.exchange = exchange
    return app
