"""The history of every change: who, when, what, from what to what, and why."""

from typing import Final, NamedTuple, get_args

from litestar import Controller, Response, get
from litestar.di import NamedDependency
from litestar.params import FromQuery

from llmtb.channels.conversation.words import Phrase, mark
from llmtb.channels.web.console import Console
from llmtb.channels.web.desk.change_words import words_of
from llmtb.channels.web.desk.rule_fields import means, written
from llmtb.channels.web.desk.rule_preview import Difference
from llmtb.channels.web.desk.telling import who
from llmtb.channels.web.door.viewing import note_viewing
from llmtb.channels.web.page import page
from llmtb.channels.web.viewer import Viewer, only
from llmtb.projections.changes import Change, Subject, changes_of, differences
from llmtb.projections.database import ViewsUnusable
from llmtb.projections.projection import Read

PAGE: Final = 50
LAST: Final = 2**62
SUBJECTS: Final = {
    "rules": mark("Rules"),
    "people": mark("People"),
    "rosters": mark("Rosters"),
    "capacity": mark("Capacity"),
    "rests": mark("Rests and warnings"),
    "access": mark("Access"),
    "documents": mark("Documents"),
}


class Line(NamedTuple):
    """A change as it is read: when, by whom, about what, in words, why, and key by key."""

    change: Change
    time: Phrase
    by: Phrase
    subject: str
    words: Phrase
    reason: str
    differences: list[Difference]


class ChangePages(Controller):
    """`/desk/history`, and of the rules alone `/rules/history`."""

    path = "/"
    guards = [only("admin", "supervisor", "auditor")]  # noqa: RUF012  litestar reads it so
    include_in_schema = False

    @get("/desk/history")
    async def all(
        self,
        console: NamedDependency[Console],
        viewer: NamedDependency[Viewer],
        subject: FromQuery[str] = "",
        person: FromQuery[str] = "",
        before: FromQuery[str] = "",
    ) -> Response[str]:
        """Every change, newest first."""
        known_subject = subject if subject in get_args(Subject) else ""
        return await _page(console, viewer, "/desk/history", known_subject, person, before)

    @get("/rules/history")
    async def rules(
        self,
        console: NamedDependency[Console],
        viewer: NamedDependency[Viewer],
        person: FromQuery[str] = "",
        before: FromQuery[str] = "",
    ) -> Response[str]:
        """The changes of the rules."""
        return await _page(console, viewer, "/rules/history", "rules", person, before)


async def _page(
    console: Console, viewer: Viewer, path: str, subject: str, person: str, before: str
) -> Response[str]:
    person = person.strip()
    if console.known.person(person) is not None:
        await note_viewing(console, viewer, "changes", person)
    until = int(before) if before.isascii() and before.isdecimal() and len(before) < 18 else None
    found, lines, status, fault = [], [], 200, ""
    try:
        async with console.views.snapshot() as read:
            found = await changes_of(
                read, before=until, subject=subject, person=person, most=PAGE + 1
            )
            lines = [await _line(console, viewer, read, each) for each in found[:PAGE]]
    except ViewsUnusable:
        status, fault = 503, viewer.speech.say("I could not look it up just now.")
    people = console.known.floor.centre.roster.people
    return page(
        "desk/changes.html",
        viewer,
        status,
        fault=fault,
        lines=lines,
        older=found[PAGE - 1].seq if len(found) > PAGE else None,
        newest=until is None,
        path=path,
        subject=subject,
        subjects=SUBJECTS,
        person=person,
        people=sorted((each.name, agent) for agent, each in people.items()),
    )


async def _line(console: Console, viewer: Viewer, read: Read, change: Change) -> Line:
    speech, known = viewer.speech, console.known
    changed = []
    if change.subject == "rules":
        changed = [
            Difference(key, means(key), written(old), written(new))
            for key, old, new in await differences(read, change)
        ]
    return Line(
        change=change,
        time=speech.moment(change.at, console.now()),
        by=who(speech, known, change.by),
        subject=SUBJECTS[change.subject],
        words=words_of(speech, known, change),
        reason=str(change.detail.get("reason") or "") if change.subject != "rosters" else "",
        differences=changed,
    )
