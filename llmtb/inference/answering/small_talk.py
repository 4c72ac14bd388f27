"""What people say that asks nothing of the documents: greetings, thanks, a wish for a person."""

import re
from enum import StrEnum

from llmtb.inference.answering.guards import bare
from llmtb.inference.answering.spoken import FILLERS, PHRASES, WISHES


class Intent(StrEnum):
    """What somebody wants who asks nothing of the documents.

    bot: whether this is a machine (it is, and says so); person: to speak with somebody.
    """

    GREETING = "greeting"
    THANKS = "thanks"
    BYE = "bye"
    BOT = "bot"
    PERSON = "person"
    EXIT = "exit"


LONGEST = 60  # signs: whoever writes more has more to say
_ORDER = (Intent.EXIT, Intent.BYE, Intent.THANKS, Intent.GREETING)
_SIGNS = re.compile(r"[\W_]+")


def _any(table: dict[str, str]) -> re.Pattern[str]:
    bounded = (
        pattern if language == "zh" else rf"(?<!\w)(?:{pattern})(?!\w)"
        for language, pattern in table.items()
    )
    return re.compile("|".join(f"(?:{pattern})" for pattern in bounded))


_PHRASES = {Intent(name): _any(table) for name, table in PHRASES.items()}
_WISHES = {Intent(name): _any(table) for name, table in WISHES.items()}
_FILLERS = _any(FILLERS)


def intent_of(text: str) -> Intent | None:
    """What a message wants, or None where it is to be looked up.

    A greeting before a question is no greeting: nothing else may be left. A wish for a person
    and the question whether this is a bot count within longer messages, too.
    """
    plain = bare(text)
    if len(plain) <= 2 * LONGEST:
        for intent in (Intent.BOT, Intent.PERSON):
            if _WISHES[intent].search(plain):
                return intent
    if len(plain) > LONGEST:
        return None
    left, seen = plain, []
    for intent in _ORDER:
        left, count = _PHRASES[intent].subn(" ", left)
        seen += [intent] * bool(count)
    left = _SIGNS.sub("", _FILLERS.sub(" ", left))
    return seen[0] if seen and not left else None


def without_greeting(text: str) -> str:
    """A question without the greeting and the politeness before it; the whole, if that is all."""
    match = _OPENING.match(text)
    rest = text[match.end() :].lstrip(" ,.!،。，！-–:") if match else text
    return rest if len(rest) >= 2 else text


_OPENING = re.compile(
    rf"\s*(?:{_PHRASES[Intent.GREETING].pattern})(?=[\s,.!،。，！])",
    re.IGNORECASE,
)
