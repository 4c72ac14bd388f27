"""`model.json`: what a model is, and the size and hash of each of its files."""

import hashlib
import os
from pathlib import Path

import msgspec

from llmtb.inference.errors import ModelError
from llmtb.inference.models.model import Model

CARD = "model.json"
WEIGHTS = "model.bin"
_PIECE = 1 << 20  # bytes read at once


class Part(msgspec.Struct, frozen=True):
    """A file of a model: its size in bytes and its SHA-256."""

    size: int
    sha256: str


class _Card(Model, frozen=True, kw_only=True):
    files: dict[str, Part]


def digest(path: Path) -> str:
    """The SHA-256 of a file, in hexadecimal."""
    found = hashlib.sha256()
    with path.open("rb") as file:
        while piece := file.read(_PIECE):
            found.update(piece)
    return found.hexdigest()


def write_card(folder: Path, model: Model) -> Model:
    """Hash what lies in `folder` and write its card; everything is on the disk when it returns.

    Returns the model with the hash of its weights and its folder filled in.
    """
    files: dict[str, Part] = {}
    for path in sorted(each for each in folder.rglob("*") if each.is_file()):
        name = path.relative_to(folder).as_posix()
        if name != CARD:
            files[name] = Part(path.stat().st_size, digest(path))
            _flush(path)
    weights = next((files[each] for each in sorted(files) if _is_weights(each)), None)
    if weights is None:
        raise ModelError(f"{folder}: there is no {WEIGHTS} in it")
    model = msgspec.structs.replace(model, sha256=weights.sha256, folder=folder)
    form: dict[str, object] = {
        name: getattr(model, name) for name in model.__struct_fields__ if name != "folder"
    }
    card = folder / CARD
    card.write_bytes(msgspec.json.format(msgspec.json.encode(form | {"files": files})) + b"\n")
    _flush(card)
    _flush(folder)
    return model


def read_card(folder: Path) -> Model:
    """The model in a folder, after a cheap look: are all its files there, at their full size?

    Raises ModelError.
    """
    card = _card(folder)
    for name, part in card.files.items():
        path = folder / name
        if not path.is_file():
            raise ModelError(f"{path}: missing; {_again(card.name)}")
        if path.stat().st_size != part.size:
            raise ModelError(f"{path}: damaged (its size is wrong); {_again(card.name)}")
    fields = {name: getattr(card, name) for name in Model.__struct_fields__}
    return Model(**fields | {"folder": folder})


def verify(folder: Path) -> Model:
    """The model in a folder, after a full look at every byte of it. Raises ModelError."""
    model = read_card(folder)
    for name, part in _card(folder).files.items():
        if digest(folder / name) != part.sha256:
            raise ModelError(f"{folder / name}: damaged (wrong hash); {_again(model.name)}")
    return model


def _card(folder: Path) -> _Card:
    try:
        card = msgspec.json.decode((folder / CARD).read_bytes(), type=_Card)
    except FileNotFoundError:
        raise ModelError(f"{folder}: no {CARD}, so this is no model of ours") from None
    except msgspec.MsgspecError as error:
        raise ModelError(f"{folder / CARD}: {error}; {_again(folder.name)}") from None
    inside = all(
        name and not Path(name).is_absolute() and ".." not in Path(name).parts
        for name in card.files
    )
    if not inside or not any(map(_is_weights, card.files)):
        raise ModelError(f"{folder / CARD}: damaged (its list of files); {_again(folder.name)}")
    return card


def _is_weights(name: str) -> bool:
    return Path(name).name == WEIGHTS


def _again(name: str) -> str:
    return f"run `llmtb models remove {name}`, then `llmtb models add {name}`"


def _flush(path: Path) -> None:
    """Push a file, or a folder's list of names, to the disk."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
