"""What people ask, what came of it, and what no document answers: to look at and to keep."""

import asyncio
from typing import Any, Final

from litestar import Controller, Request, Response, get
from litestar.di import NamedDependency, Provide
from litestar.exceptions import NotFoundException
from litestar.params import FromPath

from llmtb.channels.conversation.words import Speech
from llmtb.channels.web.console import Console
from llmtb.channels.web.door.viewing import note_viewing
from llmtb.channels.web.page import direction, drawn, page
from llmtb.channels.web.questions import charts, sheet
from llmtb.channels.web.questions.charts import Chart
from llmtb.channels.web.questions.figures import percent
from llmtb.channels.web.questions.look import (
    PARTS,
    Look,
    Part,
    Tallies,
    holding,
    look,
    tallies_of,
)
from llmtb.channels.web.questions.meaning import Meaning
from llmtb.channels.web.questions.span import Unclear, Wanted, wanted_of
from llmtb.channels.web.questions.telling import Teller
from llmtb.channels.web.viewer import Viewer, only

SHOWN: Final = 20  # groups in a table
DRAWN: Final = 10  # groups in a chart
LISTED: Final = 200  # single questions on a page

Asking = Request[Any, Any, Any]


async def meaning_of(request: Asking) -> Meaning:
    """What groups the questions; it remembers what it read for as long as the program runs."""
    state = request.app.state
    if "meaning" not in state:
        state.meaning = Meaning(state.console.embed)
    meaning: Meaning = state.meaning
    return meaning


def wanted_by(request: Asking, console: Console) -> tuple[Wanted, str]:
    """What an address asks for, and the field of it that cannot be read; then it is today."""
    today = console.now().astimezone(console.known.floor.centre.policy.zone).date()
    try:
        return wanted_of(request.query_params, today), ""
    except Unclear as unclear:
        return wanted_of({}, today), str(unclear)


class QuestionPages(Controller):
    """`/questions`: figures and charts, agents' questions, gaps, single questions, files."""

    path = "/questions"
    guards = [only("supervisor", "auditor")]  # noqa: RUF012  litestar reads it so
    dependencies = {"meaning": Provide(meaning_of)}  # noqa: RUF012  litestar reads it so
    include_in_schema = False

    @get()
    async def overview(
        self,
        request: Asking,
        console: NamedDependency[Console],
        viewer: NamedDependency[Viewer],
        meaning: NamedDependency[Meaning],
    ) -> Response[str]:
        """What was asked most, and what came of it."""
        seen, fault = await _seen(request, console)
        groups = await tallies_of(meaning, seen, "all")
        summed = await asyncio.to_thread(_summed, viewer.speech, seen, groups)
        return _page("overview", viewer, seen, fault, part="all", groups=groups, **summed)

    @get("/agents")
    async def agents(
        self,
        request: Asking,
        console: NamedDependency[Console],
        viewer: NamedDependency[Viewer],
        meaning: NamedDependency[Meaning],
    ) -> Response[str]:
        """What agents are weak at, and what new ones ask."""
        seen, fault = await _seen(request, console)
        weak = await tallies_of(meaning, seen, "agents")
        new = await tallies_of(meaning, seen, "new")
        return _page("agents", viewer, seen, fault, part="agents", groups=weak, new=new)

    @get("/gaps")
    async def gaps(
        self,
        request: Asking,
        console: NamedDependency[Console],
        viewer: NamedDependency[Viewer],
        meaning: NamedDependency[Meaning],
    ) -> Response[str]:
        """What the documents do not answer."""
        seen, fault = await _seen(request, console)
        groups = await tallies_of(meaning, seen, "gaps")
        return _page("gaps", viewer, seen, fault, part="gaps", groups=groups)

    @get("/group")
    async def group(
        self,
        request: Asking,
        console: NamedDependency[Console],
        viewer: NamedDependency[Viewer],
        meaning: NamedDependency[Meaning],
    ) -> Response[str]:
        """The single questions of a group; that somebody looked at them is noted."""
        seen, fault = await _seen(request, console)
        part, key = part_of(request), request.query_params.get("cluster", "")
        found = holding((await tallies_of(meaning, seen, part)).tallies, key)
        if found is None:
            raise NotFoundException
        await note_viewing(console, viewer, "questions", key)
        shown = found.questions[-LISTED:][::-1]
        return _page(
            "group",
            viewer,
            seen,
            fault,
            part=part,
            group=found,
            shown=shown,
            names={e.agent: console.known.name(e.agent) for e in shown if e.agent},
        )

    @get("/files/{name:str}")
    async def file(
        self,
        name: FromPath[str],
        request: Asking,
        console: NamedDependency[Console],
        viewer: NamedDependency[Viewer],
        meaning: NamedDependency[Meaning],
    ) -> Response[bytes]:
        """A table as CSV, or a chart as SVG; that somebody took it along is noted."""
        table, _, kind = name.rpartition(".")
        seen, fault = await _seen(request, console)
        if fault or (kind, table) not in FILES:
            raise NotFoundException
        wanted = seen.wanted
        content: bytes
        if kind == "csv":
            content = await _table(table, seen, meaning)
        else:
            groups = await tallies_of(meaning, seen, "all")
            drawings = await asyncio.to_thread(_charts, viewer.speech, seen, groups)
            chart = next(each for each in drawings if each.name == table)
            content = drawn("questions/chart.svg", viewer.speech, chart=chart, alone=True).encode()
        await note_viewing(console, viewer, "export", f"questions {name} {wanted.query()}")
        called = sheet.file_name(table, wanted.first, wanted.last).removesuffix("csv") + kind
        headers = {"Content-Disposition": f'attachment; filename="{called}"'}
        return Response(content, media_type=KINDS[kind], headers=headers)


KINDS: Final = {"csv": "text/csv; charset=utf-8", "svg": "image/svg+xml"}
TABLES: Final = ("top", "gaps", "weak", "new", "audiences", "days", "hours", "questions")
FILES: Final = {
    *(("csv", table) for table in TABLES),
    *(("svg", chart) for chart in ("hours", "days", "top")),
}
_PARTS: Final[dict[str, Part]] = {"top": "all", "gaps": "gaps", "weak": "agents", "new": "new"}


def part_of(request: Asking) -> Part:
    """Which questions the group is one of. Raises NotFoundException."""
    part = request.query_params.get("of", "all")
    for each in PARTS:
        if part == each:
            return each
    raise NotFoundException


async def _seen(request: Asking, console: Console) -> tuple[Look, str]:
    wanted, fault = wanted_by(request, console)
    return await look(console, wanted), fault


def _page(
    tab: str, viewer: Viewer, seen: Look, fault: str, part: Part, **given: Any
) -> Response[str]:
    return page(
        f"questions/{tab}.html",
        viewer,
        400 if fault else 200,
        tab=tab,
        part=part,
        seen=seen,
        wanted=seen.wanted,
        fault=fault,
        percent=percent,
        most=SHOWN,
        tell=Teller(viewer.speech),
        **given,
    )


def _summed(speech: Speech, seen: Look, groups: Tallies) -> dict[str, Any]:
    """What the overview shows beside the groups."""
    return {
        "figures": seen.figures,
        "audiences": seen.by_audience(),
        "charts": _charts(speech, seen, groups),
    }


def _charts(speech: Speech, seen: Look, groups: Tallies) -> list[Chart]:
    rightward = direction(speech) == "ltr"
    return [
        charts.hours(speech, seen.by_hour()),
        charts.days(speech, seen.by_day()),
        charts.top(speech, groups.tallies[:DRAWN], rightward),
    ]


async def _table(table: str, seen: Look, meaning: Meaning) -> bytes:
    if table in _PARTS:
        groups = await tallies_of(meaning, seen, _PARTS[table])
        rows = sheet.group_rows(groups.tallies)
        return await asyncio.to_thread(sheet.as_csv, sheet.GROUPS, rows)
    return await asyncio.to_thread(_whole_table, table, seen)


def _whole_table(table: str, seen: Look) -> bytes:
    if table == "questions":
        return sheet.as_csv(sheet.QUESTIONS, sheet.question_rows(seen.now))
    if table == "hours":
        return sheet.as_csv(("hour", "questions"), enumerate(seen.by_hour()))
    named = (
        [(day.isoformat(), figures) for day, figures in seen.by_day()]
        if table == "days"
        else seen.by_audience()
    )
    return sheet.as_csv(sheet.FIGURES, sheet.figure_rows(named))
