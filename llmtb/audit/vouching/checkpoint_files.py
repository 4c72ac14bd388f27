"""Checkpoints as files, each whole or not there: `000000001234.checkpoint` covers 1234 events."""

import os
import re
from pathlib import Path
from typing import Final, NamedTuple

_NAME: Final = re.compile(r"([0-9]{12,19})\.checkpoint")


class Kept(NamedTuple):
    """A file of the folder, and how many events it says it covers."""

    path: Path
    size: int


def name_of(size: int) -> str:
    """What the checkpoint of so many events is called."""
    return f"{size:012}.checkpoint"


def newest(folder: Path) -> Kept | None:
    """The file that covers the most; None where there is none. Raises OSError."""
    return max(_files(folder), key=lambda each: each.size, default=None)


def keep(folder: Path, size: int, note: str) -> Path:
    """Have a note lie in the folder, which is made if need be; where it lies. Raises OSError.

    After a crash at any step it lies there whole, or not at all.
    """
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / name_of(size)
    content = note.encode()
    if path.exists() and path.read_bytes() == content:
        return path
    fresh = folder / f"{path.name}.new"
    fresh.unlink(missing_ok=True)
    with fresh.open("xb") as file:  # not through a link: others may write in this folder, too
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    fresh.replace(path)
    _settle(folder)
    return path


def set_aside(folder: Path, apart: str) -> int:
    """Move every checkpoint of a folder into one within it; how many there were. Raises OSError."""
    files = _files(folder)
    for file in files:
        (folder / apart).mkdir(exist_ok=True)
        file.path.replace(folder / apart / file.path.name)
    if files:
        _settle(folder / apart)
        _settle(folder)
    return len(files)


def _files(folder: Path) -> list[Kept]:
    if not folder.exists():
        return []
    found = ((path, _NAME.fullmatch(path.name)) for path in folder.iterdir())
    return [Kept(path, int(name[1])) for path, name in found if name is not None]


def _settle(folder: Path) -> None:
    """Have what was named and renamed in a folder outlive a loss of power."""
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
