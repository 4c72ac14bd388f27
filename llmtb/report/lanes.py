"""The lanes of a timeline: what each agent's shift was, from left to right or the other way."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Final

from llmtb.events.report import AgentLines, BreakLine
from llmtb.report.document import Document
from llmtb.report.markup import element, words
from llmtb.report.plane import (
    EDGE,
    NAMES,
    WIDTH,
    Plane,
    bar,
    cross,
    cut,
    forgiven,
    hour_lines,
    meals,
    present,
    warned,
)
from llmtb.report.terms import KINDS, REFUSED, WARNED
from llmtb.report.timeline import COLOURS, FADED, INK, PRESENT

LANE: Final = 24
BAR: Final = 14


def lanes(plane: Plane, rows: Sequence[AgentLines], top: float) -> Iterator[str]:
    """Meals, hours, and a lane for each agent below them."""
    bottom = top + LANE * max(1, len(rows))
    for row, lines in enumerate(rows):
        for starts, ends in lines.present:
            look = {"class_": "present", "fill": PRESENT}
            yield bar(plane, starts, ends, top + LANE * row + 2, LANE - 4, **look)
    yield from meals(plane, top, bottom, named=True)
    yield from hour_lines(plane, top, bottom, top - 6)
    for row, lines in enumerate(rows):
        yield _lane(plane, lines, top + LANE * row)
    yield from present(plane, top, bottom)


def _lane(plane: Plane, lines: AgentLines, top: float) -> str:
    document, middle = plane.document, top + LANE / 2
    name = document.speech.isolate(cut(document.name(lines.agent)))
    x, place = plane.side(NAMES - 8), plane.side(NAMES + 6)
    shown = [element("text", words(name), class_="who", x=x, y=middle + 4, text_anchor="end")]
    if not lines.present:
        absent = words(document.speech.say("absent"))
        shown.append(element("text", absent, class_="faded", x=place, y=middle + 4, fill=FADED))
    shown += [_rest(plane, lines, rest, middle - BAR / 2) for rest in lines.breaks]
    for refusal in lines.refusals:
        said = f"{document.term(KINDS, refusal.kind)}: {document.term(REFUSED, refusal.reason)}"
        shown.append(_noted(plane, refusal.at, said, cross(plane.x(refusal.at), middle)))
    for warning in lines.warnings:
        x, y = plane.x(warning.at), top + 4
        mark = forgiven(x, y) if warning.forgiven else warned(x, y)
        shown.append(_noted(plane, warning.at, document.term(WARNED, warning.cause), mark))
    return element("g", *shown, class_="lane")


def _rest(plane: Plane, lines: AgentLines, rest: BreakLine, y: float) -> str:
    """One break: what was granted of it, its due, what was late, what was left."""
    due = max(rest.due, rest.start)
    kind = rest.kind if rest.kind in COLOURS else "normal"
    shown = [bar(plane, rest.start, min(due, rest.end), y, BAR, fill=plane.fill(kind), rx=2)]
    if rest.end > due:
        shown.append(
            bar(plane, due, rest.end, y, BAR, class_="overdue", fill=plane.fill("late"), rx=2)
        )
    elif rest.end < due:
        outline = {"fill": "none", "stroke": FADED, "stroke_dasharray": "2 2"}
        shown.append(bar(plane, rest.end, due, y, BAR, class_="left", **outline))
    x = plane.x(due)
    shown.append(
        element(
            "line", class_="due", x1=x, x2=x, y1=y - 3, y2=y + BAR + 3, stroke=INK, stroke_width=1.2
        )
    )
    return element(
        "g",
        element("title", words(told(plane.document, lines.agent, rest))),
        *shown,
        class_=f"rest {kind}{' late' if rest.late_seconds else ''}",
        data_agent=lines.agent,
        data_start=rest.start.isoformat(),
    )


def told(document: Document, agent: str, rest: BreakLine) -> str:
    """A break in words: whose, its kind, from when to when, how late."""
    say, speech = document.speech.say, document.speech
    span = document.hours(rest.start, rest.end)
    said = say("{kind} {span}", kind=document.term(KINDS, rest.kind), span=span)
    if rest.late_seconds:
        said = say("{rest}, {late} late", rest=said, late=document.length(rest.late_seconds))
    return f"{speech.isolate(document.name(agent))}: {said}"


def _noted(plane: Plane, at: datetime, said: str, drawn: str) -> str:
    title = f"{plane.document.speech.clock(at)} {said}"
    return element("g", element("title", words(title)), drawn)


def legend(plane: Plane, top: float) -> str:
    """What the shapes mean, in words."""
    say, document = plane.document.speech.say, plane.document
    parts = [(document.term(KINDS, kind), kind) for kind in COLOURS]
    parts += [(say("late"), "late"), (say("warning"), "warning"), (say("forgiven"), "forgiven")]
    parts += [(say("Refused"), "refused")]
    step = (WIDTH - 2 * EDGE) / len(parts)
    shown = []
    for place, (name, shape) in enumerate(parts):
        x, y = plane.side(EDGE + place * step + 7), top + 12
        drawn = {"warning": warned, "forgiven": forgiven, "refused": cross}.get(shape)
        sample = element(
            "rect", x=x - 7, y=y - 7, width=14, height=BAR, fill=plane.fill(shape), rx=2
        )
        shown.append(drawn(x, y) if drawn else sample)
        shown.append(element("text", words(name), x=plane.side(EDGE + place * step + 19), y=y + 4))
    return element("g", *shown, class_="legend")
