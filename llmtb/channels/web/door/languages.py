"""Which language a page is in: as chosen here, as chosen in the bot, as the browser is set."""

from collections.abc import Iterable
from typing import Final
from urllib.parse import parse_qs

from llmtb.channels.conversation.words import Words

_MOST: Final = 20  # wishes of a browser that are looked at


def wishes(header: str) -> list[str]:
    """The languages of an `Accept-Language`, the dearest first."""
    weighed = []
    for place, part in enumerate(header.split(",")[:_MOST]):
        code, _, weight = part.strip().partition(";q=")
        try:
            dear = float(weight) if weight else 1.0
        except ValueError:
            dear = 0.0
        if code and dear > 0:
            weighed.append((-dear, place, code))
    return [code for _, _, code in sorted(weighed)]


def asked_for(query: bytes) -> str:
    """The language that an address asks for: `?lang=fa`."""
    if b"lang=" not in query:
        return ""
    return parse_qs(query.decode("latin-1"), max_num_fields=50).get("lang", [""])[0]


def choose(words: Words, candidates: Iterable[str | None], otherwise: str) -> str:
    """The first of the candidates that is spoken here."""
    for code in candidates:
        if code and (known := words.language_for(code, "")):
            return known
    return otherwise
