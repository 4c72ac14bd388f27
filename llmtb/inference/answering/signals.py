"""What the hits say about whether the first of them answers: numbers for the calibration."""

from collections.abc import Iterable

import msgspec

from llmtb.inference.answering.guards import strange
from llmtb.inference.answering.terms import content, overlap, words
from llmtb.inference.knowledge.index import Hit
from llmtb.inference.knowledge.letters import normal
from llmtb.inference.knowledge.passage import Passage

# A margin over nothing: as if the next entry were this far behind.
ALONE = 0.3


class Signals(msgspec.Struct, frozen=True, kw_only=True):
    """Of a question and what was found for it.

    score, cosine, words: the first hit's. margin: its lead in score over the next entry; lead: over
    the mean of the next four. covered: the share of the question's words that its passage holds;
    asked: that its question and variants hold. alike: the likeness, in triples of letters, to the
    nearest of these, 0 to 1. length: words of the question, at most 12. strange: numbers, codes
    and model names that the passage does not know.
    """

    score: float
    cosine: float
    words: float
    margin: float
    lead: float
    covered: float
    asked: float
    alike: float
    length: int
    strange: tuple[str, ...] = ()


def entry_of(passage: Passage) -> str:
    """What two passages share that say the same in two languages, or that are one."""
    return passage.entry or passage.id


def distinct(hits: Iterable[Hit], language: str) -> list[Hit]:
    """The best hit of each entry, best first; told in the asker's language where that was found.

    An entry keeps its best score, whichever language earned it.
    """
    first: dict[str, Hit] = {}
    for hit in hits:
        entry = entry_of(hit.passage)
        if entry not in first:
            first[entry] = hit
        elif first[entry].passage.language != language == hit.passage.language:
            first[entry] = first[entry]._replace(passage=hit.passage)
    return list(first.values())


def signals(text: str, language: str, hits: list[Hit]) -> Signals:
    """The signals of distinct hits, best first. Raises ValueError where there is none."""
    if not hits:
        raise ValueError("nothing was found, so there is nothing to judge")
    top, rest = hits[0], hits[1:]
    passage = top.passage
    stems = content(text, language)
    ways = [way for way in (passage.question, *passage.variants) if way]
    asked = frozenset(stem for way in ways for stem in content(way, passage.language))
    told = frozenset(
        content(f"{passage.title} {passage.section}\n{passage.text}", passage.language)
    )
    others = [hit.score for hit in rest[:4]]
    return Signals(
        score=top.score,
        cosine=top.cosine,
        words=top.words,
        margin=top.score - others[0] if others else ALONE,
        lead=top.score - sum(others) / len(others) if others else ALONE,
        covered=overlap(stems, asked | told),
        asked=overlap(stems, asked),
        alike=max((likeness(text, way) for way in ways), default=0.0),
        length=min(12, len(words(text)) if len(stems) < 12 else 12),
        strange=tuple(strange(text, passage)),
    )


def likeness(one: str, other: str) -> float:
    """How far two texts are the same in triples of letters (Dice), 0 to 1; typos cost little."""
    first, second = _triples(one), _triples(other)
    return 2 * len(first & second) / (len(first) + len(second)) if first or second else 0.0


def _triples(text: str) -> set[str]:
    padded = f"  {normal(text)} "
    return {padded[i : i + 3] for i in range(len(padded) - 2)}
