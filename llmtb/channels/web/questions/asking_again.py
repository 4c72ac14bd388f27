"""Asking what the documents answer now, as somebody who wants to know would be answered."""

import asyncio
from typing import Any, Final, NamedTuple

from llmtb.channels.web.console import Console, Unserved

PATIENCE: Final = 8.0  # seconds that a page waits for an answer, or for the index
PAUSE: Final = 0.3


class Told(NamedTuple):
    """What would be told: an answer with its source, what is offered, or nothing.

    kind: `answered`, `offered`, `withheld`, or `unknown` where nothing can be looked up: then
    `text` says why. document: of the source.
    """

    kind: str
    text: str = ""
    source: str = ""
    document: str = ""


async def ask(console: Console, text: str, *, language: str, audience: str, level: int) -> Told:
    """Ask once, outside of any chat: nothing of it is recorded."""
    request = {
        "do": "ask_once",
        "text": text,
        "language": language,
        "audience": audience,
        "level": level,
    }
    try:
        async with asyncio.timeout(PATIENCE):
            return told_of(await console.serve(request))
    except Unserved as error:
        return Told("unknown", str(error))
    except TimeoutError:
        return Told("unknown")


async def ask_until(
    console: Console, text: str, *, language: str, audience: str, level: int, document: str
) -> Told:
    """Ask until a document answers, which it does once it is indexed; at last as it is."""
    told = Told("unknown")
    try:
        async with asyncio.timeout(PATIENCE):
            while True:
                told = await ask(console, text, language=language, audience=audience, level=level)
                if told.kind == "unknown" or told.document == document:
                    return told
                await asyncio.sleep(PAUSE)
    except TimeoutError:
        return told


def told_of(served: Any) -> Told:
    """What a reply says, as `ask_once` gives it."""
    outcome = served["reply"]["outcome"]
    kind = outcome["type"]
    if kind == "answered":
        source = outcome["sources"][0] if outcome["sources"] else {}
        return Told(kind, outcome["text"], source.get("title", ""), source.get("document", ""))
    if kind == "offered":
        names = [_name(choice["passage"]) for choice in outcome["choices"]]
        return Told(kind, "\n".join(filter(None, names)))
    return Told(kind)


def _name(passage: dict[str, Any]) -> str:
    return str(passage.get("question") or passage.get("title") or "")
