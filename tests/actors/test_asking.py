"""A chat's questions: each is answered once, while it waits for it, within what may be asked."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from llmtb.actors.asking import (
    Ask,
    Choose,
    EndSession,
    GiveAnswer,
    OfferChoices,
    Rate,
    StartSession,
    Withhold,
)
from llmtb.actors.chat import Chat, ChatBehaviour
from llmtb.actors.command import Command
from llmtb.events.chat import (
    AnswerGiven,
    AnswerWithheld,
    Choice,
    ChoicesOffered,
    QuestionAsked,
    QuestionRefused,
    SessionEnded,
)
from llmtb.runtime.errors import Refused
from llmtb.testing.script import Script
from tests.actors.desk import names

START = datetime(2026, 11, 21, 8, tzinfo=UTC)
CHOICES = tuple(Choice(label=each, text=f"The {each}.", source=f"[{each}]") for each in "ABC")


def chat() -> Script[Chat]:
    return Script(ChatBehaviour("7"), START)


def at(minute: float) -> datetime:
    return START + timedelta(minutes=minute)


def ask(text: str = "How?", **limits: int) -> Ask:
    return Ask(chat="7", text=text, audience="customer", **limits)  # type: ignore[arg-type]


def answer(number: int, text: str = "So.") -> GiveAnswer:
    return GiveAnswer(chat="7", question=f"7/{number}", text=text, sources=("s",), origin="faq")


def withhold(number: int) -> Withhold:
    return Withhold(chat="7", question=f"7/{number}", reason="nothing_found")


def test_a_question_begins_a_session_and_is_answered_once() -> None:
    script = chat()
    assert names(script.do(at(1), ask())) == ["SessionStarted", "QuestionAsked"]
    assert names(script.do(at(2), answer(1))) == ["AnswerGiven"]
    assert script.do(at(3), answer(1, "Otherwise.")) == []
    assert script.do(at(3), withhold(1)) == []


def test_exit_really_ends_the_session_and_what_comes_later_is_not_told() -> None:
    script = chat()
    script.do(at(1), ask())
    withheld, ended = script.do(at(2), EndSession(chat="7"))
    assert isinstance(withheld, AnswerWithheld)
    assert isinstance(ended, SessionEnded)
    assert (withheld.reason, ended.reason) == ("session_ended", "exit")
    assert script.do(at(3), answer(1)) == []
    assert script.do(at(4), EndSession(chat="7")) == []


def test_an_idle_session_ends_by_itself_after_the_last_word() -> None:
    script = chat()
    script.do(at(0), StartSession(chat="7", audience="customer", idle_minutes=10))
    script.do(at(9), ask())
    script.do(at(10), answer(1))
    assert script.until(at(19.9)) == []
    [ended] = script.until(at(20))
    assert isinstance(ended, SessionEnded)
    assert (ended.reason, ended.at) == ("idle", at(20))


def test_a_choice_gives_the_answer_it_stands_for_or_a_person() -> None:
    script = chat()
    script.do(at(1), ask())
    script.do(at(1), ask())
    for question in ("7/1", "7/2"):
        script.do(at(2), OfferChoices(chat="7", question=question, choices=CHOICES))
    [given_] = script.do(at(3), Choose(chat="7", question="7/1", choice=1))
    assert isinstance(given_, AnswerGiven)
    assert (given_.text, given_.sources) == ("The B.", ["[B]"])
    [withheld] = script.do(at(3), Choose(chat="7", question="7/2", choice=None))
    assert isinstance(withheld, AnswerWithheld)
    assert withheld.reason == "person_requested"
    for choice in (0, None):
        with pytest.raises(Refused, match="over"):
            script.do(at(4), Choose(chat="7", question="7/1", choice=choice))


def test_a_person_may_answer_what_was_withheld_and_nobody_what_was_answered() -> None:
    script = chat()
    script.do(at(1), ask())
    script.do(at(1), withhold(1))
    person = GiveAnswer(
        chat="7", question="7/1", text="I say.", sources=(), origin="person", by="sara"
    )
    assert names(script.do(at(2), person)) == ["AnswerGiven"]
    assert script.do(at(3), person) == []


def test_an_answer_is_rated_and_its_rating_changed_but_not_repeated() -> None:
    script = chat()
    script.do(at(1), ask())
    assert script.do(at(1), Rate(chat="7", question="7/1", rating=1)) == []
    script.do(at(1), answer(1))
    assert names(script.do(at(2), Rate(chat="7", question="7/1", rating=1))) == ["AnswerRated"]
    assert script.do(at(2), Rate(chat="7", question="7/1", rating=1)) == []
    assert names(script.do(at(2), Rate(chat="7", question="7/1", rating=0))) == ["AnswerRated"]
    script.do(at(3), ask())
    script.do(at(3), withhold(2))
    assert script.do(at(3), Rate(chat="7", question="7/2", rating=0)) == []


def test_too_many_questions_are_refused_and_that_is_told_once_a_minute() -> None:
    script = chat()
    told = [name for _ in range(6) for name in names(script.do(at(1), ask(per_minute=3)))]
    assert told.count("QuestionAsked") == 3
    assert told.count("QuestionRefused") == 1
    assert "QuestionAsked" in names(script.do(at(2), ask(per_minute=3)))
    script.do(at(2), ask(per_day=5))
    [refused] = script.do(at(2.1), ask(per_day=5))
    assert isinstance(refused, QuestionRefused)
    assert refused.reason == "too_many_a_day"
    assert "QuestionAsked" in names(script.do(at(24 * 60), ask(per_day=5)))


def test_a_whole_letter_is_no_question() -> None:
    [refused] = chat().do(at(1), ask("x" * 101, longest=100))
    assert isinstance(refused, QuestionRefused)
    assert refused.reason == "too_long"


NUMBERS = st.integers(1, 5)
STEPS = st.one_of(
    st.just(ask(per_minute=100)),
    st.builds(answer, NUMBERS),
    st.builds(withhold, NUMBERS),
    st.builds(lambda n: OfferChoices(chat="7", question=f"7/{n}", choices=CHOICES), NUMBERS),
    st.builds(
        lambda n, c: Choose(chat="7", question=f"7/{n}", choice=c),
        NUMBERS,
        st.sampled_from([0, 2, None]),
    ),
    st.builds(lambda n: Rate(chat="7", question=f"7/{n}", rating=1), NUMBERS),
    st.just(EndSession(chat="7")),
)


@given(st.lists(st.tuples(STEPS, st.sampled_from([0, 0.1, 5, 20])), max_size=40))
def test_whatever_comes_every_question_ends_once_in_its_own_session(
    steps: list[tuple[Command, float]],
) -> None:
    script, minute = chat(), 0.0
    for step, pause in steps:
        minute += pause
        try:
            script.do(at(minute), step)
        except Refused:
            continue
    script.until(at(minute + 60))
    asked = [event.question for event in script.of(QuestionAsked)]
    assert asked == [f"7/{number}" for number in range(1, len(asked) + 1)]
    ends = [event.question for event in script.of(AnswerGiven)]
    ends += [event.question for event in script.of(AnswerWithheld)]
    assert sorted(ends) == sorted(asked)
    assert {event.question for event in script.of(ChoicesOffered)} <= set(asked)
    assert script.state.asking.session is None
    assert script.replayed() == script.state
