"""The report as text for a terminal, at most 100 columns wide."""

from collections.abc import Iterator, Sequence
from typing import Final

from llmtb.report.columns import columns
from llmtb.report.document import Document, late_seconds, resting_seconds, standing
from llmtb.report.terms import ACTS, CAUSES, KINDS, REFUSED

WIDTH: Final = 100
NAME: Final = 28  # most columns for a name
RULE: Final = "─"
JOIN: Final = " · "


def text(document: Document) -> str:
    """The shift as a whole, a line for each agent, and then what was out of the ordinary."""
    return "\n".join(line.rstrip() for line in _lines(document)) + "\n"


def _lines(document: Document) -> Iterator[str]:
    yield _cut(document.title, WIDTH)
    yield RULE * WIDTH
    yield from summary(document)
    yield ""
    yield from _agents(document)
    say = document.speech.say
    sections = (
        (say("Late"), _late(document)),
        (say("Capacity"), _capacity(document)),
        (say("Acts"), _acts(document)),
    )
    for name, lines in sections:
        found = list(lines)
        if found:
            yield from ("", f"{name} {RULE * (WIDTH - 1 - columns(name))}", *found)


def summary(document: Document) -> Iterator[str]:
    """The shift as a whole, in a few lines."""
    report, say = document.report, document.speech.say
    agents = report.agents
    late = [rest for _, rest in document.breaks() if rest.late_seconds]
    lateness = document.length(sum(map(late_seconds, agents)))
    warnings = [warning for lines in agents for warning in lines.warnings]
    forgiven = sum(warning.forgiven for warning in warnings)
    absent = sum(not lines.present for lines in agents)
    rests = sum(len(lines.breaks) for lines in agents)
    mean = document.figure(f"{report.mean_resting:.1f}")
    parts = [
        say("Agents: {n} ({absent} absent)", n=len(agents), absent=absent),
        say("Rests: {n} ({late} late, {time})", n=rests, late=len(late), time=lateness),
        say("Warnings: {n} ({forgiven} forgiven)", n=len(warnings), forgiven=forgiven),
    ]
    yield from _wrapped(parts, "   ")
    yield say("At rest: {peak} at most, {mean} on average", peak=report.peak_resting, mean=mean)
    refused = sum(report.refusals.values())
    reasons = [
        f"{document.term(REFUSED, reason)} {document.speech.number(count)}"
        for reason, count in report.refusals.items()
    ]
    yield from _wrapped([say("Refused: {n}", n=refused), *reasons], JOIN)
    meals = [
        f"{document.speech.isolate(name)} {document.hours(opened, closed)}"
        for name, opened, closed in document.meals
    ]
    yield from _wrapped(meals, JOIN)


def _agents(document: Document) -> Iterator[str]:
    say, number = document.speech.say, document.speech.number
    heads = ("Agent", "Present", "Rests", "At rest", "Late", "Warnings", "Refused")
    rows = [tuple(say(head) for head in heads)]
    for lines in document.report.agents:
        late, present = late_seconds(lines), lines.present
        rows.append(
            (
                _cut(document.speech.isolate(document.name(lines.agent)), NAME),
                document.hours(present[0][0], present[-1][1]) if present else say("absent"),
                number(len(lines.breaks)),
                document.length(resting_seconds(lines)),
                document.length(late) if late else "–",
                number(standing(lines)),
                number(len(lines.refusals)),
            )
        )
    yield from _columns(rows)


def _late(document: Document) -> Iterator[str]:
    """Every break that ended late, by due."""
    say, clock = document.speech.say, document.speech.clock
    rows = [
        (
            clock(rest.due),
            _cut(document.speech.isolate(document.name(agent)), NAME),
            document.term(KINDS, rest.kind),
            say("back {time}", time=clock(rest.end)),
            say("{time} late", time=document.length(rest.late_seconds)),
        )
        for agent, rest in sorted(document.breaks(), key=lambda each: (each[1].due, each[0]))
        if rest.late_seconds
    ]
    yield from _columns(rows, left=len(rows[0]) if rows else 0)


def _capacity(document: Document) -> Iterator[str]:
    """The number in force, whenever it changed."""
    number, clock = document.speech.number, document.speech.clock
    changes = [
        f"{clock(line.at)} {number(line.capacity)} ({document.term(CAUSES, line.cause)})"
        for line in document.report.capacity
    ]
    yield from _wrapped(changes, JOIN)


def _acts(document: Document) -> Iterator[str]:
    speech = document.speech
    for agent, act in document.acts():
        whom = f" ({speech.isolate(document.name(agent))})" if agent is not None else ""
        what = f"{document.term(ACTS, act.act)}{whom}"
        line = f"{speech.clock(act.at)}  {speech.isolate(document.name(act.by))}: {what}"
        yield _cut(line, WIDTH)
        if act.reason is not None:
            yield _cut(f"       {speech.isolate(act.reason)}", WIDTH)


def _columns(rows: Sequence[Sequence[str]], left: int = 2) -> Iterator[str]:
    """Rows below each other; the first `left` columns begin, the others end together."""
    widths = [max(map(columns, column)) for column in zip(*rows)]
    for row in rows:
        cells = []
        for place, (cell, width) in enumerate(zip(row, widths)):
            space = " " * (width - columns(cell))
            cells.append(cell + space if place < left else space + cell)
        yield _cut("  ".join(cells), WIDTH)


def _wrapped(parts: Sequence[str], between: str) -> Iterator[str]:
    """Parts one after the other, on as many lines as they need."""
    line = ""
    for part in parts:
        longer = f"{line}{between}{part}" if line else part
        if line and columns(longer) > WIDTH:
            yield line
            longer = part
        line = longer
    if line:
        yield _cut(line, WIDTH)


def _cut(line: str, width: int) -> str:
    """A line that is no wider than so many columns."""
    if columns(line) <= width:
        return line
    kept = line
    while columns(kept) >= width:
        kept = kept[:-1]
    return f"{kept}…"
