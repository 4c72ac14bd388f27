"""What the ladder gives back: an answer with its sources, a choice, or nothing and the reason."""

from typing import Literal

import msgspec

from llmtb.events.chat import Origin
from llmtb.inference.knowledge.index import Hit
from llmtb.inference.knowledge.passage import Passage

# The rungs, from the top; `guard` and `intent` stand beside the ladder.
Rung = Literal["intent", "guard", "faq", "cache", "passage", "offer", "model", "withheld"]

# Why nobody was answered: each is a sentence in the channels' catalogue.
Reason = Literal[
    "empty",  # there are no words in it
    "too_long",
    "small_talk",  # a greeting, thanks, a wish for a person: `why["intent"]`
    "no_knowledge",  # nothing is indexed that this person may see
    "nothing_found",  # nothing near enough
    "out_of_scope",  # the nearest is about something else
    "unsure",  # near, but not near enough even to ask which was meant
    "personal_data",  # about a person's own account, or another's
    "promise",
    "instruction",  # addressed to the program, not to the company
    "numbers",  # it names a number or a model that no passage knows
    "unavailable",  # something that was needed did not work, or not in time
]


class Source(msgspec.Struct, frozen=True, kw_only=True):
    """Where an answer is from. passage: its id; page: from 1."""

    document: str
    title: str
    passage: str
    version: int
    language: str
    section: str = ""
    page: int | None = None


class Answered(msgspec.Struct, frozen=True, kw_only=True, tag="answered"):
    """An answer. confidence: from 0 to 1; original: the text before translation, if any."""

    text: str
    sources: tuple[Source, ...]
    origin: Origin
    language: str
    confidence: float
    model: str | None = None
    original: str | None = None


class Offered(msgspec.Struct, frozen=True, tag="offered"):
    """Up to three entries, one of which may have been meant."""

    choices: tuple[Hit, ...]


class Withheld(msgspec.Struct, frozen=True, tag="withheld"):
    """Nobody is told a story: a person gets the question."""

    reason: Reason


Outcome = Answered | Offered | Withheld
Why = dict[str, str | int | float | bool | list[str]]


class Reply(msgspec.Struct, frozen=True, kw_only=True):
    """What came of a question.

    hits: what was found, best first. rung: where it ended. why: the numbers and names that led
    there, for `llmtb ask --why`. language: of the asker. milliseconds: from question to reply.
    """

    outcome: Outcome
    hits: tuple[Hit, ...]
    rung: Rung
    why: Why
    language: str
    milliseconds: int = 0


def source_of(passage: Passage) -> Source:
    """Where a passage is from."""
    return Source(
        document=passage.document,
        title=passage.title,
        passage=passage.id,
        version=passage.version,
        language=passage.language,
        section=passage.section,
        page=passage.page,
    )
