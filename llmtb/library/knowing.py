"""The running program's knowledge: opened beside the floor, rebuilt whenever the library changes.

The floor never waits for it. Until the models are loaded questions wait; without models each is
told at once that it cannot be answered here, and a person gets it.
"""

import asyncio
import logging
import sqlite3
from collections.abc import AsyncIterator, Callable
from contextlib import suppress
from pathlib import Path
from typing import Final

import msgspec

from llmtb.actors.asking import Found
from llmtb.answerer.found import found_of
from llmtb.answerer.known import Known
from llmtb.control import Note
from llmtb.events.floor import PolicyChanged
from llmtb.events.journal import Journal
from llmtb.events.knowledge import KNOWLEDGE_EVENTS, STREAM
from llmtb.inference.answering.answering import Drafted
from llmtb.inference.answering.asked import Asked, Earlier
from llmtb.inference.errors import InferenceError, ModelError, Unsupported
from llmtb.inference.language import detect
from llmtb.library.answers import Answers
from llmtb.library.catalogue import HIGHEST, clearance, library_of
from llmtb.library.estimate import Estimate
from llmtb.library.service import rules_of
from llmtb.settings import Models as ModelSettings

log = logging.getLogger(__name__)

FAILURES: Final = (InferenceError, OSError, ValueError, RuntimeError, sqlite3.Error)
"""What models, documents and the file of vectors may raise while they are opened or indexed."""
_PATIENCE: Final = 60.0  # seconds that a question waits for the models at the start
_SAY_EVERY, _NOTE_EVERY = 10.0, 0.5  # seconds, in the log and to whoever waits


class Knowing:
    """What the running program answers from. `run` it in a task of its own."""

    def __init__(self, settings: ModelSettings, folder: Path, journal: Journal) -> None:
        self._settings = settings
        self._folder = folder
        self._journal = journal
        self._ready = asyncio.Event()
        self._answers: Answers | None = None
        self._trouble = "the models are still being loaded"

    async def run(self) -> None:
        """Load the models, and keep to what the library says, until this is cancelled.

        Nothing that fails here ends it: questions are then told that they cannot be answered.
        """
        try:
            self._answers = await Answers.open(self._settings, self._folder)
        except FAILURES as error:
            self._trouble = _line(error)
            log.warning("questions cannot be answered: %s", self._trouble)
            self._ready.set()
            await asyncio.get_running_loop().create_future()
            return
        self._trouble = "the documents are still being indexed"
        try:
            await self._follow(self._answers)
        finally:
            await self._answers.close()

    async def answers(self, note: Note) -> Answers:
        """What is answered from, however long that takes. Raises ModelError where it never will."""
        while not self._ready.is_set():
            note(self._trouble)
            with suppress(TimeoutError):
                async with asyncio.timeout(_NOTE_EVERY):
                    await self._ready.wait()
        return await self._opened()

    async def answer(self, asked: Asked, language: str | None) -> Found:
        """Take a question through the ladder, in its own language, else the chat's.

        Raises InferenceError where nothing can be looked up.
        """
        answers = await self._opened()
        own = asked.language or detect(asked.text, hint=language).language or language
        level = clearance(asked.audience, asked.level)
        asked = msgspec.structs.replace(asked, language=own, level=level)
        return found_of(asked, await answers.reply(asked))

    async def draft(self, asked: Asked) -> Drafted:
        """Have a reply drafted for an agent. Raises InferenceError."""
        return await (await self._opened()).draft(asked)

    @property
    def writer(self) -> str:
        """The identity of the model that drafts; empty where none is loaded."""
        generator = self._answers.generator if self._answers is not None else None
        return generator.model if generator is not None else ""

    async def _opened(self) -> Answers:
        try:
            async with asyncio.timeout(_PATIENCE):
                await self._ready.wait()
        except TimeoutError:
            raise ModelError(self._trouble) from None
        if self._answers is None:
            raise ModelError(self._trouble)
        return self._answers

    async def _follow(self, answers: Answers) -> None:
        following = self._journal.subscribe(self._journal.head)
        try:
            await self._show(answers)
            self._ready.set()
            async for batch in following:
                if any(isinstance(r.event, (PolicyChanged, *KNOWLEDGE_EVENTS)) for r in batch):
                    await self._show(answers)
        finally:
            following.close()

    async def _show(self, answers: Answers) -> None:
        library = library_of(self._journal.read_stream(STREAM))
        try:
            await answers.show(library, rules_of(self._journal), self._progress())
        except FAILURES as error:
            log.warning("the index stays as it was: %s", _line(error))
        else:
            log.info("answering from %d passages", len(answers.passages))

    def _progress(self) -> Callable[[int, int], None]:
        """Says now and then how far an indexing is that takes long."""
        now = asyncio.get_running_loop().time
        estimate, said = Estimate(now), now()

        def told(done: int, of: int) -> None:
            nonlocal said
            self._trouble = estimate.line(done, of)
            if now() - said >= _SAY_EVERY:
                said = now()
                log.info("%s", self._trouble)

        return told


def _line(error: Exception) -> str:
    return " ".join(str(error).split()) or type(error).__name__


class Drafting:
    """Drafts of replies for agents, to questions that the answerer knows."""

    def __init__(self, knowing: Knowing, known: Callable[[], Known]) -> None:
        self._knowing = knowing
        self._known = known

    @property
    def model(self) -> str:
        """The identity of the model that drafts; empty where none is loaded."""
        return self._knowing.writer

    async def draft(self, question: str, text: str) -> AsyncIterator[str]:
        """The pieces of a draft as they are written.

        Raises InferenceError; at its end Unsupported, where the passage does not bear it out.
        """
        chat, known = question.rpartition("/")[0], self._known()
        asked = Asked(
            question=question,
            chat=chat,
            text=text,
            audience="agent",
            level=HIGHEST,
            turns=tuple(
                Earlier(each.text, each.passages, each.answer, next(iter(each.titles), ""))
                for each in known.turns(chat, question)
            ),
        )
        drafted = await self._knowing.draft(asked)
        async with drafted.draft as draft:
            async for piece in draft:
                yield piece
            written = await draft.result()
        if doubts := drafted.doubts(written.text):
            raise Unsupported(f"the documents do not bear the draft out: {', '.join(doubts)}")


__all__ = ["Drafting", "Knowing"]
