"""Planned against actual: the shifts that run, as they run, and those of any past date."""

import asyncio
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from litestar import Controller, Response, get
from litestar.di import NamedDependency
from litestar.params import FromQuery
from litestar.response import Stream

from llmtb.actors.floor import Floor
from llmtb.channels.conversation.words import Speech
from llmtb.channels.web.console import Console
from llmtb.channels.web.door.viewing import note_viewing
from llmtb.channels.web.page import drawn, page
from llmtb.channels.web.reports.days import Looked, closed, plans_now, running
from llmtb.channels.web.reports.pages import iso_day
from llmtb.channels.web.reports.showing import rows_of, rules_of, share
from llmtb.channels.web.viewer import Viewer, only
from llmtb.projections.database import ViewsUnusable
from llmtb.report.adherence import together, worst_first
from llmtb.report.svg import sheets


class AdherencePages(Controller):
    """`/adherence`: of everybody, for supervisors and auditors."""

    path = "/adherence"
    guards = [only("supervisor", "auditor")]  # noqa: RUF012  litestar reads it so
    include_in_schema = False

    @get()
    async def show(
        self,
        console: NamedDependency[Console],
        viewer: NamedDependency[Viewer],
        date: FromQuery[str] = "",
    ) -> Response[str]:
        """The page; date: of past shifts, else those that run now."""
        await note_viewing(console, viewer, "adherence", date if iso_day(date) else "now")
        return await _page(console, viewer, date, None)

    @get("/feed")
    async def feed(
        self, console: NamedDependency[Console], viewer: NamedDependency[Viewer]
    ) -> Stream:
        """The shifts that run, as they change."""
        return _stream(console, viewer, None)


class OwnPages(Controller):
    """`/adherence/me`: one's own, for whoever is signed in."""

    path = "/adherence/me"
    guards = [only()]  # noqa: RUF012  litestar reads it so
    include_in_schema = False

    @get()
    async def show(
        self,
        console: NamedDependency[Console],
        viewer: NamedDependency[Viewer],
        date: FromQuery[str] = "",
    ) -> Response[str]:
        """The same page with nobody else in it."""
        return await _page(console, viewer, date, viewer.agent)

    @get("/feed")
    async def feed(
        self, console: NamedDependency[Console], viewer: NamedDependency[Viewer]
    ) -> Stream:
        """One's own time in the shifts that run."""
        return _stream(console, viewer, viewer.agent)


async def _page(console: Console, viewer: Viewer, date: str, agent: str | None) -> Response[str]:
    """The page. agent: whom it is about alone, if it is."""
    day = iso_day(date)
    sound = not date or day is not None
    given: dict[str, Any] = {"regions": None, "shown": ()}
    if day is not None:
        async with console.views.snapshot() as read:
            found = await closed(read, date, console.words, viewer.speech.language)
        given["shown"] = _shown(found, {}, viewer, agent)
    else:
        given["regions"] = await _regions(console, viewer, agent, Pictures())
    path = "/adherence" if agent is None else "/adherence/me"
    return page(
        "reports/adherence.html",
        viewer,
        200 if sound else 400,
        day=day,
        own=agent is not None,
        path=path,
        sound=sound,
        **given,
    )


def _stream(console: Console, viewer: Viewer, agent: str | None) -> Stream:
    pictures = Pictures()

    async def draw() -> Mapping[str, str]:
        return await _regions(console, viewer, agent, pictures)

    name = ("adherence", viewer.speech.language, viewer.may("supervisor"), agent)
    return Stream(console.hub.watch(name, draw), media_type="text/event-stream")


class Pictures:
    """The timelines of the shifts that run; they move on by the minute: nobody sees seconds."""

    def __init__(self) -> None:
        self._drawn: tuple[datetime, str] | None = None

    async def draw(self, looked: Sequence[Looked], speech: Speech, now: datetime) -> str:
        """The pictures as of this minute; looked: the shifts at its first look."""
        minute = now.replace(second=0, microsecond=0)
        if self._drawn is None or self._drawn[0] != minute:
            html = await asyncio.to_thread(_pictures, looked, speech)
            self._drawn = (minute, html)
        return self._drawn[1]


def _pictures(looked: Sequence[Looked], speech: Speech) -> str:
    pictures = [
        (each.document.title, sheets(each.document, each.now, f"s{place}-"))
        for place, each in enumerate(looked)
    ]
    return drawn("reports/pictures.html", speech, pictures=pictures)


async def _regions(
    console: Console, viewer: Viewer, agent: str | None, pictures: Pictures
) -> Mapping[str, str]:
    """The shifts that run: in rows, and drawn. Drawing is done beside the loop."""
    speech, known, now, own = viewer.speech, console.known, console.now(), agent is not None
    try:
        async with console.views.snapshot() as read:
            plans = await plans_now(read, known)
    except ViewsUnusable:
        return {"shifts": drawn("reports/shifts.html", speech, shown=None, own=own)}
    looked = running(known, plans, speech, now)
    rules = _rules(known.floor, speech)

    def rows() -> str:
        shown = _shown(looked, rules, viewer, agent)
        return drawn("reports/shifts.html", speech, shown=shown, own=own)

    regions = {"shifts": await asyncio.to_thread(rows)}
    if agent is None:
        regions["pictures"] = await pictures.draw(looked, speech, now)
    return regions


def _rules(floor: Floor, speech: Speech) -> Mapping[str, Sequence[str]]:
    """By open shift, what the rules allow there now."""
    policy = floor.centre.policy
    return {each.instance: rules_of(speech, policy, each) for each in floor.in_order()}


def _shown(
    found: Sequence[Looked],
    rules: Mapping[str, Sequence[str]],
    viewer: Viewer,
    agent: str | None,
) -> list[dict[str, Any]]:
    """What the template is given of each shift."""
    shown = []
    for each in found if agent is None else [each.alone(agent) for each in found]:
        every = worst_first(each.every) if viewer.may("supervisor") else list(each.every)
        if every or agent is None:
            shown.append(
                {
                    "title": each.document.title,
                    "rows": rows_of(each.document, viewer.speech, every, each.now),
                    "whole": [share(viewer.speech, part) for part in together(every)],
                    "running": each.now is not None,
                    "rules": rules.get(each.shift, ()),
                    "links": agent is None and viewer.may("supervisor"),
                }
            )
    return shown
