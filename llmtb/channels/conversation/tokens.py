"""Tokens: what a button under a message carries, in 64 bytes.

`1:VERB:STAMP:ARGUMENT…` — the version of this layout, what to do, when the button was drawn, on
what. Ids of people and shifts may be longer than a token, so they go as short references that are
looked up among what exists now: a button never names what its presser could not have seen.
"""

import hashlib
import string
from base64 import b32encode
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Final, NamedTuple

from llmtb.channels.port import TOKEN_LIMIT

VERSION: Final = "1"
_ALPHABET: Final = string.digits + string.ascii_lowercase


class Token(NamedTuple):
    """A button's meaning; `drawn` is to the second."""

    verb: str
    args: tuple[str, ...]
    drawn: datetime


def encode(verb: str, *args: str, at: datetime) -> str:
    """The token of a button drawn now. Raises ValueError for one that would not fit."""
    stamp = _base36(int(at.timestamp()))
    if any(":" in part for part in (verb, *args)):
        raise ValueError("a part of a token holds a colon")
    token = ":".join((VERSION, verb, stamp, *args))
    if len(token.encode()) > TOKEN_LIMIT:
        raise ValueError(f"the token {token} is longer than {TOKEN_LIMIT} bytes")
    return token


def decode(text: str) -> Token | None:
    """What a button means; None for one of another version, or of nobody's making."""
    version, *rest = text.split(":")
    if version != VERSION or len(rest) < 2 or not rest[1].isascii() or not rest[1].isalnum():
        return None
    verb, stamp, *args = rest
    try:
        drawn = datetime.fromtimestamp(int(stamp, 36), UTC)
    except (OverflowError, ValueError, OSError):
        return None
    return Token(verb, tuple(args), drawn)


def short(name: str) -> str:
    """A reference to an id, of eight letters."""
    return b32encode(hashlib.sha256(name.encode()).digest()[:5]).decode().lower()


def find(reference: str, candidates: Iterable[str]) -> str | None:
    """The candidate that is meant; None where there is none, or (one in a million) are two."""
    meant = [each for each in candidates if short(each) == reference]
    return meant[0] if len(meant) == 1 else None


def _base36(number: int) -> str:
    digits = ""
    while number:
        number, digit = divmod(number, 36)
        digits = _ALPHABET[digit] + digits
    return digits or "0"
