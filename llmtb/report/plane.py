"""The ground that a timeline is drawn on: where an instant is, and what lies under the rest."""

from collections.abc import Iterator
from datetime import datetime
from typing import Final, NamedTuple

from llmtb.report.document import Document
from llmtb.report.hours import hours
from llmtb.report.markup import element, words
from llmtb.report.timeline import FADED, FAINT, INK, MEAL

WIDTH: Final = 1120
NAMES: Final = 170  # beside the lanes
EDGE: Final = 24
NAME: Final = 24  # letters of a name


class Plane(NamedTuple):
    """Where things go: the document, the name of the picture's patterns, and the instant that is.

    now: of a shift that still runs; what is drawn ends there. starts, until: of what is drawn.
    """

    document: Document
    key: str
    now: datetime | None
    starts: datetime
    until: datetime

    @classmethod
    def of(cls, document: Document, key: str, now: datetime | None = None) -> "Plane":
        """The ground of a picture of a document."""
        return cls(document, key, now, document.report.starts, document.until)

    def x(self, instant: datetime) -> float:
        """Where an instant is."""
        length = self.until - self.starts
        share = (instant - self.starts) / length if length else 0.0
        along = NAMES + min(max(share, 0.0), 1.0) * (WIDTH - NAMES - EDGE)
        return WIDTH - along if self.document.leftward else along

    def side(self, inwards: float) -> float:
        """So far from where reading begins."""
        return WIDTH - inwards if self.document.leftward else inwards

    def fill(self, name: str) -> str:
        """The pattern of a kind of rest, or of lateness."""
        return f"url(#{self.key}-{name})"


def bar(
    plane: Plane, starts: datetime, ends: datetime, y: float, height: float, **look: str | float
) -> str:
    """A stretch of time as a box."""
    left, right = sorted((plane.x(starts), plane.x(ends)))
    return element("rect", x=left, y=y, width=right - left, height=height, **look)


def meals(plane: Plane, top: float, bottom: float, *, named: bool) -> Iterator[str]:
    """A band for each meal window, with its name above."""
    shade: dict[str, str | float] = {"fill": MEAL, "fill_opacity": "0.45"}
    for name, opened, closed in plane.document.meals:
        yield bar(plane, opened, closed, top, bottom - top, class_="meal-time", **shade)
        if named:
            x = (plane.x(opened) + plane.x(closed)) / 2
            shown = words(plane.document.speech.isolate(cut(name)))
            yield element("text", shown, x=x, y=top - 20, text_anchor="middle")


def hour_lines(plane: Plane, top: float, bottom: float, beside: float) -> Iterator[str]:
    """A line for each hour, and the hour beside it."""
    for tick in hours(plane.document):
        x, shown = plane.x(tick), words(plane.document.speech.clock(tick))
        yield element("line", class_="hour", x1=x, x2=x, y1=top, y2=bottom, stroke=FAINT)
        yield element(
            "text", shown, class_="faded", x=x, y=beside, text_anchor="middle", fill=FADED
        )


def present(plane: Plane, top: float, bottom: float) -> Iterator[str]:
    """A line at the instant that is, where the shift still runs."""
    if plane.now is not None:
        x = plane.x(plane.now)
        yield element(
            "line", class_="now", x1=x, x2=x, y1=top, y2=bottom, stroke=INK, stroke_dasharray="5 3"
        )


def warned(x: float, y: float) -> str:
    """The mark of a warning."""
    return element("path", class_="warning", d=_triangle(x, y), fill=INK, stroke=INK)


def forgiven(x: float, y: float) -> str:
    """The mark of a warning that was forgiven."""
    return element("path", class_="warning forgiven", d=_triangle(x, y), fill="#FFFFFF", stroke=INK)


def _triangle(x: float, y: float) -> str:
    return f"M{x - 4:.1f},{y - 3:.1f} h8 L{x:.1f},{y + 4:.1f} z"


def cross(x: float, y: float) -> str:
    """The mark of a break that was refused."""
    path = f"M{x - 3:.1f},{y - 3:.1f} l6,6 m0,-6 l-6,6"
    return element("path", class_="refused", d=path, fill="none", stroke=FADED, stroke_width=1.6)


def cut(name: str) -> str:
    """A name that fits beside a lane."""
    return name if len(name) <= NAME else f"{name[: NAME - 1]}…"
