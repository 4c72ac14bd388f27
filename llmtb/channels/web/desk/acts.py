"""A supervisor's acts on the floor: a capacity by hand, a rest ended or extended, a warning gone.

Each has a form of its own, outside whatever is redrawn, so that nothing typed is ever lost.
"""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Final

from litestar import Controller, Request, Response, get, post
from litestar.di import NamedDependency
from litestar.exceptions import NotFoundException
from litestar.params import FromQuery
from litestar.response import Redirect

from llmtb.actors.agent import EndBreakFor, ExtendBreak, ForgiveWarning
from llmtb.actors.command import Command
from llmtb.actors.shift import EndOverride, OverrideCapacity
from llmtb.channels.conversation.words import Phrase
from llmtb.channels.web.console import Console
from llmtb.channels.web.desk.acting import act, led_to, nonce_of
from llmtb.channels.web.desk.forms import DAY_MINUTES, MOST_SEATS, Faulty, Form, Taking, command
from llmtb.channels.web.desk.forms import form_of as fields_of
from llmtb.channels.web.desk.picture import open_shifts, why
from llmtb.channels.web.page import page
from llmtb.channels.web.viewer import Viewer, only

PLACE: Final = "/desk"


class DeskActs(Controller):
    """The forms of the desk."""

    path = PLACE
    guards = [only("supervisor")]  # noqa: RUF012  litestar reads it so
    include_in_schema = False

    @get("/capacity")
    async def capacity(
        self,
        console: NamedDependency[Console],
        viewer: NamedDependency[Viewer],
        shift: FromQuery[str],
    ) -> Response[str]:
        """The form for a shift's capacity."""
        return _capacity_page(console, viewer, {"shift": shift})

    @post("/capacity")
    async def set_capacity(
        self,
        console: NamedDependency[Console],
        viewer: NamedDependency[Viewer],
        request: Request[Any, Any, Any],
    ) -> Response[str] | Redirect:
        """A capacity by hand; 0 only where freezing was ticked."""
        form = await fields_of(request)
        try:
            wanted = _override(console, viewer, form)
            return led_to(PLACE, await act(console, viewer, form, wanted))
        except Faulty as faulty:
            return _capacity_page(console, viewer, form, faulty)

    @post("/capacity/end")
    async def end_override(
        self,
        console: NamedDependency[Console],
        viewer: NamedDependency[Viewer],
        request: Request[Any, Any, Any],
    ) -> Response[str] | Redirect:
        """The capacity given back to the rules."""
        form = await fields_of(request)
        try:
            wanted = command(
                EndOverride, viewer.speech, by=viewer.agent, shift=form.get("shift", "")
            )
            return led_to(PLACE, await act(console, viewer, form, wanted))
        except Faulty as faulty:
            return _capacity_page(console, viewer, form, faulty)

    @get("/person")
    async def person(
        self,
        console: NamedDependency[Console],
        viewer: NamedDependency[Viewer],
        agent: FromQuery[str],
    ) -> Response[str]:
        """The forms for a person."""
        return _person_page(console, viewer, {"agent": agent})

    @post("/person")
    async def for_person(
        self,
        console: NamedDependency[Console],
        viewer: NamedDependency[Viewer],
        request: Request[Any, Any, Any],
    ) -> Response[str] | Redirect:
        """A rest ended or extended, or a warning forgiven."""
        form = await fields_of(request)
        try:
            wanted = _for_person(console, viewer, form)
            return led_to(PLACE, await act(console, viewer, form, wanted))
        except Faulty as faulty:
            return _person_page(console, viewer, form, faulty)


def _override(console: Console, viewer: Viewer, form: Form) -> Command:
    taking, now = Taking(viewer.speech, form), console.now()
    freezes = form.get("freeze") == "yes"
    if freezes and not form.get("capacity", "").strip():
        capacity = 0
    else:
        capacity = taking.whole("capacity", 0, MOST_SEATS)
    if capacity == 0 and not freezes and "capacity" not in taking.faults:
        text = viewer.speech.say("With 0 nobody may rest. If you mean that, tick the freeze.")
        taking.fault("capacity", text)
    if capacity and freezes:
        text = viewer.speech.say("A freeze is 0. Untick it, or leave the number out.")
        taking.fault("capacity", text)
    until, why_so = taking.hour("until", now), taking.reason()
    taking.done()
    return command(
        OverrideCapacity,
        viewer.speech,
        by=viewer.agent,
        shift=form.get("shift", ""),
        capacity=capacity,
        reason=why_so,
        until=until,
    )


def _for_person(console: Console, viewer: Viewer, form: Form) -> Command:
    speech, agent = viewer.speech, form.get("agent", "")
    if console.known.person(agent) is None:
        raise Faulty({"": speech.say("That person is not on the list any more.")}, 409)
    taking, now = Taking(speech, form), console.now()
    what = taking.one_of("what", ("end", "extend", "forgive"))
    if taking.faults:
        raise Faulty({"": taking.faults["what"]})
    why_so = taking.reason(f"{what}_reason")
    common = {"by": viewer.agent, "agent": agent, "reason": why_so}
    if what == "end":
        taking.done()
        return command(EndBreakFor, speech, **common)
    if what == "forgive":
        taking.done()
        return command(ForgiveWarning, speech, **common)
    until = taking.hour("until", now)
    if until is not None or "until" in taking.faults:
        taking.done()
        return command(ExtendBreak, speech, **common, until=until)
    minutes = taking.whole("minutes", 1, DAY_MINUTES)
    taking.done()
    return command(ExtendBreak, speech, **common, minutes=minutes)


def _capacity_page(
    console: Console, viewer: Viewer, form: Form, faulty: Faulty | None = None
) -> Response[str]:
    """The form, with what was typed and what is wrong with it."""
    known = console.known
    shift = known.floor.shifts.get(form.get("shift", ""))
    over = viewer.speech.say("That shift is over.")
    faults, status = _faults(faulty)
    if shift is None and not faults:
        faults, status = {"": over}, 404
    return page(
        "desk/capacity.html",
        replace(viewer, path=PLACE),
        status,
        shift=shift,
        why=why(known, shift, viewer.speech) if shift else "",
        held=known.floor.centre.overrides.get(shift.instance) if shift else None,
        form=form,
        faults=faults,
        nonce=nonce_of(console, form),
    )


def _person_page(
    console: Console, viewer: Viewer, form: Form, faulty: Faulty | None = None
) -> Response[str]:
    known, agent = console.known, form.get("agent", "")
    if known.person(agent) is None and faulty is None:
        raise NotFoundException
    here = next(
        (
            each
            for shift in open_shifts(known, viewer.speech, console.now())
            for each in shift.people
            if each.agent == agent
        ),
        None,
    )
    faults, status = _faults(faulty)
    return page(
        "desk/person.html",
        replace(viewer, path=PLACE),
        status,
        agent=agent,
        name=known.name(agent),
        here=here,
        form=form,
        faults=faults,
        nonce=nonce_of(console, form),
    )


def _faults(faulty: Faulty | None) -> tuple[Mapping[str, Phrase], int]:
    return ({}, 200) if faulty is None else (faulty.faults, faulty.status)
