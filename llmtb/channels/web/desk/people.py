"""The people on the list: added, changed, removed."""

from dataclasses import replace
from typing import Any, Final, get_args

from litestar import Controller, Request, Response, get, post
from litestar.di import NamedDependency
from litestar.exceptions import NotFoundException
from litestar.params import FromQuery
from litestar.response import Redirect

from llmtb.actors.centre import AddAgent, RemoveAgent
from llmtb.actors.command import Command
from llmtb.channels.conversation.phrases import role_name
from llmtb.channels.conversation.words import plain
from llmtb.channels.web.console import Console
from llmtb.channels.web.desk.acting import act, led_to, nonce_of, was_done
from llmtb.channels.web.desk.forms import Faulty, Form, Taking, command, form_of
from llmtb.channels.web.page import page
from llmtb.channels.web.viewer import Viewer, only
from llmtb.events.floor import Role

PLACE: Final = "/desk/rosters"
MOST_NAME: Final = 100


class PeoplePages(Controller):
    """The forms for people."""

    path = "/desk/people"
    guards = [only("supervisor")]  # noqa: RUF012  litestar reads it so
    include_in_schema = False

    @get()
    async def form(
        self,
        console: NamedDependency[Console],
        viewer: NamedDependency[Viewer],
        agent: FromQuery[str] = "",
    ) -> Response[str]:
        """The form for a new person, or for one on the list."""
        person = console.known.person(agent) if agent else None
        if agent and person is None:
            raise NotFoundException
        given = {"agent": agent, "what": "change"} if person else {"what": "add"}
        if person is not None:
            hired_on = person.hired_on.isoformat() if person.hired_on else ""
            given |= {"name": person.name, "role": person.role, "hired_on": hired_on}
        return _page(console, viewer, given)

    @post()
    async def do(
        self,
        console: NamedDependency[Console],
        viewer: NamedDependency[Viewer],
        request: Request[Any, Any, Any],
    ) -> Response[str] | Redirect:
        """The person added, changed or removed."""
        form = await form_of(request)
        try:
            wanted = _wanted(console, viewer, form)
            return led_to(PLACE, await act(console, viewer, form, wanted))
        except Faulty as faulty:
            return _page(console, viewer, form, faulty)


def roles_of(viewer: Viewer) -> tuple[Role, ...]:
    """The roles that a viewer may give."""
    roles: tuple[Role, ...] = get_args(Role)
    staff = (role for role in roles if role != "customer")
    return tuple(role for role in staff if role != "admin" or viewer.may("admin"))


def _wanted(console: Console, viewer: Viewer, form: Form) -> Command:
    """The command that a form asks for. Raises Faulty."""
    speech, taking = viewer.speech, Taking(viewer.speech, form)
    what = taking.one_of("what", ("add", "change", "remove"))
    agent = form.get("agent", "").strip()
    person = console.known.person(agent)
    if person is not None and person.role == "admin" and not viewer.may("admin"):
        raise Faulty({"": speech.say("That is not for your role.")}, 409)
    if what == "remove":
        if agent == viewer.agent:
            raise Faulty({"": speech.say("You cannot take yourself off.")}, 409)
        return command(RemoveAgent, speech, agent=agent, by=viewer.agent)
    if what == "change" and person is None:
        raise Faulty({"": speech.say("That person is not on the list any more.")}, 409)
    wanted = _described(viewer, taking, agent)
    if what == "add" and person is not None and not was_done(console, viewer, form, wanted):
        raise Faulty({"agent": speech.say("Somebody has this id already.")}, 409)
    if agent == viewer.agent and person is not None and wanted.role != person.role:
        raise Faulty({"role": speech.say("You cannot change your own role.")}, 409)
    return wanted


def _described(viewer: Viewer, taking: Taking, agent: str) -> AddAgent:
    """The person as the form describes them. Raises Faulty."""
    speech = viewer.speech
    if not 0 < len(agent) <= 64 or plain(agent) != agent or set(agent) & {"/", " "}:
        text = speech.say("Please write an id without spaces and slashes, such as {id}.", id="ali")
        taking.fault("agent", text)
    name = taking.text("name")
    if not 0 < len(name) <= MOST_NAME:
        taking.fault("name", speech.say("Please write a name, in one line."))
    role, hired_on = taking.one_of("role", roles_of(viewer)), taking.day("hired_on")
    taking.done()
    return command(
        AddAgent, speech, agent=agent, name=name, role=role, hired_on=hired_on, by=viewer.agent
    )


def _page(
    console: Console, viewer: Viewer, form: Form, faulty: Faulty | None = None
) -> Response[str]:
    faults, status = ({}, 200) if faulty is None else (faulty.faults, faulty.status)
    agent = form.get("agent", "")
    return page(
        "desk/people.html",
        replace(viewer, path=PLACE),
        status,
        agent=agent,
        person=console.known.person(agent),
        roles=[(role, role_name(viewer.speech, role)) for role in roles_of(viewer)],
        form=form,
        faults=faults,
        nonce=nonce_of(console, form),
    )
