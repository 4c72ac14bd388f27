"""The shape of a converted encoder, read from the head of each tensor in its `model.bin`.

CTranslate2 checks no id: one outside the vocabulary gives NaN or ends the process. So the number
of rows is compared with the tokenizer once, when a model is loaded.
"""

import struct
from pathlib import Path
from typing import BinaryIO, NamedTuple

from llmtb.inference.errors import ModelError

WORDS = ("encoder/embeddings_0/weight", "encoder/embeddings/weight")
POSITIONS = "encoder/position_encodings/encodings"
_LATEST = 6  # the version of the layout, as CTranslate2 4 writes it


class Shape(NamedTuple):
    """Rows of the vocabulary, positions (0: not stored), and the width of a vector."""

    vocabulary: int
    positions: int
    dimensions: int


def shape_of(path: Path) -> Shape:
    """The shape of the encoder in a `model.bin`. Raises ModelError."""
    try:
        with path.open("rb") as file:
            found = _tensors(file)
    except OSError as error:
        raise ModelError(f"{path}: {error.strerror}; install the model again") from error
    except (struct.error, UnicodeDecodeError) as error:
        raise ModelError(f"{path}: damaged ({error}); install the model again") from error
    words = next((found[name] for name in WORDS if name in found), ())
    if len(words) != 2:
        raise ModelError(f"{path}: holds no text encoder; choose a model of that kind")
    positions = found.get(POSITIONS, (0,))
    return Shape(words[0], positions[0], words[1])


def _tensors(file: BinaryIO) -> dict[str, tuple[int, ...]]:
    # The layout: python/ctranslate2/specs/model_spec.py, `_serialize`.
    (version,) = _take(file, "I")
    if not 5 <= version <= _LATEST:
        raise ModelError(f"{file.name}: written in layout {version}, which is not known here")
    _text(file)
    _take(file, "I")
    found = dict[str, tuple[int, ...]]()
    for _ in range(_take(file, "I")[0]):
        name = _text(file)
        (rank,) = _take(file, "B")
        found[name] = _take(file, f"{rank}I")
        _, size = _take(file, "BI")
        file.seek(size, 1)
    for _ in range(_take(file, "I")[0]):
        alias = _text(file)
        found[alias] = found.get(_text(file), ())
    return found


def _take(file: BinaryIO, form: str) -> tuple[int, ...]:
    form = f"<{form}"
    return struct.unpack(form, file.read(struct.calcsize(form)))


def _text(file: BinaryIO) -> str:
    (size,) = _take(file, "H")
    return file.read(size).rstrip(b"\0").decode()
