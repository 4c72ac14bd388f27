"""Finds what a company says twice, and what it says in two ways that cannot both hold."""

import re
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Sequence
from typing import Literal, TypeAlias

import msgspec

from llmtb.inference.knowledge.letters import normal, numbers
from llmtb.inference.knowledge.passage import Passage

Similarity: TypeAlias = Callable[[Passage, Passage], float]

SAME_TEXT = 0.8  # of all shingles of two texts, those that both have
SAME_QUESTION = 0.75
_SHORT = 40  # characters; `Yes.` may well answer many questions
_SMALL = {str(number) for number in range(13)}  # one language writes 3, another three
_SHOWN = 60
_WORDS = re.compile(r"[\u3040-\u9fff]|[^\W_]+")
_NEGATION = re.compile(
    r"(?:no|nope|not|never|cannot|tidak|bukan|belum|não|nao|nunca|خیر|نه|نخیر|نمی)\b|不|否|没有|无法"
)
_ASSENT = re.compile(r"(?:yes|yeah|ya|bisa|boleh|sim|بله|آری|بلی)\b|是的|是[,。]|可以|能够|当然")


class Overlap(msgspec.Struct, frozen=True):
    """Two passages that say the same, or contradict each other; `line` says it to a person."""

    kind: Literal["duplicate", "conflict"]
    first: str
    second: str
    line: str


def report(
    passages: Sequence[Passage],
    similarity: Similarity | None = None,
    *,
    alike: float = 0.95,
) -> list[Overlap]:
    """The overlaps between passages, in the passages' order, each pair once.

    A duplicate: the same text, or nearly (Jaccard's index of shingles, Broder 1997). A conflict:
    questions nearly the same, or an entry in two languages, whose answers give other numbers or
    say yes and no. `similarity` (for instance of vectors) may add pairs of questions that are
    `alike`; it is asked for questions that share a word alone, not for all pairs.
    """
    found: dict[tuple[int, int], Overlap] = {}
    for first, second in _same_entry(passages):
        _note(found, passages, first, second, _contradiction(passages[first], passages[second], 13))
    asked = _questions_alike(passages, similarity, alike)
    for first, second in asked:
        _note(found, passages, first, second, _contradiction(passages[first], passages[second], 0))
    for first, second in _texts_alike(passages):
        if (first, second) not in found and not _one_entry(passages[first], passages[second]):
            found[first, second] = _overlap("duplicate", passages, first, second, "say the same")
    return [found[pair] for pair in sorted(found)]


def _note(
    found: dict[tuple[int, int], Overlap],
    passages: Sequence[Passage],
    first: int,
    second: int,
    reason: str | None,
) -> None:
    if reason and (first, second) not in found:
        found[first, second] = _overlap("conflict", passages, first, second, reason)


def _overlap(
    kind: Literal["duplicate", "conflict"],
    passages: Sequence[Passage],
    first: int,
    second: int,
    reason: str,
) -> Overlap:
    one, other = passages[first], passages[second]
    line = f"“{_shown(one)}” ({one.id}) and “{_shown(other)}” ({other.id}) {reason}"
    return Overlap(kind, one.id, other.id, line)


def _shown(passage: Passage) -> str:
    text = " ".join((passage.question or passage.text).split())
    return text if len(text) <= _SHOWN else f"{text[: _SHOWN - 1]}…"


def _one_entry(one: Passage, other: Passage) -> bool:
    return bool(one.entry) and one.entry == other.entry and one.language != other.language


def _same_entry(passages: Sequence[Passage]) -> Iterator[tuple[int, int]]:
    """Every entry in one language with the same in each other."""
    groups: dict[str, list[int]] = defaultdict(list)
    for place, passage in enumerate(passages):
        if passage.entry:
            groups[passage.entry].append(place)
    for places in groups.values():
        first, *others = places
        for other in others:
            if _one_entry(passages[first], passages[other]):
                yield first, other


def _contradiction(one: Passage, other: Passage, small: int) -> str | None:
    """Why two answers cannot both hold; numbers below `small` may be written as words."""
    figures, others = set(numbers(one.text)), set(numbers(other.text))
    only, others_only = figures - others, others - figures
    if small:
        only, others_only = only - _SMALL, others_only - _SMALL
    # One that merely tells more does not contradict; a translation that drops a number does.
    if (only and others_only) or (small and (only or others_only)):
        return f"give other numbers: {_listed(only)} against {_listed(others_only)}"
    if {_stance(one.text), _stance(other.text)} == {"yes", "no"}:
        return "say yes and no"
    return None


def _listed(figures: set[str]) -> str:
    return ", ".join(sorted(figures)[:5]) or "none"


def _stance(text: str) -> Literal["yes", "no"] | None:
    start = normal(text).lstrip("\"'«“(*- ")
    if _NEGATION.match(start):
        return "no"
    return "yes" if _ASSENT.match(start) else None


def _questions_alike(
    passages: Sequence[Passage], similarity: Similarity | None, alike: float
) -> Iterator[tuple[int, int]]:
    asked: dict[int, frozenset[str]] = {}
    words: dict[int, frozenset[str]] = {}
    for place, passage in enumerate(passages):
        if passage.question:
            asked[place] = _trigrams(passage.question)
            words[place] = frozenset(_WORDS.findall(normal(passage.question)))
    bound = SAME_QUESTION if similarity is None else SAME_QUESTION / 3
    for first, second in _pairs(asked, bound):
        one, other = passages[first], passages[second]
        if one.language != other.language or not _may_be_same(words[first], words[second]):
            continue
        near = _jaccard(asked[first], asked[second]) >= SAME_QUESTION
        if near or (similarity is not None and similarity(one, other) >= alike):
            yield first, second


def _may_be_same(one: frozenset[str], other: frozenset[str]) -> bool:
    """Whether two questions name the same: no plan A against plan B, no 2 against 3."""
    if any(sign.isdigit() for word in one ^ other for sign in word):
        return False
    names = [
        {word for word in apart if len(word) == 1 and word.isascii()}
        for apart in (one - other, other - one)
    ]
    return not all(names)


def _texts_alike(passages: Sequence[Passage]) -> Iterator[tuple[int, int]]:
    texts: dict[str, list[int]] = defaultdict(list)
    grouped: dict[int, str] = {}
    shingles: dict[int, frozenset[str]] = {}
    for place, passage in enumerate(passages):
        text = normal(passage.text)
        if len(text) >= _SHORT or passage.question is None:
            texts[text].append(place)
            grouped[place] = text
        shingles[place] = _shingles(f"{passage.question or ''} {passage.text}")
    for places in texts.values():
        # Against the first alone: a text that stands a hundred times is told 99 times.
        yield from ((places[0], other) for other in places[1:])
    for first, second in _pairs(shingles, SAME_TEXT):
        told = first in grouped and grouped[first] == grouped.get(second)
        same_figures = numbers(passages[first].text) == numbers(passages[second].text)
        if same_figures and not told:
            yield first, second


def _pairs(sets: dict[int, frozenset[str]], bound: float) -> Iterator[tuple[int, int]]:
    """Pairs whose Jaccard index is at least `bound`, all of them.

    Two such sets share one of their rarest members (prefix filtering: Chaudhuri et al., 2006), so
    only those that do are compared.
    """
    counts = Counter(member for members in sets.values() for member in members)
    places: dict[str, list[int]] = defaultdict(list)
    for place, members in sets.items():
        rarest = sorted(members, key=lambda member: (counts[member], member))
        head = rarest[: len(rarest) - _ceiling(bound * len(rarest)) + 1] if rarest else []
        near = {other for member in head for other in places[member]}
        for other in sorted(near):
            if _jaccard(sets[other], members) >= bound:
                yield other, place
        for member in head:
            places[member].append(place)


def _ceiling(number: float) -> int:
    return -int(-number // 1)


def _jaccard(one: frozenset[str], other: frozenset[str]) -> float:
    shared = len(one & other)
    return shared / max(1, len(one) + len(other) - shared)


def _shingles(text: str) -> frozenset[str]:
    """Every three words in a row; each sign of a script without spaces is a word."""
    words = _WORDS.findall(normal(text))
    if len(words) < 3:
        return frozenset([" ".join(words)] if words else [])
    return frozenset(" ".join(words[place : place + 3]) for place in range(len(words) - 2))


def _trigrams(text: str) -> frozenset[str]:
    """Every three letters in a row, the borders of words among them."""
    plain = f" {' '.join(_WORDS.findall(normal(text)))} "
    return frozenset(plain[place : place + 3] for place in range(len(plain) - 2))
