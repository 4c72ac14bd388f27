"""Answers questions: guards, search, the ladder, and what is tried between its rungs."""

import asyncio
from collections.abc import Callable, Sequence
from typing import NamedTuple, Protocol

import msgspec

from llmtb.inference.answering.asked import Asked
from llmtb.inference.answering.cache import Cache, Scope
from llmtb.inference.answering.calibration import Calibration
from llmtb.inference.answering.examples import Example, Labelled
from llmtb.inference.answering.finding import LONG, Embeds, Found, Searched, find
from llmtb.inference.answering.follow_up import parts
from llmtb.inference.answering.generated import check, for_agent, for_customer
from llmtb.inference.answering.guards import guard
from llmtb.inference.answering.ladder import CHOICES, Step
from llmtb.inference.answering.lexicon import Lexicon
from llmtb.inference.answering.one_by_one import OneByOne
from llmtb.inference.answering.reply import (
    Answered,
    Offered,
    Outcome,
    Reply,
    Source,
    Why,
    Withheld,
    source_of,
)
from llmtb.inference.answering.signals import entry_of, prepare
from llmtb.inference.answering.small_talk import intent_of
from llmtb.inference.answering.telling import (
    again,
    climbed,
    reply_of,
    together,
    why_of,
    without,
)
from llmtb.inference.errors import InferenceError, ModelError
from llmtb.inference.generation.draft import Draft, Generator
from llmtb.inference.generation.prompt import Priority
from llmtb.inference.knowledge.passage import Passage


class Knowledge(Protocol):
    """What is known now; the index may be another at the next question."""

    @property
    def index(self) -> Searched: ...


class Translates(Protocol):
    """What translates a passage for who reads another language."""

    @property
    def identity(self) -> str: ...

    def supports(self, source: str, target: str) -> bool: ...

    async def translate(
        self, texts: Sequence[str], *, source: str, target: str, deadline: float | None = None
    ) -> list[str]: ...


class Limits(msgspec.Struct, frozen=True, kw_only=True):
    """How long and how much.

    seconds: until a reply at the latest; translation: of these, for a translation at most.
    longest: signs of a question. writes: whether a model may answer customers, once its text
    passes the check. cached: answers kept. language: where none is known.
    """

    seconds: float = 8.0
    translation: float = 4.0
    longest: int = 2000
    writes: bool = False
    cached: int = 2048
    language: str = "en"


class Drafted(NamedTuple):
    """A draft for an agent, being written; it is nothing a customer may see unread."""

    draft: Draft
    sources: tuple[Source, ...]
    passage: Passage
    question: str
    language: str

    def doubts(self, text: str) -> tuple[str, ...]:
        """Why the passage does not bear the whole text out; empty where it does."""
        return check(text, [self.passage], self.question, language=self.language).reasons


class Answering:
    """From a question to a reply; nothing that fails behind it reaches who asks.

    detect: tells a message's language, None where it cannot. Raises nothing but cancellation
    from `answer`; `draft` says what is missing.
    """

    def __init__(
        self,
        base: Knowledge,
        encoder: Embeds,
        calibration: Calibration,
        *,
        translator: Translates | None = None,
        generator: Generator | None = None,
        detect: Callable[[str], str | None] = lambda text: None,
        limits: Limits | None = None,
    ) -> None:
        self._base = base
        self._encoder = encoder
        self._calibration = calibration
        self._translator = translator
        self._generator = generator
        self._detect = detect
        self._limits = limits or Limits()
        self._cache = Cache(self._limits.cached)
        self._turns = OneByOne()
        self._counting = asyncio.Lock()
        self._counted = ""  # the identity of the index whose words are counted
        self._lexicons: dict[str, Lexicon] = {}

    @property
    def calibration(self) -> Calibration:
        """The thresholds in force."""
        return self._calibration

    def recalibrate(self, calibration: Calibration) -> None:
        """Take other thresholds, and forget what was answered by the old ones."""
        self._calibration = calibration
        self._cache.clear()

    def statistics(self) -> dict[str, int]:
        """Figures of the cache, for a monitor."""
        return self._cache.statistics()

    async def answer(self, asked: Asked) -> Reply:
        """The reply, within the limits, whatever happens behind."""
        loop = asyncio.get_running_loop()
        started = loop.time()
        language = asked.language or self._limits.language
        try:
            async with asyncio.timeout(self._limits.seconds):
                language = await self._language(asked)
                reply = await self._answer(asked, language)
        except TimeoutError:
            because = f"no reply within {self._limits.seconds:g} s"
            reply = without(language, Withheld("unavailable"), because)
        except InferenceError as error:
            reply = without(language, Withheld("unavailable"), str(error))
        spent = round((loop.time() - started) * 1000)
        return msgspec.structs.replace(reply, milliseconds=spent)

    async def draft(self, asked: Asked) -> Drafted:
        """Have a reply drafted for an agent from the best passage.

        Raises ModelError where no generator is installed or nothing was found; QueueFull, Closed,
        DeadlinePassed.
        """
        if self._generator is None:
            raise ModelError("no model that writes is installed: run `llmtb models` to see them")
        found = await self._find(asked, await self._language(asked))
        if not found.hits:
            raise ModelError("nothing was found to draft a reply from")
        passage, text = found.hits[0].passage, asked.text[: self._limits.longest]
        prompt = for_agent(text, passage, found.language)
        priority = Priority.CALL if asked.on_call else Priority.AGENT
        draft = self._generator.submit(prompt, priority=priority, deadline=60.0)
        return Drafted(draft, (source_of(passage),), passage, text, found.language)

    async def example(self, question: Labelled, asked: Asked) -> Example:
        """What was found for a labelled question, for judging and calibration."""
        found = await self._find(asked, await self._language(asked))
        entries = [entry_of(hit.passage) for hit in found.hits]
        rank = entries.index(question.entry) + 1 if question.entry in entries else None
        barred = bool(found.held or found.strange or intent_of(asked.text))
        return Example(question=question, signals=found.signals, rank=rank, barred=barred)

    async def _answer(self, asked: Asked, language: str) -> Reply:
        refused = await self._turns.do(
            lambda: self._refused(asked, language), apart=len(asked.text) > LONG
        )
        if refused:
            return refused
        scope = self._scope(asked, language)
        stands = not asked.turns
        if stands and (kept := self._cache.same(scope, asked.text)):
            return again(kept, {"cache": "the same question"})
        found = await self._find(asked, language)
        step = climbed(found)
        why = why_of(found, step)
        own = found.held is None and not found.strange and not found.leaning
        if (
            step.rung != "faq"
            and own
            and (near := self._cache.near(scope, found.text, found.vector))
        ):
            return again(near[0], {**why, "cache": f"cosine {near[1]:.3f}"})
        if found.held is None and (several := await self._several(asked, found, step)):
            return several
        reply = await self._reply(asked, found, step, why)
        if own and stands and isinstance(reply.outcome, Answered):
            self._cache.keep(scope, asked.text, found.vector, reply)
        return reply

    def _refused(self, asked: Asked, language: str) -> Reply | None:
        """What needs no search: nothing said, too much said, or only small talk."""
        if not any(map(str.isalnum, asked.text)):
            return without(language, Withheld("empty"), "there are no words")
        if len(asked.text) > self._limits.longest:
            because = f"{len(asked.text)} signs, at most {self._limits.longest}"
            return without(language, Withheld("too_long"), because)
        held = guard(asked.text, asked.audience)
        if (intent := intent_of(asked.text)) and not (held and held.stops):
            reply = without(language, Withheld("small_talk"), "asks nothing of the documents")
            why: Why = {**reply.why, "intent": intent.value}
            return msgspec.structs.replace(reply, rung="intent", why=why)
        return None

    async def _language(self, asked: Asked) -> str:
        if asked.language:
            return asked.language
        told = await self._turns.do(lambda: self._detect(asked.text))
        return told or self._limits.language

    def _scope(self, asked: Asked, language: str) -> Scope:
        model = self._generator.model if self._generator and self._limits.writes else ""
        translator = self._translator.identity if self._translator else ""
        return Scope(
            audience=asked.audience,
            level=asked.level,
            departments=asked.departments,
            language=language,
            knowledge=self._base.index.identity,
            model=f"{model}/{translator}",
        )

    async def _find(self, asked: Asked, language: str) -> Found:
        index = self._base.index
        return await find(
            asked,
            language,
            index=index,
            lexicon=await self._lexicon(index, language),
            encoder=self._encoder,
            calibration=self._calibration,
            turns=self._turns,
            deadline=self._limits.seconds,
        )

    async def _lexicon(self, index: Searched, language: str) -> Lexicon:
        """The words of a language, counted once for each index, apart from the event loop."""
        async with self._counting:
            if self._counted != index.identity:
                await asyncio.to_thread(prepare, index.passages)
                self._counted, self._lexicons = index.identity, {}
            if language not in self._lexicons:
                made = await asyncio.to_thread(Lexicon, index.passages, language)
                self._lexicons[language] = made
            return self._lexicons[language]

    async def _several(self, asked: Asked, whole: Found, step: Step) -> Reply | None:
        """Both answers to two questions in one message; None where one answer is as good."""
        asks = parts(asked.text, whole.language)
        if len(asks) < 2:
            return None
        alone = [msgspec.structs.replace(asked, text=text, turns=()) for text in asks]
        found = [await self._find(each, whole.language) for each in alone]
        steps = [climbed(each) for each in found]
        if any(each.rung not in ("faq", "passage", "offer") for each in steps):
            return None
        first = {entry_of(each.hits[0].passage): each.hits[0] for each in found}
        if len(first) < len(found):
            return None
        why: Why = {**why_of(whole, step), "parts": list(asks)}
        if any(each.rung == "offer" for each in steps):
            outcome: Outcome = Offered(tuple(first.values())[:CHOICES])
            return reply_of(whole, outcome, "offer", why)
        told = [await self._told(f, s, why) for f, s in zip(found, steps, strict=True)]
        hits = tuple(hit for each in found for hit in each.hits[:CHOICES])
        reply = reply_of(whole, together(asks, told), steps[0].rung, why)
        return msgspec.structs.replace(reply, hits=hits)

    async def _reply(self, asked: Asked, found: Found, step: Step, why: Why) -> Reply:
        if step.rung in ("faq", "passage"):
            return reply_of(found, await self._told(found, step, why), step.rung, why)
        if step.rung == "offer":
            if written := await self._written(asked, found, step, why):
                return reply_of(found, written, "model", why)
            return reply_of(found, Offered(step.hits), step.rung, why)
        reason = step.reason or "nothing_found"
        if reason == "nothing_found" and not self._base.index.points:
            reason = "no_knowledge"
        return reply_of(found, Withheld(reason), step.rung, why)

    async def _told(self, found: Found, step: Step, why: Why) -> Answered:
        """A passage word for word, in the asker's language if a translator can."""
        passage = step.hits[0].passage
        answered = Answered(
            text=passage.text,
            sources=(source_of(passage),),
            origin="faq" if step.rung == "faq" else "extract",
            language=passage.language,
            confidence=round(found.confidence, 3),
        )
        translated = await self._translated(passage, found.language, why)
        if translated is None:
            return answered
        return msgspec.structs.replace(
            answered, text=translated, original=passage.text, language=found.language
        )

    async def _translated(self, passage: Passage, language: str, why: Why) -> str | None:
        if passage.language in (language, "") or self._translator is None:
            return None
        if not self._translator.supports(passage.language, language):
            why["translation"] = f"none from {passage.language} to {language}"
            return None
        try:
            async with asyncio.timeout(self._limits.translation):
                texts = await self._translator.translate(
                    [passage.text],
                    source=passage.language,
                    target=language,
                    deadline=self._limits.translation,
                )
        except (InferenceError, TimeoutError) as error:
            why["translation"] = f"failed: {error or 'too slow'}"
            return None
        why["translation"] = self._translator.identity
        return texts[0]

    async def _written(self, asked: Asked, found: Found, step: Step, why: Why) -> Answered | None:
        """A text of the model that passes the check; where prose, not an entry, comes nearest."""
        prose = [hit.passage for hit in step.hits if hit.passage.kind == "text"]
        allowed = self._limits.writes and not (found.held or found.strange or found.again)
        if self._generator is None or not allowed or step.hits[0].passage.kind != "text":
            return None
        prompt = for_customer(asked.text, prose, found.language)
        try:
            async with self._generator.submit(
                prompt, priority=Priority.CUSTOMER, deadline=self._limits.seconds / 2
            ) as draft:
                written = await draft.result()
            similar = await self._similarity(written.text, asked, found)
        except InferenceError as error:
            why["model"] = f"failed: {error}"
            return None
        checked = check(
            written.text, prose, asked.text, language=found.language, similarity=similar
        )
        why["check"] = list(checked.reasons) or "passed"
        why["covered"] = round(checked.covered, 3)
        if not checked.passed or written.ended == "length":
            return None
        return Answered(
            text=written.text.strip(),
            sources=tuple(map(source_of, prose)),
            origin="model",
            model=written.model,
            language=found.language,
            confidence=round(found.confidence, 3),
        )

    async def _similarity(self, text: str, asked: Asked, found: Found) -> float:
        """The cosine of a written text to the nearest passage that it was to be written from."""
        told = msgspec.structs.replace(asked, text=text, turns=())
        near = await self._find(told, found.language)
        ids = {hit.passage.id for hit in found.hits[:CHOICES]}
        return max((hit.cosine for hit in near.hits if hit.passage.id in ids), default=0.0)
