"""The encoder itself: texts in, unit vectors out, in the caller's thread."""

import os
from collections.abc import Iterator, Sequence

import ctranslate2
import numpy as np
from numpy.typing import NDArray

from llmtb.inference.embedding.shape import shape_of
from llmtb.inference.embedding.tokens import Row, tokens_of
from llmtb.inference.errors import ModelError
from llmtb.inference.knowledge.letters import normal
from llmtb.inference.models.model import Model

Vectors = NDArray[np.float32]

TOKENS = 768  # of a batch, with its padding: more halves the speed on long texts
ROWS = 32


class Weights:
    """A loaded encoder. Raises ModelError where model and tokenizer do not fit each other.

    threads: of one batch; workers: batches at once. Its calls may come from any thread, and only
    from the process that loaded it: in a child made by fork they would hang.
    """

    def __init__(self, model: Model, *, threads: int = 1, workers: int = 1) -> None:
        self._process = os.getpid()
        self._model = model
        self._tokens = tokens_of(model)
        shape = shape_of(model.folder / "model.bin")
        if self._tokens.size > shape.vocabulary:
            raise ModelError(
                f"{model.folder}: the tokenizer has {self._tokens.size} pieces, the model knows "
                f"{shape.vocabulary}; install the model again"
            )
        if model.dimensions not in {0, shape.dimensions}:
            raise ModelError(
                f"{model.folder}: vectors of {shape.dimensions} numbers instead of "
                f"{model.dimensions}; install the model again"
            )
        self.dimensions = shape.dimensions
        self._window = min(model.max_tokens, shape.positions or model.max_tokens)
        try:
            self._encoder = ctranslate2.Encoder(
                str(model.folder),
                compute_type=model.compute_type,
                intra_threads=threads,
                inter_threads=workers,
            )
        except (RuntimeError, ValueError) as error:
            raise ModelError(f"{model.folder}: {error}; install the model again") from error

    def query(self, text: str) -> Row:
        """What a person asks, as ids: letters in one form, the prefix of questions before it."""
        return self._tokens.row(self._model.query + normal(text), self._window)

    def passage(self, text: str) -> Row:
        """What is stored, as ids. What does not fit the window is left out, and `cut` says so."""
        return self._tokens.row(self._model.passage + normal(text), self._window)

    def encode(self, rows: Sequence[Sequence[int]]) -> Vectors:
        """One batch: the mean over each row's tokens, of length one. Raises ModelError.

        A row's vector depends on its neighbours by some 1e-5 with int8, so compare no two for
        equality.
        """
        if os.getpid() != self._process:
            raise ModelError(f"{self._model.name}: loaded before a fork; load it in the child")
        if not rows:
            return np.zeros((0, self.dimensions), np.float32)
        lengths = np.array([len(row) for row in rows])
        # The library takes lists alone.
        output = self._encoder.forward_batch([list(row) for row in rows])
        states = np.asarray(output.last_hidden_state)
        real = np.arange(states.shape[1])[None] < lengths[:, None]
        sums = np.einsum("bth,bt->bh", states, real.astype(np.float32))
        # The divisor of the mean goes out with the norm.
        norms = np.linalg.norm(sums, axis=1, keepdims=True)
        if not np.isfinite(norms).all() or not norms.all():
            raise ModelError(f"{self._model.folder}: gives no finite vectors; install it again")
        return np.asarray(sums / norms, np.float32)


def batches(
    lengths: Sequence[int], *, tokens: int = TOKENS, rows: int = ROWS
) -> Iterator[list[int]]:
    """Which rows go together, by position: near lengths, at most `rows` and `tokens` a batch.

    A row that is longer than `tokens` goes alone.
    """
    order = sorted(range(len(lengths)), key=lengths.__getitem__)
    while order:
        size = 1
        while size < min(rows, len(order)) and (size + 1) * lengths[order[size]] <= tokens:
            size += 1
        yield order[:size]
        order = order[size:]
