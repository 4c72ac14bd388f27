"""Texts from one language to another, for all chats: checked, remembered, never in a long line.

It has models, threads and a line of its own, so no translation waits behind generation.
"""

import asyncio
from collections import OrderedDict
from collections.abc import AsyncIterator, Collection, Sequence
from contextlib import asynccontextmanager
from typing import NamedTuple

from llmtb.inference.errors import Closed, DeadlinePassed, ModelError, QueueFull
from llmtb.inference.models.model import Model
from llmtb.inference.translation.engine import Engine
from llmtb.inference.translation.sentences import Part, joined, parts_of
from llmtb.inference.translation.unchanged import Untrusted, check

PIVOT = "en"  # what two languages meet in where no model has the pair
LONGEST = 8_000  # characters of one text


class Statistics(NamedTuple):
    """What a translator does and has done, for a monitor.

    inside: sentences taken and not yet answered, of which `waiting` wait for a batch. sentences,
    batches, tokens, seconds: done by the models; remembered: answered without them. untrusted:
    texts whose translation was not to be shown; refused: calls for which there was no room;
    expired, cancelled: calls given up.
    """

    inside: int
    waiting: int
    sentences: int
    batches: int
    tokens: int
    seconds: float
    remembered: int
    untrusted: int
    refused: int
    expired: int
    cancelled: int


class Translator:
    """Translates by one or several models; make it by `open`, and `close` it.

    translator = await Translator.open([models.get("m2m100-418m")])
    (text,) = await translator.translate(["Restart the modem."], source="en", target="fa")
    """

    def __init__(self, engines: Sequence[Engine], *, room: int, memory: int) -> None:
        self._engines = engines
        self._room = room
        self._memory = memory
        self._remembered: OrderedDict[tuple[str, str, str], str] = OrderedDict()
        self._inside = 0
        self._empty = asyncio.Event()
        self._empty.set()
        self._closed = False
        self._counts = dict.fromkeys(
            ("remembered", "untrusted", "refused", "expired", "cancelled"), 0
        )

    @classmethod
    async def open(
        cls,
        models: Sequence[Model],
        *,
        threads: int = 1,
        workers: int = 1,
        room: int = 256,
        memory: int = 2_048,
    ) -> "Translator":
        """Load models; where several have a pair, the first is taken.

        threads: of one batch; workers: batches of one model at once. room: how many sentences may
        be inside. memory: how many sentences are remembered. Raises ModelError.
        """
        engines: list[Engine] = []
        try:
            for model in models:
                if model.kind != "translator":
                    raise ModelError(f"{model.name}: a {model.kind}, no translator; choose another")
                engines.append(await Engine.open(model, threads=threads, workers=workers))
        except BaseException:
            await asyncio.gather(*(engine.close() for engine in engines))
            raise
        return cls(engines, room=room, memory=memory)

    @property
    def identity(self) -> str:
        """The very weights that translate; changes when any of them is exchanged."""
        return "+".join(engine.model.identity for engine in self._engines)

    def supports(self, source: str, target: str) -> bool:
        """Whether it can translate from `source` to `target`, directly or over English."""
        return bool(self._route(source, target))

    async def translate(
        self,
        texts: Sequence[str],
        *,
        source: str,
        target: str,
        keep: Collection[str] = (),
        deadline: float | None = None,
    ) -> list[str]:
        """The texts in another language, in their order.

        keep: names of products that must come out unchanged. deadline: seconds from now.
        Raises Untrusted where any of them is not to be shown (the original is then shown alone);
        QueueFull, DeadlinePassed, Closed; ModelError where the pair is not supported.
        """
        found: list[str] = []
        for text in await self.attempt(
            texts, source=source, target=target, keep=keep, deadline=deadline
        ):
            if isinstance(text, Untrusted):
                raise text
            found.append(text)
        return found

    async def attempt(
        self,
        texts: Sequence[str],
        *,
        source: str,
        target: str,
        keep: Collection[str] = (),
        deadline: float | None = None,
    ) -> list[str | Untrusted]:
        """As `translate`, but each text by itself: what is not to be shown is handed back."""
        if self._closed:
            raise Closed("the translator has stopped")
        if source == target:
            return list(texts)
        route = self._route(source, target)
        if not route:
            raise ModelError(
                f"no translation from {source} to {target}; `llmtb models list` shows what is here"
            )
        # What is too long to be translated takes no room; `_text` says so of it.
        cut = [parts_of(text) if len(text) <= LONGEST else [] for text in texts]
        async with self._admitted(cut), self._within(deadline):
            # All come to their end, so that nothing goes on when the room is given back.
            found = await asyncio.gather(
                *(
                    self._text(text, parts, route, (source, target), keep)
                    for text, parts in zip(texts, cut, strict=True)
                ),
                return_exceptions=True,
            )
        return [_or_raised(each) for each in found]

    def statistics(self) -> Statistics:
        """What it does and has done."""
        work = [engine.work for engine in self._engines]
        return Statistics(
            inside=self._inside,
            waiting=sum(engine.waiting for engine in self._engines),
            sentences=sum(each.sentences for each in work),
            batches=sum(each.batches for each in work),
            tokens=sum(each.tokens for each in work),
            seconds=sum(each.seconds for each in work),
            **self._counts,
        )

    async def close(self, *, drain: bool = True) -> None:
        """Take no more; let what is inside come out (`drain`), or give up what waits."""
        self._closed = True
        if drain:
            await self._empty.wait()
        await asyncio.gather(*(engine.close() for engine in self._engines))
        await self._empty.wait()

    def _route(self, source: str, target: str) -> list[tuple[Engine, str, str]]:
        """The models to go through, each with its pair; empty where there is no way."""
        if source == target:
            return []
        direct = self._engine(source, target)
        if direct is not None:
            return [(direct, source, target)]
        if PIVOT in (source, target):
            return []
        there, back = self._engine(source, PIVOT), self._engine(PIVOT, target)
        if there is None or back is None:
            return []
        return [(there, source, PIVOT), (back, PIVOT, target)]

    def _engine(self, source: str, target: str) -> Engine | None:
        able = (each for each in self._engines if each.pieces.supports(source, target))
        return next(able, None)

    @asynccontextmanager
    async def _admitted(self, cut: Sequence[Sequence[Part]]) -> AsyncIterator[None]:
        """Room for all sentences of a call, or none of them is taken."""
        size = sum(not part.kept for parts in cut for part in parts)
        if self._inside + size > self._room:
            self._counts["refused"] += 1
            raise QueueFull(
                f"{size} sentences to translate, and {self._inside} of {self._room} places taken"
            )
        self._inside += size
        if size:
            self._empty.clear()
        try:
            yield
        finally:
            self._inside -= size
            if self._inside == 0:
                self._empty.set()

    @asynccontextmanager
    async def _within(self, deadline: float | None) -> AsyncIterator[None]:
        try:
            async with asyncio.timeout(deadline):
                yield
        except TimeoutError:
            self._counts["expired"] += 1
            raise DeadlinePassed(f"no translation within {deadline} s") from None
        except asyncio.CancelledError:
            self._counts["cancelled"] += 1
            raise

    async def _text(
        self,
        text: str,
        parts: list[Part],
        route: list[tuple[Engine, str, str]],
        pair: tuple[str, str],
        keep: Collection[str],
    ) -> str | Untrusted:
        """One text, translated and checked as a whole."""
        source, target = pair
        asked = list(dict.fromkeys(part.text for part in parts if not part.kept))
        try:
            if len(text) > LONGEST:
                raise Untrusted(f"{len(text)} characters; at most {LONGEST} are translated")
            known = await self._sentences(asked, route, source, target)
            whole = joined(
                parts, [part.text if part.kept else known[part.text] for part in parts], target
            )
            if asked:
                check(text, whole, keep)
        except Untrusted as doubt:
            self._counts["untrusted"] += 1
            return doubt
        return whole

    async def _sentences(
        self, asked: list[str], route: list[tuple[Engine, str, str]], source: str, target: str
    ) -> dict[str, str]:
        """Each sentence with its translation, from memory where it was translated before."""
        known: dict[str, str] = {}
        for sentence in asked:
            key = (source, target, sentence)
            if key in self._remembered:
                self._remembered.move_to_end(key)
                known[sentence] = self._remembered[key]
        self._counts["remembered"] += len(known)
        new = [sentence for sentence in asked if sentence not in known]
        if new:
            done = new
            for engine, start, goal in route:
                done = await engine.translate(done, start, goal)
            for sentence, result in zip(new, done, strict=True):
                known[sentence] = result
                self._remembered[source, target, sentence] = result
            while len(self._remembered) > self._memory:
                self._remembered.popitem(last=False)
        return known


def _or_raised(found: str | Untrusted | BaseException) -> str | Untrusted:
    if isinstance(found, str | Untrusted):
        return found
    raise found
