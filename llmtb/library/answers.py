"""What a process answers from: its models, its index, the ladder. Opened once, and rebuilt beside.

answers = await Answers.open(settings, folder)
await answers.show(library, questions)       # whenever the library or the rules change
reply = await answers.reply(asked)
await answers.close()
"""

import asyncio
import logging
from collections.abc import Coroutine
from contextlib import AsyncExitStack, suppress
from importlib import resources
from pathlib import Path
from typing import Any, Final, TypeVar

import msgspec

from llmtb.actors.knowledge import Library
from llmtb.inference import language
from llmtb.inference.answering.answering import Answering, Drafted, Limits
from llmtb.inference.answering.asked import Asked
from llmtb.inference.answering.calibration import Calibration
from llmtb.inference.answering.reply import Reply
from llmtb.inference.embedding.encoder import Encoder
from llmtb.inference.errors import InferenceError, ModelError
from llmtb.inference.generation.batched import BatchedGenerator
from llmtb.inference.generation.batched import Settings as Batching
from llmtb.inference.generation.draft import Generator
from llmtb.inference.generation.endpoint import Endpoint, EndpointSettings
from llmtb.inference.knowledge.base import KnowledgeBase
from llmtb.inference.knowledge.centring import read_everyday
from llmtb.inference.knowledge.passage import Passage
from llmtb.inference.models.model import Model, ModelKind
from llmtb.inference.models.store import Models
from llmtb.inference.translation.translator import Translator
from llmtb.library.catalogue import Catalogue, Missing, Progress, is_sample
from llmtb.library.shelf import FOLDER, Shelf
from llmtb.policy import Questions
from llmtb.settings import Models as ModelSettings

log = logging.getLogger(__name__)

VECTORS_FILE: Final = "vectors.db"
Opened = TypeVar("Opened", Generator, Translator)
_SAMPLE = resources.files("llmtb") / "sample"


class Answers:
    """See the module.

    passages, missing: of the library that was shown last. sample: whether they are the made-up
    company's.
    """

    def __init__(
        self,
        shelf: Shelf,
        settings: ModelSettings,
        base: KnowledgeBase,
        encoder: Encoder,
        generator: Generator | None,
        translator: Translator | None,
    ) -> None:
        self.shelf = shelf
        self.base = base
        self.encoder = encoder
        self.generator = generator
        self.translator = translator
        self.passages: list[Passage] = []
        self.missing: list[Missing] = []
        self.sample = False
        self._catalogue = Catalogue(shelf)
        self._settings = settings
        self._rules = Questions()
        self._calibration = shipped_calibration()
        self._stack = AsyncExitStack()
        self._answering = self._new()

    @classmethod
    async def open(cls, settings: ModelSettings, folder: Path, *, writes: bool = True) -> "Answers":
        """Load the models that are chosen or installed; the index is empty until `show`.

        folder: of the data; it must be there. writes: whether texts are to be written, too.
        Raises ModelError where there is no encoder, or a chosen model is not there.
        """
        models = Models(Path(settings.folder))
        async with AsyncExitStack() as stack:
            encoder = await Encoder.open(
                _needed(models, "encoder", settings.encoder),
                threads=settings.threads,
                workers=settings.workers,
            )
            stack.push_async_callback(encoder.close)
            await asyncio.to_thread(language.prepare)
            everyday = await asyncio.to_thread(
                read_everyday, Path(str(_SAMPLE / "questions-of-everyday"))
            )
            vectors = folder / VECTORS_FILE
            vectors.touch(mode=0o600)  # for the owner alone, whatever the folder allows
            base = await KnowledgeBase.open(encoder, cache=vectors, everyday=everyday)
            stack.push_async_callback(base.close)
            generator = await _whole(_generator(models, settings)) if writes else None
            if generator is not None:
                stack.push_async_callback(generator.close)
            translator = await _whole(_translator(models, settings))
            if translator is not None:
                stack.push_async_callback(translator.close)
            self = cls(Shelf(folder / FOLDER), settings, base, encoder, generator, translator)
            self._stack = stack.pop_all()
        return self

    async def show(
        self, library: Library, rules: Questions, progress: Progress | None = None
    ) -> None:
        """Answer from these documents by these rules from now on; until then, from the old ones.

        progress: told of (done, all) texts that are indexed. Raises InferenceError where the index
        cannot be made; the old one then stays.
        """
        calibration = calibration_of(library)
        passages, missing = await self._catalogue.passages(library, sample=rules.sample)
        for each in missing:
            log.warning("document %s is left out: %s", each.document, each.why)
        if passages != self.passages or not self.base.version:
            await self.base.rebuild(passages, progress=progress)
        self.passages, self.missing = passages, missing
        self.sample = bool(passages) and is_sample(library)
        if calibration.encoder != self.encoder.identity:
            log.warning(
                "the thresholds are of another encoder (%s): run `llmtb knowledge calibrate`",
                calibration.encoder,
            )
        self._rules, self._calibration = rules, calibration
        self._answering = self._new()

    @property
    def answering(self) -> Answering:
        """The ladder in force."""
        return self._answering

    async def reply(self, asked: Asked) -> Reply:
        """Take a question through the ladder; see `Answering.answer`."""
        return await self._answering.answer(asked)

    async def draft(self, asked: Asked) -> Drafted:
        """Have a reply drafted for an agent; see `Answering.draft`."""
        return await self._answering.draft(asked)

    def judging(self) -> Answering:
        """The same ladder for labelled questions: it remembers nothing that people asked."""
        return self._new()

    def statistics(self) -> dict[str, Any]:
        """The queues, batches and times of the models, and the size of the index."""
        figures: dict[str, Any] = {
            "index": {"passages": len(self.passages), "version": self.base.version},
            "cache": self._answering.statistics(),
            "encoder": self.encoder.statistics()._asdict(),
        }
        if self.generator is not None:
            figures["generator"] = self.generator.statistics()._asdict()
        if self.translator is not None:
            figures["translator"] = self.translator.statistics()._asdict()
        return figures

    async def close(self) -> None:
        """Finish what was begun, and let go of the models."""
        await self._stack.aclose()

    def _new(self) -> Answering:
        rules = self._rules
        return Answering(
            self.base,
            self.encoder,
            self._calibration,
            translator=self.translator,
            generator=self.generator,
            detect=lambda text: language.detect(text).language,
            limits=Limits(
                seconds=self._settings.deadline_seconds,
                longest=rules.longest,
                writes=rules.generate,
            ),
        )


def shipped_calibration() -> Calibration:
    """The thresholds that come with the program: fitted to the made-up company's questions."""
    text = (_SAMPLE / "calibration.json").read_bytes()
    return msgspec.json.decode(text, type=Calibration)


def calibration_of(library: Library) -> Calibration:
    """The thresholds that were set last, else the shipped ones.

    Those that another version of the program set, in another form, count for nothing.
    """
    if library.calibration is None:
        return shipped_calibration()
    try:
        return msgspec.convert(library.calibration, Calibration)
    except msgspec.ValidationError as error:
        log.warning("the thresholds are read no more, calibrate again: %s", error)
        return shipped_calibration()


def _chosen(models: Models, kind: ModelKind, name: str) -> Model | None:
    if not name:
        return models.default(kind)
    model = models.get(name)
    if model.kind != kind:
        raise ModelError(f"{name}: is a model of another kind ({model.kind}), not a {kind}")
    return model


def _needed(models: Models, kind: ModelKind, name: str) -> Model:
    model = _chosen(models, kind, name)
    if model is None:
        raise ModelError(f"no {kind} is installed in {models.folder}: run `llmtb models add`")
    return model


async def _whole(opening: Coroutine[Any, Any, Opened | None]) -> Opened | None:
    """What is opened; cancelled, it is closed again before the loop may end."""
    task = asyncio.create_task(opening)
    try:
        return await asyncio.shield(task)
    except asyncio.CancelledError:
        with suppress(InferenceError):
            opened = await task
            if opened is not None:
                await opened.close()
        raise


async def _generator(models: Models, settings: ModelSettings) -> Generator | None:
    if settings.endpoint:
        served = EndpointSettings(at_once=settings.workers, waiting=settings.queue)
        name, key = settings.endpoint_model, settings.endpoint_key or None
        return Endpoint(settings.endpoint, name=name, key=key, settings=served)
    model = _chosen(models, "generator", settings.generator)
    if model is None:
        return None
    batching = Batching(workers=settings.workers, threads=settings.threads, waiting=settings.queue)
    return await BatchedGenerator.open(model, batching)


async def _translator(models: Models, settings: ModelSettings) -> Translator | None:
    model = _chosen(models, "translator", settings.translator)
    return None if model is None else await Translator.open([model], threads=settings.threads)
