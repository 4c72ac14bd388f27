"""The report as tables: what the workbook's sheets hold, and the page shows.

Heads and words are those of the reader's language; times, lengths and numbers stay what they are,
so that each rendering writes them its own way.
"""

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

from llmtb.report.document import Document, late_seconds, resting_seconds, standing
from llmtb.report.terms import ACTS, CAUSES, ENDED_BY, KINDS, REFUSED, WARNED, mark

Cell = str | int | float | datetime | timedelta | None
"""A text, a number, a local time without its zone, a length of time, or nothing."""
Rows = Iterator[Sequence[Cell]]


class Table(NamedTuple):
    """A table: its name and its columns' heads (message ids), and its rows.

    late: the column that holds lateness; what is not zero there stands out.
    """

    name: str
    heads: Sequence[str]
    rows: Rows
    late: int | None = None


def tables(document: Document) -> Iterator[Table]:
    """A table for each kind of thing that a report tells of."""
    yield Table(mark("Agents"), AGENTS, _agents(document), late=6)
    yield Table(mark("Rests"), RESTS, _rests(document), late=8)
    yield Table(mark("Warnings"), WARNINGS, _warnings(document))
    yield Table(mark("Refusals"), REFUSALS, _refusals(document))
    yield Table(mark("Capacity"), CAPACITY, _capacity(document))
    yield Table(mark("Acts"), ACTED, _acts(document))


AGENTS = (
    *(mark("Agent"), mark("Name"), mark("In"), mark("Out"), mark("Rests"), mark("At rest")),
    *(mark("Late"), mark("Warnings"), mark("Forgiven"), mark("Refused")),
)
RESTS = (
    *(mark("Agent"), mark("Name"), mark("Kind"), mark("Start"), mark("Due"), mark("End")),
    *(mark("Length"), mark("Ended by"), mark("Late")),
)
WARNINGS = (mark("Agent"), mark("Name"), mark("At"), mark("Cause"), mark("Minute"), "Forgiven")
REFUSALS = (mark("Agent"), mark("Name"), mark("At"), mark("Kind"), mark("Reason"))
CAPACITY = (mark("At"), mark("Capacity"), mark("Cause"), mark("Present"))
ACTED = (mark("At"), mark("By"), mark("Act"), mark("Agent"), mark("Name"), mark("Reason"))


def _agents(document: Document) -> Rows:
    for lines in document.report.agents:
        stays = lines.present
        yield (
            lines.agent,
            document.name(lines.agent),
            document.local(stays[0][0]) if stays else None,
            document.local(stays[-1][1]) if stays else None,
            len(lines.breaks),
            timedelta(seconds=resting_seconds(lines)),
            timedelta(seconds=late_seconds(lines)),
            standing(lines),
            len(lines.warnings) - standing(lines),
            len(lines.refusals),
        )


def _rests(document: Document) -> Rows:
    for agent, rest in document.breaks():
        yield (
            agent,
            document.name(agent),
            document.term(KINDS, rest.kind),
            document.local(rest.start),
            document.local(rest.due),
            document.local(rest.end),
            document.local(rest.end) - document.local(rest.start),
            document.term(ENDED_BY, rest.ended_by),
            timedelta(seconds=rest.late_seconds),
        )


def _warnings(document: Document) -> Rows:
    say = document.speech.say
    every = [
        (each.at, lines.agent, each) for lines in document.report.agents for each in lines.warnings
    ]
    for at, agent, warning in sorted(every, key=lambda each: each[:2]):
        cause = document.term(WARNED, warning.cause)
        forgiven = say("yes") if warning.forgiven else say("no")
        yield agent, document.name(agent), document.local(at), cause, warning.minute, forgiven


def _refusals(document: Document) -> Rows:
    every = [
        (each.at, lines.agent, each) for lines in document.report.agents for each in lines.refusals
    ]
    for at, agent, refusal in sorted(every, key=lambda each: each[:2]):
        kind, reason = document.term(KINDS, refusal.kind), document.term(REFUSED, refusal.reason)
        yield agent, document.name(agent), document.local(at), kind, reason


def _capacity(document: Document) -> Rows:
    for line in document.report.capacity:
        cause = document.term(CAUSES, line.cause)
        yield document.local(line.at), line.capacity, cause, line.present


def _acts(document: Document) -> Rows:
    for agent, act in document.acts():
        whom = (agent, document.name(agent)) if agent is not None else (None, None)
        by, what = document.name(act.by), document.term(ACTS, act.act)
        yield document.local(act.at), by, what, *whom, document.said(act.reason or "") or None


def figures(document: Document) -> Rows:
    """What is told of the shift as a whole: a name, and one value or two."""
    report, say = document.report, document.speech.say
    agents = report.agents
    yield say("Start"), document.local(report.starts)
    yield say("End"), document.local(report.ends)
    yield say("Agents"), len(agents)
    yield say("absent"), sum(not lines.present for lines in agents)
    yield say("Rests"), sum(len(lines.breaks) for lines in agents)
    yield say("Late"), timedelta(seconds=sum(map(late_seconds, agents)))
    yield say("Warnings"), sum(map(standing, agents))
    yield say("Refused"), sum(report.refusals.values())
    yield say("Most at rest at once"), report.peak_resting
    yield say("At rest on average"), report.mean_resting
    for name, opened, closed in document.meals:
        yield f"{say('Meal')}: {name}", document.local(opened), document.local(closed)
    for reason, count in report.refusals.items():
        yield f"{say('Refused')}: {document.term(REFUSED, reason)}", count
