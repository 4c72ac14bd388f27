"""How much each word of a question weighs: a rare one says more, and one that nobody uses most."""

import math
from collections import Counter
from collections.abc import Iterable, Sequence

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
        uses = self._uses[stem]
        return math.log(1 + (self._size - uses + 0.5) / (uses + 0.5))

    def share(self, stems: Sequence[str], held: frozenset[str]) -> float:
        """The share of some stems that is held, by weight, 0 to 1."""
        whole = sum(map(self.weight, stems))
        return sum(self.weight(stem) for stem in stems if stem in held) / whole if whole else 0.0

    def familiar(self, stems: Sequence[str]) -> float:
        """The share of some stems that any passage uses, by weight, 0 to 1; 1 of no lexicon."""
        if not self._size:
            return 1.0
        whole = sum(map(self.weight, stems))
        used = sum(self.weight(stem) for stem in stems if self._uses[stem])
        return used / whole if whole else 0.0


def stems_of(passage: Passage) -> frozenset[str]:
    """What a passage is about, in stems: its question, its variants, its text."""
    ways = [way for way in (passage.question, *passage.variants) if way]
    text = "\n".join([passage.title, passage.section, *ways, passage.text])
    return frozenset(content(text, passage.language))
