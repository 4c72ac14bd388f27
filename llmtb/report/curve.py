"""The level of a timeline: how many rested at once, filled, and the capacity over it."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from itertools import pairwise
from typing import Final

from llmtb.report.level import Level, levels
from llmtb.report.markup import element, words
from llmtb.report.plane import EDGE, NAMES, WIDTH, Plane, bar, hour_lines, meals, present
from llmtb.report.timeline import COLOURS, FAINT, INK

LEVEL: Final = 130


def level(plane: Plane, top: float) -> Iterator[str]:
    """How many rested at once, filled, and the capacity over it."""
    document, steps = plane.document, levels(plane.document.report)
    if plane.now is not None:
        steps = [step for step in steps if step.at <= plane.now] or steps[:1]
    end = document.until if plane.now is None else plane.now
    most = max([1, *(max(s.ordinary + s.emergency, s.capacity or 0) for s in steps)])
    spans = [(a, b.at) for a, b in pairwise(steps)] + [(steps[-1], max(end, steps[-1].at))]

    def height(n: int) -> float:
        return LEVEL * n / (most * 1.12)

    yield from meals(plane, top, top + LEVEL, named=False)
    yield from hour_lines(plane, top, top + LEVEL, top + LEVEL + 15)
    yield from _numbers(plane, top, most)
    for step, until in spans:
        for class_, low, number, colour in _blocks(step):
            tall = height(number)
            y = top + LEVEL - height(low) - tall
            look = {"class_": class_, "fill": colour or plane.fill("late")}
            yield bar(plane, step.at, until, y, tall, shape_rendering="crispEdges", **look)
    yield _capacity(plane, spans, top, most)
    yield from present(plane, top, top + LEVEL)
    yield _level_legend(plane, top - 12)


def _blocks(step: Level) -> Iterator[tuple[str, int, int, str]]:
    """What is filled of one step: its class, from what number on, how many, the colour."""
    over = 0 if step.capacity is None else max(0, step.ordinary - step.capacity)
    if step.ordinary - over:
        yield "resting", 0, step.ordinary - over, "#A9BFDD"
    if over:
        yield "overdue", step.ordinary - over, over, ""
    if step.emergency:
        yield "resting emergency", step.ordinary, step.emergency, COLOURS["emergency"]


def _numbers(plane: Plane, top: float, most: int) -> Iterator[str]:
    every = max(1, -(-most // 4))
    for number in range(0, most + 1, every):
        y = top + LEVEL - LEVEL * number / (most * 1.12)
        ends = {"x1": plane.side(NAMES), "x2": plane.side(WIDTH - EDGE), "y1": y, "y2": y}
        yield element("line", class_="hour", stroke=FAINT, **ends)
        shown = words(plane.document.speech.number(number))
        yield element("text", shown, x=plane.side(NAMES - 8), y=y + 4, text_anchor="end")


def _capacity(plane: Plane, spans: Sequence[tuple[Level, datetime]], top: float, most: int) -> str:
    """The line of the capacity; it begins where the first number was given."""
    path, pen = [], "M"
    for step, until in spans:
        if step.capacity is not None:
            y = top + LEVEL - LEVEL * step.capacity / (most * 1.12)
            path.append(f"{pen}{plane.x(step.at):.1f},{y:.1f} L{plane.x(until):.1f},{y:.1f}")
            pen = "L"
    look: dict[str, str | float] = {"fill": "none", "stroke": INK, "stroke_width": 1.8}
    return element("path", class_="capacity", d=" ".join(path), **look)


def _level_legend(plane: Plane, y: float) -> str:
    say = plane.document.speech.say
    x = [plane.side(NAMES + place) for place in (0, 14, 180, 200, 380, 394)]
    line = {"x1": x[2], "x2": plane.side(NAMES + 194), "y1": y, "y2": y}
    box = {"y": y - 5, "width": 10, "height": 10}
    return element(
        "g",
        element(
            "rect", class_="resting", x=min(x[0], plane.side(NAMES + 10)), fill="#A9BFDD", **box
        ),
        element("text", words(say("at rest")), x=x[1], y=y + 4),
        element("line", class_="capacity", stroke=INK, stroke_width=1.8, **line),
        element("text", words(say("capacity")), x=x[3], y=y + 4),
        element("rect", x=min(x[4], plane.side(NAMES + 390)), fill=plane.fill("late"), **box),
        element("text", words(say("more than the capacity")), x=x[5], y=y + 4),
        class_="legend",
    )
