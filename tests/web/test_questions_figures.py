"""Figures add up, spans are read or refused, and no cell of a table runs in a spreadsheet."""

import csv
import io
from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from llmtb.channels.web.questions import sheet
from llmtb.channels.web.questions.entry import Form, document_of, proposed, read
from llmtb.channels.web.questions.figures import Tally, figures_of, is_gap, outcome_of, percent
from llmtb.channels.web.questions.figures import tally as tally_of
from llmtb.channels.web.questions.meaning import Group
from llmtb.channels.web.questions.span import LONGEST, Unclear, wanted_of
from llmtb.projections.questions import Asked
from llmtb.report.listing import FORMULA
from tests.projections.logs import OPENING
from tests.web.test_questions_clusters import question

TODAY = date(2026, 11, 21)
rows = st.builds(
    lambda outcome, origin, offered, reason, spent, rating, handed: question(
        1,
        "How long?",
        outcome=outcome,
        origin=origin,
        offered=offered,
        reason=reason,
        milliseconds=spent,
        rating=rating,
        handed=OPENING if handed else None,
        helped=OPENING + timedelta(seconds=90) if origin == "person" else None,
    ),
    st.sampled_from([None, "answered", "offered", "withheld"]),
    st.sampled_from([None, "faq", "extract", "person"]),
    st.booleans(),
    st.sampled_from([None, "unsure", "small_talk"]),
    st.none() | st.integers(0, 10_000),
    st.sampled_from([None, 0, 1]),
    st.booleans(),
)


@given(st.lists(rows, max_size=15))
@settings(max_examples=50, deadline=None)
def test_the_outcomes_make_up_the_whole(asked: list[Asked]) -> None:
    figures = figures_of(asked)
    assert sum(figures.shares.values()) == figures.asked == len(asked)
    assert figures.contained <= figures.decided <= figures.asked
    containment = figures.containment
    assert (containment is None) == (figures.decided == 0)
    assert containment is None or 0 <= containment <= 100
    known = sorted(each.milliseconds for each in asked if each.milliseconds is not None)
    assert figures.bot.number == len(known)
    if known:
        assert figures.bot.half in known
        assert sum(each <= figures.bot.most for each in known) * 100 >= 95 * len(known)
        assert figures.bot.half <= figures.bot.most


def test_each_question_counts_as_what_came_of_it_in_the_end() -> None:
    told = {
        "at_once": question(1, "a", outcome="answered", origin="faq"),
        "chosen": question(2, "a", outcome="answered", origin="faq", offered=True),
        "offered": question(3, "a", outcome="offered", offered=True),
        "withheld": question(4, "a", outcome="withheld", reason="unsure"),
        "person": question(5, "a", outcome="withheld", reason="unsure", handed=OPENING),
        "waiting": question(6, "a"),
    }
    assert {name: outcome_of(asked) for name, asked in told.items()} == {n: n for n in told}
    assert [name for name, asked in told.items() if is_gap(asked)] == ["withheld", "person"]
    small_talk = question(7, "hi", outcome="withheld", reason="small_talk")
    assert not is_gap(small_talk)
    assert is_gap(question(8, "a", outcome="answered", origin="faq", rating=0))
    assert is_gap(question(9, "a", outcome="answered", origin="person", said="x"))


def test_hundredths_are_rounded_half_up() -> None:
    assert [percent(1, 3), percent(1, 200), percent(2, 3), percent(0, 5)] == [33, 1, 67, 0]
    assert percent(0, 0) is None


def test_a_group_in_numbers() -> None:
    asked = (
        question(1, "a", outcome="withheld", reason="unsure", audience="agent", agent="ali"),
        question(2, "a", outcome="answered", audience="agent", agent="ali", rating=0),
        question(3, "a", outcome="answered", origin="person", said="x", chat="site-1"),
    )
    told = tally_of(Group(asked[0], asked), before=4)
    assert (told.number, told.before, told.agents, told.customers) == (3, 4, 2, 1)
    assert (told.askers, told.again, told.unanswered, told.low, told.helped) == (2, 1, 1, 1, 1)
    assert (told.trouble, told.key) == (3, "900/1")


# --- spans -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("given_", "days"), [("", 1), ("today", 1), ("yesterday", 1), ("week", 7), ("month", 30)]
)
def test_a_span_and_the_one_before_it_touch(given_: str, days: int) -> None:
    wanted = wanted_of({"range": given_} if given_ else {}, TODAY)
    assert wanted.days == wanted.before.days == days
    assert wanted.before.last == wanted.first - timedelta(days=1)
    assert wanted_of(dict(pair.split("=") for pair in wanted.query().split("&")), TODAY) == wanted


@given(st.dates(min_value=date(1, 6, 1)), st.dates())
def test_dates_are_taken_in_order_and_not_too_many(first: date, last: date) -> None:
    given_ = {"range": "dates", "since": first.isoformat(), "until": last.isoformat()}
    if 0 <= (last - first).days < LONGEST:
        assert wanted_of(given_, TODAY).first == first
    else:
        with pytest.raises(Unclear):
            wanted_of(given_, TODAY)


@pytest.mark.parametrize(
    "given_",
    [
        {"range": "ever"},
        {"range": "dates", "since": "yesterday"},
        {"range": "dates", "since": "<script>"},
        {"audience": "robots"},
    ],
)
def test_what_cannot_be_read_is_refused(given_: dict[str, str]) -> None:
    with pytest.raises(Unclear):
        wanted_of(given_, TODAY)


def test_the_first_days_there_are_have_none_before_them() -> None:
    with pytest.raises(Unclear):
        wanted_of({"range": "dates", "since": "0001-01-01", "until": "0001-01-02"}, TODAY)


# --- tables ------------------------------------------------------------------------------------

hostile = st.sampled_from(["", *FORMULA, " =", '"', "\r\n=1"]).flatmap(
    lambda start: st.text(max_size=8).map(lambda rest: start + rest)
)


@given(st.lists(hostile, min_size=1, max_size=5))
def test_no_cell_runs_in_a_spreadsheet_and_nothing_is_lost(cells: list[str]) -> None:
    content = sheet.as_csv(["a"] * len(cells), [cells])
    assert content.startswith(b"\xef\xbb\xbf")
    [_, row] = csv.reader(io.StringIO(content.decode("utf-8-sig"), newline=""))
    assert [each.removeprefix("'") for each in row] == [each.removeprefix("'") for each in cells]
    assert not any(each.lstrip(" ").startswith(FORMULA) for each in row)


def test_tables_have_as_many_cells_as_columns() -> None:
    asked = question(1, "=HYPERLINK(1)", handed=OPENING, helped=OPENING, confidence=0.5)
    told: Tally = tally_of(Group(asked, (asked,)))
    [group_row] = sheet.group_rows([told])
    [question_row] = sheet.question_rows([asked])
    [figure_row] = sheet.figure_rows([("customer", figures_of([asked]))])
    assert len(group_row) == len(sheet.GROUPS)
    assert len(question_row) == len(sheet.QUESTIONS)
    assert len(figure_row) == len(sheet.FIGURES)
    assert "900" not in " ".join(map(str, question_row)), "who asked stays here"


# --- entries -----------------------------------------------------------------------------------


def test_a_form_begins_with_their_words_and_a_person_s_answer() -> None:
    asked = (
        question(1, "How  long?", language="en"),
        question(2, "how long?", language="en", said="Five days."),
        question(3, "چقدر؟", language="fa"),
        question(4, "When is it back?", language="en", level=2),
    )
    form = proposed(Group(asked[3], asked), "fa")
    assert form.questions.splitlines()[0] == "When is it back?"
    assert len(form.questions.splitlines()) == 2, "the same words once"
    assert (form.answer, form.language, form.audience, form.level) == (
        "Five days.",
        "en",
        "customer",
        "0",
    )
    inside = question(1, "x", audience="agent", language=None)
    assert proposed(Group(inside, (inside,)), "fa").audience == "agent"


GOOD: dict[str, str] = {
    "questions": "How  long?\r\nHow long does it take?\r\n\r\nhow LONG?",
    "answer": " Five days. ",
    "title": "Answers",
    "language": "en",
    "level": "۳",
}


def test_a_form_is_read() -> None:
    entry = read(Form(**GOOD))
    assert entry.wordings == ("How long?", "How long does it take?")
    assert (entry.answer, entry.level) == ("Five days.", 3)
    asked: dict[str, Any] = entry.request(sample=False, by="maryam")
    assert (
        asked["document"] == "faq-from-questions-en" == document_of("customer", "en", sample=False)
    )
    assert (
        asked["entries"][0]["id"]
        == read(Form(**GOOD)).request(sample=True, by="x")["entries"][0]["id"]
    )
    assert document_of("agent", "fa", sample=True) == "sample-faq-from-questions-agents-fa"


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("questions", " \n "),
        ("questions", "???"),
        ("questions", "\n".join(f"question {n}" for n in range(21))),
        ("answer", "  "),
        ("answer", "x" * 4001),
        ("title", ""),
        ("audience", "everybody"),
        ("level", "-1"),
        ("level", "101"),
        ("level", "²"),
        ("language", "xx"),
        ("department", "x" * 61),
    ],
)
def test_what_cannot_be_taken_is_named(field: str, value: str) -> None:
    with pytest.raises(Unclear) as told:
        read(Form(**GOOD | {field: value}))
    assert str(told.value) == field
