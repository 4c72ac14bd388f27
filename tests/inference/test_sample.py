"""The sample company's knowledge is whole, and says the same in every language as in English."""

import re
import unicodedata
from pathlib import Path
from typing import Literal

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from llmtb.events.chat import Audience
from llmtb.inference.knowledge.documents.reading import read_document
from llmtb.inference.knowledge.letters import normal, numbers

KNOWLEDGE = Path(__file__).parents[2] / "llmtb" / "sample" / "knowledge"
TITLES = {
    "en": "Nava help centre",
    "fa": "راهنمای نوا",
    "id": "Pusat bantuan Nava",
    "pt": "Central de ajuda da Nava",
    "zh": "Nava 帮助中心",
}
# The languages that hold every entry (and at least so many) and those that hold a choice.
WHOLE = {"en": 120, "fa": 120}
CHOICES = {"id": 60, "pt": 60, "zh": 60}
PROSE = {"terms.md": "Nava terms of service", "handbook.md": "Nava agents' handbook"}
# Letters of Arabic keyboards and Arabic digits: Persian is written with its own.
STRANGE = set("يكىةۀ٠١٢٣٤٥٦٧٨٩")
# Letters of traditional Chinese that simplified Chinese writes otherwise.
TRADITIONAL = set("個們會來這對說時問題開關網電話號碼費單線數據機設備聯絡無過還請爲為與後應該員張")
# What is spelt the same in every language: addresses of the company and names of its devices.
_NAMED = re.compile(r"(?:[a-z]+[.@])?nava\.example(?:/[a-z]+)?|NV-[A-Z]\d+|192\.168\.1\.1")


class Entry(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One question of the sample with the answer that a person has reviewed."""

    id: str
    audience: Audience
    department: Literal["sales", "support", "billing", "field", "office"]
    reviewed: Literal[True]
    question: str
    variants: list[str]
    answer: str
    tags: list[str]
    section: str


class Knowledge(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A file of the sample in one language."""

    language: str
    title: str
    entries: list[Entry]


def known(language: str) -> Knowledge:
    return msgspec.json.decode((KNOWLEDGE / f"{language}.json").read_bytes(), type=Knowledge)


def differing(one: str, other: str) -> set[str]:
    """Numbers that only one of two texts tells."""
    return set(numbers(one)) ^ set(numbers(other))


@pytest.fixture(scope="module", params=sorted(TITLES))
def knowledge(request: pytest.FixtureRequest) -> Knowledge:
    return known(request.param)


def test_a_file_says_its_language_and_title(knowledge: Knowledge) -> None:
    assert knowledge.title == TITLES[knowledge.language]


def test_there_are_entries_enough_for_customers_and_for_agents(knowledge: Knowledge) -> None:
    audiences = [entry.audience for entry in knowledge.entries]
    assert len(audiences) >= (WHOLE | CHOICES)[knowledge.language]
    assert audiences.count("agent") >= (30 if knowledge.language in WHOLE else 10)
    ids = [entry.id for entry in knowledge.entries]
    assert len(set(ids)) == len(ids)


def test_both_languages_hold_the_same_entries() -> None:
    english, persian = (
        [(each.id, each.audience, each.department) for each in known(language).entries]
        for language in ("en", "fa")
    )
    assert persian == english


@pytest.mark.parametrize("language", CHOICES)
def test_a_choice_is_of_the_english_entries_and_in_their_order(language: str) -> None:
    english, chosen = (
        [(each.id, each.audience, each.department) for each in known(name).entries]
        for name in ("en", language)
    )
    assert chosen == [entry for entry in english if entry in chosen]


def test_the_choices_have_the_most_asked_entries_in_common() -> None:
    chosen = [{entry.id for entry in known(language).entries} for language in CHOICES]
    assert len(set.intersection(*chosen)) >= 50
    assert len(set.union(*chosen)) >= 90


def test_nothing_is_empty_or_too_long(knowledge: Knowledge) -> None:
    for entry in knowledge.entries:
        texts = (entry.question, entry.answer, entry.section, *entry.variants, *entry.tags)
        assert all(text and text == text.strip() for text in texts), entry.id
        assert entry.tags, entry.id
        assert 2 <= len(entry.variants) <= 4, entry.id
        assert len(entry.answer) <= 900, entry.id


def test_no_question_is_told_twice(knowledge: Knowledge) -> None:
    told = [
        normal(text) for entry in knowledge.entries for text in (entry.question, *entry.variants)
    ]
    assert sorted({text for text in told if told.count(text) > 1}) == []


def test_persian_is_written_in_persian_letters() -> None:
    entries = known("fa").entries
    strange = {entry.id for entry in entries if STRANGE & set(str(entry))}
    assert strange == set()


def scripts(text: str) -> set[str]:
    """The scripts of a text's letters, as Unicode names them: `LATIN`, `CJK`, `ARABIC`."""
    names = (unicodedata.name(sign, "UNKNOWN") for sign in text if sign.isalpha())
    return {name.split()[0] for name in names}


def test_chinese_is_written_in_simplified_chinese() -> None:
    for entry in known("zh").entries:
        assert "CJK" in scripts(entry.question), entry.id
        assert all("CJK" in scripts(line) for line in entry.answer.splitlines()), entry.id
        texts = (entry.question, entry.answer, entry.section, *entry.variants, *entry.tags)
        assert scripts(" ".join(texts)) <= {"CJK", "LATIN"}, entry.id
        assert set(" ".join(texts)) & TRADITIONAL == set(), entry.id


@pytest.mark.parametrize("language", ["id", "pt"])
def test_latin_letters_are_used_where_they_are_the_script(language: str) -> None:
    for entry in known(language).entries:
        texts = (entry.question, entry.answer, entry.section, *entry.variants, *entry.tags)
        assert scripts(" ".join(texts)) == {"LATIN"}, entry.id


@pytest.mark.parametrize("language", CHOICES)
def test_digits_are_plain_where_they_are_the_countrys_own(language: str) -> None:
    for entry in known(language).entries:
        strange = {sign for sign in entry.answer if sign.isdigit() and not sign.isascii()}
        assert strange == set(), entry.id


@pytest.mark.parametrize("language", sorted(set(TITLES) - {"en"}))
def test_an_answer_has_the_same_numbers_as_the_english_one(language: str) -> None:
    english = {entry.id: entry.answer for entry in known("en").entries}
    wrong = {
        entry.id: told
        for entry in known(language).entries
        if (told := differing(english[entry.id], entry.answer))
    }
    assert wrong == {}


@pytest.mark.parametrize("language", CHOICES)
def test_an_answer_names_the_same_addresses_and_devices(language: str) -> None:
    english = {entry.id: set(_NAMED.findall(entry.answer)) for entry in known("en").entries}
    for entry in known(language).entries:
        assert set(_NAMED.findall(entry.answer)) == english[entry.id], entry.id


@given(
    st.sampled_from([entry for name in TITLES for entry in known(name).entries]),
    st.integers(10_000_001, 99_999_999),
)
def test_a_number_too_many_would_be_found(entry: Entry, number: int) -> None:
    assert differing(entry.answer, f"{entry.answer} {number}") == {str(number)}


@pytest.mark.parametrize("language", TITLES)
def test_the_entries_are_read_as_any_document_is(language: str) -> None:
    document = read_document(KNOWLEDGE / f"{language}.json")
    assert (document.title, document.language) == (TITLES[language], language)
    read = [(entry.question, entry.answer) for entry in document.entries]
    assert read == [(entry.question, entry.answer) for entry in known(language).entries]


@pytest.mark.parametrize("name", PROSE)
def test_the_prose_is_read_as_any_document_is(name: str) -> None:
    document = read_document(KNOWLEDGE / name)
    assert (document.title, document.language) == (PROSE[name], "en")
    assert len(document.sections) >= 10


@pytest.mark.parametrize("name", PROSE)
def test_the_prose_does_not_contradict_the_entries(name: str) -> None:
    """A number in the prose is one that an entry tells too."""
    told = {number for entry in known("en").entries for number in numbers(entry.answer)}
    text = (KNOWLEDGE / name).read_text("utf-8")
    assert set(numbers(text)) - told == set()
