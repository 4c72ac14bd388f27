"""The catalogues say everything in every language, and each language writes as its readers do."""

import ast
import re
import string
import unicodedata
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, date, datetime
from functools import cache
from pathlib import Path
from typing import NamedTuple
from zoneinfo import ZoneInfo

import pytest
from babel.messages.catalog import Catalog
from babel.messages.pofile import read_po
from hypothesis import given
from hypothesis import strategies as st

from llmtb import audit, report
from llmtb.channels import conversation, web
from llmtb.channels.conversation.words import LOCALES, Speech, Words, ascii_digits, plain

TEHRAN = ZoneInfo("Asia/Tehran")
NOON = datetime(2026, 11, 21, 8, 30, tzinfo=UTC)
LANGUAGES = sorted(path.name for path in LOCALES.iterdir() if path.is_dir())
Msgid = str | tuple[str, str]


WORDS = Words.load()


class Entry(NamedTuple):
    """A message of a catalogue: its ids (one, or singular and plural) and what stands for them."""

    ids: tuple[str, ...]
    texts: tuple[str, ...]
    fuzzy: bool

    @property
    def key(self) -> Msgid:
        """The id as `said` gives it."""
        return self.ids[0] if len(self.ids) == 1 else (self.ids[0], self.ids[1])


def speech(language: str) -> Speech:
    return WORDS.speech(language, TEHRAN)


@cache
def catalogue(language: str, name: str = "llmtb") -> Catalog:
    path = LOCALES / language / "LC_MESSAGES" / f"{name}.po"
    with path.open("rb") as source:
        return read_po(source, locale=language)


def catalogues(language: str) -> list[str]:
    """The names of a language's catalogues: the conversation's, and one a room of the console."""
    return sorted(path.stem for path in (LOCALES / language / "LC_MESSAGES").glob("*.po"))


def entries(language: str) -> Iterator[Entry]:
    for message in (each for name in catalogues(language) for each in catalogue(language, name)):
        if message.id:
            ids, texts = (
                tuple(str(each) for each in ([text] if isinstance(text, str) else text or []))
                for text in (message.id, message.string)
            )
            yield Entry(ids, texts, message.fuzzy)


SAYING = re.compile(
    r"""(?P<call>\bsay|\bcount)\(\s*(?P<q>["'])(?P<one>(?:(?!(?P=q))[^\\]|\\.)*)(?P=q)"""
    r"""(?:\s*,\s*(?P<r>["'])(?P<many>(?:(?!(?P=r))[^\\]|\\.)*)(?P=r))?""",
    re.DOTALL,
)
"""A `say` or a `count` of a template, with its texts."""


def unescaped(text: str) -> str:
    """A text as the template means it."""
    return str(ast.literal_eval(f'"""{text}"""'))


def said() -> Iterator[tuple[str, Msgid]]:
    """Every message id in the code, and where: the texts given to `say`, `count` and `mark`."""
    rooms = [Path(str(room.__file__)).parent for room in (audit, conversation, report, web)]
    for path in sorted(path for room in rooms for path in room.rglob("*.html")):
        for found in SAYING.finditer(path.read_text(encoding="utf-8")):
            one, many = (text and unescaped(text) for text in (found["one"], found["many"]))
            yield f"{path.name}", (one, many) if found["call"] == "count" else one
    for path in sorted(path for room in rooms for path in room.rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if not isinstance(node, ast.Call):
                continue
            name = getattr(node.func, "attr", getattr(node.func, "id", ""))
            constants = (a.value for a in node.args if isinstance(a, ast.Constant))
            texts = [each for each in constants if not isinstance(each, bytes)]
            where = f"{path.name}:{node.lineno}"
            if name == "count" and texts:
                one, many, *_ = texts
                yield where, (str(one), str(many))
            elif name in ("say", "mark") and texts:
                yield where, str(texts[0])


SAID = {msgid: where for where, msgid in said()}


def places(text: str) -> set[str]:
    """The names of the places that values go into."""
    return {name for _, name, _, _ in string.Formatter().parse(text) if name is not None}


def test_there_are_the_languages_that_are_promised() -> None:
    assert {"en", "fa"} <= set(LANGUAGES)
    assert len(SAID) > 100


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_language_says_everything_and_nothing_else(language: str) -> None:
    known = {entry.key for entry in entries(language)}
    assert {SAID[each]: each for each in SAID.keys() - known} == {}
    assert known - SAID.keys() == set()


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_translation_is_there_whole_and_keeps_its_places(language: str) -> None:
    for entry in entries(language):
        assert not entry.fuzzy
        assert len(entry.texts) == (1 if len(entry.ids) == 1 else catalogue(language).num_plurals)
        for text in entry.texts:
            assert text.strip(), entry.ids
            assert places(text) == places(entry.ids[-1]), entry.ids
            assert text.count("\n") == entry.ids[-1].count("\n"), entry.ids


@pytest.mark.parametrize("language", LANGUAGES)
def test_nothing_stands_in_two_catalogues_of_a_language(language: str) -> None:
    seen = Counter(entry.key for entry in entries(language))
    assert [key for key, times in seen.items() if times > 1] == []
    assert catalogues(language) == catalogues("en")


def test_english_is_the_message_ids_themselves() -> None:
    assert [entry for entry in entries("en") if entry.texts != entry.ids] == []


def test_persian_is_written_in_persian() -> None:
    for entry in entries("fa"):
        for text in entry.texts:
            bare = "".join(part for part, *_ in string.Formatter().parse(_outside_isolates(text)))
            letters = [c for c in bare if c.isalpha()]
            assert all("ARABIC" in unicodedata.name(c) for c in letters), text
            assert not set("يكة0123456789") & set(bare), text


def _outside_isolates(text: str) -> str:
    kept, depth = [], 0
    for c in text:
        depth += (c == "\u2068") - (c == "\u2069")
        if depth == 0:
            kept.append(c)
    return "".join(kept)


def test_each_language_writes_times_dates_and_figures_its_own_way() -> None:
    en, fa = speech("en"), speech("fa")
    assert (en.clock(NOON), fa.clock(NOON)) == ("12:00", "۱۲:۰۰")
    assert en.day(date(2026, 11, 21)) == "Sat 21 Nov 2026"
    assert fa.day(date(2026, 11, 21)) == "شنبه ۳۰ آبان ۱۴۰۵"
    assert (en.figure(3, 5), fa.figure(3, 5)) == ("3/5", "\u2068۳/۵\u2069")
    assert (en.minutes(1), en.minutes(5)) == ("1 minute", "5 minutes")
    assert fa.minutes(5) == "۵ دقیقه"


@given(st.dates())
@pytest.mark.parametrize("language", LANGUAGES)
def test_every_date_that_somebody_can_type_can_be_said(language: str, day: date) -> None:
    assert speech(language).day(day)


def test_what_runs_the_other_way_is_isolated() -> None:
    text = "Press {rest} when you are back."
    assert speech("en").say(text, rest="Rest(dnd)") == "Press Rest(dnd) when you are back."
    assert "\u2068Rest(dnd)\u2069" in speech("fa").say(text, rest="Rest(dnd)")
    assert speech("en").say("{name} is not resting.", name="جواد").startswith("\u2068جواد\u2069")


@given(st.text())
def test_no_name_turns_or_breaks_the_sentence_it_stands_in(name: str) -> None:
    for language in LANGUAGES:
        text = speech(language).say("{name} is not resting.", name=name)
        assert text.count("\u2068") == text.count("\u2069") <= 1
        assert "\n" not in text
        assert not {"\u202a", "\u202b", "\u202d", "\u202e", "\u2066", "\u2067"} & set(text)


@given(st.text())
def test_a_plain_name_stays_as_it_is(name: str) -> None:
    assert plain(plain(name)) == plain(name)


@given(st.integers(min_value=0, max_value=10**12))
def test_every_digit_that_is_written_can_be_read_back(number: int) -> None:
    arabic = str(number).translate(str.maketrans("0123456789", "٠١٢٣٤٥٦٧٨٩"))
    for text in (str(number), arabic, *(speech(each).number(number) for each in LANGUAGES)):
        assert ascii_digits(text) == str(number)


def test_a_new_language_is_a_new_catalogue_and_nothing_else(tmp_path: Path) -> None:
    folder = tmp_path / "id" / "LC_MESSAGES"
    folder.mkdir(parents=True)
    (folder / "llmtb.po").write_text(
        'msgid ""\nmsgstr "Content-Type: text/plain; charset=utf-8\\n"\n\n'
        'msgid "Help"\nmsgstr "Bantuan"\n',
        encoding="utf-8",
    )
    words = Words.load(tmp_path)
    assert list(words.languages) == ["id"]
    assert words.language_for("id-ID") == "id"
    indonesian = words.speech("id", TEHRAN)
    assert indonesian.say("Help") == "Bantuan"
    assert indonesian.say("Nobody is late.") == "Nobody is late."
    assert "Bantuan" in set(words.said_as("Help"))


def test_a_folder_that_is_no_language_is_named(tmp_path: Path) -> None:
    folder = tmp_path / "klingonish" / "LC_MESSAGES"
    folder.mkdir(parents=True)
    (folder / "llmtb.po").write_text("", encoding="utf-8")
    with pytest.raises(ValueError, match="klingonish"):
        Words.load(tmp_path)


@pytest.mark.parametrize(
    ("code", "language"),
    [("fa", "fa"), ("fa-IR", "fa"), ("en_GB", "en"), ("de", "en"), (None, "en"), ("", "en")],
)
def test_the_app_s_language_is_spoken_if_it_is_known(code: str | None, language: str) -> None:
    assert WORDS.language_for(code) == language
