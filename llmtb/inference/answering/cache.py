"""Answers given before, for questions that are as good as the same; never personal ones."""

from collections import OrderedDict
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from llmtb.events.chat import Audience
from llmtb.inference.answering.reply import Answered, Reply
from llmtb.inference.answering.terms import CARRIERS, content, turns, words
from llmtb.inference.knowledge.letters import normal, numbers

NEAR = 0.97  # cosine; below it two questions are never the same
TRIED = 3  # of the near ones
SLIP = 5  # letters, from which a word may have one typing error


class Scope(NamedTuple):
    """For whom an answer holds: nobody else is ever given it.

    knowledge, model: the identities of what answered; with either another, old answers are gone.
    """

    audience: Audience
    level: int
    departments: tuple[str, ...] | None
    language: str
    knowledge: str
    model: str = ""


_Key = tuple[Scope, str]


class _Kept(NamedTuple):
    text: str
    reply: Reply


class _Rows:
    """The vectors of one scope's questions, one below the other; `keys` in the same order."""

    def __init__(self, width: int) -> None:
        self.keys: list[_Key] = []
        self._places: dict[_Key, int] = {}
        self._vectors = np.zeros((16, width), np.float32)

    def put(self, key: _Key, vector: NDArray[np.float32]) -> None:
        place = self._places.setdefault(key, len(self.keys))
        if place == len(self.keys):
            self.keys.append(key)
            if place == len(self._vectors):
                self._vectors = np.concatenate([self._vectors, np.zeros_like(self._vectors)])
        self._vectors[place] = vector

    def drop(self, key: _Key) -> None:
        """Forget a question; the last one takes its place."""
        place, last = self._places.pop(key), self.keys.pop()
        if last != key:
            self.keys[place], self._places[last] = last, place
            self._vectors[place] = self._vectors[len(self.keys)]

    def near(self, vector: NDArray[np.float32]) -> list[tuple[_Key, float]]:
        """Up to three that are near enough, the nearest first, with their cosines."""
        cosines = self._vectors[: len(self.keys)] @ vector
        places = np.flatnonzero(cosines >= NEAR)
        order = places[np.argsort(-cosines[places], kind="stable")][:TRIED].tolist()
        return [(self.keys[place], cosines.item(place)) for place in order]


class Cache:
    """At most `size` answers, the longest unused first to go."""

    def __init__(self, size: int = 2048) -> None:
        self._size = size
        self._kept: OrderedDict[_Key, _Kept] = OrderedDict()
        self._rows: dict[Scope, _Rows] = {}
        self._hits = 0
        self._misses = 0

    def __len__(self) -> int:
        return len(self._kept)

    def same(self, scope: Scope, text: str) -> Reply | None:
        """The answer to the very question, letters normalised."""
        key = scope, normal(text)
        return self._hit(key) if key in self._kept else None

    def near(
        self, scope: Scope, text: str, vector: NDArray[np.float32]
    ) -> tuple[Reply, float] | None:
        """The answer to a question as good as the same, with the cosine of the two."""
        for key, cosine in self._rows[scope].near(vector) if scope in self._rows else ():
            if alike(text, self._kept[key].text, scope.language):
                return self._hit(key), cosine
        self._misses += 1
        return None

    def _hit(self, key: _Key) -> Reply:
        self._kept.move_to_end(key)
        self._hits += 1
        return self._kept[key].reply

    def keep(self, scope: Scope, text: str, vector: NDArray[np.float32], reply: Reply) -> None:
        """Keep an answer; whoever calls has seen that neither it nor the question is personal.

        Raises ValueError for a reply that answers nothing.
        """
        if not isinstance(reply.outcome, Answered):
            raise ValueError("only answers are kept")
        key = scope, normal(text)
        self._kept[key] = _Kept(text, reply)
        self._kept.move_to_end(key)
        self._rows.setdefault(scope, _Rows(len(vector))).put(key, vector)
        while len(self._kept) > self._size:
            self._drop()

    def _drop(self) -> None:
        key, _ = self._kept.popitem(last=False)
        rows = self._rows[key[0]]
        rows.drop(key)
        if not rows.keys:
            del self._rows[key[0]]

    def clear(self) -> None:
        """Forget all answers, as when the index or the calibration is another."""
        self._kept.clear()
        self._rows.clear()

    def statistics(self) -> dict[str, int]:
        """How many answers are kept, and how often one was found or not."""
        return {"kept": len(self._kept), "hits": self._hits, "misses": self._misses}


def alike(one: str, other: str, language: str) -> bool:
    """Whether two questions differ in nothing that could change the answer.

    The same numbers, the same words that turn a meaning around, the same words in content but
    for their order and one slip of the typing finger in a long one.
    """
    if numbers(one) != numbers(other) or turns(one, language) != turns(other, language):
        return False
    first, second = _told(one, language), _told(other, language)
    if first == second:
        return bool(first) or words(one) == words(other)
    left = [word for word in first if word not in second]
    right = [word for word in second if word not in first]
    return len(left) == len(right) == 1 and slipped(left[0], right[0])


def _told(text: str, language: str) -> list[str]:
    if language == "zh":
        return sorted(set(content(text, language)))
    carriers = CARRIERS.get(language, frozenset())
    return sorted({word for word in words(text) if word not in carriers})


def slipped(one: str, other: str) -> bool:
    """Whether two long words are one letter apart: another, one too many, or two exchanged."""
    if min(len(one), len(other)) < SLIP or any(sign.isdigit() for sign in one + other):
        return False
    if len(one) > len(other):
        one, other = other, one
    at = next((i for i, sign in enumerate(one) if sign != other[i]), len(one))
    if len(one) == len(other):
        swapped = one[at + 1 : at + 2] + one[at : at + 1] + one[at + 2 :]
        return one[at + 1 :] == other[at + 1 :] or swapped == other[at:]
    return one[at:] == other[at + 1 :]
