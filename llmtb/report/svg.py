"""The timeline as SVG: the same for a page, for paper and as a file; text, not pixels.

Time runs the way the language is read. A rest has the colour and the pattern of its kind, so that
greys tell them apart; a tick stands at its due, what was late of it is hatched, and what was left
of it when it ended early is outlined. Looks are attributes, which a page's style sheet overrides
by the classes beside them.
"""

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Final

from llmtb.report.curve import LEVEL, level
from llmtb.report.document import Document
from llmtb.report.lanes import LANE, lanes, legend
from llmtb.report.markup import element, words
from llmtb.report.plane import EDGE, WIDTH, Plane
from llmtb.report.text import summary
from llmtb.report.timeline import COLOURS, FADED, INK, LATE

HEAD: Final = 58  # the title
LEGEND: Final = 26
HOURS: Final = 34  # meals' names, and the hours
GAP: Final = 28  # above the level: its legend
BELOW: Final = 24
SHEET: Final = 24  # lanes on one page of paper

PATTERNS: Final = {
    "normal": "",
    "urgent": "M0,8 L8,0",
    "meal": "M1.5,2 h2 M5.5,6 h2",
    "emergency": "M0,4 h8 M4,0 v8",
    "late": "M0,0 L8,8 M0,4 L4,8 M4,0 L8,4",
}
"""What is drawn over each colour, in squares of 8."""


def as_svg(document: Document, now: datetime | None = None) -> bytes:
    """The whole timeline in one picture, a file that stands for itself."""
    plane, rows = Plane.of(document, "t", now), document.report.agents
    top = HEAD + LEGEND + HOURS
    below = top + LANE * max(1, len(rows)) + GAP
    title = element("text", words(document.title), x=plane.side(EDGE), y=26, font_size=18)
    brief = element(
        "text", words(_brief(document)), x=plane.side(EDGE), y=46, font_size=12, fill=FADED
    )
    inside = [title, brief, legend(plane, HEAD), *lanes(plane, rows, top)]
    inside += level(plane, below)
    return _picture(plane, inside, below + LEVEL + BELOW).encode()


def sheets(document: Document, now: datetime | None = None, key: str = "t") -> list[str]:
    """The same in parts that each fit a page of paper: lanes, and at last the level.

    key: what the ids in it begin with, so that a page can hold several.
    """
    rows = document.report.agents
    parts = [rows[first : first + SHEET] for first in range(0, len(rows), SHEET)] or [[]]
    found = []
    for number, part in enumerate(parts):
        plane = Plane.of(document, f"{key}{number}", now)
        inside = [legend(plane, 0), *lanes(plane, part, LEGEND + HOURS)]
        found.append(_picture(plane, inside, LEGEND + HOURS + LANE * max(1, len(part)) + 8))
    plane = Plane.of(document, f"{key}-level", now)
    found.append(_picture(plane, list(level(plane, GAP)), GAP + LEVEL + BELOW))
    return found


def _picture(plane: Plane, inside: Sequence[str], height: float) -> str:
    title, about = f"{plane.key}-title", f"{plane.key}-about"
    return element(
        "svg",
        element("title", words(plane.document.title), id=title),
        element("desc", words(_brief(plane.document)), id=about),
        element("defs", *_patterns(plane)),
        *inside,
        xmlns="http://www.w3.org/2000/svg",
        class_="timeline",
        viewBox=f"0 0 {WIDTH} {height:.0f}",
        role="img",
        aria_labelledby=f"{title} {about}",
        direction="rtl" if plane.document.leftward else "ltr",
        font_family="system-ui, 'Noto Sans', 'Noto Sans Arabic', Vazirmatn, Tahoma, sans-serif",
        font_size=11,
        fill=INK,
    )


def _brief(document: Document) -> str:
    return " · ".join(" ".join(line.split()) for line in summary(document) if line)


def _patterns(plane: Plane) -> Iterator[str]:
    for name, strokes in PATTERNS.items():
        ground = element(
            "rect", class_=f"ground {name}", width=8, height=8, fill=COLOURS.get(name, LATE)
        )
        over = element("path", class_="strokes", d=strokes, stroke="#FFFFFF", stroke_width=1.4)
        yield element(
            "pattern",
            ground,
            over if strokes else "",
            id=f"{plane.key}-{name}",
            width=8,
            height=8,
            patternUnits="userSpaceOnUse",
        )
