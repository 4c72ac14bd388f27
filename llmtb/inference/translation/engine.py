"""One translation model in memory: its own threads, a line of sentences, batches of what waits."""

import asyncio
from collections import deque
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

import ctranslate2

from llmtb.inference.errors import Closed, ModelError
from llmtb.inference.models.model import Model
from llmtb.inference.translation.pieces import Pieces
from llmtb.inference.translation.sentences import halves
from llmtb.inference.translation.unchanged import Untrusted

TOKENS = 1_024  # of a batch, with its padding
ROWS = 32
BEAM = 2
_TO_SPARE = 16  # tokens that a translation may have beyond twice its source's


@dataclass(slots=True)
class _Row:
    """A sentence in the line; a future that is done (cancelled) is passed over."""

    tokens: list[str]
    prefix: list[str]
    done: asyncio.Future[str]

    @property
    def limit(self) -> int:
        """The length at which a translation is taken for one that does not end."""
        return 2 * len(self.tokens) + _TO_SPARE


@dataclass(slots=True)
class Work:
    """What an engine has done. seconds: of its threads, by the event loop's clock."""

    batches: int = 0
    sentences: int = 0
    tokens: int = 0
    seconds: float = 0.0
    running: int = field(default=0)


class Engine:
    """Translates sentences by one model. Make it by `open`; belongs to one event loop."""

    def __init__(
        self, model: Model, pieces: Pieces, translator: ctranslate2.Translator, workers: int
    ) -> None:
        self.model = model
        self.pieces = pieces
        self.work = Work()
        self._translator = translator
        self._line: deque[_Row] = deque()
        self._arrived = asyncio.Condition()
        self._ends = False
        # One thread more cuts texts into pieces, so that this never waits behind a batch.
        self._threads = ThreadPoolExecutor(workers + 1, thread_name_prefix="translation")
        self._workers = [asyncio.ensure_future(self._run()) for _ in range(workers)]

    @classmethod
    async def open(cls, model: Model, *, threads: int = 1, workers: int = 1) -> "Engine":
        """Load a model. threads: of one batch; workers: batches at once. Raises ModelError."""

        def load() -> tuple[Pieces, ctranslate2.Translator]:
            pieces = Pieces(model)
            try:
                return pieces, ctranslate2.Translator(
                    str(model.folder),
                    compute_type=model.compute_type,
                    intra_threads=threads,
                    inter_threads=workers,
                )
            except (RuntimeError, ValueError) as error:
                raise ModelError(f"{model.folder}: {error}; install the model again") from error

        return cls(model, *await asyncio.to_thread(load), workers)

    @property
    def waiting(self) -> int:
        """How many sentences wait for a batch."""
        return sum(not row.done.done() for row in self._line)

    async def translate(self, sentences: Sequence[str], source: str, target: str) -> list[str]:
        """The sentences in another language, in their order; what is too long in pieces.

        Raises Untrusted, ModelError, and Closed. Cancelled, its sentences leave the line.
        """
        loop = asyncio.get_running_loop()
        self._refuse_if_closed()
        cut = await loop.run_in_executor(self._threads, self._cut, sentences, source, target)
        self._refuse_if_closed()
        prefix = self.pieces.prefix(target)
        rows = [[_Row(tokens, prefix, loop.create_future()) for tokens in each] for each in cut]
        flat = [row for each in rows for row in each]
        try:
            async with self._arrived:
                self._line.extend(flat)
                self._arrived.notify_all()
            await asyncio.gather(*(row.done for row in flat))
        finally:
            for row in flat:
                row.done.cancel()
        space = "" if target in ("zh", "ja") else " "
        return [space.join(row.done.result() for row in each) for each in rows]

    async def close(self) -> None:
        """Let the batches that run come to their end; what still waits is given up with Closed."""
        self._ends = True
        for row in self._line:
            if not row.done.done():
                row.done.set_exception(Closed(f"{self.model.name}: the translator has stopped"))
        self._line.clear()
        async with self._arrived:
            self._arrived.notify_all()
        await asyncio.gather(*self._workers)
        # By now its threads are idle: the engine must never be left while a batch runs.
        self._threads.shutdown()

    def _refuse_if_closed(self) -> None:
        if self._ends:
            raise Closed(f"{self.model.name}: the translator has stopped")

    def _cut(self, sentences: Sequence[str], source: str, target: str) -> list[list[list[str]]]:
        """The tokens of each sentence, in as many pieces as the model's length asks for."""
        return [self._fitting(sentence, source, target) for sentence in sentences]

    def _fitting(self, sentence: str, source: str, target: str) -> list[list[str]]:
        if len(sentence) <= 16 * self.model.max_tokens:
            tokens = self.pieces.tokens(sentence, source, target)
            if len(tokens) <= self.model.max_tokens:
                return [tokens]
        parts = halves(sentence)
        if parts is None:
            raise Untrusted(f"a word of {len(sentence)} letters is too long for {self.model.name}")
        return [each for part in parts for each in self._fitting(part, source, target)]

    async def _run(self) -> None:
        """Take what waits, batch after batch, until the end."""
        loop = asyncio.get_running_loop()
        while True:
            async with self._arrived:
                await self._arrived.wait_for(lambda: self._ends or self._line)
            rows = self._batch()
            if not rows:
                if self._ends:
                    return
                continue
            began = loop.time()
            self.work.running += len(rows)
            try:
                found = await loop.run_in_executor(self._threads, self._translated, rows)
            except Exception as error:  # noqa: BLE001 - whatever it was, those who wait hear of it
                self._fail(rows, error)
            else:
                _hand_out(rows, found)
            self.work.running -= len(rows)
            self.work.batches += 1
            self.work.sentences += len(rows)
            self.work.tokens += sum(len(row.tokens) for row in rows)
            self.work.seconds += loop.time() - began

    def _batch(self) -> list[_Row]:
        """Those who wait longest, as many as a batch holds with its padding."""
        rows: list[_Row] = []
        longest = 0
        while self._line and len(rows) < ROWS:
            row = self._line[0]
            longest = max(longest, len(row.tokens))
            if rows and longest * (len(rows) + 1) > TOKENS:
                break
            self._line.popleft()
            if not row.done.done():
                rows.append(row)
        return rows

    def _translated(self, rows: list[_Row]) -> list[str | Untrusted]:
        results = self._translator.translate_batch(
            [row.tokens for row in rows],
            target_prefix=[row.prefix for row in rows] if rows[0].prefix else None,
            beam_size=BEAM,
            max_input_length=0,  # it would cut silently; `_fitting` has cut already
            max_decoding_length=max(row.limit for row in rows),
            disable_unk=True,
        )
        found: list[str | Untrusted] = []
        for row, result in zip(rows, results, strict=True):
            tokens: list[str] = result.hypotheses[0][len(row.prefix) :]
            # Judged by its own length, so that no neighbour in the batch matters.
            endless = len(tokens) >= row.limit - len(row.prefix)
            found.append(
                Untrusted("the translation does not end") if endless else self.pieces.text(tokens)
            )
        return found

    def _fail(self, rows: list[_Row], error: Exception) -> None:
        for row in rows:
            if not row.done.done():
                row.done.set_exception(ModelError(f"{self.model.name}: {error}"))


def _hand_out(rows: list[_Row], found: list[str | Untrusted]) -> None:
    for row, text in zip(rows, found, strict=True):
        if row.done.done():
            continue
        if isinstance(text, Untrusted):
            row.done.set_exception(text)
        else:
            row.done.set_result(text)
