"""What must not be answered from a document, whatever was found: judged from words alone.

A guard either stops a question, so that a person gets it, or holds it: then entries may at most
be offered. The tables are in `guarded` and `guarded_people`.
"""

import re
from typing import Literal, NamedTuple

from llmtb.events.chat import Audience
from llmtb.inference.answering.guarded import INSTRUCTIONS, TASKS
from llmtb.inference.answering.guarded_people import INSIDE, OTHERS, RIVALS, UNLESS
from llmtb.inference.answering.guarded_promises import HOW, OWN, PROMISES
from llmtb.inference.answering.measures import amounts, spelt
from llmtb.inference.answering.reply import Reason
from llmtb.inference.knowledge.letters import normal, numbers
from llmtb.inference.knowledge.passage import Passage
from llmtb.inference.remembering import remembered

Kind = Literal["instruction", "task", "others", "own", "promise", "inside", "rivals"]


class Guarded(NamedTuple):
    """What a guard saw. stops: a person gets it; else entries may be offered. words: which."""

    kind: Kind
    reason: Reason
    stops: bool
    words: str


# Signs of other scripts that look like Latin ones, and digits that stand for letters.
_ALIKE = str.maketrans("аесорхуікмтвнѕԁӏαορτικνε", "aecopxyikmtbhsdlaoptikve")
_LEET = (str.maketrans("013457@$", "oleastas"), str.maketrans("013457@$", "oieastas"))
_MIXED = re.compile(r"\b(?=\w*[a-z])[a-z]*[013457@$][\w@$]*[a-z]\b")
_SPELT = re.compile(r"(?<!\w)\w(?:[\s.\-_*]{1,2}\w){3,}(?!\w)")
_CODE = re.compile(r"(?=[a-z0-9-]*[a-z])(?=[a-z0-9-]*\d)[a-z0-9]+(?:-[a-z0-9]+)*")
_TWICE = re.compile(r"(?<![^\W_])[a-z]{3,}2(?![^\W_])")
_QUANTITY = re.compile(r"\d{2,}[a-z]+|\d+(?:[gmt]b|[gm]bps|[cmk]m|kg|min|h|am|pm)")
_NOT_SIGN = re.compile(r"[^a-z0-9]+")


@remembered(1024)
def bare(text: str) -> str:
    """A text in normal form without disguises: look-alike letters, digits for letters, gaps."""
    text = normal(text).translate(_ALIKE)
    return _SPELT.sub(lambda found: re.sub(r"[\s.\-_*]", "", found[0]), text)


def _joined(patterns: tuple[str, ...], gap: str | None = None) -> re.Pattern[str]:
    whole = "|".join(f"(?:{pattern})" for pattern in patterns)
    return re.compile(whole.replace(" ", gap) if gap else whole)


def _gapped(patterns: tuple[str, ...]) -> re.Pattern[str]:
    # "X ?" already says that the space may be missing; a run of signs may stand for either.
    eased = tuple(pattern.replace(" ?", " ") for pattern in patterns)
    return _joined(eased, r"[\W_]{0,3}")


_INSTRUCTIONS = tuple(
    _joined(patterns) if language == "any" else _gapped(patterns)
    for language, patterns in INSTRUCTIONS.items()
)
_TASKS, _OTHERS, _OWN, _PROMISES, _INSIDE, _RIVALS = (
    {language: _joined(patterns) for language, patterns in table.items()}
    for table in (TASKS, OTHERS, OWN, PROMISES, INSIDE, RIVALS)
)
_UNLESS, _HOW = (
    {language: re.compile(pattern) for language, pattern in table.items()}
    for table in (UNLESS, HOW)
)


def instruction(text: str) -> str | None:
    """Words of a text that are meant for the program, in whatever language; None: there are none.

    For questions, and for documents: a passage with such words is shown to nobody unreviewed.
    """
    plain = bare(text)
    forms = {plain} | {_letters(plain, table) for table in _LEET}
    for form in forms:
        for pattern in _INSTRUCTIONS:
            if found := pattern.search(form):
                return found[0].strip()
    return None


def _letters(text: str, table: dict[int, int]) -> str:
    return _MIXED.sub(lambda found: found[0].translate(table), text)


@remembered(512)
def guard(text: str, audience: Audience = "customer") -> Guarded | None:
    """The first guard that a question meets. The company's own people may speak of customers."""
    if words := instruction(text):
        return Guarded("instruction", "instruction", True, words)
    plain = bare(text)
    if words := _first(_TASKS, plain):
        return Guarded("task", "out_of_scope", True, words)
    of_others = _first(_OTHERS, plain, _UNLESS)
    of_own = _first(_OWN, plain, _HOW)
    if audience == "agent":
        words = of_others or _first(_PROMISES, plain)
        return Guarded("others", "personal_data", False, words) if words else None
    if of_others:
        return Guarded("others", "personal_data", True, of_others)
    if words := _first(_PROMISES, plain):
        return Guarded("promise", "promise", True, words)
    if of_own:
        return Guarded("own", "personal_data", False, of_own)
    if words := _first(_INSIDE, plain):
        return Guarded("inside", "out_of_scope", False, words)
    if words := _first(_RIVALS, plain):
        return Guarded("rivals", "out_of_scope", False, words)
    return None


def _first(
    table: dict[str, re.Pattern[str]], text: str, unless: dict[str, re.Pattern[str]] | None = None
) -> str | None:
    for language, pattern in table.items():
        found = pattern.search(text)
        if found and not (unless and unless[language].search(text)):
            return found[0].strip()
    return None


@remembered(1024)
def codes(text: str) -> frozenset[str]:
    """The codes and model names of a text, without hyphens: `NV-L40` is `nvl40`.

    `20gb` is none, but an amount; nor is `apa2`: so Indonesians write a word twice.
    """
    found = {_NOT_SIGN.sub("", code) for code in _CODE.findall(_once(text))}
    return frozenset(code for code in found if not _QUANTITY.fullmatch(code))


@remembered(1024)
def _once(text: str) -> str:
    return spelt(_TWICE.sub(" ", normal(text)))


class Facts(NamedTuple):
    """The numbers, codes and amounts of a text; squeezed: it without signs, to find codes in."""

    squeezed: str
    codes: frozenset[str]
    numbers: frozenset[str]
    amounts: frozenset[tuple[str, str]]


def facts(text: str) -> Facts:
    """The facts of a text."""
    plain = _once(text)
    named = frozenset(code for code in codes(text) if len(code) > 1)
    squeezed = _NOT_SIGN.sub("", normal(text))
    return Facts(squeezed, named, frozenset(numbers(plain)), amounts(text))


def facts_of(passage: Passage) -> Facts:
    """The facts of a passage, with all that it is asked by."""
    ways = (passage.title, passage.section, passage.question or "", *passage.variants)
    return facts(" ".join((*ways, passage.text)))


def unknown(text: str, known: str) -> list[str]:
    """The numbers, codes and model names of a text that another does not hold."""
    return strange(facts(text), facts(known))


def strange(told: Facts, known: Facts) -> list[str]:
    """The numbers, codes and model names that are told, but not known."""
    if not (told.codes or told.numbers or told.amounts):
        return []
    missing = {code for code in told.codes if not _holds(known.squeezed, code)}
    within = {number for code in told.codes for number in numbers(code)}
    missing |= told.numbers - known.numbers - within
    # `3 euros` is not known where only `3 minutes` are.
    counted = {f"{number} {kind}" for number, kind in told.amounts - known.amounts}
    return sorted(missing | {each for each in counted if each.split()[0] not in missing})


def _holds(squeezed: str, code: str) -> bool:
    found = re.search(rf"{re.escape(code)}(?!\d)", squeezed)
    return found is not None


@remembered(8192)
def hidden(passage: Passage) -> str | None:
    """Words for the program hidden in a passage: flagged at indexing, shown only if reviewed."""
    return instruction(f"{passage.title}\n{passage.question or ''}\n{passage.text}")


# What a text of the house must not say: more than a document does.
_PROMISING = re.compile(
    r"\b(?:i|we) (?:promise|guarantee|assure|swear)\b|قول می ?(?:دهم|دهیم|دم|دیم)|"
    r"تضمین می ?کن(?:م|یم)|"
    r"\b(?:saya|kami) (?:ber)?janji|\b(?:saya|kami) menjamin|"
    r"\b(?:prometo|prometemos|garanto|garantimos)\b|"
    r"(?:我|我们)(?:保证|承诺|答应)"
)


def promising(text: str) -> bool:
    """Whether a text promises in the company's name."""
    return _PROMISING.search(bare(text)) is not None
