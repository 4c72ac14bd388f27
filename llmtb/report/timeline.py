"""The report as a picture: who rested when, how late, and how many at once."""

import io
import re
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from typing import Any

from llmtb.report.document import Document

MOST = 240  # agents in one picture
COLOURS = {"normal": "#4c8bbf", "urgent": "#e0a63b", "meal": "#5aa469", "emergency": "#a05fb0"}
LATE, CAPACITY, RESTING, GRID = "#d64545", "#333333", "#9db8cc", "#dddddd"
Box = list[tuple[float, float]]
ISOLATES = re.compile("[\u2066-\u2069]")  # the letters are set whole here, and fonts lack these


def as_png(document: Document) -> bytes:
    """The timeline: a row for each agent, below it the rests at once against the capacity.

    A rest is drawn in the colour of its kind, what was late of it in red; a warning is a mark.
    The same report gives the same bytes.
    """
    from matplotlib.figure import Figure

    rows = document.report.agents[:MOST]
    tall = max(2.0, 0.2 * len(rows))
    figure = Figure(figsize=(12, tall + 3.2), dpi=100, layout="constrained")
    upper, lower = figure.subplots(2, 1, sharex=True, height_ratios=[tall, 1.8])
    _draw_agents(upper, document)
    _draw_level(lower, document)
    _draw_hours(lower, document)
    upper.set_title(_plain(document.title), fontsize=13, loc="left", pad=10)
    out = io.BytesIO()
    figure.savefig(out, format="png", metadata={"Software": None})
    return out.getvalue()


def _draw_agents(axes: Any, document: Document) -> None:
    rows = document.report.agents[:MOST]
    for meal, opened, closed in document.meals:
        left = _hours(document, opened)
        axes.axvspan(left, _hours(document, closed), color="#eef6ef", zorder=0)
        axes.text(left, -0.9, f" {_plain(meal)}", fontsize=8, color="#5aa469", va="center")
    present, late = [], []
    rests: dict[str, list[Box]] = {kind: [] for kind in COLOURS}
    marks: list[tuple[float, int]] = []
    for row, lines in enumerate(rows):
        present += [_box(document, row, start, end, 0.43) for start, end in lines.present]
        for rest in lines.breaks:
            until = min(rest.end, rest.due)
            rests[rest.kind].append(_box(document, row, rest.start, until, 0.33))
            if rest.late_seconds:
                late.append(_box(document, row, rest.due, rest.end, 0.33))
        marks += [(_hours(document, warning.at), row) for warning in lines.warnings]
    _fill(axes, present, color="#f2f2f2", zorder=1)
    for kind, boxes in rests.items():
        _fill(axes, boxes, color=COLOURS[kind], zorder=2)
    _fill(axes, late, facecolor=LATE, hatch="////", lw=0, zorder=2)
    axes.plot([x for x, _ in marks], [y for _, y in marks], "kv", markersize=3.5, zorder=3)
    axes.set_yticks(range(len(rows)), [_plain(document.name(r.agent)) for r in rows], fontsize=7)
    axes.set_ylim(len(rows) - 0.4, -1.4)
    axes.tick_params(length=0)
    axes.spines[:].set_visible(False)
    _draw_legend(axes, document.speech.say)


def _fill(axes: Any, boxes: list[Box], **style: Any) -> None:
    """Draw boxes of one style: together, which is many times as fast as one by one."""
    from matplotlib.collections import PolyCollection

    axes.add_collection(PolyCollection(boxes, **style), autolim=False)


def _draw_legend(axes: Any, say: Any) -> None:
    from matplotlib.lines import Line2D
    from matplotlib.patches import Patch

    parts: list[Any] = [Patch(color=colour, label=say(kind)) for kind, colour in COLOURS.items()]
    parts.append(Patch(facecolor=LATE, hatch="////", lw=0, label=say("late")))
    warning = Line2D([], [], color="black", marker="v", ls="", markersize=5, label=say("warning"))
    parts.append(warning)
    place = {"loc": "lower right", "bbox_to_anchor": (1.0, 1.0), "borderaxespad": 0.2}
    axes.legend(handles=parts, ncols=len(parts), fontsize=8, frameon=False, **place)


def _draw_level(axes: Any, document: Document) -> None:
    """How many rested at once, filled, under the capacity in force."""
    say, report = document.speech.say, document.report
    instants, level = zip(*_levels(document), strict=True)
    hours = [_hours(document, instant) for instant in instants]
    axes.fill_between(hours, level, step="post", color=RESTING, label=say("at rest"))
    lines = report.capacity
    if lines:
        times = [_hours(document, line.at) for line in lines]
        numbers = [line.capacity for line in lines]
        times.append(_hours(document, report.ends))
        numbers.append(numbers[-1])
        style: dict[str, Any] = {"where": "post", "color": CAPACITY, "lw": 1.4}
        axes.step(times, numbers, label=say("capacity"), **style)
    top = max([*level, *(line.capacity for line in lines), 1])
    axes.set_ylim(0, top * 1.15)
    ticks = sorted({round(top * share) for share in (0, 0.5, 1)})
    axes.set_yticks(ticks, [document.speech.number(tick) for tick in ticks], fontsize=8)
    axes.spines[["top", "right"]].set_visible(False)
    axes.legend(fontsize=8, frameon=False, loc="upper left", ncols=2)


def _draw_hours(axes: Any, document: Document) -> None:
    report = document.report
    first = report.starts.astimezone(document.speech.zone).replace(minute=0, second=0)
    whole = int((report.ends - first) / timedelta(hours=1)) + 1
    ticks = [first + timedelta(hours=hour) for hour in range(whole + 1)]
    shown = [tick for tick in ticks if report.starts <= tick <= report.ends]
    places = [_hours(document, tick) for tick in shown]
    axes.set_xticks(places, [_plain(document.speech.clock(tick)) for tick in shown], fontsize=8)
    axes.set_xlim(0, _hours(document, report.ends))
    for drawn in axes.figure.axes:
        drawn.grid(axis="x", color=GRID, lw=0.6)
        drawn.set_axisbelow(True)


def _levels(document: Document) -> Iterator[tuple[datetime, int]]:
    report = document.report
    rests: Sequence[Any] = [rest for lines in report.agents for rest in lines.breaks]
    moves = [(rest.start, 1) for rest in rests] + [(rest.end, -1) for rest in rests]
    level = 0
    yield report.starts, 0
    for instant, move in sorted(moves):
        level += move
        yield instant, level
    yield report.ends, level


def _box(document: Document, row: int, start: datetime, end: datetime, half: float) -> Box:
    """The corners of a stretch of time in a row, `half` as high as it is drawn."""
    left, right = _hours(document, start), _hours(document, max(start, end))
    top, bottom = row - half, row + half
    return [(left, top), (right, top), (right, bottom), (left, bottom)]


def _hours(document: Document, instant: datetime) -> float:
    return (instant - document.report.starts).total_seconds() / 3600


def _plain(text: str) -> str:
    return ISOLATES.sub("", text)
