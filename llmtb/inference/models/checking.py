"""Proves an installed model against its source: exact in float32, within bounds in int8."""

import tempfile
from collections.abc import Sequence
from pathlib import Path

import ctranslate2
import msgspec
import numpy as np
from numpy.typing import NDArray
from tokenizers import Tokenizer

from llmtb.inference.embedding.tokens import tokens_of
from llmtb.inference.errors import ModelError
from llmtb.inference.models import reference, samples
from llmtb.inference.models.adding import convert, fetch, order_of
from llmtb.inference.models.card import verify
from llmtb.inference.models.catalogue import CATALOGUE, Known
from llmtb.inference.models.conversions.making import open_decoder, open_encoder
from llmtb.inference.models.conversions.orders import Order
from llmtb.inference.models.hub import fetch_from_hub, parse
from llmtb.inference.models.model import Model
from llmtb.inference.models.progress import Watcher
from llmtb.inference.models.speed import decoder_speed, encoder_speed
from llmtb.inference.models.store import Models
from llmtb.runtime.clock import Clock

Array = NDArray[np.float32]

NEW_TOKENS = 16  # of each prompt, compared one by one
# Bounds. A cosine is between our vector and the reference's of the same sentence.
EXACT_COSINE, MEAN_COSINE, LEAST_COSINE = 0.9999, 0.995, 0.98
# Of int8 against the reference: mean divergence in nats, and how often the best token agrees.
MOST_DIVERGENCE, LEAST_AGREEMENT = 0.12, 0.8


class Figure(msgspec.Struct, frozen=True):
    """Something measured. bound: what it must be at least or at most, or None: only told."""

    what: str
    value: float
    least: float | None = None
    most: float | None = None

    @property
    def passed(self) -> bool:
        """Whether it keeps its bounds; a value that is no number keeps none."""
        above = self.least is None or self.value >= self.least
        return above and (self.most is None or self.value <= self.most)


class Checked(msgspec.Struct, frozen=True):
    """A model and what was found of it."""

    model: Model
    figures: tuple[Figure, ...]

    @property
    def passed(self) -> bool:
        """Whether every figure keeps its bounds."""
        return all(figure.passed for figure in self.figures)


def check(
    models: Models, name: str, watch: Watcher, clock: Clock, source: Path | None = None
) -> Checked:
    """Check a model: every byte, then against its source, then its speed.

    source: where the source lies; without it, it is fetched again to a folder that vanishes.
    Raises ModelError, or OSError where the disk fails.
    """
    models.get(name)
    watch.step(f"{name}: every byte")
    model = verify(models.folder / name)
    if model.kind == "translator":
        return Checked(model, ())
    with tempfile.TemporaryDirectory(prefix="llmtb-check-") as scratch:
        found, order = _source(model, source, Path(scratch), watch)
        exact = Path(scratch) / "exact"
        exact.mkdir()
        watch.step(f"{name}: converting to float32")
        convert(
            msgspec.structs.replace(
                order, source=str(found.resolve()), into=str(exact), compute_type="float32"
            )
        )
        watch.step(f"{name}: against the reference")
        compare = _encoder if model.kind == "encoder" else _decoder
        figures = compare(model, found, exact)
    watch.step(f"{name}: speed")
    speed = encoder_speed if model.kind == "encoder" else decoder_speed
    told = [Figure(what, value) for what, value in speed(model, clock)]
    return Checked(model, (*figures, *told))


def _source(model: Model, given: Path | None, scratch: Path, watch: Watcher) -> tuple[Path, Order]:
    order = Order(name=model.name, into="", kind=model.kind)
    known = next((each for each in CATALOGUE.values() if each.source == model.source), None)
    if known is not None:
        return _known_source(known, given, scratch, watch, order)
    if given is not None:
        return given, order
    if model.source.startswith("hub:"):
        return fetch_from_hub(parse(model.source), scratch, watch)[0], order
    raise ModelError(
        f"{model.name} is from {model.source}, which only you have: give it with --source PATH"
    )


def _known_source(
    known: Known, given: Path | None, scratch: Path, watch: Watcher, order: Order
) -> tuple[Path, Order]:
    if given is not None and given.suffix != ".whl":
        return given, order_of(known, order, given)
    source = fetch(known, scratch, watch, given)
    return source, order_of(known, order, source)


def _encoder(model: Model, source: Path, exact: Path) -> list[Figure]:
    tokens = tokens_of(model)
    rows = [tokens.row(model.query + text, model.max_tokens).ids for text in samples.SENTENCES]
    true = reference.sentence_vectors(open_encoder(source), rows)
    plain = (_embedded(exact, "float32", rows) * true).sum(1)
    own = (_embedded(model.folder, model.compute_type, rows) * true).sum(1)
    kind = model.compute_type
    return [
        Figure("float32: least cosine to the reference", float(plain.min()), least=EXACT_COSINE),
        Figure(f"{kind}: mean cosine to the reference", float(own.mean()), least=MEAN_COSINE),
        Figure(f"{kind}: least cosine to the reference", float(own.min()), least=LEAST_COSINE),
    ]


def _embedded(folder: Path, compute_type: str, rows: Sequence[list[int]]) -> Array:
    encoder = ctranslate2.Encoder(str(folder), compute_type=compute_type, intra_threads=2)
    found = []
    for row in rows:
        states = np.array(encoder.forward_batch([row]).last_hidden_state)[0]
        found.append(states.mean(0))
    means = np.stack(found)
    return np.asarray(means / np.linalg.norm(means, axis=1, keepdims=True), np.float32)


def _decoder(model: Model, source: Path, exact: Path) -> list[Figure]:
    decoder = open_decoder(source)
    tokenizer = Tokenizer.from_file(str(model.folder / "tokenizer.json"))
    prompts = [tokenizer.encode(text).tokens for text in samples.PROMPTS]
    number = {token: place for place, token in enumerate(decoder.shape.vocabulary)}
    plain = ctranslate2.Generator(str(exact), compute_type="float32", intra_threads=2)
    rows, starts = [], []
    for prompt in prompts:
        made = plain.generate_batch(
            [prompt], max_length=NEW_TOKENS, include_prompt_in_result=False
        )[0].sequences_ids[0]
        rows.append([number[token] for token in prompt] + list(made))
        starts.append(len(prompt))
    del plain
    true = reference.logits(decoder, rows)
    same = [
        row[start:] == logits[start - 1 : -1].argmax(1).tolist()
        for row, start, logits in zip(rows, starts, true, strict=True)
    ]
    own = _logits(model, rows)
    kind = model.compute_type
    divergence, agreement = _compared(np.concatenate(true), np.concatenate(own))
    whole = [tokenizer.decode(tokenizer.encode(text).ids) == text for text in samples.SENTENCES]
    return [
        Figure("float32: prompts answered token by token as the reference", sum(same), len(same)),
        Figure(f"{kind}: mean divergence from the reference", divergence, most=MOST_DIVERGENCE),
        Figure(f"{kind}: best token as the reference", agreement, least=LEAST_AGREEMENT),
        Figure("texts that the tokenizer gives back whole", sum(whole), len(whole)),
    ]


def _logits(model: Model, rows: Sequence[list[int]]) -> list[Array]:
    generator = ctranslate2.Generator(
        str(model.folder), compute_type=model.compute_type, intra_threads=2
    )
    return [np.array(generator.forward_batch([row]))[0] for row in rows]


def _compared(true: Array, other: Array) -> tuple[float, float]:
    """The mean Kullback-Leibler divergence in nats, and the share of equal best tokens."""
    p, q = _log_softmax(true), _log_softmax(other)
    divergence = (np.exp(p) * (p - q)).sum(1).mean()
    return float(divergence), float((true.argmax(1) == other.argmax(1)).mean())


def _log_softmax(logits: Array) -> NDArray[np.float64]:
    shifted = logits.astype(np.float64) - logits.max(1, keepdims=True)
    return np.asarray(shifted - np.log(np.exp(shifted).sum(1, keepdims=True)), np.float64)
