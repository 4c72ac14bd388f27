"""The words that question and passage share: BM25, small beside the vectors and never unbounded.

It finds what vectors blur: error codes, names of products, numbers. BM25 after Robertson and
Zaragoza, "The Probabilistic Relevance Framework: BM25 and Beyond" (2009), with the inverse
document frequency ln(1 + (N - n + 0.5) / (n + 0.5)) that never falls below nought.
"""

import math
import re
from collections import Counter
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from llmtb.inference.knowledge.letters import normal

K1, B = 1.2, 0.75
HAN = 1 / 3  # of each Chinese term: a word of two characters gives three of them
HALF = 8.0  # the BM25 sum at which the term has half its weight

_HAN = "\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff"
_TERM = re.compile(
    rf"[{_HAN}]+"
    r"|[a-z]{1,5}-?[a-z]{0,2}\d+[a-z]{0,2}(?![^\W_])"  # a code: e-104, nv-l40, c20
    r"|\d+(?:[.,]\d+)*"
    rf"|[^\W\d_{_HAN}]+"
)


def terms_of(text: str) -> list[str]:
    """The terms of a text, letters in one form.

    Codes without their dashes (`E-104` as `e104`), numbers whole and without signs between
    thousands, Chinese as single characters and pairs, an English plural as its singular.
    """
    found: list[str] = []
    for match in _TERM.finditer(normal(text)):
        term = match[0]
        if _is_han(term):
            found += term
            found += [term[at : at + 2] for at in range(len(term) - 1)]
        elif term[-1].isdigit() or any(map(str.isdigit, term)):
            found.append(re.sub(r"[-,]", "", term))
        else:
            found.append(_singular(term))
    return found


def _is_han(term: str) -> bool:
    return "\u3400" <= term[0] <= "\ufaff" and not term.isdigit()


def _singular(term: str) -> str:
    plural = len(term) > 3 and term.isascii() and term[-1] == "s" and term[-2] not in "su"
    return term[:-1] if plural else term


class _Holders(NamedTuple):
    """The texts that hold a term, and what it adds to the sum of each."""

    places: NDArray[np.int64]
    gains: NDArray[np.float32]


class Words:
    """The terms of some texts, immutable; `scores` compares a question with all of them.

    languages: of each text. A word is rare or not among the texts of its own language alone: one
    language has fewer texts than another, and its little words would pass for rare.
    """

    def __init__(self, texts: Sequence[str], languages: Sequence[str] | None = None) -> None:
        self._size = len(texts)
        spoken = np.array(languages if languages is not None else [""] * len(texts), object)
        found: dict[str, list[_Holders]] = {}
        for language in sorted(set(spoken.tolist())):
            places = np.flatnonzero(spoken == language)
            for term, holders in _impacts([texts[place] for place in places.tolist()]).items():
                found.setdefault(term, []).append(_Holders(places[holders.places], holders.gains))
        self._holders = {
            term: _Holders(
                np.concatenate([each.places for each in parts]),
                np.concatenate([each.gains for each in parts]),
            )
            for term, parts in found.items()
        }

    def sums(self, question: str) -> NDArray[np.float32]:
        """BM25 of a question with each text, from 0."""
        found = np.zeros(self._size, np.float32)
        # In the order they stand, so that a sum is the same in every process.
        for term in dict.fromkeys(terms_of(question)):
            if term in self._holders:
                holders = self._holders[term]
                found[holders.places] += holders.gains  # a text stands once among them
        return found

    def scores(self, question: str) -> NDArray[np.float32]:
        """The same from 0 to 1: s / (s + `HALF`), so that many shared words do not win alone."""
        found = self.sums(question)
        return np.asarray(found / (found + HALF), np.float32)


def _impacts(texts: Sequence[str]) -> dict[str, _Holders]:
    counts = [Counter(terms_of(text)) for text in texts]
    lengths = np.array([count.total() for count in counts], np.float32)
    mean = max(1.0, float(lengths.mean()))
    places: dict[str, list[int]] = {}
    times: dict[str, list[int]] = {}
    for place, count in enumerate(counts):
        for term, often in count.items():
            places.setdefault(term, []).append(place)
            times.setdefault(term, []).append(often)
    found: dict[str, _Holders] = {}
    for term, where in places.items():
        at = np.array(where, np.int64)
        counted = np.array(times[term], np.float32)
        rare = math.log(1 + (len(texts) - len(at) + 0.5) / (len(at) + 0.5))
        full = counted + K1 * (1 - B + B * lengths[at] / mean)
        gains = (HAN if _is_han(term) else 1.0) * rare * counted * (K1 + 1) / full
        found[term] = _Holders(at, np.asarray(gains, np.float32))
    return found
