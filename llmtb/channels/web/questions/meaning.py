"""Which questions mean the same: their words, and what the documents said to them, as vectors.

A question's vector is its own, less what its language puts in, and the vector of the title of what
was found for it first: people ask for one thing in very different words, and the library knows
many of them. Measured on the sample's questions (docs/questions.md): with titles an adjusted Rand
index of .40, without .21.
"""

import asyncio
from collections import Counter, OrderedDict
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import cache
from importlib import resources
from pathlib import Path
from typing import Final, NamedTuple

import numpy as np

from llmtb.channels.web.console import Embed, Unserved
from llmtb.channels.web.questions.clusters import Vectors, central, grouped
from llmtb.inference.knowledge.centring import (
    SHIPPED_QUESTIONS,
    Centring,
    Guess,
    blended,
    read_everyday,
)
from llmtb.inference.knowledge.letters import normal
from llmtb.inference.knowledge.words import terms_of
from llmtb.projections.questions import Asked

BUSY: Final = "busy"
"""The trouble of a grouping whose texts were not all read in time."""
LEAST: Final = 0.45
"""The mean cosine from which two groups mean the same, as measured; see docs/questions.md."""
SURE: Final = 0.3  # the score from which what was found says something of the question
MOST_TEXTS: Final = 5000  # texts that are compared, those most asked
KEPT: Final = 20_000  # vectors kept
SLICE: Final = 64  # texts at one time, so that whoever asks is not behind thousands
PATIENCE: Final = 4.0  # seconds that a page waits for the encoder
PLACINGS: Final = 6  # groupings kept, so that a page that is looked at again costs little
_LONGEST: Final = 600  # characters of a text that are compared


Everyday = Mapping[str, Sequence[str]]
"""Questions of everyday life, by language."""


class Group(NamedTuple):
    """Questions that mean the same, oldest first, and the one that stands for them."""

    name: Asked
    questions: tuple[Asked, ...]


class Grouping(NamedTuple):
    """Groups, the largest first. trouble: why they are by words instead of by meaning, if so.

    left_out: questions that were too many to be compared.
    """

    groups: tuple[Group, ...]
    trouble: str = ""
    left_out: int = 0


class Node(NamedTuple):
    """One text: all who asked it, and the title of what was found for it first."""

    key: str
    questions: tuple[Asked, ...]
    language: str | None
    title: str

    @property
    def text(self) -> str:
        """What is embedded; the same whoever asked first."""
        return min(each.text for each in self.questions)[:_LONGEST]


class Placed(NamedTuple):
    """The vectors of texts, and their groups as places of these."""

    vectors: Vectors
    groups: tuple[list[int], ...]


class Meaning:
    """Groups questions, and remembers the vectors of their texts."""

    def __init__(self, embed: Embed, patience: float = PATIENCE) -> None:
        self._embed = embed
        self._patience = patience
        self._vectors: OrderedDict[str, Vectors] = OrderedDict()
        self._placings: OrderedDict[object, Placed] = OrderedDict()
        self._turn = asyncio.Lock()

    async def grouping(self, asked: Sequence[Asked]) -> Grouping:
        """The questions in groups, by meaning; where that cannot be told, by their words."""
        nodes, left_out = await asyncio.to_thread(nodes_of, asked)
        everyday = _everyday()
        texts = [node.text for node in nodes] + [node.title for node in nodes if node.title]
        texts += [text for each in everyday.values() for text in each] if nodes else []
        try:
            async with asyncio.timeout(self._patience):
                await self._learn(texts)
        except Unserved as error:
            return Grouping(await asyncio.to_thread(by_words, nodes), str(error), left_out)
        except TimeoutError:
            return Grouping(await asyncio.to_thread(by_words, nodes), BUSY, left_out)
        placed = await self._placed(nodes, texts, everyday)
        return Grouping(await asyncio.to_thread(by_meaning, nodes, placed), "", left_out)

    async def _placed(
        self, nodes: Sequence[Node], texts: Sequence[str], everyday: Everyday
    ) -> Placed:
        """The texts in groups, as they were found lately or beside the loop, one call at a time."""
        key = tuple((node.key, node.language, node.title) for node in nodes)
        async with self._turn:
            if key not in self._placings:
                known = {text: self._vectors[text] for text in texts}
                self._placings[key] = await asyncio.to_thread(placed_by, nodes, known, everyday)
            self._placings.move_to_end(key)
            while len(self._placings) > PLACINGS:
                self._placings.popitem(last=False)
            self._forget()
            return self._placings[key]

    async def _learn(self, texts: Sequence[str]) -> None:
        for text in texts:
            if text in self._vectors:
                self._vectors.move_to_end(text)
        new = [text for text in dict.fromkeys(texts) if text not in self._vectors]
        for start in range(0, len(new), SLICE):
            some = new[start : start + SLICE]
            self._vectors.update(zip(some, await self._embed(some), strict=True))

    def _forget(self) -> None:
        while len(self._vectors) > KEPT:
            self._vectors.popitem(last=False)


def nodes_of(asked: Sequence[Asked], most: int = MOST_TEXTS) -> tuple[list[Node], int]:
    """The texts that were asked, in an order of their own, and how many questions are left out."""
    by_key: dict[str, list[Asked]] = {}
    for each in asked:
        by_key.setdefault(normal(each.text[:_LONGEST]), []).append(each)
    often = sorted(by_key, key=lambda key: (-len(by_key[key]), key))
    nodes = [_node(key, by_key[key]) for key in sorted(often[:most])]
    return nodes, sum(len(by_key[key]) for key in often[most:])


def by_words(nodes: Sequence[Node]) -> tuple[Group, ...]:
    """Groups of those that have the same words, in whatever order."""
    same: dict[tuple[str, ...], list[Node]] = {}
    for node in nodes:
        same.setdefault(tuple(sorted(set(terms_of(node.key)))) or (node.key,), []).append(node)
    return _ordered([_group(each, 0) for each in same.values()])


def placed_by(
    nodes: Sequence[Node],
    vectors: Mapping[str, Vectors],
    everyday: Everyday,
    least: float = LEAST,
) -> Placed:
    """The texts' vectors, and which of them point the same way."""
    if not nodes:
        return Placed(np.zeros((0, 0), np.float32), ())
    places = _vectors_of(nodes, vectors, everyday)
    return Placed(places, tuple(grouped(places, least)))


def by_meaning(nodes: Sequence[Node], placed: Placed) -> tuple[Group, ...]:
    """Groups of those whose vectors point the same way, each named by its middle."""
    found, places = [], placed.vectors
    for members in placed.groups:
        some = [nodes[place] for place in members]
        language = _most(node.language for node in some for _ in node.questions)
        said = [p for p, node in zip(members, some) if node.language == language] or members
        weights = np.asarray([len(nodes[place].questions) for place in said], np.float32)
        middle = members.index(said[central(places[said], weights)])
        found.append(_group(some, middle))
    return _ordered(found)


def _vectors_of(
    nodes: Sequence[Node], vectors: Mapping[str, Vectors], everyday: Everyday
) -> Vectors:
    """A vector of length one for each text."""
    shipped = {name: np.stack([vectors[t] for t in texts]) for name, texts in everyday.items()}
    middles = {name: rows.mean(axis=0) for name, rows in shipped.items()}
    guess = Centring({}, {}, middles).guess
    languages = [node.language or _guessed(guess, vectors[node.text]) for node in nodes]
    own = _centred([vectors[node.text] for node in nodes], languages, shipped)
    titled = [place for place, node in enumerate(nodes) if node.title]
    if titled:
        heads = [vectors[nodes[place].title] for place in titled]
        own[titled] += _centred(heads, [_guessed(guess, head) for head in heads], shipped)
    return _unit(own)


def _centred(
    rows: Sequence[Vectors], languages: Sequence[str], shipped: Mapping[str, Vectors]
) -> Vectors:
    """Rows less the mean of their language, each text counted once."""
    whole = np.stack(rows)
    alike: dict[str, list[int]] = {}
    for place, language in enumerate(languages):
        alike.setdefault(language, []).append(place)
    means = blended(shipped, {name: whole[some] for name, some in alike.items()}, SHIPPED_QUESTIONS)
    return _unit(np.stack([row - means[name] for row, name in zip(whole, languages)]))


def _unit(rows: Vectors) -> Vectors:
    lengths = np.linalg.norm(rows, axis=1, keepdims=True)
    return np.asarray(rows / np.maximum(lengths, 1e-9), np.float32)


def _guessed(guess: Callable[[Vectors], Guess | None], vector: Vectors) -> str:
    found = guess(vector)
    return found.language if found is not None else ""


def _node(key: str, asked: Sequence[Asked]) -> Node:
    found = [(each.score or 0.0, each.title) for each in asked if each.title]
    score, title = max(found, default=(0.0, ""))
    language = _most(each.language for each in asked)
    questions = tuple(sorted(asked, key=_when))
    return Node(key, questions, language, title if score >= SURE else "")


def _most(languages: Iterable[str | None]) -> str | None:
    counted = Counter(filter(None, languages))
    return min(counted, key=lambda each: (-counted[each], each)) if counted else None


def _group(nodes: Sequence[Node], name: int) -> Group:
    questions = sorted((each for node in nodes for each in node.questions), key=_when)
    return Group(nodes[name].questions[0], tuple(questions))


def _ordered(groups: Sequence[Group]) -> tuple[Group, ...]:
    return tuple(sorted(groups, key=lambda g: (-len(g.questions), normal(g.name.text))))


def _when(asked: Asked) -> tuple[str, str]:
    return asked.at.isoformat(), asked.question


@cache
def _everyday() -> dict[str, tuple[str, ...]]:
    folder = resources.files("llmtb") / "sample" / "questions-of-everyday"
    return read_everyday(Path(str(folder)))
