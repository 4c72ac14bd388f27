"""Reports to render: of days that were made up, with names that people and pranksters have."""

from collections.abc import Sequence
from datetime import timedelta
from functools import cache
from typing import Literal, get_args
from zoneinfo import ZoneInfo

from hypothesis import strategies as st

from llmtb.channels.conversation.words import Words
from llmtb.events.event import Event
from llmtb.events.floor import MealClosed, MealOpened, ShiftReported
from llmtb.events.report import AgentLines, BreakLine, ShiftReport
from llmtb.report.document import Document
from tests.projections.logs import NAMES, OPENING, ZONE, example, logs

Language = Literal["en", "fa", "id", "pt", "zh"]
LANGUAGES: tuple[Language, ...] = get_args(Language)
WORDS = Words.load()
TRICKY = (
    *("=1+1", "+49", "-2", "@here", "\t=1", "\r=1", "=HYPERLINK(1)", "＝1", "'=1", ""),
    *("سارا محمدی", "Ali سارا", "张伟", "🙂", "a$b$c", r"\frac", "a\nb", "\u202eevil", "x" * 90),
    *("<b>", '"quoted", and more', "_x0041_", "\x01\x07", "100%", "{n}"),
)

names = st.sampled_from(TRICKY) | st.text(max_size=60)
languages: st.SearchStrategy[Language] = st.sampled_from(LANGUAGES)


def documents_of(
    log: Sequence[Event], names: dict[str, str], language: Language = "en"
) -> list[Document]:
    """A document for every report in a log."""
    speech = WORDS.speech(language, ZONE)
    found = []
    for event in log:
        if isinstance(event, ShiftReported):
            opened = [e for e in log if isinstance(e, MealOpened) and e.shift == event.shift]
            closed = [e for e in log if isinstance(e, MealClosed) and e.shift == event.shift]
            meals = [(first.meal, first.at, last.at) for first, last in zip(opened, closed)]
            found.append(Document(event.report, speech, names, tuple(meals)))
    return found


@st.composite
def documents(draw: st.DrawFn) -> Document:
    """Any report of a made-up day, in any language, the people called anything."""
    every = documents_of(draw(logs()), {}, draw(languages))
    chosen = draw(st.sampled_from(every)) if every else empty(draw(languages))
    called = draw(st.dictionaries(st.sampled_from([*NAMES, "boss"]), names))
    return Document(chosen.report, chosen.speech, called, chosen.meals)


def empty(language: Language = "en") -> Document:
    """A shift that nobody was on."""
    return crowd(0, language)


def crowd(agents: int, language: Language = "en") -> Document:
    """A shift of so many agents, each with one late break."""
    ends = OPENING + timedelta(hours=8)
    rest = BreakLine(
        kind="normal",
        start=OPENING + timedelta(hours=1),
        due=OPENING + timedelta(hours=1, minutes=15),
        end=OPENING + timedelta(hours=1, minutes=20),
        ended_by="agent",
        late_seconds=300,
    )
    lines = [
        AgentLines(
            agent=f"a{number:03}",
            present=[(OPENING, ends)],
            breaks=[rest],
            warnings=[],
            refusals=[],
            acts=[],
        )
        for number in range(agents)
    ]
    report = ShiftReport(
        shift="2026-11-21/early",
        starts=OPENING,
        ends=ends,
        agents=lines,
        capacity=[],
        refusals={},
        acts=[],
        peak_resting=agents,
        mean_resting=0.0,
    )
    return Document(report, WORDS.speech(language, ZoneInfo("Asia/Tehran")))


@cache
def a_day(language: Language = "en") -> tuple[Document, ...]:
    """The three shifts of a day of 200 agents."""
    return tuple(documents_of(example("day-of-200.jsonl"), {"a001": "سارا"}, language))
