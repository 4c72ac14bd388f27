"""The sample's labelled questions are a fair yardstick: whole, even, about entries that exist."""

from collections import Counter
from pathlib import Path
from typing import Literal

import msgspec
import pytest

from llmtb.events.chat import Audience
from llmtb.inference.knowledge.letters import normal

SAMPLE = Path(__file__).parents[2] / "llmtb" / "sample"
LANGUAGES = ("en", "fa", "id", "pt", "zh")
WANTED = {"answerable": 50, "paraphrase": 30, "out_of_scope": 20, "adversarial": 14}
SCRIPTS = {"fa": ("\u0600", "\u06ff"), "zh": ("\u4e00", "\u9fff")}


class Question(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One line of the yardstick; `entry` is the one right answer, None where none is right."""

    id: str
    language: str
    text: str
    kind: Literal["answerable", "paraphrase", "out_of_scope", "adversarial"]
    audience: Audience
    entry: str | None


class Entry(msgspec.Struct, frozen=True):
    """What these tests need of an entry of the sample."""

    id: str
    audience: Audience


class Knowledge(msgspec.Struct, frozen=True):
    """What these tests need of a file of the sample's knowledge."""

    entries: list[Entry]


def asked(language: str) -> list[Question]:
    file = SAMPLE / "questions" / f"{language}.json"
    return msgspec.json.decode(file.read_bytes(), type=list[Question])


@pytest.fixture(scope="module")
def questions() -> list[Question]:
    return [question for language in LANGUAGES for question in asked(language)]


@pytest.fixture(scope="module")
def entries() -> dict[str, Audience]:
    file = SAMPLE / "knowledge" / "en.json"
    assert file.is_file(), f"{file} is missing: the questions have nothing to be about"
    known = msgspec.json.decode(file.read_bytes(), type=Knowledge).entries
    return {entry.id: entry.audience for entry in known}


def test_there_is_one_file_a_language() -> None:
    assert sorted(file.stem for file in (SAMPLE / "questions").iterdir()) == sorted(LANGUAGES)


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_language_has_as_many_of_each_kind(language: str) -> None:
    assert Counter(question.kind for question in asked(language)) == WANTED


@pytest.mark.parametrize("language", LANGUAGES)
def test_ids_count_up_in_their_language(language: str) -> None:
    numbered = [f"{language}-{number:03}" for number in range(1, sum(WANTED.values()) + 1)]
    assert [question.id for question in asked(language)] == numbered
    assert {question.language for question in asked(language)} == {language}


@pytest.mark.parametrize("language", SCRIPTS)
def test_a_question_is_written_in_its_language(language: str) -> None:
    first, last = SCRIPTS[language]
    foreign = [
        question.id
        for question in asked(language)
        if not any(first <= letter <= last for letter in question.text)
    ]
    assert foreign == []


def test_nothing_is_asked_twice(questions: list[Question]) -> None:
    texts = Counter(normal(question.text) for question in questions)
    assert [text for text, times in texts.items() if times > 1 or not text.strip()] == []


def test_one_entry_is_right_or_none(questions: list[Question]) -> None:
    unanswerable = {"out_of_scope", "adversarial"}
    wrong = [each.id for each in questions if (each.entry is None) != (each.kind in unanswerable)]
    assert wrong == []


def test_a_language_asks_about_an_entry_once(questions: list[Question]) -> None:
    pairs = Counter((each.language, each.entry) for each in questions if each.entry)
    assert [pair for pair, times in pairs.items() if times > 1] == []


def test_whoever_asks_may_see_the_answer(
    questions: list[Question], entries: dict[str, Audience]
) -> None:
    unknown = [each.id for each in questions if each.entry and each.entry not in entries]
    assert unknown == [], "their entries are not in the sample's knowledge"
    internal = [
        each.id
        for each in questions
        if each.entry and entries[each.entry] == "agent" and each.audience != "agent"
    ]
    assert internal == []


def test_every_entry_is_asked_about_in_two_languages(
    questions: list[Question], entries: dict[str, Audience]
) -> None:
    times = Counter(each.entry for each in questions)
    assert [entry for entry in entries if times[entry] < 2] == []
