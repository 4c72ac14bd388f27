"""Which language a message is written in, told for each message by itself.

Its script settles most of it. Between languages of one script, letters decide (the model of the
library `py3langid`, 4.6 MB, BSD-3), helped by the small words that short chat messages are full of
(`llmtb.inference.small_words`); Persian in Latin letters is known by those words alone.
"""

import re
from collections.abc import Collection
from functools import cache
from typing import NamedTuple, Protocol

from llmtb.inference.small_words import FINGLISH, FINGLISH_SHARED, SMALL_WORDS

LANGUAGES = ("fa", "en", "id", "pt", "zh")
LONGEST = 2_000  # characters looked at: a huge paste takes no longer than a page
SURE = 0.55  # what is less likely than this is not told

# Languages that are known so as not to be taken for one of ours.
STRANGERS = {
    "arabic": ("ar", "ur"),
    "latin": ("de", "es", "fr", "it", "nl", "tr"),
}
EXPECTED = 4.0  # how much likelier a message is in one of the wanted languages than in a stranger's
HINTED = 3.0  # and how much likelier it stays in the chat's language than it turns to another
SMALL_WORD = 5.0  # what one small word of a language says for it
SMALL_WORDS_COUNTED = 6

# How many letters of an alphabet one sign stands for: Arabic leaves out most vowels, and a
# Chinese sign is a syllable, often a word. Names of products are Latin in every language.
_SCRIPTS = {
    "arabic": (
        re.compile(
            r"[\u0620-\u064A\u066E-\u06D3\u06D5\u06FA-\u06FF\u0750-\u077F"
            r"\u08A0-\u08C9\uFB50-\uFDFB\uFE70-\uFEFC]"
        ),
        2,
    ),
    "han": (re.compile(r"[\u3005\u3400-\u4DBF\u4E00-\u9FFF\uF900-\uFAFF\U00020000-\U0003FFFF]"), 3),
    "kana": (re.compile(r"[\u3041-\u3096\u30A1-\u30FA]"), 3),
    "latin": (
        re.compile(
            r"[A-Za-z\u00AA\u00BA\u00C0-\u00D6\u00D8-\u00F6\u00F8-\u024F\u1E00-\u1EFF]"
            r"|[\uFF21-\uFF3A\uFF41-\uFF5A]"
        ),
        1,
    ),
}
_LETTER = re.compile(r"[^\W\d_]")
_BY_SCRIPT = {"fa": "arabic", "ar": "arabic", "ur": "arabic", "zh": "han", "ja": "kana"}
# What is written alike in every language: addresses, and whatever has a digit in it.
_RUN = re.compile(r"[!-~]+")
_ALIKE = re.compile(r"\d|@|://|^www\.")
_WORD = re.compile(r"[^\W\d_]+(?:['’\u200c-][^\W\d_]+)*")
_PERSIAN_LETTERS = re.compile("[پچژگ]")


class Guess(NamedTuple):
    """A language as an ISO code, or None where the message does not tell; and how sure, 0 to 1."""

    language: str | None
    sure: float


NOTHING = Guess(None, 0.0)


class _Identifier(Protocol):
    def rank(self, text: str) -> list[tuple[str, float]]: ...


def detect(text: str, among: Collection[str] = LANGUAGES, hint: str | None = None) -> Guess:
    """The language of a message, if it is one of `among`.

    hint: the chat's language so far; it settles what is common to several languages. None is told
    where there are no words (numbers, emoji), where the language is none of those, and where it is
    not clear: the caller then keeps the chat's language. Takes about 0.1 ms, at most a few.
    """
    seen = _RUN.sub(lambda run: " " if _ALIKE.search(run[0]) else run[0], text[:LONGEST])
    script = _script(seen)
    if script is None:
        return NOTHING
    if script == "latin":
        return _latin(seen, among, hint)
    if script == "arabic":
        return _likeliest(_ranked(seen, script, among, hint), among)
    language = {"han": "zh", "kana": "ja"}.get(script)
    return Guess(language, 1.0) if language in among else NOTHING


def prepare() -> None:
    """Load what `detect` reads, which takes half a second; otherwise the first call does it."""
    _identifier()


def _script(text: str) -> str | None:
    """The script that most of the letters are in; None where there is no letter."""
    counts = {name: len(signs.findall(text)) for name, (signs, _) in _SCRIPTS.items()}
    other = len(_LETTER.findall(text)) - sum(counts.values())
    weights = {name: counts[name] * weight for name, (_, weight) in _SCRIPTS.items()}
    # Japanese is written in both, and Chinese without any kana.
    if counts["kana"] * 5 > counts["han"]:
        weights["kana"] += weights.pop("han")
    script = max(weights, key=lambda name: weights[name])
    if weights[script] == 0 and other <= 0:
        return None
    return script if weights[script] > other else "other"


def _latin(text: str, among: Collection[str], hint: str | None) -> Guess:
    words = _WORD.findall(text.lower())
    if "fa" in among and (sure := _finglish(words)):
        return Guess("fa", sure)
    chances = _ranked(text, "latin", among, hint)
    for language, small in SMALL_WORDS.items():
        if language in chances:
            hits = sum(word in small for word in words)
            chances[language] *= SMALL_WORD ** min(hits, SMALL_WORDS_COUNTED)
    return _likeliest(chances, among)


def _finglish(words: list[str]) -> float:
    """How sure it is Persian in Latin letters; 0 where too few words say so."""
    hits = [word for word in words if word in FINGLISH or word.startswith("nemi")]
    share = len(hits) / max(len(words), 1)
    plain = len(words) <= 3 and not FINGLISH_SHARED.issuperset(hits)
    return min(1.0, 0.5 + share) if share >= 0.25 and (len(hits) >= 2 or plain) else 0.0


def _ranked(text: str, script: str, among: Collection[str], hint: str | None) -> dict[str, float]:
    """How likely each language of a script is, the wanted ones and those to be told from them."""
    wanted = {each for each in among if _BY_SCRIPT.get(each, "latin") == script}
    ranked = dict(_identifier().rank(text.lower()))
    chances = {
        language: ranked.get(language, 0.0) * (EXPECTED if language in wanted else 1.0)
        for language in (*wanted, *STRANGERS[script])
    }
    if hint in chances:
        chances[hint] *= HINTED
    if "fa" in chances and _PERSIAN_LETTERS.search(text):
        chances["fa"] *= SMALL_WORD
    return chances


def _likeliest(chances: dict[str, float], among: Collection[str]) -> Guess:
    whole = sum(chances.values())
    if whole == 0:
        return NOTHING
    best = max(chances, key=lambda language: chances[language])
    sure = chances[best] / whole
    return Guess(best, sure) if best in among and sure >= SURE else Guess(None, sure)


@cache
def _identifier() -> _Identifier:
    # Read late: its model is unpacked for half a second.
    from py3langid.langid import MODEL_FILE, LanguageIdentifier  # type: ignore[import-untyped]

    identifier: _Identifier = LanguageIdentifier.from_model_file(MODEL_FILE, norm_probs=True)
    return identifier
