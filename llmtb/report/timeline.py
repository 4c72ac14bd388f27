"""The report as a picture: who rested when and how late, and how many at once of how many."""

import io
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import datetime
from math import nan
from threading import Lock
from typing import Any, Final, NamedTuple

from llmtb.events.report import AgentLines, BreakLine
from llmtb.report.document import Document, PlainSpeech, late_seconds
from llmtb.report.hours import hours
from llmtb.report.letters import RIGHT_TO_LEFT_MARK, drawable, families, plain
from llmtb.report.level import Level, levels
from llmtb.report.terms import KINDS

MOST: Final = 240  # agents in one picture
NAME: Final = 24  # letters of a name
DPI: Final = 110
WIDTH: Final = 14.0  # of the picture; all sizes are in inches
HEAD: Final = 1.15  # above the agents: title, figures, legend, hours
BELOW: Final = 0.45  # under the level: hours
EDGE: Final = 0.45
GAP: Final = 0.3
LEVEL: Final = 1.7  # height of the level
PITCH: Final = ((12, 0.36), (40, 0.26), (100, 0.21), (MOST, 0.17))
"""How high an agent's row is, for so many agents."""
COLOURS: Final = {
    "normal": "#5B8DEF",
    "urgent": "#F2A93B",
    "meal": "#53B27C",
    "emergency": "#9B6DD6",
}
LATE: Final = "#E0473C"
INK, FADED, FAINT, PRESENT, MEAL = "#1F2933", "#7B8794", "#E4E8ED", "#F3F5F8", "#BFE8D0"

DRAWING = Lock()  # matplotlib is not made for several threads

Box = list[tuple[float, float]]
Style = dict[str, Any]


class Canvas(NamedTuple):
    """Where things go: the figure, the agents' part of it and the level's, both by the hour."""

    figure: Any
    agents: Any
    level: Any
    rows: Sequence[AgentLines]
    pitch: float
    height: float


def as_png(document: Document) -> bytes:
    """The timeline: a row for each agent, and below it the rests at once under the capacity.

    A rest has the colour of its kind; what was late of it is red and hatched. A warning is a mark,
    hollow if it was forgiven. The same report gives the same bytes. Where no font has the letters
    of the language, the words are English, and the picture says so.
    """
    import matplotlib.style

    note = missing_font(document)
    if note is not None:
        document = replace(document, speech=PlainSpeech(document.speech.zone))
    out, fonts = io.BytesIO(), {"font.family": families()}
    with DRAWING, matplotlib.style.context(["default", fonts]):
        canvas = _canvas(document)
        _draw_head(canvas, document, note)
        _draw_meals(canvas, document)
        _draw_agents(canvas, document)
        _draw_level(canvas, document)
        _draw_hours(canvas, document)
        canvas.figure.savefig(out, format="png", dpi=DPI, metadata={"Software": None})
    return out.getvalue()


def _canvas(document: Document) -> Canvas:
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    rows = document.report.agents[:MOST]
    pitch = next(pitch for most, pitch in PITCH if len(rows) <= most)
    tall = pitch * max(1, len(rows))
    height = HEAD + tall + GAP + LEVEL + BELOW
    letters = max([len(_name(document, lines)) for lines in rows], default=0)
    names = max(0.9, letters * 0.62 * _letter(pitch) / 72 + 0.25)
    figure = Figure(figsize=(WIDTH, height), facecolor="white")
    FigureCanvasAgg(figure)
    left = EDGE if document.leftward else names
    wide = (WIDTH - names - EDGE) / WIDTH
    agents = figure.add_axes((left / WIDTH, (BELOW + LEVEL + GAP) / height, wide, tall / height))
    level = figure.add_axes((left / WIDTH, BELOW / height, wide, LEVEL / height))
    for axes in (agents, level):
        axes.set_xlim(0, _hours(document, document.until))
        axes.spines[:].set_visible(False)
        axes.tick_params(length=0, labelcolor=INK)
        axes.set_axisbelow(True)
        if document.leftward:
            axes.yaxis.tick_right()
    return Canvas(figure, agents, level, rows, pitch, height)


def missing_font(document: Document) -> str | None:
    """What is said where the words of the document's language cannot be drawn; None: they can."""
    if all(drawable(document.term(KINDS, kind)) for kind in KINDS):
        return None
    return f"in English: this machine has no font for {document.speech.language}"


def _draw_head(canvas: Canvas, document: Document, note: str | None) -> None:
    """The title, the figures under it, and the legend. note: told after the figures."""
    report, say = document.report, document.speech.say
    late = sum(rest.late_seconds > 0 for _, rest in document.breaks())
    figures = [
        say("Agents: {n}", n=len(report.agents)),
        say("Rests: {n}", n=sum(len(lines.breaks) for lines in report.agents)),
        say(
            "Late: {n} ({time})",
            n=late,
            time=document.length(sum(map(late_seconds, report.agents))),
        ),
        say("Warnings: {n}", n=sum(len(lines.warnings) for lines in report.agents)),
        say("Refused: {n}", n=sum(report.refusals.values())),
    ]
    if len(report.agents) > MOST:
        figures.append(say("not drawn: {n}", n=len(report.agents) - MOST))
    if note is not None:
        figures.append(note)
    right = document.leftward
    place = 1 - EDGE / WIDTH if right else EDGE / WIDTH
    style: Style = {"ha": "right" if right else "left", "va": "top"}
    top = [1 - inches / canvas.height for inches in (0.2, 0.56)]
    write = canvas.figure.text
    # Drawn text takes its direction from its first letter, which may be that of a Latin name.
    title = (RIGHT_TO_LEFT_MARK if right else "") + plain(document.title)
    write(place, top[0], title, size=15, weight="bold", color=INK, **style)
    write(place, top[1], plain(" · ".join(figures)), size=10, color=FADED, **style)
    _draw_legend(canvas, document)


def _draw_legend(canvas: Canvas, document: Document) -> None:
    from matplotlib.lines import Line2D
    from matplotlib.patches import Patch

    say = document.speech.say
    parts: list[Any] = [
        Patch(color=colour, label=plain(document.term(KINDS, kind)))
        for kind, colour in COLOURS.items()
    ]
    parts.append(Patch(label=plain(say("late")), **_late_style()))
    for label, fill in ((say("warning"), INK), (say("forgiven"), "white")):
        parts.append(Line2D([], [], label=plain(label), **_mark_style(6.0, fill)))
    right = document.leftward
    canvas.figure.legend(
        handles=parts[::-1] if right else parts,
        loc="upper left" if right else "upper right",
        bbox_to_anchor=(EDGE / WIDTH if right else 1 - EDGE / WIDTH, 1 - 0.16 / canvas.height),
        ncols=len(parts),
        fontsize=9,
        labelcolor=INK,
        frameon=False,
        markerfirst=not right,
        borderaxespad=0,
        columnspacing=1.2,
        handlelength=1.4,
        handletextpad=0.5,
    )


def _draw_meals(canvas: Canvas, document: Document) -> None:
    """A band for each meal window, with its name above."""
    for meal, opened, closed in document.meals:
        left, right = _hours(document, opened), _hours(document, closed)
        for axes in (canvas.agents, canvas.level):
            axes.axvspan(left, right, color=MEAL, alpha=0.45, lw=0, zorder=0.7)
        canvas.agents.annotate(
            plain(meal),
            ((left + right) / 2, 1),
            xycoords=("data", "axes fraction"),
            xytext=(0, 17),
            textcoords="offset points",
            ha="center",
            va="bottom",
            size=9,
            color="#2F8F5B",
        )


def _draw_agents(canvas: Canvas, document: Document) -> None:
    axes, rows, pitch = canvas.agents, canvas.rows, canvas.pitch
    here = [
        _box(document, row, starts, ends, 0.44)
        for row, lines in enumerate(rows)
        for starts, ends in lines.present
    ]
    _fill(axes, here, facecolor=PRESENT, lw=0, zorder=0.5)
    for kind, colour in COLOURS.items():
        rests = [
            _box(document, row, rest.start, min(rest.due, rest.end), 0.32)
            for row, rest in _rests(rows)
            if rest.kind == kind
        ]
        _fill(axes, rests, facecolor=colour, lw=0, zorder=3)
    late = [_box(document, row, r.due, r.end, 0.32) for row, r in _rests(rows) if r.late_seconds]
    _fill(axes, late, zorder=3, **_late_style())
    for forgiven, fill in ((False, INK), (True, "white")):
        marks = [
            (_hours(document, warning.at), row - 0.34)
            for row, lines in enumerate(rows)
            for warning in lines.warnings
            if warning.forgiven == forgiven
        ]
        if marks:
            axes.plot(*zip(*marks), clip_on=False, zorder=4, **_mark_style(pitch * 17, fill))
    _name_rows(canvas, document)


def _name_rows(canvas: Canvas, document: Document) -> None:
    axes, rows, size = canvas.agents, canvas.rows, _letter(canvas.pitch)
    axes.set_ylim(max(1, len(rows)) - 0.5, -0.5)
    axes.set_yticks(range(len(rows)), [_name(document, lines) for lines in rows], fontsize=size)
    for row, (lines, label) in enumerate(zip(rows, axes.get_yticklabels())):
        if not lines.present:
            label.set_color(FADED)
            place = axes.get_xlim()[1] if document.leftward else 0
            style: Style = {"ha": "right" if document.leftward else "left", "va": "center"}
            word = f" {plain(document.speech.say('absent'))} "
            axes.text(place, row, word, size=size, color=FADED, **style)


def _draw_level(canvas: Canvas, document: Document) -> None:
    """How many rested at once, filled, and the capacity over it, wherever they changed."""
    say, axes, steps = document.speech.say, canvas.level, levels(document.report)
    places = [_hours(document, step.at) for step in steps]
    ordinary = [step.ordinary for step in steps]
    everybody = [step.ordinary + step.emergency for step in steps]
    capacity = [nan if step.capacity is None else step.capacity for step in steps]
    shown: Style = {"step": "post", "lw": 0}
    axes.fill_between(places, ordinary, color="#A9BFDD", label=plain(say("at rest")), **shown)
    axes.fill_between(places, ordinary, everybody, color=COLOURS["emergency"], alpha=0.7, **shown)
    over = [number > most for number, most in zip(ordinary, capacity)]
    if any(over):
        label = plain(say("more than the capacity"))
        axes.fill_between(places, capacity, ordinary, where=over, color=LATE, label=label, **shown)
    axes.step(places, capacity, where="post", color=INK, lw=1.6, label=plain(say("capacity")))
    _number(axes, document, max([*everybody, *(step.capacity or 0 for step in steps), 1]))
    _note_capacity(axes, document, steps)
    axes.legend(
        loc="upper right" if document.leftward else "upper left",
        bbox_to_anchor=(1 if document.leftward else 0, 1.16),
        ncols=3,
        fontsize=9,
        labelcolor=INK,
        frameon=False,
        markerfirst=not document.leftward,
        borderaxespad=0,
    )


def _number(axes: Any, document: Document, most: int) -> None:
    """The numbers beside the level, in the language's digits."""
    from matplotlib.ticker import MaxNLocator

    axes.set_ylim(0, most * 1.12)
    ticks = [int(tick) for tick in MaxNLocator(4, integer=True).tick_values(0, most)]
    shown = [tick for tick in ticks if 0 <= tick <= most * 1.12]
    axes.set_yticks(shown, [document.speech.number(tick) for tick in shown], fontsize=9)
    axes.grid(axis="y", color=FAINT, lw=0.6)


def _note_capacity(axes: Any, document: Document, steps: Sequence[Level]) -> None:
    """The capacity's number at each change, while there is room for it."""
    changes = [
        (step.at, step.capacity)
        for step, before in zip(steps[1:-1], steps)
        if step.capacity not in (before.capacity, None)
    ]
    if len(changes) <= 16:
        for at, capacity in changes:
            number, place = document.speech.number(capacity or 0), (_hours(document, at), capacity)
            style: Style = {"textcoords": "offset points", "size": 8, "color": INK}
            axes.annotate(number, place, xytext=(2, 2), **style)


def _draw_hours(canvas: Canvas, document: Document) -> None:
    """The hours: above the agents and below the level, with a line at each."""
    shown = hours(document)
    places = [_hours(document, tick) for tick in shown]
    labels = [plain(document.speech.clock(tick)) for tick in shown]
    for axes in (canvas.agents, canvas.level):
        axes.set_xticks(places, labels, fontsize=9, color=FADED)
        axes.grid(axis="x", color=FAINT, lw=0.8, zorder=1)
    canvas.agents.xaxis.tick_top()
    canvas.agents.tick_params(length=0)
    canvas.level.tick_params(axis="x", pad=6)


def _rests(rows: Sequence[AgentLines]) -> Iterator[tuple[int, BreakLine]]:
    return ((row, rest) for row, lines in enumerate(rows) for rest in lines.breaks)


def _fill(axes: Any, boxes: list[Box], **style: Any) -> None:
    """Draw boxes of one style: together, which is many times as fast as one by one."""
    from matplotlib.collections import PolyCollection

    axes.add_collection(PolyCollection(boxes, **style), autolim=False)


def _box(document: Document, row: int, starts: datetime, ends: datetime, half: float) -> Box:
    """The corners of a stretch of time in a row, twice `half` high."""
    left, right = _hours(document, starts), _hours(document, max(starts, ends))
    top, bottom = row - half, row + half
    return [(left, top), (right, top), (right, bottom), (left, bottom)]


def _late_style() -> Style:
    return {"facecolor": LATE, "edgecolor": "#FFFFFFB0", "hatch": "//////", "lw": 0}


def _mark_style(size: float, fill: str) -> Style:
    edge = {"markeredgecolor": INK, "markeredgewidth": 0.8}
    return {"ls": "", "marker": "v", "markersize": size, "markerfacecolor": fill, **edge}


def _letter(pitch: float) -> float:
    """How large a row's name is written, in points."""
    return min(10.0, pitch * 72 * 0.62)


def _name(document: Document, lines: AgentLines) -> str:
    """A row's name; the id, where the name's letters cannot be drawn."""
    name = " ".join(document.name(lines.agent).split())
    shown = name if drawable(name) else lines.agent
    return plain(shown if len(shown) <= NAME else f"{shown[: NAME - 1]}…")


def _hours(document: Document, instant: datetime) -> float:
    return (instant - document.report.starts).total_seconds() / 3600
