"""How much each word of a question weighs: a rare one says more, and one that nobody uses most."""

import math
from collections import Counter
from collections.abc import Container, Iterable, Sequence

from llmtb.inference.answering.terms import content
from llmtb.inference.knowledge.passage import Passage


class Lexicon:
    """The stems of all passages of one language, with how many passages use each."""

    def __init__(self, passages: Iterable[Passage], language: str) -> None:
        self.language = language
        self._uses: Counter[str] = Counter()
        self._size = 0
        for passage in passages:
            if passage.language == language:
                self._size += 1
                self._uses.update(stems_of(passage))

    def __len__(self) -> int:
        return self._size

    def weight(self, stem: str) -> float:
        """The inverse document frequency, ln(1 + (N - n + 0.5) / (n + 0.5))."""
        uses = self._uses.get(stem, 0)
        return math.log(1 + (self._size - uses + 0.5) / (uses + 0.5))

    def weighed(self, stems: Sequence[str]) -> list[tuple[str, float]]:
        """Stems with their weights, for `share`."""
        return [(stem, self.weight(stem)) for stem in stems]

    def familiar(self, stems: Sequence[str]) -> float:
        """The share of some stems that any passage uses, by weight, 0 to 1; 1 of no lexicon."""
        return share(self.weighed(stems), self._uses) if self._size else 1.0


def share(weighed: Sequence[tuple[str, float]], held: Container[str]) -> float:
    """The share of some stems that is held, by weight, 0 to 1; 0 of none."""
    whole = sum([weight for _, weight in weighed])
    return sum([weight for stem, weight in weighed if stem in held]) / whole if whole else 0.0


def stems_of(passage: Passage) -> frozenset[str]:
    """What a passage is about, in stems: its question, its variants, its text."""
    ways = [way for way in (passage.question, *passage.variants) if way]
    text = "\n".join([passage.title, passage.section, *ways, passage.text])
    return frozenset(content(text, passage.language))
