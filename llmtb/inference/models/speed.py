"""How fast a model is on this machine."""

from collections.abc import Callable

import ctranslate2
from tokenizers import Tokenizer

from llmtb.inference.embedding.tokens import tokens_of
from llmtb.inference.models import samples
from llmtb.inference.models.model import Model
from llmtb.runtime.clock import Clock

NEW_TOKENS, BATCH = 48, 8
SENTENCES = 64


def encoder_speed(model: Model, clock: Clock) -> list[tuple[str, float]]:
    """Sentences a second, one at a time and 32 at once, with two threads."""
    tokens = tokens_of(model)
    encoder = ctranslate2.Encoder(
        str(model.folder), compute_type=model.compute_type, intra_threads=2
    )
    rows = [tokens.row(model.query + text, model.max_tokens).ids for text in samples.SENTENCES]
    rows = sorted((rows * SENTENCES)[:SENTENCES], key=len)
    found = []
    for size in (1, 32):

        def work(size: int = size) -> None:
            for start in range(0, len(rows), size):
                encoder.forward_batch(rows[start : start + size])

        found.append((f"sentences/s, {size} at once", len(rows) / _seconds(work, clock)))
    return found


def decoder_speed(model: Model, clock: Clock) -> list[tuple[str, float]]:
    """New tokens a second, one prompt at a time and eight at once, with two threads."""
    generator = ctranslate2.Generator(
        str(model.folder), compute_type=model.compute_type, intra_threads=2
    )
    tokenizer = Tokenizer.from_file(str(model.folder / "tokenizer.json"))
    prompt = tokenizer.encode(samples.PROMPTS[0]).tokens
    found = []
    for size in (1, BATCH):

        def work(size: int = size) -> None:
            generator.generate_batch(
                [prompt] * size,
                max_length=NEW_TOKENS,
                min_length=NEW_TOKENS,
                include_prompt_in_result=False,
            )

        found.append((f"tokens/s, {size} at once", size * NEW_TOKENS / _seconds(work, clock)))
    return found


def _seconds(work: Callable[[], None], clock: Clock) -> float:
    """How long it takes the second time; the first warms it up."""
    work()
    begun = clock.now()
    work()
    return max((clock.now() - begun).total_seconds(), 1e-9)
