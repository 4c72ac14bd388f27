"""The reports of closed shifts: the list, each as a page, as files, and drawn again."""

import asyncio
from collections.abc import Sequence
from datetime import date
from typing import Final, NamedTuple
from urllib.parse import quote

from litestar import Controller, Response, get
from litestar.di import NamedDependency
from litestar.exceptions import NotFoundException
from litestar.params import FromPath, FromQuery

from llmtb.channels.attachments import DRAW, document_of, file_name
from llmtb.channels.web.console import Console
from llmtb.channels.web.door.viewing import note_viewing
from llmtb.channels.web.page import page
from llmtb.channels.web.reports.rebuilding import JOURNAL, rebuilt
from llmtb.channels.web.reports.showing import amendment, figures_of, sheets_of
from llmtb.channels.web.viewer import Viewer, only
from llmtb.projections.projection import Read
from llmtb.projections.shift_report import (
    Amendment,
    Headline,
    headline_of,
    kept_bytes,
    report_of,
    reports_page,
)
from llmtb.report.document import Document, standing
from llmtb.report.svg import as_svg, sheets

LISTED: Final = 14  # shifts on one page of the list
DRAWN: Final = {**DRAW, "svg": as_svg}
KINDS: Final = {
    "text": "text/plain; charset=utf-8",
    "csv": "text/csv; charset=utf-8",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "png": "image/png",
    "svg": "image/svg+xml",
}


class Line(NamedTuple):
    """A closed shift in the list, with its key figures."""

    shift: str
    path: str
    document: Document

    @property
    def present(self) -> int:
        """How many were there."""
        return sum(bool(lines.present) for lines in self.document.report.agents)

    @property
    def agents(self) -> int:
        """How many were on the roster, or had a part in the shift."""
        return len(self.document.report.agents)

    @property
    def rests(self) -> int:
        """How many breaks there were."""
        return sum(len(lines.breaks) for lines in self.document.report.agents)

    @property
    def late(self) -> int:
        """How many of them ended late."""
        return sum(rest.late_seconds > 0 for _, rest in self.document.breaks())

    @property
    def warnings(self) -> int:
        """How many warnings were not forgiven."""
        return sum(map(standing, self.document.report.agents))

    @property
    def refusals(self) -> int:
        """How many breaks were refused."""
        return sum(self.document.report.refusals.values())


class ReportPages(Controller):
    """`/reports`: for supervisors and auditors."""

    path = "/reports"
    guards = [only("supervisor", "auditor")]  # noqa: RUF012  litestar reads it so
    include_in_schema = False

    @get()
    async def show_list(
        self,
        console: NamedDependency[Console],
        viewer: NamedDependency[Viewer],
        date: FromQuery[str] = "",
        after: FromQuery[str] = "",
    ) -> Response[str]:
        """The closed shifts, newest first; after: the last one of the page before."""
        sound = not date or iso_day(date) is not None
        lines: Sequence[Line] = ()
        async with console.views.snapshot() as read:
            last = await headline_of(read, after) if after else None
            if sound and (last is not None or not after):
                found = await reports_page(read, LISTED + 1, last, date)
                lines = [await _line(read, viewer, each) for each in found]
            else:
                sound = False
        return page(
            "reports/reports.html",
            viewer,
            200 if sound else 400,
            lines=lines[:LISTED],
            more=lines[LISTED - 1].shift if len(lines) > LISTED else "",
            date=date if iso_day(date) else "",
            sound=sound,
        )

    @get("/{date:str}/{name:str}")
    async def show(
        self,
        console: NamedDependency[Console],
        viewer: NamedDependency[Viewer],
        date: FromPath[str],
        name: FromPath[str],
    ) -> Response[str]:
        """One report as a page, for the screen and for paper."""
        document, amended = await _document(console, viewer, date, name)
        await note_viewing(console, viewer, "report", document.report.shift)
        pictures = await asyncio.to_thread(sheets, document)
        return report_page(viewer, document, amended, pictures)

    @get("/{date:str}/{name:str}/rebuilt")
    async def show_rebuilt(
        self,
        console: NamedDependency[Console],
        viewer: NamedDependency[Viewer],
        date: FromPath[str],
        name: FromPath[str],
    ) -> Response[str]:
        """The report drawn again from the events, and whether it is the same."""
        document, _ = await _document(console, viewer, date, name)
        shift = document.report.shift
        await note_viewing(console, viewer, "report", shift)
        async with console.views.snapshot() as read:
            kept = await kept_bytes(read, shift) or b""
        journal = console.folder / JOURNAL
        again = await asyncio.to_thread(rebuilt, journal, shift, kept, console.codec)
        return page(
            "reports/rebuilt.html", viewer, document=document, again=again, path=path_of(shift)
        )

    @get("/{date:str}/{name:str}/files/{form:str}")
    async def download(
        self,
        console: NamedDependency[Console],
        viewer: NamedDependency[Viewer],
        date: FromPath[str],
        name: FromPath[str],
        form: FromPath[str],
    ) -> Response[bytes]:
        """A file of the report, drawn beside the loop."""
        if form not in DRAWN:
            raise NotFoundException
        document, _ = await _document(console, viewer, date, name)
        shift = document.report.shift
        await note_viewing(console, viewer, "export", shift)
        content = await asyncio.to_thread(DRAWN[form], document)
        called = file_name(shift, form) if form in DRAW else f"{file_name(shift, 'csv')[:-3]}svg"
        headers = {"Content-Disposition": f"attachment; filename*=UTF-8''{quote(called, safe='')}"}
        return Response(content, media_type=KINDS[form], headers=headers)


def report_page(
    viewer: Viewer, document: Document, amended: Sequence[Amendment], pictures: Sequence[str]
) -> Response[str]:
    """All that a report tells, with its pictures and its files."""
    return page(
        "reports/report.html",
        viewer,
        document=document,
        path=path_of(document.report.shift),
        figures=list(figures_of(document)),
        tables=list(sheets_of(document)),
        pictures=pictures,
        amended=[amendment(document, each) for each in amended],
        forms=list(DRAWN),
    )


def path_of(shift: str) -> str:
    """The address of a closed shift's report."""
    day, _, name = shift.partition("/")
    return f"/reports/{day}/{quote(name, safe='')}"


def iso_day(text: str) -> date | None:
    """A date such as 2026-11-21; None for what is none."""
    try:
        found = date.fromisoformat(text)
    except ValueError:
        return None
    return found if text == found.isoformat() else None


async def _line(read: Read, viewer: Viewer, headline: Headline) -> Line:
    kept = await report_of(read, headline.shift)
    if kept is None:
        raise NotFoundException
    return Line(headline.shift, path_of(headline.shift), Document(kept.report, viewer.speech))


async def _document(
    console: Console, viewer: Viewer, date: str, name: str
) -> tuple[Document, Sequence[Amendment]]:
    """A report, and what was said of it afterwards. Raises NotFoundException."""
    shift = f"{date}/{name}"
    async with console.views.snapshot() as read:
        document = await document_of(read, shift, console.words, viewer.speech.language)
        kept = await report_of(read, shift)
    if document is None or kept is None:
        raise NotFoundException
    return document, kept.amendments
