"""Thresholds keep what was wanted, say how sure they are, and questions are read strictly."""

import asyncio
import json
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from llmtb.inference.answering.asked import Asked
from llmtb.inference.answering.calibration import Calibration, Wanted, calibrate, figure
from llmtb.inference.answering.confidence import fit
from llmtb.inference.answering.examples import Example, Labelled, halves, read_questions
from llmtb.inference.answering.judge import judge, table
from llmtb.inference.answering.reply import Answered, Offered, Reply, Withheld, source_of
from llmtb.inference.errors import DocumentError
from tests.inference.answering import example, hit, signals

SCORE = st.floats(0, 1)


@st.composite
def labelled(draw: st.DrawFn) -> list[Example]:
    """Right ones score higher on the whole, but not always."""
    made = [example(n, "answerable", 0.6 + n / 50, rank=1) for n in range(6)]
    made += [example(n, "out_of_scope", n / 20) for n in range(6, 12)]
    for number in range(12, draw(st.integers(12, 70))):
        kind = draw(st.sampled_from(["answerable", "answerable", "out_of_scope", "adversarial"]))
        rank = draw(st.sampled_from([1, 1, 1, 2, 3, 7, None])) if kind == "answerable" else None
        score = draw(SCORE) * 0.6 + (0.4 if rank == 1 else 0.0)
        barred = kind == "adversarial" and draw(st.booleans())
        made.append(example(number, kind, score, rank=rank, barred=barred))  # type: ignore[arg-type]
    return made


@settings(max_examples=25)
@given(labelled())
def test_the_wanted_rates_are_kept_on_what_was_not_fitted(examples: list[Example]) -> None:
    made = calibrate(examples, encoder="e", index="i")
    told = made.languages["en"]
    assert 0 <= told.low <= told.high <= 1
    assert told.wrong.rate <= 0.02
    assert told.out_of_scope.rate <= 0.03
    assert told.adversarial.rate <= 0.10
    for rate in (told.right, told.wrong, told.out_of_scope, told.adversarial):
        assert rate.least <= rate.rate <= rate.most


@settings(max_examples=25)
@given(labelled(), SCORE, SCORE)
def test_more_score_is_never_less_sure(examples: list[Example], score: float, more: float) -> None:
    model = calibrate(examples, encoder="e", index="i").model
    low, high = sorted((score, more))
    assert model.confidence(signals(low), "en") <= model.confidence(signals(high), "en")


def test_a_calibration_is_the_same_each_time_and_comes_back_from_the_journal() -> None:
    examples = [example(n, "answerable", 0.5 + n / 100, rank=1) for n in range(20)]
    examples += [example(n + 20, "out_of_scope", n / 50) for n in range(20)]
    made = calibrate(examples, encoder="e", index="i", wanted=Wanted(wrong=0.01))
    assert made == calibrate(
        list(reversed(examples)), encoder="e", index="i", wanted=Wanted(wrong=0.01)
    )
    stored = msgspec.json.encode(made)
    assert msgspec.json.decode(stored, type=Calibration) == made
    assert json.loads(stored)["encoder"] == "e"


def test_few_questions_of_a_language_lean_on_the_others_and_it_says_so() -> None:
    examples = [example(n, "answerable", 0.4 + n / 200, rank=1) for n in range(100)]
    examples += [example(n + 100, "out_of_scope", n / 300) for n in range(100)]
    examples += [example(n, "answerable", 0.9, rank=1, language="id") for n in range(3)]
    made = calibrate(examples, encoder="e", index="i")
    assert made.languages["id"].own < 0.05 < 0.6 < made.languages["en"].own
    assert any(note.startswith("id: 3 labelled questions are few") for note in made.notes)
    assert made.bounds("sw") == (made.low, made.high)


def test_questions_of_one_kind_teach_nothing() -> None:
    with pytest.raises(ValueError, match="it takes 5 questions"):
        calibrate([example(n, "answerable", 0.5, rank=1) for n in range(9)], encoder="", index="")


def test_confidence_is_the_share_that_is_right() -> None:
    found = [signals(0.5)] * 100
    right = [n < 30 for n in range(100)]
    assert fit(found, ["en"] * 100, right).confidence(signals(0.5), "en") == pytest.approx(
        0.3, abs=0.01
    )


@given(st.integers(0, 30), st.integers(0, 30))
def test_an_interval_holds_the_rate_and_narrows(count: int, more: int) -> None:
    of = count + more
    small, large = figure(count, of), figure(count * 10, of * 10)
    assert 0 <= small.least <= small.rate <= small.most <= 1
    if of:
        assert large.most - large.least <= small.most - small.least


def test_intervals_are_the_tables_ones() -> None:
    # Clopper–Pearson, 95 %, as printed in tables: 0 of 10, 1 of 10, 5 of 10, 10 of 10.
    for count, least, most in (
        (0, 0, 0.3085),
        (1, 0.0025, 0.4450),
        (5, 0.1871, 0.8129),
        (10, 0.6915, 1),
    ):
        told = figure(count, 10)
        assert told.least == pytest.approx(least, abs=1e-4)
        assert told.most == pytest.approx(most, abs=1e-4)


# --- reading questions -----------------------------------------------------------------------

ROW = {"id": "q1", "language": "en", "text": "How?", "kind": "answerable", "entry": "pay"}


def write(folder: Path, name: str, text: str) -> Path:
    (folder / name).write_text(text, encoding="utf-8")
    return folder / name


def test_the_same_questions_are_read_from_every_form(tmp_path: Path) -> None:
    other = {**ROW, "id": "q2", "kind": "out_of_scope", "entry": None}
    listed = write(tmp_path, "a.json", json.dumps([ROW, other]))
    lines = write(tmp_path, "a.jsonl", f"{json.dumps(ROW)}\n\n{json.dumps(other)}\n")
    cells = write(
        tmp_path,
        "a.csv",
        "id,language,text,kind,entry\nq1,en,How?,answerable,pay\nq2,en,How?,out_of_scope,\n",
    )
    assert read_questions(listed) == read_questions(lines) == read_questions(cells)
    assert read_questions(listed)[0] == Labelled(
        id="q1", language="en", text="How?", kind="answerable", entry="pay"
    )


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        ("a.jsonl", f"{json.dumps(ROW)}\n{{", "a.jsonl:2: is not JSON"),
        ("a.jsonl", f"{json.dumps(ROW)}\n{json.dumps(ROW)}", "a.jsonl:2: id 'q1' is in"),
        ("a.jsonl", json.dumps({**ROW, "kind": "easy"}), "a.jsonl:1: Invalid enum value 'easy'"),
        ("a.json", json.dumps([ROW, {**ROW, "entry": None}]), "question 2: answerable needs"),
        ("a.json", "[\n1,\n", "is not JSON"),
        ("a.json", "[]", "holds no questions"),
        ("a.csv", "id,language,text,kind\nq1,en,How?,paraphrase\n", "a.csv:2: paraphrase needs"),
        ("a.csv", "id,language,text,kind,entry\nq1,en,  ,answerable,x\n", "a.csv:2: text is empty"),
    ],
)
def test_what_is_wrong_is_said_with_its_line(
    tmp_path: Path, name: str, text: str, said: str
) -> None:
    with pytest.raises(DocumentError) as error:
        read_questions(write(tmp_path, name, text))
    assert said in str(error.value)
    assert "\n" not in str(error.value)


@given(st.binary(max_size=200), st.sampled_from(["a.json", "a.jsonl", "a.csv"]))
def test_any_file_is_read_or_refused_in_a_line(
    tmp_path_factory: pytest.TempPathFactory, data: bytes, name: str
) -> None:
    path = tmp_path_factory.mktemp("questions") / name
    path.write_bytes(data)
    with suppress(DocumentError):
        assert read_questions(path)


def test_a_missing_file_is_said(tmp_path: Path) -> None:
    with pytest.raises(DocumentError, match="cannot be read"):
        read_questions(tmp_path / "none.json")


def test_halves_are_a_matter_of_the_id_alone() -> None:
    questions = [
        Labelled(id=str(n), language="en", text="?", kind="out_of_scope") for n in range(200)
    ]
    tuned, held = halves(questions)
    assert 70 < len(held) < 130
    assert halves(reversed(questions)) == (tuned[::-1], held[::-1])


# --- judging ---------------------------------------------------------------------------------


class Oracle:
    """Answers by the text of the question: what it says is what comes of it."""

    async def answer(self, asked: Asked) -> Reply:
        right, other = hit(1, entry="pay"), hit(2, entry="move")
        outcome: Answered | Offered | Withheld = Withheld("unsure")
        if asked.text in ("right", "wrong"):
            shown = right if asked.text == "right" else other
            outcome = Answered(
                text="x",
                sources=(source_of(shown.passage),),
                origin="faq",
                language="en",
                confidence=1,
            )
        elif asked.text in ("offered", "missed"):
            outcome = Offered((other, right) if asked.text == "offered" else (other,))
        return Reply(outcome=outcome, hits=(right, other), rung="faq", why={}, language="en")

    async def example(self, question: Labelled, asked: Asked) -> Example:
        return Example(question=question, signals=None, rank=2)


def questions(texts: Iterable[str]) -> list[Labelled]:
    return [
        Labelled(
            id=str(n),
            language="en" if n % 2 else "fa",
            text=text.removeprefix("-"),
            kind="adversarial" if text.startswith("-") else "answerable",
            entry=None if text.startswith("-") else "pay",
        )
        for n, text in enumerate(texts)
    ]


@given(
    st.lists(
        st.sampled_from(["right", "wrong", "offered", "missed", "withheld", "-right", "-offered"])
    )
)
def test_what_came_of_each_question_is_counted_once(texts: list[str]) -> None:
    verdict = asyncio.run(judge(questions(texts), Oracle()))
    tally = verdict.languages["all"]
    for outcome in ("right", "wrong", "offered", "missed", "withheld"):
        told = getattr(tally, outcome)
        assert told.count == texts.count(outcome)
        assert told.of == sum(not text.startswith("-") for text in texts)
    assert tally.adversarial.count == texts.count("-right")
    assert tally.recall1.count == 0
    assert tally.recall5.count == tally.right.of
    assert tally.helped.count == texts.count("right") + texts.count("offered")
    bad = {"wrong", "missed", "withheld", "-right"}
    assert len(verdict.failures) == sum(text in bad for text in texts)
    assert {"fa", "en", "all"} >= verdict.languages.keys()
    assert table(verdict).count("\n") >= len(verdict.languages) + len(verdict.failures)
    assert msgspec.json.encode(verdict)
