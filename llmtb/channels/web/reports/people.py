"""What one person did, day by day: for supervisors, and for the person."""

from typing import Final
from urllib.parse import quote

from litestar import Controller, Response, get
from litestar.di import NamedDependency
from litestar.exceptions import NotFoundException, PermissionDeniedException
from litestar.params import FromPath, FromQuery

from llmtb.channels.web.console import Console
from llmtb.channels.web.door.viewing import note_viewing
from llmtb.channels.web.page import page
from llmtb.channels.web.reports.pages import iso_day
from llmtb.channels.web.reports.telling import day_of
from llmtb.channels.web.viewer import Viewer, only
from llmtb.projections.history import history_of
from llmtb.projections.people import People

DAYS: Final = 14  # on one page


class PersonPages(Controller):
    """`/people/{id}`: a person's history."""

    path = "/people"
    guards = [only()]  # noqa: RUF012  litestar reads it so
    include_in_schema = False

    @get("/{agent:str}")
    async def show(
        self,
        console: NamedDependency[Console],
        viewer: NamedDependency[Viewer],
        agent: FromPath[str],
        before: FromQuery[str] = "",
    ) -> Response[str]:
        """The days, newest first; before: only those before a date."""
        if agent != viewer.agent and not viewer.may("supervisor"):
            raise PermissionDeniedException
        sound = not before or iso_day(before) is not None
        people = People()
        async with console.views.snapshot() as read:
            await people.restore(read)
            days = await history_of(read, agent, DAYS + 1, before or "~") if sound else []
        person = people.known.get(agent)
        if person is None:
            raise NotFoundException
        await note_viewing(console, viewer, "history", agent)
        return page(
            "reports/person.html",
            viewer,
            200 if sound else 400,
            agent=agent,
            person=person,
            path=f"/people/{quote(agent, safe='')}",
            days=[day_of(viewer.speech, people.names, day) for day in days[:DAYS]],
            more=days[DAYS - 1].date if len(days) > DAYS else "",
            sound=sound,
        )
