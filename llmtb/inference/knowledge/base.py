"""What the company knows, as it is now: the index in use, and the next one while it is made."""

import asyncio
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple, Protocol

import numpy as np

from llmtb.events.chat import Audience
from llmtb.inference.knowledge.index import Hit, Index, Shipped
from llmtb.inference.knowledge.passage import Passage
from llmtb.inference.knowledge.points import Point, Vectors, meant, points_of
from llmtb.inference.knowledge.vectors import Side, VectorCache

SLICE = 64  # texts embedded before they are kept and told of
INLINE = 1500  # points that are compared in less than a millisecond; more, in a thread

Everyday = Mapping[str, Sequence[str]]
Progress = Callable[[int, int], None]


class Embedder(Protocol):
    """What the base needs of an encoder; `llmtb.inference.embedding.encoder.Encoder` has it."""

    @property
    def identity(self) -> str: ...

    @property
    def dimensions(self) -> int: ...

    async def queries(
        self, texts: Sequence[str], *, deadline: float | None = None, background: bool = False
    ) -> Vectors: ...

    async def passages(self, texts: Sequence[str]) -> Vectors: ...


class Found(NamedTuple):
    """What a search gave, the question's vector, and the index that gave it."""

    hits: list[Hit]
    vector: Vectors
    searched: Index


class KnowledgeBase:
    """Searches the index in use; `rebuild` makes another beside it and then exchanges them.

    Made by `open`, ended by `close`; the encoder belongs to whoever gave it.
    """

    def __init__(self, encoder: Embedder, cache: VectorCache, everyday: Everyday) -> None:
        self.version = 0
        self._encoder = encoder
        self._cache = cache
        self._everyday = everyday
        self._shipped = Shipped({}, {})
        self.index = Index(encoder.identity, (), (), self._shipped, {})
        self._building = asyncio.Lock()

    @classmethod
    async def open(
        cls,
        encoder: Embedder,
        *,
        cache: Path | None,
        everyday: Everyday,
    ) -> "KnowledgeBase":
        """An empty base.

        cache: the file that keeps vectors; None keeps them in memory. everyday: questions by
        language, as `read_everyday` gives them. Raises what the encoder raises.
        """
        vectors = await asyncio.to_thread(VectorCache, cache, encoder.identity)
        self = cls(encoder, vectors, everyday)
        try:
            texts = _all(everyday)
            asked = await self._embedded(texts, "query", None)
            stored = await self._embedded(texts, "passage", None)
        except BaseException:
            vectors.close()
            raise
        self._shipped = Shipped(_by_language(everyday, asked), _by_language(everyday, stored))
        self.index = Index(encoder.identity, (), (), self._shipped, {})
        return self

    async def rebuild(
        self,
        passages: Iterable[Passage],
        *,
        asked: Mapping[str, Sequence[str]] | None = None,
        progress: Progress | None = None,
    ) -> Index:
        """Make an index of these passages and put it in place of the one in use.

        Searches go on in the old one until then; what was embedded before is not embedded again;
        people's questions go first. One rebuild at a time, others wait. asked: real questions by
        language, for the means. progress: told of (done, all) texts. Raises ValueError where two
        passages have one id, and what the encoder raises; the index in use then stays.
        """
        async with self._building:
            known = tuple(passages)
            points = await asyncio.to_thread(lambda: [points_of(passage) for passage in known])
            texts = sorted({text for each in points for text in _texts(each)}, key=len)
            questions = _questions(known, asked or {})
            wanted = _all(questions)
            told = _Told(len(texts) + len(wanted), progress)
            stored = await self._embedded(texts, "passage", told)
            heard = await self._embedded(wanted, "query", told)
            rows = [[_meant(point, stored) for point in each] for each in points]
            index = await asyncio.to_thread(
                Index,
                self._encoder.identity,
                known,
                [np.stack(each) if each else self._none() for each in rows],
                self._shipped,
                _by_language(questions, heard),
            )
            self.index = index
            self.version += 1
            everyday = _all(self._everyday)
            needed: list[tuple[Side, list[str]]] = [("passage", texts + everyday)]
            needed.append(("query", wanted + everyday))
            await asyncio.to_thread(self._cache.keep, needed)
            return index

    async def search(
        self,
        text: str,
        *,
        language: str | None,
        audience: Audience,
        level: int = 0,
        departments: Collection[str] | None = None,
        k: int = 5,
        deadline: float | None = None,
    ) -> Found:
        """Search for what a person asks; see `Index.search`. A text without words finds nothing.

        deadline: seconds from now. Raises what the encoder raises.
        """
        vector = (await self._encoder.queries([text], deadline=deadline))[0]
        index = self.index

        def look() -> list[Hit]:
            return index.search(
                vector,
                text,
                language=language,
                audience=audience,
                level=level,
                departments=departments,
                k=k,
            )

        if not any(map(str.isalnum, text)):
            return Found([], vector, index)
        hits = look() if index.points <= INLINE else await asyncio.to_thread(look)
        return Found(hits, vector, index)

    async def close(self) -> None:
        """Close the file of vectors, once a rebuild that runs has ended."""
        async with self._building:
            await asyncio.to_thread(self._cache.close)

    async def _embedded(
        self, texts: Sequence[str], side: Side, told: "_Told | None"
    ) -> dict[str, Vectors]:
        kept = await asyncio.to_thread(self._cache.get, texts, side)
        found = {text: vector for text, vector in zip(texts, kept) if vector is not None}
        missing = [text for text in texts if text not in found]
        if told:
            told.more(len(found))
        for start in range(0, len(missing), SLICE):
            part = missing[start : start + SLICE]
            if side == "query":
                rows = await self._encoder.queries(part, background=True)
            else:
                rows = await self._encoder.passages(part)
            await asyncio.to_thread(self._cache.put, part, side, rows)
            found.update(zip(part, rows))
            if told:
                told.more(len(part))
        return found

    def _none(self) -> Vectors:
        return np.zeros((0, self._encoder.dimensions), np.float32)


class _Told:
    """Counts what is done and tells of it."""

    def __init__(self, size: int, progress: Progress | None) -> None:
        self._size = size
        self._done = 0
        self._progress = progress

    def more(self, done: int) -> None:
        self._done += done
        if self._progress:
            self._progress(self._done, self._size)


def _texts(points: Iterable[Point]) -> Iterator[str]:
    return (text for point in points for reading in point for text in reading)


def _meant(point: Point, vectors: Mapping[str, Vectors]) -> Vectors:
    return meant([np.stack([vectors[text] for text in reading]) for reading in point])


def _questions(passages: Iterable[Passage], asked: Everyday) -> dict[str, list[str]]:
    """The company's own questions by language: those stored, and those that people asked."""
    found: dict[str, set[str]] = {language: set(texts) for language, texts in asked.items()}
    for passage in passages:
        if passage.question:
            found.setdefault(passage.language, set()).update((passage.question, *passage.variants))
    return {language: sorted(texts) for language, texts in found.items()}


def _all(questions: Everyday) -> list[str]:
    return sorted({text for texts in questions.values() for text in texts}, key=len)


def _by_language(questions: Everyday, vectors: Mapping[str, Vectors]) -> dict[str, Vectors]:
    return {
        language: np.stack([vectors[text] for text in texts])
        for language, texts in questions.items()
        if texts
    }
