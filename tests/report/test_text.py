"""The text of a report fits a terminal, and leaves nobody out."""

import re
import unicodedata
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec import structs
from rich.cells import cell_len

from llmtb.report.document import Document, PlainSpeech
from llmtb.report.text import text
from tests.projections.logs import ZONE
from tests.report.documents import LANGUAGES, Language, a_day, crowd, documents, empty


def columns(line: str) -> int:
    """How wide a line is shown, as another library reckons it."""
    return cell_len("".join(c for c in line if unicodedata.category(c) not in ("Cf", "Mn", "Me")))


@given(documents())
@settings(max_examples=60, deadline=None)
def test_no_line_is_wider_than_a_terminal(document: Document) -> None:
    lines = text(document).splitlines()
    assert lines
    for line in lines:
        assert columns(line) <= 100, line


@given(documents(), st.booleans())
@settings(max_examples=40, deadline=None)
def test_nothing_in_it_can_command_a_terminal(document: Document, plain: bool) -> None:
    if plain:
        document = replace(document, speech=PlainSpeech(ZONE))
    assert not {c for c in text(document) if unicodedata.category(c) == "Cc"} - {"\n"}


@pytest.mark.parametrize("language", LANGUAGES)
def test_everybody_has_a_line(language: Language) -> None:
    for document in a_day(language):
        shown = text(document)
        for lines in document.report.agents:
            name = "سارا" if lines.agent == "a001" else lines.agent
            assert any(line.lstrip("\u2068").startswith(name) for line in shown.splitlines())


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_heads_of_all_columns_have_room_beside_the_longest_name(language: Language) -> None:
    document = crowd(3, language)
    shown = text(replace(document, names={"a001": "x" * 90}))
    assert any(line.endswith(document.speech.say("Refused")) for line in shown.splitlines())


def test_the_figures_are_those_of_the_report() -> None:
    shown = text(crowd(3))
    assert "Agents: 3 (0 absent)   Rests: 3 (3 late, 0:15:00)" in shown
    assert shown.count("0:05:00 late") == 3
    assert "a002" in shown


def test_persian_is_said_in_persian_with_its_digits() -> None:
    shown = text(crowd(3, "fa"))
    assert "۳۰ آبان ۱۴۰۵" in shown
    assert "دیرکرد" in shown
    assert not any(
        c in "123456789" for line in shown.splitlines() for c in line if "a0" not in line
    )


@pytest.mark.parametrize(
    ("language", "day", "mean"),
    [
        ("en", "Sat 21 Nov 2026", "1.5"),
        ("id", "Sab, 21 Nov 2026", "1,5"),
        ("pt", "sáb., 21 de nov. de 2026", "1,5"),
        ("zh", "2026年11月21日周六", "1.5"),
    ],
)
def test_days_and_means_are_written_as_the_language_s_readers_do(
    language: Language, day: str, mean: str
) -> None:
    document = crowd(3, language)
    shown = text(replace(document, report=structs.replace(document.report, mean_resting=1.5)))
    assert day in shown.splitlines()[0]
    assert re.search(rf"(?<![\d.,]){re.escape(mean)}(?![\d.,])", shown)


def test_a_shift_that_nobody_was_on_has_a_report() -> None:
    assert "Agents: 0" in text(empty())


def test_english_needs_no_catalogue() -> None:
    document = crowd(2)
    plain = replace(document, speech=PlainSpeech(ZONE))
    assert text(plain).splitlines()[3:] == text(document).splitlines()[3:]
