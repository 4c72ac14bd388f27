"""A model as it lies in the models folder: what it is, and what it must be fed."""

from pathlib import Path
from typing import Literal

import msgspec

ModelKind = Literal["generator", "encoder", "translator"]


class Model(msgspec.Struct, frozen=True, kw_only=True):
    """An installed model, as its `model.json` tells it.

    name: unique in the folder. family: the layout that its code must know (`llama`, `qwen2`,
    `qwen3`, `e5`, `bert`, `m2m100`, `marian`, `argos`, …). compute_type: `int8` or `float32`.
    sha256: of `model.bin`. source: where it came from; licence: its SPDX id, or what is known.
    dimensions: of an encoder's vectors. max_tokens: the longest input, or a generator's context.
    query, passage: prefixes of an encoder's texts. languages: those it was made for; empty: any.
    pairs: the `SOURCE-TARGET` pairs of a translator; empty: any of its languages.
    folder: where it lies; not stored.
    """

    name: str
    kind: ModelKind
    family: str
    compute_type: str
    sha256: str
    source: str
    licence: str
    dimensions: int = 0
    max_tokens: int = 512
    query: str = ""
    passage: str = ""
    languages: tuple[str, ...] = ()
    pairs: tuple[str, ...] = ()
    folder: Path = Path()

    @property
    def identity(self) -> str:
        """Names the very weights; kept beside every vector, threshold and answer."""
        return f"{self.name}:{self.compute_type}:{self.sha256[:12]}"
