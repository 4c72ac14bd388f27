"""What the hits say about whether the first of them answers: numbers for the calibration."""

from collections.abc import Iterable, Sequence
from typing import NamedTuple

import msgspec

from llmtb.events.chat import Audience
from llmtb.inference.answering.guards import Facts, facts, facts_of, strange
from llmtb.inference.answering.lexicon import Lexicon, share
from llmtb.inference.answering.terms import content, overlap, words
from llmtb.inference.knowledge.index import Hit
from llmtb.inference.knowledge.letters import normal
from llmtb.inference.knowledge.passage import Passage
from llmtb.inference.remembering import remembered

# What is added to the score, in its units.
LIKENESS, COVERAGE, OWN, REVIEWED, STRANGENESS = 0.2, 0.06, 0.08, 0.05, 0.06
FOREIGN = 0.08  # in another language nothing is shared in letters, and all scores are lower
# A margin over nothing: as if the next entry were this far behind.
ALONE = 0.3
REMEMBERED = 8192  # passages of which it is kept what questions are compared with


class Signs(NamedTuple):
    """What text and passage share; nothing, where they are in two languages. As in `Signals`."""

    covered: float
    weighty: float
    asked: float
    alike: float
    strange: tuple[str, ...]


class Signals(msgspec.Struct, frozen=True, kw_only=True):
    """Of a question and what was found for it.

    worth: the first hit's, as it is ranked; score, cosine, words: the hit's own. margin: its lead
    in worth over the next entry; lead: over the mean of the next four. covered: the share of the
    question's words that its passage holds; weighty: the same by their weight; familiar: the share
    that any passage of the language uses; asked: that its question and variants hold. alike: the
    likeness, in triples of letters, to the nearest of these, 0 to 1. length: words of the question,
    at most 12. strange: numbers, codes and model names that the passage does not know.
    """

    worth: float
    score: float
    cosine: float
    words: float
    margin: float
    lead: float
    covered: float
    weighty: float
    familiar: float
    asked: float
    alike: float
    length: int
    strange: tuple[str, ...] = ()


def entry_of(passage: Passage) -> str:
    """What two passages share that say the same in two languages, or that are one."""
    return passage.entry or passage.id


class Standing(NamedTuple):
    """A hit with its worth for the question: its score, and what speaks for or against it."""

    hit: Hit
    worth: float
    signs: Signs


def ranked(hits: Iterable[Hit], text: str, lexicon: Lexicon, audience: Audience) -> list[Standing]:
    """The hits by their worth, each entry once, best first.

    To the score comes what vectors blur: likeness in letters, shared words, numbers it does not
    know. A reviewed answer goes before prose; and to who works for the company, what is written
    for them stands a little nearer. lexicon: of the language that is asked in. Weights measured on
    half of the sample's questions: right among three from .915 to .963.
    """
    asked = _asked(text, lexicon)
    standing = [_standing(hit, asked, audience) for hit in hits]
    standing.sort(key=lambda each: (-each.worth, each.hit.passage.id))
    first: dict[str, Standing] = {}
    for each in standing:
        first.setdefault(entry_of(each.hit.passage), each)
    return list(first.values())


class _Asked(NamedTuple):
    """A question as it is compared with passages; weighed: its stems with their weights."""

    language: str
    stems: tuple[str, ...]
    weighed: list[tuple[str, float]]
    triples: frozenset[str]
    facts: Facts


class _Told(NamedTuple):
    """A passage as questions are compared with it.

    asked: the stems of its question and variants; held: of all its text. ways: the triples of
    letters of each way to ask for it.
    """

    asked: frozenset[str]
    held: frozenset[str]
    ways: tuple[frozenset[str], ...]
    facts: Facts


def _asked(text: str, lexicon: Lexicon) -> _Asked:
    stems = content(text, lexicon.language)
    return _Asked(lexicon.language, stems, lexicon.weighed(stems), _triples(text), facts(text))


@remembered(REMEMBERED)
def _told(passage: Passage) -> _Told:
    ways = [way for way in (passage.question, *passage.variants) if way]
    asked = frozenset(stem for way in ways for stem in content(way, passage.language))
    text = f"{passage.title} {passage.section}\n{passage.text}"
    held = asked.union(content(text, passage.language))
    return _Told(asked, held, tuple(map(_triples, ways)), facts_of(passage))


def prepare(passages: Sequence[Passage]) -> None:
    """Work out what questions are compared with, so that none has to wait for it."""
    for passage in passages[:REMEMBERED]:
        _told(passage)


def _standing(hit: Hit, asked: _Asked, audience: Audience) -> Standing:
    passage = hit.passage
    signs = _signs(asked, passage)
    own = audience == passage.audience == "agent"
    worth = hit.score + LIKENESS * signs.alike + COVERAGE * signs.covered
    worth += FOREIGN * (passage.language != asked.language)
    worth += REVIEWED * (passage.kind == "faq" and passage.reviewed)
    worth += OWN * own - STRANGENESS * bool(signs.strange)
    return Standing(hit, worth, signs)


def _signs(asked: _Asked, passage: Passage) -> Signs:
    told = _told(passage)
    unknown = tuple(strange(asked.facts, told.facts))
    if passage.language != asked.language:
        return Signs(0.0, 0.0, 0.0, 0.0, unknown)
    return Signs(
        covered=overlap(asked.stems, told.held),
        weighty=share(asked.weighed, told.held),
        asked=overlap(asked.stems, told.asked),
        alike=max([_alike(asked.triples, way) for way in told.ways], default=0.0),
        strange=unknown,
    )


def signals(standing: Sequence[Standing], text: str, lexicon: Lexicon) -> Signals:
    """The signals of ranked hits. Raises ValueError where there is none."""
    if not standing:
        raise ValueError("nothing was found, so there is nothing to judge")
    top, rest = standing[0], standing[1:]
    others = [each.worth for each in rest[:4]]
    return Signals(
        worth=top.worth,
        score=top.hit.score,
        cosine=top.hit.cosine,
        words=top.hit.words,
        margin=top.worth - others[0] if others else ALONE,
        lead=top.worth - sum(others) / len(others) if others else ALONE,
        covered=top.signs.covered,
        weighty=top.signs.weighty,
        familiar=lexicon.familiar(content(text, lexicon.language)),
        asked=top.signs.asked,
        alike=top.signs.alike,
        length=min(12, len(words(text))),
        strange=top.signs.strange,
    )


def likeness(one: str, other: str) -> float:
    """How far two texts are the same in triples of letters (Dice), 0 to 1; typos cost little."""
    return _alike(_triples(one), _triples(other))


def _alike(first: frozenset[str], second: frozenset[str]) -> float:
    return 2 * len(first & second) / (len(first) + len(second)) if first or second else 0.0


def _triples(text: str) -> frozenset[str]:
    padded = f"  {normal(text)} "
    return frozenset([padded[i : i + 3] for i in range(len(padded) - 2)])
