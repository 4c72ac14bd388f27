"""How reports and adherence are written in pages: cells, shares, lists; nothing is decided here."""

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

from llmtb.actors.shift import Shift
from llmtb.channels.conversation.phrases import late_minutes
from llmtb.channels.conversation.words import Phrase, Speech
from llmtb.events.report import BreakLine
from llmtb.policy import Policy
from llmtb.projections.shift_report import Amendment
from llmtb.report.adherence import Adherence
from llmtb.report.document import Document, late_seconds, standing
from llmtb.report.running import RUNNING
from llmtb.report.tables import Cell, figures, tables
from llmtb.report.terms import KINDS


class Shown(NamedTuple):
    """A cell as it stands in a page. agent: the id of whom it names; late: it stands out."""

    text: str
    number: bool = False
    late: bool = False
    agent: str | None = None


class Sheet(NamedTuple):
    """A table as it stands in a page; `key` names it in the page's address."""

    key: str
    name: str
    heads: Sequence[Shown]
    rows: Sequence[Sequence[Shown]]


class Figure(NamedTuple):
    """One of the figures of a whole shift: its name, and its value or two."""

    name: str
    values: Sequence[str]


def sheets_of(document: Document) -> Iterator[Sheet]:
    """The tables of a report in its reader's words."""
    say = document.speech.say
    for table in tables(document):
        rows = [
            [
                _cell(document, cell, head, late=place == table.late)
                for place, (head, cell) in enumerate(zip(table.heads, row))
            ]
            for row in table.rows
        ]
        numeric = [bool(rows) and rows[0][place].number for place in range(len(table.heads))]
        heads = [Shown(say(head), number) for head, number in zip(table.heads, numeric)]
        yield Sheet(table.name.lower(), say(table.name), heads, rows)


def figures_of(document: Document) -> Iterator[Figure]:
    """The figures of the whole shift."""
    for name, *values in figures(document):
        yield Figure(str(name), [written(document, value) for value in values])


def written(document: Document, cell: Cell) -> str:
    """A value in the reader's digits: a time of day, a length of time, a number, a text."""
    match cell:
        case None:
            return ""
        case str():
            return document.speech.isolate(cell)
        case datetime():
            return document.figure(f"{cell:%H:%M}")
        case timedelta():
            return document.length(int(cell.total_seconds()))
        case float():
            return document.figure(f"{cell:.1f}")
        case int():
            return document.speech.number(cell)


def _cell(document: Document, cell: Cell, head: str, *, late: bool) -> Shown:
    if late and not cell:
        return Shown("–", number=True)
    agent = cell if head == "Agent" and isinstance(cell, str) else None
    numeric = isinstance(cell, int | float | timedelta)
    return Shown(written(document, cell), numeric, late, agent)


class Told(NamedTuple):
    """A break in the view of adherence."""

    text: str
    due: Phrase
    late: str
    running: bool


class Row(NamedTuple):
    """One agent's row of the adherence view, in words.

    state: `working`, `resting`, `late` or `absent` while the shift runs, else empty.
    """

    agent: str
    name: str
    planned: str
    present: str
    state: str
    breaks: Sequence[Told]
    late: str
    warnings: Phrase
    forgiven: Phrase
    has_forgiven: bool
    refusals: Phrase
    adherence: str
    conformance: str
    shrinkage: str


def rows_of(
    document: Document, speech: Speech, every: Sequence[Adherence], now: datetime | None
) -> list[Row]:
    """The rows of the adherence view, in the order given; now: of a shift that still runs."""
    return [_row(document, speech, each, now) for each in every]


def _row(document: Document, speech: Speech, each: Adherence, now: datetime | None) -> Row:
    lines = each.lines
    late = late_seconds(lines)
    return Row(
        agent=lines.agent,
        name=speech.isolate(document.name(lines.agent)),
        planned=", ".join(speech.span(*stretch) for stretch in each.plan) or "–",
        present=", ".join(speech.span(*stay) for stay in lines.present) or speech.say("absent"),
        state="" if now is None else _state(each, now),
        breaks=[_told(speech, rest) for rest in lines.breaks],
        late=speech.minutes(late_minutes(late)) if late else "–",
        warnings=speech.number(standing(lines)),
        forgiven=speech.number(len(lines.warnings) - standing(lines)),
        has_forgiven=standing(lines) < len(lines.warnings),
        refusals=speech.number(len(lines.refusals)),
        adherence=share(speech, each.adherence),
        conformance=share(speech, each.conformance),
        shrinkage=share(speech, each.shrinkage),
    )


def _state(each: Adherence, now: datetime) -> str:
    """What somebody does now."""
    rest = next((rest for rest in each.lines.breaks if rest.ended_by == RUNNING), None)
    if rest is not None:
        return "late" if rest.end > rest.due else "resting"
    here = any(ends >= now for _, ends in each.lines.present)
    return "working" if here else "absent"


def _told(speech: Speech, rest: BreakLine) -> Told:
    running = rest.ended_by == RUNNING
    kind = speech.say(KINDS[rest.kind]) if rest.kind in KINDS else speech.isolate(rest.kind)
    span = speech.clock(rest.start) if running else speech.span(rest.start, rest.end)
    late = speech.minutes(late_minutes(rest.late_seconds)) if rest.late_seconds else ""
    told = speech.say("{kind} {span}", kind=kind, span=span)
    return Told(told, speech.clock(rest.due), late, running)


def rules_of(speech: Speech, policy: Policy, shift: Shift) -> list[str]:
    """What the rules allow on an open shift: how many may rest, how long, when meals are."""
    breaks, minutes = policy.breaks, speech.minutes
    allowed = speech.say(
        "{allow} of every {every} present may rest; {capacity} at once now.",
        allow=breaks.allow,
        every=breaks.every,
        capacity=shift.capacity or 0,
    )
    lengths = speech.say(
        "Normal {normal}, urgent {urgent}, emergency {emergency} once, meal {meal}.",
        normal=minutes(breaks.normal_minutes),
        urgent=minutes(breaks.urgent_minutes),
        emergency=minutes(policy.emergency.minutes),
        meal=minutes(policy.meal_minutes),
    )
    meals = [
        speech.say("{kind} {span}", kind=meal.name, span=speech.span(meal.starts, meal.ends))
        for meal in shift.windows
    ]
    return [allowed, lengths, *meals]


def share(speech: Speech, part: float | None) -> str:
    """A share in whole percent, rounded down, so that 100 means all of it."""
    return "–" if part is None else speech.say("{n}%", n=int(part * 100 + 1e-9))


def amendment(document: Document, each: Amendment) -> str:
    """A warning that was forgiven after the report was drawn."""
    isolate = document.speech.isolate
    at, reason = document.speech.clock(each.at), isolate(each.reason or "")
    return f"{at} {isolate(document.name(each.by))} → {isolate(document.name(each.agent))} {reason}"
