"""The rosters: shifts as columns, people as cards that are dragged or moved by a form."""

from contextlib import suppress
from dataclasses import replace
from datetime import date
from typing import Any, Final, get_args
from urllib.parse import urlencode

from litestar import Controller, Request, Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromQuery
from litestar.response import Redirect

from llmtb.actors.centre import AssignShift, UnassignShift
from llmtb.actors.command import Command
from llmtb.channels.conversation.phrases import role_name
from llmtb.channels.web.console import Console
from llmtb.channels.web.desk.acting import act, led_to, nonce_of, outcome
from llmtb.channels.web.desk.forms import Faulty, Form, Taking, command, form_of
from llmtb.channels.web.desk.roster_columns import columns, days, everybody
from llmtb.channels.web.page import page
from llmtb.channels.web.viewer import Viewer, only
from llmtb.events.floor import Role
from llmtb.policy import instance_of
from llmtb.projections.changes import Change, last_assignments
from llmtb.projections.database import ViewsUnusable

PLACE: Final = "/desk/rosters"
WAYS: Final = ("change", "overtime", "roster", "off")


class RosterPages(Controller):
    """`/desk/rosters`: who is on which shift, and moving them."""

    path = PLACE
    guards = [only("supervisor", "auditor")]  # noqa: RUF012  litestar reads it so
    include_in_schema = False

    @get()
    async def show(
        self,
        console: NamedDependency[Console],
        viewer: NamedDependency[Viewer],
        day: FromQuery[str] = "",
        done: FromQuery[str] = "",
    ) -> Response[str]:
        """The columns of a date, or from now on."""
        known, now = console.known, console.now()
        first, today, final = days(known, now)
        shown = _day(day)
        if shown is not None:
            shown = min(max(shown, first), final)
        shifts = known.floor.centre.policy.shifts
        names = [times.name for times in shifts]
        if shown is not None:
            names += [f"{shown.isoformat()}/{times.name}" for times in shifts]
        last: dict[str, dict[str, Change]] = {}
        with suppress(ViewsUnusable):  # then only who put whom there is not said
            async with console.views.snapshot() as read:
                for name in names:
                    last[name] = await last_assignments(read, name)
        return page(
            "desk/rosters.html",
            viewer,
            columns=columns(known, viewer.speech, now, shown, last),
            people=everybody(known),
            roles={role: role_name(viewer.speech, role) for role in get_args(Role)},
            day=shown,
            first=first,
            today=today,
            final=final,
            acts=viewer.may("supervisor"),
            outcome=outcome(console, viewer, done),
        )

    @get("/move", guards=[only("supervisor")])
    async def move(
        self,
        console: NamedDependency[Console],
        viewer: NamedDependency[Viewer],
        request: Request[Any, Any, Any],
    ) -> Response[str]:
        """The form to move a person; `from` and `to` are shifts, by name or `DATE/NAME`."""
        return _move_page(console, viewer, dict(request.query_params))

    @post("/move", guards=[only("supervisor")])
    async def do_move(
        self,
        console: NamedDependency[Console],
        viewer: NamedDependency[Viewer],
        request: Request[Any, Any, Any],
    ) -> Response[str] | Redirect:
        """The person moved, put on as overtime, put on, or taken off."""
        form = await form_of(request)
        try:
            wanted = _wanted(console, viewer, form)
            done = await act(console, viewer, form, wanted)
        except Faulty as faulty:
            return _move_page(console, viewer, form, faulty)
        day = _day(form.get("day", ""))
        back = f"{PLACE}?{urlencode({'day': day.isoformat()})}" if day else PLACE
        return led_to(back, done)


def _wanted(console: Console, viewer: Viewer, form: Form) -> Command:
    """The command that a form asks for. Raises Faulty."""
    speech, agent = viewer.speech, form.get("agent", "")
    taking = Taking(speech, form)
    if console.known.person(agent) is None:
        raise Faulty({"": speech.say("That person is not on the list any more.")}, 409)
    way = taking.one_of("way", WAYS)
    day = taking.day("day")
    always = taking.one_of("scope", ("day", "always")) == "always" or day is None
    name = form.get("from" if way == "off" else "to", "")
    policy = console.known.floor.centre.policy
    if policy.shift(name) is None:
        taking.fault("from" if way == "off" else "to", speech.say("There is no such shift."))
    taking.done()
    if day is not None and not always:
        if (
            not days(console.known, console.now())[0]
            <= day
            <= days(console.known, console.now())[2]
        ):
            raise Faulty({"day": speech.say("That date is too far away.")})
        if instance_of(policy, name, day).ends <= console.now():
            raise Faulty({"": speech.say("That shift is over.")}, 409)
    shift = name if always or day is None else f"{day.isoformat()}/{name}"
    common = {"agent": agent, "shift": shift, "by": viewer.agent}
    if way == "off":
        return command(UnassignShift, speech, **common)
    return command(AssignShift, speech, **common, reason=way)


def _move_page(
    console: Console, viewer: Viewer, form: Form, faulty: Faulty | None = None
) -> Response[str]:
    known, agent = console.known, form.get("agent", "")
    faults, status = ({}, 200) if faulty is None else (faulty.faults, faulty.status)
    if known.person(agent) is None and faulty is None:
        faults = {"": viewer.speech.say("That person is not on the list any more.")}
        status = 404
    return page(
        "desk/move.html",
        replace(viewer, path=PLACE),
        status,
        agent=agent,
        name=known.name(agent),
        shifts=known.floor.centre.policy.shifts,
        day=_day(form.get("day", "")),
        form={**form, "from": _name(form, "from"), "to": _name(form, "to")},
        faults=faults,
        nonce=nonce_of(console, form),
    )


def _name(form: Form, field: str) -> str:
    """The name of a shift that was given by name or as `DATE/NAME`."""
    return form.get(field, "").rpartition("/")[2]


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None
