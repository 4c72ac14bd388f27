"""The passages that one audience may see, ready to be searched; nothing else is ever in here."""

import math
from collections.abc import Collection, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from usearch.index import Index as Graph

from llmtb.inference.knowledge.passage import Passage
from llmtb.inference.knowledge.points import Vectors, searched_words
from llmtb.inference.knowledge.words import Words

WEIGHT = 0.12  # of the words beside a cosine; from .10 to .15 nothing moves on the sample
EXACT = 30_000  # points up to which all are compared; beyond, the graph chooses
NEAR = 400  # points that the graph chooses, and passages that the words do


class Hit(NamedTuple):
    """A passage that may answer.

    score: cosine and `WEIGHT` times words, on which thresholds stand. cosine: centred, of the
    passage's best point. words: from 0 to 1, of the entry's best version; what is not told in the
    asker's language has the mean of what is added. For an entry in several languages the cosine
    stands half for the version that fits best and half for the mean of all: what fits in one
    language alone often fits by chance.
    """

    passage: Passage
    score: float
    cosine: float
    words: float


class _Told(NamedTuple):
    """Of a language: its passages; of each passage whether it is in another; of each entry
    whether one of its versions is in it.
    """

    places: NDArray[np.int64]
    foreign: NDArray[np.bool_]
    told: NDArray[np.bool_]


class Shelf:
    """Immutable. vectors: the centred points of the passages, in order; sizes: how many each."""

    def __init__(self, passages: Sequence[Passage], vectors: Vectors, sizes: Sequence[int]) -> None:
        self._passages = tuple(passages)
        self._vectors = vectors
        self._owners = np.repeat(np.arange(len(passages)), sizes)
        self._levels = np.array([passage.level for passage in passages], np.int64)
        self._departments = np.array([passage.department for passage in passages], object)
        self._words = Words(
            [searched_words(passage) for passage in passages],
            [passage.language for passage in passages],
        )
        self._entries = _entries(passages)
        self._versions: list[list[int]] = [
            [] for _ in range(int(self._entries.max(initial=-1)) + 1)
        ]
        for place, entry in enumerate(self._entries.tolist()):
            self._versions[entry].append(place)
        self._spoken = {
            language: self._told_in(language) for language in {each.language for each in passages}
        }
        self._graph = _graph(vectors) if len(vectors) > EXACT else None

    def __len__(self) -> int:
        return len(self._passages)

    @property
    def points(self) -> int:
        """How many vectors stand on it."""
        return len(self._vectors)

    def search(
        self,
        vector: Vectors,
        text: str,
        *,
        language: str,
        level: int,
        departments: Collection[str] | None,
        k: int,
    ) -> list[Hit]:
        """The best entries, best first; see `Index.search`."""
        allowed = self._levels <= level
        if departments is not None:
            wanted = [*departments, ""]  # what belongs to nobody is everybody's
            allowed = allowed & np.isin(self._departments, np.array(wanted, object))
        if k < 1 or not allowed.any():
            return []
        words = self._words.scores(text)
        cosines = self._near(vector, words, allowed, k)
        return self._best(np.where(allowed, cosines, -np.inf), words, language, k)

    def _fits(self, cosines: Vectors, places: NDArray[np.int64]) -> Vectors:
        """Of each entry, half its best cosine and half the mean; -inf where none is looked at."""
        entries, size = self._entries[places], len(self._versions)
        highest = np.full(size, -np.inf, np.float32)
        np.maximum.at(highest, entries, cosines[places])
        total = np.bincount(entries, weights=cosines[places], minlength=size)
        count = np.bincount(entries, minlength=size)
        return np.asarray((highest + total / np.maximum(count, 1)) / 2, np.float32)

    def _told_in(self, language: str) -> "_Told":
        own = np.array([passage.language == language for passage in self._passages], np.bool_)
        places = np.flatnonzero(own)
        told = np.zeros(len(self._versions), np.bool_)
        told[self._entries[places]] = True
        return _Told(places, ~own, told)

    def _near(self, vector: Vectors, words: Vectors, allowed: NDArray[np.bool_], k: int) -> Vectors:
        """The cosine of each passage's best point; -inf for those that are not looked at."""
        cosines = np.full(len(self._passages), -np.inf, np.float32)
        if self._graph is not None:
            chosen = np.zeros(len(self._passages), np.bool_)
            chosen[self._owners[self._graph.search(vector, NEAR).keys.astype(np.int64)]] = True
            most = min(NEAR, len(words)) - 1
            chosen[np.argpartition(-words, most)[: most + 1]] = True
            chosen = chosen & allowed
            if np.unique(self._entries[chosen]).size >= 4 * k:  # else compare them all
                chosen = np.isin(self._entries, self._entries[chosen]) & allowed
                rows = np.flatnonzero(chosen[self._owners])
                np.maximum.at(cosines, self._owners[rows], self._vectors[rows] @ vector)
                return cosines
        np.maximum.at(cosines, self._owners, self._vectors @ vector)
        return cosines

    def _best(self, cosines: Vectors, words: Vectors, language: str, k: int) -> list[Hit]:
        looked = np.flatnonzero(np.isfinite(cosines))
        shared = np.zeros(len(self._versions), np.float32)
        np.maximum.at(shared, self._entries[looked], words[looked])
        fits = self._fits(cosines, looked)
        if language in self._spoken:
            places, foreign, told = self._spoken[language]
            # What is not told in the asker's language could share no words: it loses nothing by it.
            shared = np.where(told, shared, shared + words[places].mean())
            # Nor by the cosine that two texts of one language have in advance.
            others = self._fits(cosines, looked[foreign[looked]])
            both = told & np.isfinite(others) & np.isfinite(fits)
            if both.any() and not told.all():
                fits = np.where(told, fits - (fits[both] - others[both]).mean(), fits)
        scores = fits + WEIGHT * shared
        found: list[Hit] = []
        # Ties go by place, so that a search gives the same list every time.
        for entry in np.argsort(-scores, kind="stable")[:k].tolist():
            score = scores.item(entry)
            if not math.isfinite(score):
                break
            near = {place: cosines.item(place) for place in self._versions[entry]}
            versions = [place for place, cosine in near.items() if math.isfinite(cosine)]
            spoken = [v for v in versions if self._passages[v].language == language]
            shown = max(spoken or versions, key=near.__getitem__)
            found.append(Hit(self._passages[shown], score, fits.item(entry), shared.item(entry)))
        return found


def _entries(passages: Sequence[Passage]) -> NDArray[np.int64]:
    """A number for each passage, shared by the versions of one entry."""
    numbers: dict[tuple[str, str], int] = {}
    found = [
        numbers.setdefault(
            ("entry", passage.entry) if passage.entry else ("passage", passage.id), len(numbers)
        )
        for passage in passages
    ]
    return np.array(found, np.int64)


def _graph(vectors: Vectors) -> Graph:
    graph = Graph(ndim=vectors.shape[1], metric="ip", dtype="f32", expansion_search=NEAR)
    graph.add(np.arange(len(vectors), dtype=np.uint64), vectors)
    return graph
