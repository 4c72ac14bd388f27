"""Both runs in one picture: capacity and those at rest over time, and the refusals by reason.

SVG with text, for a page, for paper or as a file. Greys tell everything apart as well as colours.
"""

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Final, NamedTuple

from replay.pictures.markup import element, words
from replay.speech import Speech
from replay.whatif.comparing import REASONS
from replay.whatif.figures import Figures, Series

WIDTH, LEFT, RIGHT = 960, 56, 24
PANEL: Final = 170
GAP: Final = 64
BAR: Final = 13
INK, FAINT, AREA, LINE, BEFORE, AFTER = (
    *("#1B2A38", "#C9D2DA", "#8FB7D9", "#0B3C5D", "#9AA7B2", "#0B3C5D"),
)
HOURS: Final = (1, 2, 3, 6, 12, 24, 48, 168, 720)


class _Plane(NamedTuple):
    """Instants and numbers to places on the sheet."""

    starts: datetime
    ends: datetime
    most: int

    def x(self, at: datetime) -> float:
        whole = max((self.ends - self.starts).total_seconds(), 1.0)
        return LEFT + (at - self.starts).total_seconds() / whole * (WIDTH - LEFT - RIGHT)

    def y(self, number: int, top: float) -> float:
        return top + PANEL - number / self.most * PANEL


def chart(
    title: str, before: Figures, after: Figures, span: tuple[datetime, datetime], speech: Speech
) -> str:
    """The picture as the text of a file."""
    every = (before.capacity, before.resting, after.capacity, after.resting)
    plane = _Plane(*span, max(1, *(number for series in every for _, number in series)))
    top = 96.0
    parts = [_text(LEFT, 30, title, size=17), *_legend(LEFT, 54)]
    for label, run in (("as recorded", before), ("what-if", after)):
        parts.append(_text(LEFT, top - 10, label, weight="bold"))
        parts += _panel(plane, run, top, speech)
        top += PANEL + GAP
    parts.append(_text(LEFT, top - 10, "refusals", weight="bold"))
    bars = list(_bars(before, after, top))
    height = top + max(1, len(bars) // 5) * (2 * BAR + 12) + 16
    return _svg(title, height, [*parts, *bars])


def _panel(plane: _Plane, run: Figures, top: float, speech: Speech) -> Iterator[str]:
    for number in _ticks(plane.most):
        y = plane.y(number, top)
        yield element("line", x1=LEFT, x2=WIDTH - RIGHT, y1=y, y2=y, stroke=FAINT)
        yield _text(LEFT - 8, y + 4, str(number), anchor="end")
    for at in _hours(plane, speech):
        x = plane.x(at)
        yield element("line", x1=x, x2=x, y1=top + PANEL, y2=top + PANEL + 5, stroke=INK)
        yield _text(x, top + PANEL + 18, f"{speech.local(at):%H:%M}", anchor="middle")
    area = [(LEFT, top + PANEL), *_steps(plane, run.resting, top)]
    area.append((area[-1][0], top + PANEL))
    yield element("polygon", points=_points(area), fill=AREA)
    yield element(
        "polyline",
        points=_points(_steps(plane, run.capacity, top)),
        fill="none",
        stroke=LINE,
        stroke_width=1.6,
    )


def _steps(plane: _Plane, series: Series, top: float) -> list[tuple[float, float]]:
    """The corners of a number that changes at once."""
    places: list[tuple[float, float]] = []
    for (at, number), (then, _) in pairwise([*series, (plane.ends, 0)]):
        y = plane.y(number, top)
        places += [(plane.x(max(at, plane.starts)), y), (plane.x(then), y)]
    return places or [(LEFT, top + PANEL)]


def _bars(before: Figures, after: Figures, top: float) -> Iterator[str]:
    """Five marks for each reason: its name, two bars and their numbers."""
    reasons = [each for each in REASONS if each in before.refused or each in after.refused]
    numbers = [*before.refused.values(), *after.refused.values()]
    side, most = LEFT + 150, max(numbers, default=1)
    if not reasons:
        yield _text(LEFT, top + 14, "none")
    for place, reason in enumerate(reasons):
        y = top + place * (2 * BAR + 12)
        yield _text(side - 8, y + BAR + 4, REASONS[reason], anchor="end")
        for row, (run, colour) in enumerate(((before, BEFORE), (after, AFTER))):
            number = run.refused.get(reason, 0)
            width = number / most * (WIDTH - side - RIGHT - 60)
            high = y + row * BAR
            yield element("rect", x=side, y=high, width=width, height=BAR - 2, fill=colour)
            yield _text(side + width + 6, high + BAR - 3, str(number))


def _legend(x: float, y: float) -> Iterator[str]:
    yield element("line", x1=x, x2=x + 22, y1=y - 4, y2=y - 4, stroke=LINE, stroke_width=1.6)
    yield _text(x + 28, y, "capacity")
    yield element("rect", x=x + 100, y=y - 10, width=22, height=11, fill=AREA)
    yield _text(x + 128, y, "at rest (emergencies apart)")
    for place, (label, colour) in enumerate((("as recorded", BEFORE), ("what-if", AFTER))):
        side = x + 330 + place * 150
        yield element("rect", x=side, y=y - 10, width=22, height=11, fill=colour)
        yield _text(side + 28, y, f"refusals {label}")


def _ticks(most: int) -> Iterator[int]:
    step = next(
        size * 10**power for power in range(9) for size in (1, 2, 5) if most <= size * 10**power * 5
    )
    yield from range(0, most + 1, step)


def _hours(plane: _Plane, speech: Speech) -> Iterator[datetime]:
    """Full hours of the day, as many as have room."""
    whole = (plane.ends - plane.starts) / timedelta(hours=1)
    every = next((each for each in HOURS if whole / each <= 13), HOURS[-1])
    local = speech.local(plane.starts)
    first = local.replace(hour=0, minute=0, second=0, microsecond=0)
    at = first.astimezone(plane.starts.tzinfo)
    while at <= plane.ends:
        if at >= plane.starts:
            yield at
        at += timedelta(hours=every)


def _points(places: Sequence[tuple[float, float]]) -> str:
    return " ".join(f"{x:.1f},{y:.1f}" for x, y in places)


def _text(
    x: float, y: float, said: str, *, anchor: str = "start", size: int = 11, weight: str = "normal"
) -> str:
    return element(
        "text", words(said), x=x, y=y, text_anchor=anchor, font_size=size, font_weight=weight
    )


def _svg(title: str, height: float, parts: Sequence[str]) -> str:
    return element(
        "svg",
        "\n",
        element("title", words(title)),
        element("rect", width="100%", height="100%", fill="#FFFFFF"),
        "\n",
        "\n".join(parts),
        "\n",
        xmlns="http://www.w3.org/2000/svg",
        viewBox=f"0 0 {WIDTH} {height:.0f}",
        role="img",
        font_family="system-ui, sans-serif",
        font_size=11,
        fill=INK,
    )
