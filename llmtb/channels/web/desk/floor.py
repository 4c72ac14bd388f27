"""The supervisor's desk: the floor as it is, and what may be done about it."""

from collections.abc import Mapping

from litestar import Controller, Response, get
from litestar.di import NamedDependency
from litestar.params import FromQuery
from litestar.response import Stream

from llmtb.channels.web.console import Console
from llmtb.channels.web.desk.acting import outcome
from llmtb.channels.web.desk.meals import servings
from llmtb.channels.web.desk.picture import emergency, open_shifts, talks
from llmtb.channels.web.page import drawn, page
from llmtb.channels.web.viewer import Viewer, only


class DeskPages(Controller):
    """`/desk`, and the stream that keeps it up to date."""

    path = "/desk"
    guards = [only("supervisor", "auditor")]  # noqa: RUF012  litestar reads it so
    include_in_schema = False

    @get()
    async def show(
        self,
        console: NamedDependency[Console],
        viewer: NamedDependency[Viewer],
        done: FromQuery[str] = "",
    ) -> Response[str]:
        """The floor now, and below what a form just did."""
        return page(
            "desk/floor.html",
            viewer,
            regions=regions(console, viewer),
            outcome=outcome(console, viewer, done),
        )

    @get("/feed")
    async def feed(
        self, console: NamedDependency[Console], viewer: NamedDependency[Viewer]
    ) -> Stream:
        """Its regions, as they change."""

        async def draw() -> Mapping[str, str]:
            return regions(console, viewer)

        speech = viewer.speech
        name = ("desk", speech.language, speech.zone.key, viewer.may("supervisor"))
        return Stream(console.hub.watch(name, draw), media_type="text/event-stream")


def regions(console: Console, viewer: Viewer) -> dict[str, str]:
    """The regions of the page, by id."""
    known, speech, now = console.known, viewer.speech, console.now()
    held, callbacks = talks(known, speech)
    coming = {
        instance: override
        for instance, override in sorted(known.floor.centre.overrides.items())
        if instance not in known.floor.shifts
    }
    return {
        "desk-floor": drawn(
            "desk/shifts.html",
            speech,
            shifts=open_shifts(known, speech, now),
            coming=coming,
            acts=viewer.may("supervisor"),
        ),
        "desk-meals": drawn("desk/meals.html", speech, servings=servings(known, now)),
        "desk-talks": drawn(
            "desk/talks.html", speech, emergency=emergency(known), held=held, callbacks=callbacks
        ),
    }
