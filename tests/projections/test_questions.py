"""Every question has one row, which says what came of it, however the events came."""

import asyncio
from collections.abc import Callable, Sequence
from datetime import date, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import msgspec
from hypothesis import given, settings
from hypothesis import strategies as st

from llmtb.events.access import AccountUnlinked, InvitationAccepted
from llmtb.events.chat import (
    AnswerGiven,
    AnswerRated,
    AnswerWithheld,
    Choice,
    ChoicesOffered,
    PassagesFound,
    QuestionAsked,
    SessionEnded,
)
from llmtb.events.desk import (
    CallbackClosed,
    CallbackOpened,
    HandedOver,
    MessageRelayed,
    TakenBack,
)
from llmtb.events.event import Event
from llmtb.events.floor import AgentAdded, AgentRemoved, PolicyChanged
from llmtb.policy import Policy
from llmtb.projections.database import reading
from llmtb.projections.questions import (
    MOST,
    NEW_DAYS,
    Asked,
    Questions,
    question_of,
    questions_between,
)
from tests.projections.logs import OPENING, Tape, recorded
from tests.projections.rows import feed, made_at_once, rows_of

DAY = date(2026, 11, 21)
CHATS = ("900", "901", "site-1")
TEXTS = ("How long?", "چقدر طول می‌کشد؟", "=1+1", "<b>'; DROP TABLE questions;--")


def asked(question: str, at: datetime = OPENING, **other: Any) -> QuestionAsked:
    """A question of the chat that its id begins with."""
    fields: dict[str, Any] = {"text": "How long?", "language": None, "audience": "customer"}
    chat = question.rpartition("/")[0]
    return QuestionAsked(at=at, by=chat, chat=chat, question=question, **(fields | other))


def answer(question: str, at: datetime = OPENING, **other: Any) -> AnswerGiven:
    """The bot's answer, from a reviewed entry."""
    fields: dict[str, Any] = {
        "text": "Five days.",
        "sources": ["Help [faq@1#1]"],
        "origin": "faq",
        "model": "e5",
        "confidence": 0.9,
        "milliseconds": 40,
        "language": "en",
    }
    return AnswerGiven(at=at, by="bot", question=question, **(fields | other))


def view(
    log: Sequence[Event], first: date = DAY, last: date = DAY, most: int = MOST
) -> list[Asked]:
    """The rows of these events, between two dates."""

    async def main(path: Path) -> list[Asked]:
        await feed(path, Tape(recorded(log), [3, 1]), [Questions()])
        async with reading(path) as read:
            return await questions_between(read, first, last, most)

    with TemporaryDirectory() as folder:
        return asyncio.run(main(Path(folder, "views.db")))


def test_an_answer_a_choice_and_a_refusal_each_say_what_came_of_a_question() -> None:
    found = {"passage": "faq@1#1", "document": "faq", "title": "How long?", "score": 0.8}
    choice = Choice(label="A", text="a", source="b")
    rows = {
        each.question: each
        for each in view(
            [
                asked("900/1"),
                PassagesFound(at=OPENING, by="bot", question="900/1", passages=[found, {}]),
                answer("900/1"),
                AnswerRated(at=OPENING, by="900", question="900/1", rating=0),
                AnswerRated(at=OPENING, by="900", question="900/1", rating=1),
                asked("900/2"),
                ChoicesOffered(
                    at=OPENING, by="bot", question="900/2", choices=[choice], milliseconds=55
                ),
                answer("900/2", milliseconds=0, confidence=None, origin="extract"),
                asked("900/3"),
                AnswerWithheld(at=OPENING, by="bot", question="900/3", reason="unsure"),
                asked("900/4", language="fa", on_call=True),
            ]
        )
    }
    first = rows["900/1"]
    assert (first.outcome, first.origin, first.milliseconds, first.rating) == (
        "answered",
        "faq",
        40,
        1,
    )
    assert (first.document, first.title, first.score, first.source) == (
        "faq",
        "How long?",
        0.8,
        "Help [faq@1#1]",
    )
    assert (first.language, first.confidence, first.offered) == ("en", 0.9, False)
    second = rows["900/2"]
    assert (second.outcome, second.origin, second.offered) == ("answered", "extract", True)
    assert second.milliseconds == 55, "the choices were what had to be waited for"
    assert (rows["900/3"].outcome, rows["900/3"].reason) == ("withheld", "unsure")
    assert (rows["900/4"].outcome, rows["900/4"].language) == (None, "fa")
    assert rows["900/4"].on_call


def test_the_words_of_whoever_took_it_over_are_its_answer() -> None:
    later = OPENING + timedelta(minutes=2)

    def words(text: str, **other: Any) -> MessageRelayed:
        fields: dict[str, Any] = {"agent": "ali", "sender": "agent", "update": "u"}
        return MessageRelayed(at=later, by="ali", chat="900", text=text, **(fields | other))

    [one, two] = view(
        [
            asked("900/1"),
            AnswerWithheld(at=OPENING, by="bot", question="900/1", reason="unsure"),
            CallbackOpened(
                at=OPENING, by="bot", chat="900", reason="unsure", summary="", question="900/1"
            ),
            CallbackClosed(at=OPENING, by="ali", chat="900", reason="taken"),
            HandedOver(
                at=later, by="ali", chat="900", reason="unsure", summary="", question="900/1"
            ),
            words("Hello?", sender="customer", agent="ali"),
            words("Five working days."),
            answer("900/1", at=later, text="Five working days.", origin="person", sources=[]),
            words("Sundays do not count."),
            TakenBack(at=later, by="ali", chat="900", reason="done", summary=""),
            words("To somebody else."),
            asked("900/2"),
        ]
    )
    assert one.said == "Five working days.\nSundays do not count."
    assert (one.outcome, one.origin, one.reason) == ("answered", "person", "unsure")
    assert (one.handed, one.helped, one.helper) == (OPENING, later, "ali")
    assert one.callback
    assert (two.said, two.handed) == (None, None)


def test_a_person_who_is_asked_for_belongs_to_the_last_question() -> None:
    wish = HandedOver(at=OPENING, by="900", chat="900", reason="requested", summary="")
    [one, two] = view([asked("900/1"), asked("900/2"), answer("900/2"), wish])
    assert (one.handed, two.handed) == (None, OPENING)
    over = SessionEnded(at=OPENING, by="900", chat="900", reason="exit")
    assert [each.handed for each in view([asked("900/1"), over, wish])] == [None]


def test_an_agent_is_new_for_ninety_days_and_known_by_the_account() -> None:
    def story(hired_on: date | None) -> bool | None:
        role: Any = "agent"
        [row] = view(
            [
                AgentAdded(
                    at=OPENING, by="c", agent="ali", name="Ali", role=role, hired_on=hired_on
                ),
                InvitationAccepted(
                    at=OPENING, by="ali", invitation="x", agent="ali", account="900", role=role
                ),
                asked("900/1", audience="agent"),
            ]
        )
        assert row.agent == "ali"
        return row.new

    assert story(DAY - timedelta(days=NEW_DAYS)) is True
    assert story(DAY - timedelta(days=NEW_DAYS + 1)) is False
    assert story(None) is None
    [unlinked] = view(
        [
            InvitationAccepted(
                at=OPENING, by="ali", invitation="x", agent="ali", account="900", role="agent"
            ),
            AccountUnlinked(at=OPENING, by="c", agent="ali", account="900", reason="removed"),
            asked("900/1", audience="agent"),
        ]
    )
    assert unlinked.agent is None


def test_the_date_the_hour_and_the_shift_are_the_company_s() -> None:
    night = datetime.fromisoformat("2026-11-21T20:45:00+00:00")  # 00:15 on the 22nd in Tehran
    [row] = view([asked("900/1", at=night)], DAY, DAY + timedelta(days=1))
    assert (row.date, row.hour, row.shift) == ("2026-11-22", 0, "2026-11-22/night")
    rules = msgspec.to_builtins(msgspec.structs.replace(Policy(), timezone="UTC"))
    moved = PolicyChanged(at=OPENING, by="c", policy=rules, changed=["timezone"])
    [row] = view([moved, asked("900/1", at=night)])
    assert (row.date, row.hour, row.shift) == ("2026-11-21", 20, "2026-11-21/evening")


def test_only_the_newest_are_read_oldest_first() -> None:
    log = [asked(f"900/{number}") for number in range(1, 8)]
    assert [each.question for each in view(log, most=3)] == ["900/5", "900/6", "900/7"]
    assert view(log, DAY + timedelta(days=1), DAY + timedelta(days=1)) == []


def test_a_question_is_found_by_its_id(tmp_path: Path) -> None:
    async def main() -> tuple[Asked | None, Asked | None]:
        path = tmp_path / "views.db"
        await feed(path, Tape(recorded([asked("900/1")])), [Questions()])
        async with reading(path) as read:
            return await question_of(read, "900/1"), await question_of(read, "900/9")

    one, none = asyncio.run(main())
    assert one is not None
    assert (one.text, none) == ("How long?", None)


# --- whatever happens ------------------------------------------------------------------------

Make = Callable[[str, str, str], Event]
MAKERS: tuple[Make, ...] = (
    lambda q, c, t: asked(q, text=t, audience="agent" if c == "900" else "customer"),
    lambda q, c, t: asked(q, text=t, language="fa"),
    lambda q, c, t: answer(q),
    lambda q, c, t: answer(q, text=t, origin="person", sources=[]),
    lambda q, c, t: AnswerWithheld(at=OPENING, by="bot", question=q, reason="unsure"),
    lambda q, c, t: AnswerRated(at=OPENING, by=c, question=q, rating=len(t) % 2),
    lambda q, c, t: PassagesFound(at=OPENING, by="bot", question=q, passages=[{"title": t}]),
    lambda q, c, t: PassagesFound(at=OPENING, by="bot", question=q, passages=[{"title": 7}]),
    lambda q, c, t: HandedOver(
        at=OPENING, by="bot", chat=c, reason="r", summary="", question=q if len(t) % 2 else None
    ),
    lambda q, c, t: CallbackOpened(at=OPENING, by="bot", chat=c, reason="r", summary=""),
    lambda q, c, t: TakenBack(
        at=OPENING, by="ali", chat=c, reason="done" if len(t) % 2 else "agent_away", summary=""
    ),
    lambda q, c, t: MessageRelayed(
        at=OPENING, by="ali", chat=c, agent="ali", sender="agent", text=t, update="u"
    ),
    lambda q, c, t: SessionEnded(at=OPENING, by=c, chat=c, reason="idle"),
    lambda q, c, t: AgentAdded(at=OPENING, by="c", agent="ali", name=t, role="agent", hired_on=DAY),
    lambda q, c, t: AgentRemoved(
        at=OPENING, by="c", agent="ali", name=t, role="agent", hired_on=DAY
    ),
    lambda q, c, t: InvitationAccepted(
        at=OPENING, by="ali", invitation="x", agent="ali", account=c, role="agent"
    ),
)


@st.composite
def logs(draw: st.DrawFn) -> list[Event]:
    """Anything in any order, also what no chat would ever say."""
    log: list[Event] = []
    for make in draw(st.lists(st.sampled_from(MAKERS), max_size=60)):
        chat = draw(st.sampled_from(CHATS))
        question = f"{chat}/{draw(st.integers(1, 4))}"
        log.append(make(question, chat, draw(st.sampled_from(TEXTS))))
    return log


@given(logs(), st.lists(st.integers(1, 9), min_size=1, max_size=3), st.integers(0, 60))
@settings(max_examples=40, deadline=None)
def test_the_rows_follow_from_the_events_alone(
    log: list[Event], sizes: list[int], stop: int
) -> None:
    events = recorded(log)
    with TemporaryDirectory() as folder:
        path = Path(folder, "views.db")
        asyncio.run(feed(path, Tape(events[:stop], sizes)))
        asyncio.run(feed(path, Tape(events, sizes)))
        assert rows_of(path) == made_at_once(Path(folder, "at-once.db"), events)


@given(logs())
@settings(max_examples=40, deadline=None)
def test_each_question_is_there_once_as_it_was_asked(log: list[Event]) -> None:
    first: dict[str, QuestionAsked] = {}
    for event in log:
        if isinstance(event, QuestionAsked):
            first.setdefault(event.question, event)
    rows = view(log)
    assert [(each.question, each.text) for each in rows] == [
        (question, event.text) for question, event in first.items()
    ]
    for row in rows:
        assert (row.outcome == "withheld") <= (row.reason is not None)
        assert (row.origin == "person") <= (row.said is not None)
        assert (row.helped is None) == (row.said is None)
