"""What the knowledge holds for a question: searched as it stands, and with what came before."""

from collections.abc import Collection, Sequence
from typing import Protocol

import msgspec
import numpy as np
from numpy.typing import NDArray

from llmtb.events.chat import Audience
from llmtb.inference.answering.asked import Asked
from llmtb.inference.answering.calibration import Calibration
from llmtb.inference.answering.follow_up import goes_on, joined, short
from llmtb.inference.answering.guards import Guarded, guard
from llmtb.inference.answering.ladder import Bounds, showable
from llmtb.inference.answering.lexicon import Lexicon
from llmtb.inference.answering.one_by_one import OneByOne
from llmtb.inference.answering.signals import Signals, ranked, signals
from llmtb.inference.answering.small_talk import without_greeting
from llmtb.inference.knowledge.base import INLINE
from llmtb.inference.knowledge.index import Hit
from llmtb.inference.knowledge.passage import Passage

Vector = NDArray[np.float32]
LONG = 400  # signs, from which a question is not looked at in the event loop
REACH = 12  # hits that are looked at, and ranked anew


class Searched(Protocol):
    """What is searched: an index, as it is now."""

    @property
    def identity(self) -> str: ...

    @property
    def points(self) -> int: ...

    @property
    def passages(self) -> Sequence[Passage]: ...

    def search(
        self,
        vector: Vector,
        text: str,
        *,
        language: str | None,
        audience: Audience,
        level: int = 0,
        departments: Collection[str] | None = None,
        k: int = 5,
    ) -> list[Hit]: ...


class Embeds(Protocol):
    """What turns questions into vectors."""

    @property
    def identity(self) -> str: ...

    async def queries(self, texts: Sequence[str], *, deadline: float | None = None) -> Vector: ...


class Found(msgspec.Struct, frozen=True, kw_only=True):
    """What was found for a question.

    text: as it was searched. hits: distinct entries that may be shown, best first. leaning: it was
    searched with what came before. again: the first is what the last answer was from. held: what
    a guard says of the words.
    """

    text: str
    language: str
    vector: Vector
    hits: tuple[Hit, ...]
    signals: Signals | None
    confidence: float
    bounds: Bounds
    held: Guarded | None = None
    leaning: bool = False
    again: bool = False

    @property
    def strange(self) -> tuple[str, ...]:
        """Numbers, codes and names that the first passage does not know."""
        return self.signals.strange if self.signals else ()


async def find(
    asked: Asked,
    language: str,
    *,
    index: Searched,
    encoder: Embeds,
    calibration: Calibration,
    lexicon: Lexicon,
    turns: OneByOne,
    deadline: float | None = None,
) -> Found:
    """Search for a question, and where it leans on the last one, for both together.

    turns: what is worked out in the event loop waits for its turn. Raises what the encoder
    raises: QueueFull, DeadlinePassed, Closed, ModelError.
    """
    long = len(asked.text) > LONG
    texts = await turns.do(lambda: _texts(asked, language), apart=long)
    vectors = await encoder.queries(texts, deadline=deadline)
    held = guard(asked.text, asked.audience)

    def look() -> list[Found]:
        return [
            _look(asked, text, vector, lexicon, index, calibration, held)
            for text, vector in zip(texts, vectors, strict=True)
        ]

    found = await turns.do(look, apart=long or index.points > INLINE)
    return _chosen(asked, found, texts[0], language)


def _texts(asked: Asked, language: str) -> list[str]:
    """What is searched for: the question, and where it may lean on the last one, both."""
    own = without_greeting(asked.text)
    guard(asked.text, asked.audience)  # it remembers, so that nobody waits for it later
    leans = goes_on(own, language) or short(own, language)
    both = joined(own, asked.turns) if leans else None
    return [own, both] if both else [own]


def _look(
    asked: Asked,
    text: str,
    vector: Vector,
    lexicon: Lexicon,
    index: Searched,
    calibration: Calibration,
    held: Guarded | None,
) -> Found:
    language = lexicon.language
    hits = index.search(
        vector,
        text,
        language=language,
        audience=asked.audience,
        level=asked.level,
        departments=asked.departments,
        k=REACH,
    )
    standing = ranked(showable(hits), text, lexicon, asked.audience)
    seen = signals(standing, text, lexicon) if standing else None
    return Found(
        text=text,
        language=language,
        vector=vector,
        hits=tuple(each.hit for each in standing),
        signals=seen,
        confidence=calibration.confidence(seen, language) if seen else 0.0,
        bounds=calibration.bounds(language),
        held=held,
    )


def _chosen(asked: Asked, found: Sequence[Found], own: str, language: str) -> Found:
    """The question as it stands, unless it leans on the last one and does not stand by itself."""
    alone, *others = found
    if not others:
        return alone
    leans = goes_on(own, language) and alone.confidence < alone.bounds.high
    lost = alone.confidence < alone.bounds.low
    if not (leans or lost):
        return alone
    both = others[0]
    last = asked.turns[-1].passages
    again = bool(both.hits) and both.hits[0].passage.id in last
    return msgspec.structs.replace(both, leaning=True, again=again)
