"""Reads weights in the safetensors format, one file or several, without loading them whole."""

import json
import math
from pathlib import Path

import msgspec
import numpy as np
from numpy.typing import NDArray

from llmtb.inference.errors import ModelError

SINGLE = "model.safetensors"
SHARDS = "model.safetensors.index.json"
_WIDTH = {"F32": 4, "F16": 2, "BF16": 2, "F64": 8}
_HEAD_MOST = 64 << 20  # bytes


class _Entry(msgspec.Struct, frozen=True):
    dtype: str
    shape: tuple[int, ...]
    data_offsets: tuple[int, int]


class _Place(msgspec.Struct, frozen=True):
    file: Path
    start: int
    entry: _Entry


class Safetensors:
    """The weights of a model's folder, by their names."""

    def __init__(self, folder: Path) -> None:
        """Read the heads of the files. Raises ModelError for a file that is not whole."""
        self._places: dict[str, _Place] = {}
        for file in _files(folder):
            self._places |= _head(file)

    def names(self) -> set[str]:
        """The names of all tensors of numbers with a fraction; tables of indices are left out."""
        return {name for name, place in self._places.items() if place.entry.dtype in _WIDTH}

    def tensor(self, name: str) -> NDArray[np.float32]:
        """A tensor as float32, whatever it is stored in. Raises ModelError where there is none."""
        place = self._places.get(name)
        if place is None or place.entry.dtype not in _WIDTH:
            raise ModelError(f"{name} is missing in the weights; the model is of another kind")
        kind, shape = place.entry.dtype, place.entry.shape
        stored = {"F32": "<f4", "F16": "<f2", "BF16": "<u2", "F64": "<f8"}[kind]
        count = math.prod(shape)
        with place.file.open("rb") as file:
            file.seek(place.start)
            raw = np.frombuffer(file.read(count * _WIDTH[kind]), stored, count)
        if kind == "BF16":  # the upper half of a float32
            return (raw.astype(np.uint32) << 16).view(np.float32).reshape(shape)
        return raw.astype(np.float32).reshape(shape)


def _files(folder: Path) -> list[Path]:
    if (folder / SINGLE).is_file():
        return [folder / SINGLE]
    try:
        index = json.loads((folder / SHARDS).read_bytes())
        names = sorted(set(index["weight_map"].values()))
    except FileNotFoundError:
        raise ModelError(f"{folder}: neither {SINGLE} nor {SHARDS} is in it") from None
    except (ValueError, KeyError, AttributeError, TypeError) as error:
        raise ModelError(f"{folder / SHARDS}: damaged: {error}") from None
    if any(Path(name).name != name for name in names):
        raise ModelError(f"{folder / SHARDS}: names files elsewhere")
    return [folder / name for name in names]


def _head(file: Path) -> dict[str, _Place]:
    broken = ModelError(f"{file}: not a whole safetensors file; fetch it again")
    try:
        size = file.stat().st_size
        with file.open("rb") as opened:
            length = int.from_bytes(opened.read(8), "little")
            if not 2 <= length <= min(_HEAD_MOST, size - 8):
                raise broken
            head = msgspec.json.decode(opened.read(length), type=dict[str, msgspec.Raw])
        head.pop("__metadata__", None)
        entries = {name: msgspec.json.decode(raw, type=_Entry) for name, raw in head.items()}
    except (msgspec.MsgspecError, FileNotFoundError):
        raise broken from None
    begin = 8 + length
    for entry in entries.values():
        start, end = entry.data_offsets
        width = _WIDTH.get(entry.dtype)
        whole = width is None or end - start == width * math.prod(entry.shape)
        if not (0 <= start <= end <= size - begin and whole):
            raise broken
    return {name: _Place(file, begin + e.data_offsets[0], e) for name, e in entries.items()}
