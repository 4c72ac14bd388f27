"""All catalogues say the same things, with the same places, and their buttons never mix."""

import re
import string
from collections import Counter
from datetime import date
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from babel import Locale

from llmtb.channels.conversation import keyboards
from llmtb.channels.conversation.desk import _HELP
from llmtb.channels.port import Inline, Reply
from llmtb.events.floor import Role
from llmtb.settings import languages
from tests.conversation.company import Company, play
from tests.conversation.test_words import LANGUAGES, WORDS, Entry, catalogue, entries

ROOT = Path(__file__).parents[2]
TRANSLATED = [language for language in LANGUAGES if language != "en"]
JAVAD, MARYAM = 1001, 1009
HAN = r"\u4e00-\u9fff"


def by_key(language: str) -> dict[object, Entry]:
    return {entry.key: entry for entry in entries(language)}


def places(text: str) -> Counter[str]:
    """The places that values go into, each as often as it stands there."""
    return Counter(name for _, name, _, _ in string.Formatter().parse(text) if name is not None)


def test_the_languages_are_those_that_are_promised_wherever_they_are_listed() -> None:
    assert LANGUAGES == ["en", "fa", "id", "pt", "zh"] == list(languages()) == [*WORDS.languages]
    page = (ROOT / "docs" / "settings.md").read_text(encoding="utf-8").splitlines()
    [row] = [line for line in page if line.startswith("| `telegram.language` |")]
    assert re.findall(r"`([a-z]{2})`", row) == LANGUAGES


@pytest.mark.parametrize("language", TRANSLATED)
def test_a_catalogue_holds_the_messages_of_english_and_no_others(language: str) -> None:
    assert by_key(language).keys() == by_key("en").keys()


@pytest.mark.parametrize("language", TRANSLATED)
def test_every_message_is_there_with_each_place_as_often_as_in_english(language: str) -> None:
    for entry in entries(language):
        for text in entry.texts:
            assert text.strip() == text != "", entry.ids
            assert places(text) == places(entry.ids[-1]), entry.ids
            assert text.count("\n") == entry.ids[-1].count("\n"), entry.ids


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_forms_of_a_number_are_those_of_the_language(language: str) -> None:
    rules = Locale.parse(language).plural_form
    told, expected = WORDS.speech(language, ZoneInfo("UTC")), catalogue(language).num_plurals
    assert len({rules(n) for n in range(200)}) == expected
    one, many = "{n} minute", "{n} minutes"
    forms = {rules(n): told.count(one, many, n).replace(told.number(n), "#") for n in range(200)}
    assert all(
        told.count(one, many, n).replace(told.number(n), "#") == forms[rules(n)] for n in range(200)
    )


@pytest.mark.parametrize("language", LANGUAGES)
def test_what_is_typed_or_pressed_by_its_name_is_never_translated(language: str) -> None:
    fixed = re.compile(r"/\w+(?: breaks\.every 4)?|Rest\(dnd\)|\{\w+\}")
    for entry in entries(language):
        wanted = Counter(fixed.findall(entry.ids[-1]))
        for text in entry.texts:
            bare = re.sub("[\u2066-\u2069]", "", text)
            assert Counter(fixed.findall(bare)) == wanted, entry.ids


def test_chinese_is_written_in_chinese_with_its_own_marks() -> None:
    for entry in entries("zh"):
        for text in entry.texts:
            bare = re.sub(r"\{\w+\}|/\w+(?: breaks\.every 4)?", "", text)
            assert re.search(f"[{HAN}]", bare) or not re.search(r"\w", bare), text
            assert not re.search(r"[A-Za-z]", bare), text
            assert not re.search(f"[{HAN}][,;:!?()]|[,;:!?()][{HAN}]", bare), text
            assert not re.search(f"[{HAN}] [{HAN}]", text), text


@pytest.mark.parametrize("language", ["id", "pt"])
def test_indonesian_and_portuguese_are_written_in_latin_letters(language: str) -> None:
    for entry in entries(language):
        for text in entry.texts:
            assert all(ord(c) < 0x250 for c in text if c.isalpha()), text


@pytest.mark.parametrize("language", ["id", "pt", "zh"])
def test_little_is_left_as_it_is_in_english(language: str) -> None:
    same = {entry.texts[0] for entry in entries(language) if entry.texts[0] == entry.ids[0]}
    words = {text for text in same if re.search(r"[^\W\d_]", re.sub(r"\{\w+\}", "", text))}
    both = {"Normal", "normal", "supervisor", "auditor", "Shift"}  # are words there, too
    assert {each for each in words if "{" not in each} <= both


# --- buttons -----------------------------------------------------------------------------------


def test_no_label_means_two_things_in_any_two_languages() -> None:
    meant: dict[str, set[str]] = {}
    for verb, msgid in keyboards.LABELS.items():
        for label in WORDS.said_as(msgid):
            meant.setdefault(label.casefold(), set()).add(verb)
            assert not label.startswith("/")
            assert label == label.strip()
    assert {label: verbs for label, verbs in meant.items() if len(verbs) > 1} == {}


@pytest.mark.parametrize("language", LANGUAGES)
def test_whatever_tells_of_a_button_calls_it_as_its_label_does(language: str) -> None:
    speech = WORDS.speech(language, ZoneInfo("UTC"))
    buttons = [*keyboards.LABELS.values(), "Exit"]
    found = 0
    for msgid in [*_HELP.values(), "Press Done when it is over."]:
        told = str(by_key(language)[msgid].texts[0])
        for label in [*buttons, "Done"] if "Done" in msgid else buttons:
            if re.search(rf"(?<!\w){re.escape(label)}(?!\w)", msgid):
                found += 1
                assert speech.say(label) in told, (label, told)
    assert found >= 15


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_language_that_is_chosen_draws_the_buttons_and_each_of_them_works(language: str) -> None:
    speech = WORDS.speech(language, ZoneInfo("UTC"))

    async def story(company: Company) -> None:
        await company.hire("maryam", MARYAM, "supervisor", "Maryam")
        await company.hire("javad", JAVAD, name="Javad")
        for user in (MARYAM, JAVAD):
            await company.say(user, "Language")
            menu = company.last(user).keyboard
            assert isinstance(menu, Inline)
            assert company.last(user).labels == list(WORDS.languages.values())
            await company.press(user, WORDS.languages[language])
            keyboard = company.last(user).keyboard
            assert isinstance(keyboard, Reply)
            assert WORDS.languages[language] in company.last(user).text
            role: Role = "supervisor" if user == MARYAM else "agent"
            assert keyboard == keyboards.permanent(speech, role)
            old = speech.say("That is not for your role.")
            for row in keyboard.rows:
                for label in row:
                    before = len(company.heard(user))
                    await company.say(user, label)
                    assert len(company.heard(user)) > before, label
                    assert old not in company.last(user).text

    play(story)


@pytest.mark.parametrize(
    ("code", "language"),
    [("id-ID", "id"), ("pt-BR", "pt"), ("pt_PT", "pt"), ("zh-hans", "zh"), ("zh", "zh")],
)
def test_the_app_s_language_is_spoken_whatever_its_country(code: str, language: str) -> None:
    assert WORDS.language_for(code) == language


def test_a_day_is_written_in_the_language_s_order_of_parts() -> None:
    written = {
        language: WORDS.speech(language, ZoneInfo("UTC")).day(date(2026, 11, 21))
        for language in ("id", "pt", "zh")
    }
    assert written == {
        "id": "Sab, 21 Nov 2026",
        "pt": "sáb., 21 de nov. de 2026",
        "zh": "2026年11月21日周六",
    }
