"""Charts as shapes on a canvas, in one language; a template makes an SVG of them.

Time runs from left to right in every language, as on a clock's face; bars with names begin where
the language does. What is drawn is in a table beside it, too.
"""

from collections.abc import Sequence
from datetime import date
from typing import Final, NamedTuple

from persiantools.jdatetime import JalaliDate

from llmtb.channels.conversation.words import CALENDARS, Speech
from llmtb.channels.web.questions.figures import OUTCOMES, Figures, Outcome, Tally

WIDTH: Final = 640
_LEFT, _TOP, _HEIGHT, _FOOT = 40, 12, 150, 22
_BAR, _ROW = 14, 40  # of a bar with a name: its height, and how far the next one is
_NAME: Final = 70  # characters of a name
KINDS: Final[dict[Outcome, str]] = {
    "at_once": "good",
    "chosen": "b",
    "offered": "soft",
    "person": "warn",
    "withheld": "bad",
    "waiting": "pale",
}
"""How each outcome's bar looks; a stack always has them in this order, from below."""


class Bar(NamedTuple):
    """A bar; `about` is what it says when it is pointed at."""

    x: float
    y: float
    width: float
    height: float
    kind: str
    about: str


class Mark(NamedTuple):
    """A text on the canvas; where its `anchor` stands."""

    x: float
    y: float
    text: str
    anchor: str = "middle"


class Chart(NamedTuple):
    """A chart, and the same as a table. legend: kinds of bars with what they mean.

    direction: `ltr` or `rtl`, which way its texts run from where they stand.
    """

    name: str
    title: str
    about: str
    height: float
    bars: list[Bar]
    marks: list[Mark]
    lines: list[float]
    head: list[str]
    rows: list[list[str]]
    legend: list[tuple[str, str]]
    direction: str = "ltr"


def outcome_names(speech: Speech) -> dict[Outcome, str]:
    """What the outcomes are called."""
    return {
        "at_once": speech.say("answered at once"),
        "chosen": speech.say("answered by choice"),
        "offered": speech.say("choices offered"),
        "person": speech.say("by a person"),
        "withheld": speech.say("not answered"),
        "waiting": speech.say("waiting"),
    }


def hours(speech: Speech, counts: Sequence[int]) -> Chart:
    """Questions by the hour at which they were asked; counts: of each of the 24."""
    most = max(counts, default=0)
    step = (WIDTH - _LEFT) / 24
    bars, marks = [], _scale(speech, most)
    for hour, count in enumerate(counts):
        x = _LEFT + hour * step
        about = speech.say("{hour} o'clock: {number}", hour=hour, number=count)
        height = _share(count, most)
        bars.append(Bar(x + 2, _TOP + _HEIGHT - height, step - 4, height, "", about))
        if hour % 3 == 0:
            marks.append(Mark(x + step / 2, _TOP + _HEIGHT + 16, speech.number(hour)))
    return Chart(
        name="hours",
        title=speech.say("Questions by hour"),
        about=speech.say("The most in one hour: {number}", number=most),
        height=_TOP + _HEIGHT + _FOOT,
        bars=bars,
        marks=marks,
        lines=_lines(most),
        head=[speech.say("Hour"), speech.say("Questions")],
        rows=[[speech.number(h), speech.number(c)] for h, c in enumerate(counts) if c],
        legend=[],
    )


def days(speech: Speech, figures: Sequence[tuple[date, Figures]]) -> Chart:
    """What came of each day's questions, in hundredths; the days in order."""
    names = outcome_names(speech)
    step = (WIDTH - _LEFT) / max(1, len(figures))
    bars, marks = [], _scale(speech, 100, percent=True)
    every = max(1, len(figures) // 8)
    for place, (date_, each) in enumerate(figures):
        day, below = speech.day(date_), 0.0
        for outcome in OUTCOMES:
            number = each.shares[outcome]
            height = _share(number, each.asked)
            if number:
                y = _TOP + _HEIGHT - below - height
                about = f"{day} · {names[outcome]}: {speech.figure(number, each.asked)}"
                x, width = _LEFT + place * step + 2, max(2.0, step - 4)
                bars.append(Bar(x, y, min(width, 90), height, KINDS[outcome], about))
            below += height
        if place % every == 0:
            middle = _LEFT + place * step + min(step, 94) / 2
            marks.append(Mark(middle, _TOP + _HEIGHT + 16, _day_of_month(speech, date_)))
    return Chart(
        name="days",
        title=speech.say("What came of them"),
        about=speech.say("Shares of the outcomes, day by day, from below as in the legend"),
        height=_TOP + _HEIGHT + _FOOT,
        bars=bars,
        marks=marks,
        lines=_lines(100),
        head=[speech.say("Day"), speech.say("Questions"), *(names[each] for each in OUTCOMES)],
        rows=[
            [
                speech.day(day),
                speech.number(f.asked),
                *(speech.number(f.shares[each]) for each in OUTCOMES),
            ]
            for day, f in figures
        ],
        legend=[(KINDS[each], names[each]) for each in OUTCOMES],
    )


def top(speech: Speech, tallies: Sequence[Tally], rightward: bool) -> Chart:
    """The groups that were asked most, a bar each. rightward: whether the language runs so."""
    most = max((each.number for each in tallies), default=0)
    edge = 0 if rightward else WIDTH
    room = WIDTH - 60
    bars, marks = [], []
    for place, each in enumerate(tallies):
        y = _TOP + place * _ROW
        name = _short(each.group.name.text)
        length = max(2.0, room * each.number / most)
        marks.append(Mark(edge, y + 12, speech.isolate(name), "start"))
        x = 0.0 if rightward else WIDTH - length
        bars.append(Bar(x, y + 18, length, _BAR, "", f"{name}: {speech.number(each.number)}"))
        beside = length + 8 if rightward else WIDTH - length - 8
        marks.append(Mark(beside, y + 30, speech.number(each.number), "start"))
    return Chart(
        name="top",
        title=speech.say("Asked most"),
        about=speech.say("How often each was asked, in whatever words"),
        height=_TOP + max(1, len(tallies)) * _ROW,
        bars=bars,
        marks=marks,
        lines=[],
        head=[speech.say("Question"), speech.say("Times")],
        rows=[[_short(each.group.name.text), speech.number(each.number)] for each in tallies],
        legend=[],
        direction="ltr" if rightward else "rtl",
    )


def _day_of_month(speech: Speech, day: date) -> str:
    """The number of a day in this language's calendar."""
    if speech.language not in CALENDARS:
        return speech.number(day.day)
    number: int = JalaliDate.to_jalali(day).day  # type: ignore[no-untyped-call]  # typed in part
    return speech.number(number)


def _scale(speech: Speech, most: int, *, percent: bool = False) -> list[Mark]:
    """The numbers at the side: nothing, and the most."""
    word = speech.say("{n}%", n=most) if percent else speech.number(most)
    foot = _TOP + _HEIGHT
    return [
        Mark(_LEFT - 8, foot + 4, speech.number(0), "end"),
        *([Mark(_LEFT - 8, _TOP + 8, word, "end")] if most else []),
    ]


def _lines(most: int) -> list[float]:
    foot = float(_TOP + _HEIGHT)
    return [foot, foot - _HEIGHT / 2, float(_TOP)] if most else [foot]


def _share(number: int, whole: int) -> float:
    return _HEIGHT * number / whole if whole else 0.0


def _short(text: str) -> str:
    one_line = " ".join(text.split())
    return one_line if len(one_line) <= _NAME else f"{one_line[: _NAME - 1]}…"
