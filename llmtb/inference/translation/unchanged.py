"""What must come out of a translation as it went in: numbers, codes, addresses, names of products.

A model may be fluent and wrong; a wrong price or password is worse than a foreign language. So a
translation is shown only when everything of that kind is in it, no more and no less.
"""

import re
import unicodedata
from collections import Counter
from collections.abc import Collection

from llmtb.inference.errors import InferenceError
from llmtb.inference.translation.sentences import ADDRESS

_DIGIT = re.compile(r"\d")
_GROUPED = re.compile(r"\d{1,3}([.,٬'’\u00A0\u202F ])\d{3}(?:\1\d{3})*(?!\d)")
_NUMBER = re.compile(r"\d+(?:[.,٫٬'’\u00A0\u202F]\d+)*")
_CALL_CODE = re.compile(r"[*#]\d[\d*#]{0,40}#")
_TOKEN = re.compile(r"[A-Za-z0-9]+(?:[-_./][A-Za-z0-9]+)*")
_MEASURE = re.compile(r"\d+(?:[.,]\d+)?[A-Za-z]{1,5}(?:/s)?")
_LATIN_WORD = re.compile(r"[A-Za-z]{2,}")
_NAME = re.compile(r".*[A-Z].*[A-Z].*|[a-z]+[A-Z].*")
_OTHER_SCRIPT = re.compile(r"[^\W\d_a-zA-Z\u00AA-\u024F]")
# Short forms and units that languages have words of their own for.
_SHORT = "tv pc ok sms faq id am pm usd eur irr irt idr brl cny rmb"
_UNITS = "kb mb gb tb kbps mbps gbps hz khz mhz ghz ms kwh"
_TRANSLATED = frozenset([*_SHORT.split(), *_UNITS.split()])
_LOOP = re.compile(r"(?:^|\s)(\S+)(?:\s+\1){4}(?:\s|$)")


MOST_CODES = 100  # a text with more is a table, which nobody translates


class Untrusted(InferenceError):
    """A translation that is not to be shown; the original is shown alone."""


def check(source: str, target: str, keep: Collection[str] = ()) -> None:
    """Compare a translation with its source. Raises Untrusted, which says what is wrong with it.

    keep: names of products; each that is in the source must be in the target.
    """
    if not target.strip():
        raise Untrusted("the translation is empty")
    if len(target) > 4 * len(source) + 40 or _LOOP.search(target):
        raise Untrusted("the translation repeats itself")
    wanted, found = numbers(source), numbers(target)
    if wanted != found:
        lost, made = wanted - found, found - wanted
        what = f"lost {_listed(lost)}" if lost else f"made up {_listed(made)}"
        raise Untrusted(f"the translation has {what}")
    spelt = dict.fromkeys(codes(source))
    if len(spelt) > MOST_CODES:
        raise Untrusted(f"the text has {len(spelt)} codes and names in it")
    names = [*spelt, *(name for name in keep if _stands_in(name, source))]
    if gone := Counter(name for name in names if not _stands_in(name, target)):
        raise Untrusted(f"the translation has lost {_listed(gone)}")
    figured = (code for code in dict.fromkeys(codes(target)) if not code.isalpha())
    if new := Counter(code for code in figured if not _stands_in(code, source)):
        raise Untrusted(f"the translation has made up {_listed(new)}")


def _stands_in(name: str, text: str) -> bool:
    """Whether a name is in a text, and no part of a longer one."""
    sought = re.escape(plain_digits(name).casefold())
    found = re.search(f"(?<![a-z0-9]){sought}(?![a-z0-9])", plain_digits(text).casefold())
    return found is not None


def plain_digits(text: str) -> str:
    """The text with the digits of all scripts as 0 to 9."""
    return _DIGIT.sub(lambda match: str(unicodedata.digit(match[0])), text)


def numbers(text: str) -> Counter[str]:
    """The numbers in a text, however their digits are written and grouped; codes apart."""
    bare = _CALL_CODE.sub(" ", ADDRESS.sub(" ", plain_digits(text)))
    bare = _TOKEN.sub(lambda match: " " if _is_code(match[0]) else match[0], bare)
    return Counter(_canonical(match[0]) for match in _NUMBER.finditer(bare))


def codes(text: str) -> list[str]:
    """What is spelt alike in every language: addresses, codes with digits, names like TP-Link."""
    bare = plain_digits(text)
    found = [match[0].rstrip(".,;:!?)") for match in ADDRESS.finditer(bare)]
    bare = ADDRESS.sub(" ", bare)
    found += _CALL_CODE.findall(bare)
    tokens = [
        token
        for token in _TOKEN.findall(_CALL_CODE.sub(" ", bare))
        if _LATIN_WORD.search(token) or _is_code(token)
    ]
    foreign = len(_OTHER_SCRIPT.findall(bare)) > sum(map(len, tokens))
    # Where most words are in capitals, capitals are no sign of a name.
    shouted = 2 * sum(token.isupper() for token in tokens) > len(tokens) and len(tokens) > 2
    for token in tokens:
        named = foreign or (not shouted and _NAME.fullmatch(token) is not None)
        if _is_code(token) or (
            named and not _MEASURE.fullmatch(token) and token.lower() not in _TRANSLATED
        ):
            found.append(token)
    return found


def _is_code(token: str) -> bool:
    """Whether it has letters and digits, and is no number with its unit."""
    mixed = any(map(str.isdigit, token)) and any(map(str.isalpha, token))
    return mixed and not _MEASURE.fullmatch(token)


def _canonical(number: str) -> str:
    """1,500 · 1.500 · 1٬500 as 1500; 3,5 · 3٫5 as 3.5; 192.168.1.1 as it is."""
    if _GROUPED.fullmatch(number):
        return re.sub(r"\D", "", number)
    pieces = re.split(r"\D", number)
    if len(pieces) == 2:
        return ".".join(pieces)
    signs = re.findall(r"\D", number)
    if len(set(signs[:-1])) == 1 and signs[-1] != signs[0] and signs[-1] in ".,٫":
        return "".join(pieces[:-1]) + "." + pieces[-1]
    return number


def _listed(counted: Counter[str]) -> str:
    return ", ".join(sorted(counted))
