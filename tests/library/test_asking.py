"""Questions through the service, over the real index: who may see what, and how it is judged."""

import asyncio
import json
import shutil
from collections.abc import Iterator
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from llmtb.control import Note, Unable
from llmtb.library.answers import Answers
from llmtb.library.service import Service, rules_of
from tests.library.company import BOOKS, bring
from tests.library.place import SETTINGS, Place, opened, silent


class Company:
    """The books over real models, in a loop of their own."""

    def __init__(self, runner: asyncio.Runner, place: Place, answers: Answers) -> None:
        self.runner = runner
        self.place = place
        self.answers = answers

    def do(self, do: str, **fields: Any) -> Any:
        return self.runner.run(self.place.do(do, **fields))


@pytest.fixture(scope="module")
def company(vectors: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Company]:
    folder = tmp_path_factory.mktemp("company")
    (folder / "data").mkdir()
    shutil.copy(vectors, folder / "data")
    with asyncio.Runner() as runner:
        stack = AsyncExitStack()

        async def begin() -> Company:
            place = await stack.enter_async_context(opened(folder / "data"))
            await bring(place, folder)
            answers = await Answers.open(SETTINGS, place.folder, writes=False)
            stack.push_async_callback(answers.close)
            await answers.show(place.service.library(), rules_of(place.journal))

            async def there(note: Note) -> Answers:
                return answers

            place.service = Service(place.house, place.journal, place.folder, there)
            return Company(runner, place, answers)

        yield runner.run(begin())
        runner.run(stack.aclose())


QUESTIONS = [question for book in BOOKS for question, _ in book.entries]


@settings(max_examples=60)
@given(
    question=st.sampled_from(QUESTIONS) | st.text(max_size=30).filter(str.strip),
    audience=st.sampled_from(["agent", "customer"]),
    level=st.integers(0, 100),
    language=st.sampled_from([None, "en", "fa", "zh"]),
)
def test_nobody_sees_what_is_not_for_them(
    company: Company, question: str, audience: str, level: int, language: str | None
) -> None:
    outcome = company.do(
        "ask_once", text=question, audience=audience, level=level, language=language
    )
    told = json.dumps(outcome, ensure_ascii=False)
    for book in BOOKS:
        if audience == "customer" and (book.audience == "agent" or book.level > level):
            assert f"{book.name}@" not in told
            assert all(answer not in told for _, answer in book.entries)


@pytest.mark.parametrize("book", BOOKS, ids=lambda book: book.name)
def test_who_may_see_it_is_answered(company: Company, book: Any) -> None:
    ((question, answer),) = book.entries
    outcome = company.do("ask_once", text=question, audience=book.audience, level=book.level)
    assert outcome["reply"]["outcome"]["text"] == answer
    assert not outcome["sample"]
    colleague = company.do("ask_once", text=question, audience="agent")
    assert colleague["reply"]["outcome"]["text"] == answer, "levels are customers'"


def test_an_asker_is_a_customer_unless_it_is_said(company: Company) -> None:
    told = json.dumps(company.do("ask_once", text="What is the code of the alarm?", level=100))
    assert "4711" not in told


def test_asking_leaves_nothing_in_the_journal(company: Company) -> None:
    before = company.place.journal.head
    company.do("ask_once", text="How long do refunds take?", level=3)
    assert company.place.journal.head == before


def test_no_event_of_the_knowledge_holds_the_text_of_a_document(company: Company) -> None:
    told = "".join(repr(each.event) for each in company.place.journal.read())
    assert "hours.csv" in told
    assert not any(answer in told for book in BOOKS for _, answer in book.entries)


def test_a_draft_without_a_model_that_writes_is_refused(company: Company) -> None:
    with pytest.raises(Unable, match="llmtb models") as told:
        company.do("ask_once", text="When is the shop open?", draft=True)
    assert told.value.status == 6


def test_questions_of_the_made_up_company_judge_no_other(company: Company) -> None:
    for verb in ("judge", "calibrate"):
        with pytest.raises(Unable, match="made-up company") as told:
            company.do(verb)
        assert told.value.status == 2
    assert "CalibrationSet" not in company.place.events()


def labelled(path: Path) -> Path:
    common = {"language": "en", "audience": "agent", "level": 100}
    rows: list[dict[str, object]] = [
        {
            **common,
            "id": f"q{number}-{again}",
            "kind": "answerable",
            "text": question + "?" * again,
            "entry": f"{book.name}@1#1",
        }
        for again in range(4)
        for number, book in enumerate(BOOKS[:4])
        for question, _ in book.entries
    ]
    others = ("Who won the match yesterday?", "How do I bake bread?", "What is Peru's capital?")
    rows += [
        {**common, "id": f"o{number}", "kind": "out_of_scope", "text": text}
        for number, text in enumerate(others * 3)
    ]
    path.write_text("\n".join(map(json.dumps, rows)))
    return path


def test_judging_tells_right_from_wrong_and_remembers_nothing(
    company: Company, tmp_path: Path
) -> None:
    questions = labelled(tmp_path / "questions.jsonl")
    notes: list[str] = []

    def note(text: str, *, piece: bool = False) -> None:
        notes.append(text)

    kept = company.answers.statistics()["cache"]
    request = {"do": "judge", "paths": [str(questions)]}
    verdict = company.runner.run(company.place.service.do(request, note))
    assert len(verdict["judged"]) == 25
    assert notes[-1] == "questions: 25 of 25"
    assert company.answers.statistics()["cache"] == kept
    half = company.do("judge", paths=[str(questions)], half=True)
    assert 0 < len(half["judged"]) < 25


def test_calibrating_sets_what_the_next_start_reads(company: Company, tmp_path: Path) -> None:
    questions = labelled(tmp_path / "questions.jsonl")
    dry = company.do("calibrate", paths=[str(questions)], dry=True)
    assert company.place.service.library().calibration is None
    assert company.do("calibrate", paths=[str(questions)]) == dry
    library = company.place.service.library()
    assert library.calibration is not None
    assert library.calibration["encoder"] == company.answers.encoder.identity
    company.runner.run(company.answers.show(library, rules_of(company.place.journal)))
    assert company.answers.answering.calibration.questions == 25


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("id,kind\n1,answerable\n", "questions.csv:2"),
        ("", "holds no questions"),
        ("id,language,kind,text,entry\nq,en,answerable,How?,\n", "needs the entry"),
    ],
)
def test_wrong_questions_are_told_before_anything_is_loaded(
    content: str, words: str, tmp_path: Path
) -> None:
    async def story() -> None:
        async with opened(tmp_path / "data") as place:
            path = tmp_path / "questions.csv"
            path.write_text(content)
            with pytest.raises(Unable, match=words) as told:
                await place.do("judge", paths=[str(path)])
            assert told.value.status == 2

    asyncio.run(story())


def test_without_models_a_question_is_told_so(tmp_path: Path) -> None:
    async def story() -> None:
        async with opened(tmp_path / "data") as place:
            with pytest.raises(Unable, match="llmtb models add") as told:
                await place.service.do({"do": "ask_once", "text": "hello"}, silent)
            assert told.value.status == 6

    asyncio.run(story())
