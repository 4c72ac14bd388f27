"""A timeline as SVG: a lane for each agent, and below them those resting under the capacity.

It is a file that stands for itself: text instead of pixels, a title and a description for those
who do not see it, no script, nothing fetched. Kinds differ by pattern as well as by colour.
"""

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from typing import Final

from llmtb.events.report import BreakLine
from replay.pictures.markup import element, words
from replay.pictures.panels import Panel, Row
from replay.speech import Speech, counted
from replay.telling.floor import KINDS, REFUSALS

WIDTH: Final = 1200.0
LEFT: Final = 150.0  # names stand before it
RIGHT: Final = 20.0
HEAD: Final = 70.0  # title and legend
CAPTION: Final = 46.0  # above a panel: its name and its hours
LANE: Final = 22.0
CURVE: Final = 110.0  # height of the capacity's curve
GAP: Final = 30.0
INK, FADED, FAINT, PRESENT, MEAL = "#1F2933", "#616E7C", "#CBD2D9", "#EDF1F5", "#D7F0E0"
LATE: Final = "#B3261E"
COLOURS: Final = {
    "normal": "#3E6FD8",
    "urgent": "#C77700",
    "meal": "#2E8555",
    "emergency": "#7B4FC0",
}
PATTERNS: Final = {
    "urgent": "M0,8 L8,0",
    "meal": "M1.5,2 h2 M5.5,6 h2",
    "emergency": "M0,4 h8 M4,0 v8",
    "late": "M0,0 L8,8 M0,4 L4,8 M4,0 L8,4",
}


class Plane:
    """Where an instant of a panel stands across the picture."""

    def __init__(self, panel: Panel) -> None:
        self.starts = panel.starts
        self.seconds = max(1.0, (panel.ends - panel.starts).total_seconds())

    def x(self, at: datetime) -> float:
        """Its place, within the panel."""
        share = (at - self.starts).total_seconds() / self.seconds
        return LEFT + (WIDTH - LEFT - RIGHT) * min(1.0, max(0.0, share))

    def bar(self, first: datetime, last: datetime, **attributes: object) -> dict[str, object]:
        """A rectangle from one instant to another; never so thin that it is not seen."""
        x = self.x(first)
        return {"x": x, "width": max(1.5, self.x(last) - x), **attributes}


def picture(panels: Sequence[Panel], title: str, speech: Speech) -> str:
    """All panels, one below the other, as one SVG file."""
    inside = [
        element("title", words(title)),
        element("desc", words(_description(panels), 100_000)),
        element("defs", *(_pattern(name, path) for name, path in PATTERNS.items())),
        element("rect", width="100%", height="100%", fill="#FFFFFF"),
        element("text", words(title), x=20, y=30, font_size=18, fill=INK),
        *_legend(),
    ]
    top = HEAD
    for panel in panels:
        inside += _panel(panel, top, speech)
        top += CAPTION + LANE * max(1, len(panel.rows)) + GAP + CURVE + GAP
    return framed(inside, max(top, HEAD + 20))


def framed(inside: Sequence[str], height: float) -> str:
    """The file around what is drawn."""
    svg = element(
        "svg",
        *inside,
        xmlns="http://www.w3.org/2000/svg",
        viewBox=f"0 0 {WIDTH:g} {height:g}",
        width=WIDTH,
        height=height,
        role="img",
        font_family="system-ui, sans-serif",
        font_size=12,
    )
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{svg}\n'


def _description(panels: Sequence[Panel]) -> str:
    """The picture in words, for those who do not see it."""
    told = []
    for panel in panels:
        breaks = [each for row in panel.rows for each in row.breaks]
        late = sum(each.late_seconds > 0 for each in breaks)
        warnings = sum(len(row.warnings) for row in panel.rows)
        refused = sum(len(row.refusals) for row in panel.rows)
        told.append(
            f"{panel.shift}: {counted(len(panel.rows), 'agent')}, {counted(len(breaks), 'break')},"
            f" {late} of them late, {counted(warnings, 'warning')}, {counted(refused, 'refusal')}."
        )
    return " ".join(told) or "Nothing happened."


def _pattern(name: str, path: str) -> str:
    lines = element("path", d=path, stroke="#FFFFFF", stroke_width=1.4, fill="none")
    return element(
        "pattern", lines, id=f"p-{name}", width=8, height=8, patternUnits="userSpaceOnUse"
    )


def _legend() -> Iterator[str]:
    x = 20.0
    for kind, colour in COLOURS.items():
        yield from _block(kind, colour, x, 44, 18)
        yield element("text", words(KINDS[kind].partition(" ")[2]), x=x + 24, y=55, fill=INK)
        x += 150
    for mark, name in ((_triangle(x + 8, 58, LATE), "warning"), (_cross(x + 108, 51), "refused")):
        yield mark
        yield element("text", words(name), x=x + 20, y=55, fill=INK)
        x += 100


def _block(kind: str, colour: str, x: float, y: float, width: float) -> Iterator[str]:
    yield element("rect", x=x, y=y, width=width, height=12.0, fill=colour)
    if kind in PATTERNS:
        yield element("rect", x=x, y=y, width=width, height=12.0, fill=f"url(#p-{kind})")


def _panel(panel: Panel, top: float, speech: Speech) -> Iterator[str]:
    plane, lanes = Plane(panel), LANE * max(1, len(panel.rows))
    first, below = top + CAPTION, top + CAPTION + lanes
    yield element("text", words(panel.shift), x=20, y=top + 16, font_size=14, fill=INK)
    for name, since, till in panel.meals:
        label = f"{name}, {speech.time(since)} to {speech.time(till)}"
        box = plane.bar(since, till, y=first, height=lanes, fill=MEAL)
        yield element("g", element("title", words(label)), element("rect", **box))
        yield element("text", words(name), x=plane.x(since) + 3, y=first - 18, fill=FADED)
    yield from _hours(plane, panel, first, below + GAP + CURVE, speech)
    for number, row in enumerate(panel.rows):
        yield from _lane(plane, row, first + LANE * number, speech)
    yield from _curve(plane, panel, below + GAP)


def _hours(plane: Plane, panel: Panel, top: float, bottom: float, speech: Speech) -> Iterator[str]:
    hours = max(1, round((panel.ends - panel.starts).total_seconds() / 3600 / 12))
    at = panel.starts
    while at <= panel.ends:
        x = plane.x(at)
        yield element("line", x1=x, x2=x, y1=top - 4, y2=bottom, stroke=FAINT)
        yield element("text", speech.time(at), x=x, y=top - 6, fill=FADED, text_anchor="middle")
        at += timedelta(hours=hours)


def _lane(plane: Plane, row: Row, top: float, speech: Speech) -> Iterator[str]:
    yield element("text", words(row.agent, 20), x=20, y=top + 15, fill=INK)
    for first, last in row.present:
        yield element("rect", **plane.bar(first, last, y=top + 3, height=LANE - 6, fill=PRESENT))
    for each in row.breaks:
        yield from _rest(plane, row.agent, each, top, speech)
    for warning in row.warnings:
        told = f"{row.agent}: warned at {speech.time(warning.at)}"
        told += ", forgiven" if warning.forgiven else ""
        fill = "none" if warning.forgiven else LATE
        mark = _triangle(plane.x(warning.at), top + LANE - 4, fill)
        yield element("g", element("title", words(told)), mark)
    for refusal in row.refusals:
        why = REFUSALS.get(refusal.reason, refusal.reason)
        told = f"{row.agent}: refused at {speech.time(refusal.at)}, {why}"
        cross = _cross(plane.x(refusal.at), top + LANE / 2)
        yield element("g", element("title", words(told)), cross)


def _rest(plane: Plane, agent: str, rest: BreakLine, top: float, speech: Speech) -> Iterator[str]:
    late = rest.late_seconds > 0
    told = (
        f"{agent}: {KINDS.get(rest.kind, rest.kind)} from {speech.time(rest.start)} to"
        f" {speech.time(rest.end)}, due {speech.time(rest.due)}"
        + (f", {counted(rest.late_seconds, 'second')} late" if late else "")
    )
    size: dict[str, object] = {"y": top + 4, "height": LANE - 8}
    whole = plane.bar(rest.start, rest.end, **size)
    drawn = [element("rect", fill=COLOURS.get(rest.kind, INK), **whole)]
    if rest.kind in PATTERNS:
        drawn.append(element("rect", fill=f"url(#p-{rest.kind})", **whole))
    if late:
        after = plane.bar(rest.due, rest.end, **size)
        drawn += [element("rect", fill=fill, **after) for fill in (LATE, "url(#p-late)")]
    yield element("g", element("title", words(told)), *drawn)


def _curve(plane: Plane, panel: Panel, top: float) -> Iterator[str]:
    """How many rested, filled, under how many might."""
    steps = [(line.at, line.capacity) for line in panel.capacity]
    most = max([1, *(n for _, n in steps), *(n for _, n in panel.resting)])
    base = top + CURVE

    def path(moves: Sequence[tuple[datetime, int]]) -> str:
        parts: list[str] = []
        for at, number in moves:
            parts.append(
                f"{'H' if parts else 'M'}{plane.x(at):.1f}"
                + (
                    f" V{base - CURVE * number / most:.1f}"
                    if parts
                    else f",{base - CURVE * number / most:.1f}"
                )
            )
        return " ".join([*parts, f"H{plane.x(panel.ends):.1f}"]) if parts else ""

    resting, capacity = path(panel.resting), path(steps)
    if resting:
        shape = f"{resting} V{base:.1f} H{plane.x(panel.starts):.1f} Z"
        told = element("title", words("how many rested at once"))
        yield element("path", told, d=shape, fill=COLOURS["normal"], fill_opacity=0.35)
    if capacity:
        told = element("title", words("how many might rest at once"))
        yield element("path", told, d=capacity, fill="none", stroke=INK, stroke_width=2)
    yield element("line", x1=LEFT, x2=WIDTH - RIGHT, y1=base, y2=base, stroke=FADED)
    for number in {0, most}:
        y = base - CURVE * number / most + 4
        yield element("text", str(number), x=LEFT - 8, y=y, fill=FADED, text_anchor="end")
    for number, name in enumerate(("line: might rest", "area: rested")):
        yield element("text", words(name), x=20, y=top + 32 + 16 * number, fill=FADED)


def _triangle(x: float, y: float, fill: str) -> str:
    path = f"M{x - 5:.1f},{y:.1f} h10 l-5,-9 Z"
    return element("path", d=path, fill=fill, stroke=LATE, stroke_width=1.5)


def _cross(x: float, y: float) -> str:
    path = f"M{x - 4:.1f},{y - 4:.1f} l8,8 m0,-8 l-8,8"
    return element("path", d=path, fill="none", stroke=INK, stroke_width=1.8)
