"""Letters as they are compared: one form for what people type in different ways."""

import re
import unicodedata
from collections.abc import Iterator

from llmtb.inference.remembering import remembered

# What one sign may grow to: U+FDFA alone stands for a phrase of eighteen.
GROWTH = 18

_LETTERS = {
    **dict.fromkeys("يىۍېے", "ی"),
    **dict.fromkeys("كڪګ", "ک"),
    **dict.fromkeys("ةۀہۂە", "ه"),
    **dict.fromkeys("أإٱ", "ا"),
    "ؤ": "و",
    "؟": "?",
    "؛": ";",
    "،": ",",
    "٫": ".",
    "٬": ",",
    "٪": "%",
    "‌": " ",  # the zero-width non-joiner stands between parts of a word
    "ـ": "",
}
_MARKS = re.compile("[\u0610-\u061a\u064b-\u065f\u0670\u06d6-\u06dc\u06df-\u06e8\u06ea-\u06ed]")
_SPACES = re.compile(r"\s+")
_NUMBER = re.compile(r"\d+(?:[.,]\d+)*")
_PLAIN = re.compile(r"[ -@\[-~]*")
_SHORT = 512  # signs: what people ask, and is looked at from many sides


def normal(text: str) -> str:
    """A text in the one form in which texts are compared; never what is shown.

    NFKC and casefold; Arabic ي and ك as Persian ی and ک, hamza off its seat; digits of every
    script as 0–9; vowel signs, tatweel, direction marks and lone surrogates dropped; the
    zero-width non-joiner, controls and runs of white space as one space. Twice is the same as
    once. At most `GROWTH` times as long as `text`.
    """
    return _kept(text) if len(text) <= _SHORT else _normal(text)


def _normal(text: str) -> str:
    if not _PLAIN.fullmatch(text):
        text = _settled(text)
    return _SPACES.sub(" ", text).strip()


_kept = remembered(4096)(_normal)


def _settled(text: str) -> str:
    # The wide comma parts a list and never a number: "NV-F20，30" names no 20.30.
    text = text.replace("，", ", ")
    # Dropping a sign may bring two others together that compose, so until nothing changes.
    while True:
        once = "".join(map(_sign, unicodedata.normalize("NFKC", text.casefold())))
        if once == text:
            return once
        text = once


@remembered(1 << 15)
def _sign(sign: str) -> str:
    if sign in _LETTERS:
        return _LETTERS[sign]
    kind = unicodedata.category(sign)
    if kind == "Nd":
        return str(unicodedata.decimal(sign))
    if kind == "Cc":
        return " "
    if kind in {"Cf", "Cs"} or _MARKS.match(sign):
        return ""
    return sign


def numbers(text: str) -> list[str]:
    """The numbers of a text, in order, written one way: `۱٬۵۰۰` and `1.500` are `1500`.

    A separator before exactly three digits parts thousands, else it is the decimal point; what
    is neither (an address, a version, a date) keeps its parts with points between them.
    """
    return list(_numbers(normal(text)))


def _numbers(text: str) -> Iterator[str]:
    for found in _NUMBER.finditer(text):
        head, *groups = re.split(r"[.,]", found[0])
        signs = re.findall(r"[.,]", found[0])
        if groups and _thousands(head, groups, signs):
            yield "".join([head, *groups]).lstrip("0") or "0"
        elif groups and len(set(signs)) == 2 and _thousands(head, groups[:-1], signs[:-1]):
            yield _decimal("".join([head, *groups[:-1]]), groups[-1])
        elif len(groups) == 1:
            yield _decimal(head, groups[0])
        else:
            yield ".".join([head, *groups]) if groups else head.lstrip("0") or "0"


def _thousands(head: str, groups: list[str], signs: list[str]) -> bool:
    small = len(head) <= 3 and not head.startswith("0")
    return small and len(set(signs)) == 1 and all(len(group) == 3 for group in groups)


def _decimal(whole: str, part: str) -> str:
    whole, part = whole.lstrip("0") or "0", part.rstrip("0")
    return f"{whole}.{part}" if part else whole
