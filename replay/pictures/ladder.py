"""A chat as SVG: a row for each thing that happened, in a column for whoever did it."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Final, NamedTuple

from llmtb.events.chat import (
    AnswerGiven,
    AnswerWithheld,
    ChoicesOffered,
    MessageFailed,
    MessageQueued,
    MessageSent,
    QuestionAsked,
)
from llmtb.events.desk import CallbackClosed, CallbackOpened, HandedOver, MessageRelayed, TakenBack
from llmtb.events.event import Event
from replay.pictures.drawing import FADED, FAINT, INK, framed
from replay.pictures.markup import element, words
from replay.speech import Speech, counted

ROW: Final = 24.0
HEAD: Final = 80.0
NARROW: Final = 90  # letters of a sentence in a row
TIMES: Final = 20.0
SENTENCES: Final = 470.0
COLUMNS: Final = ("asked", "answered", "a person", "messages")
COLOURS: Final = ("#3E6FD8", "#2E8555", "#7B4FC0", "#616E7C")
_COLUMN: Final[dict[type[Event], int]] = {
    QuestionAsked: 0,
    AnswerGiven: 1,
    AnswerWithheld: 1,
    ChoicesOffered: 1,
    HandedOver: 2,
    TakenBack: 2,
    MessageRelayed: 2,
    CallbackOpened: 2,
    CallbackClosed: 2,
    MessageQueued: 3,
    MessageSent: 3,
    MessageFailed: 3,
}


class Rung(NamedTuple):
    """One thing that happened in a chat, said."""

    seq: int
    at: datetime
    kind: type[Event]
    said: str


def ladder(rungs: Sequence[Rung], title: str, speech: Speech) -> str:
    """The chat as one SVG file."""
    told = f"{counted(len(rungs), 'event')}, each said in its row, from the first to the last."
    inside = [
        element("title", words(title)),
        element("desc", words(told)),
        element("rect", width="100%", height="100%", fill="#FFFFFF"),
        element("text", words(title), x=20, y=30, font_size=18, fill=INK),
    ]
    height = HEAD + ROW * (len(rungs) + 1)
    for number, name in enumerate(COLUMNS):
        x = _x(number)
        inside.append(element("text", words(name), x=x, y=60, fill=INK, text_anchor="middle"))
        inside.append(element("line", x1=x, x2=x, y1=HEAD - 12, y2=height - ROW, stroke=FAINT))
    for number, rung in enumerate(rungs):
        inside += _rung(rung, HEAD + ROW * number, speech)
    return framed(inside, height)


def _x(column: int) -> float:
    return 220.0 + 70 * column


def _rung(rung: Rung, y: float, speech: Speech) -> Iterator[str]:
    yield element("text", speech.when(rung.at), x=TIMES, y=y + 4, fill=FADED)
    column = _COLUMN.get(rung.kind)
    if column is not None:
        yield element("circle", cx=_x(column), cy=y, r=6, fill=COLOURS[column])
    line = element("text", words(f"#{rung.seq} {rung.said}", NARROW), x=SENTENCES, y=y + 4)
    yield element("g", element("title", words(rung.said, 4000)), line, fill=INK)
