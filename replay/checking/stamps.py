"""Signed checkpoints that something is held to: read, and their signatures checked."""

from pathlib import Path
from typing import NamedTuple

from llmtb.events.note import LONGEST, Checkpoint, NoteError, opened, read_vkey
from replay.exits import INPUT, Failed


class Stamp(NamedTuple):
    """A checkpoint that was signed, and what to call it."""

    where: str
    checkpoint: Checkpoint


def key_of(told: str) -> str:
    """A verifier key, given as itself or as the file that holds it. Raises Failed."""
    text = told
    if "+" not in told or Path(told).is_file():
        text = read_text(Path(told), 1000).strip()
    try:
        read_vkey(text)
    except NoteError as error:
        raise Failed(INPUT, f"--key: {error}") from error
    return text


def read_text(path: Path, longest: int = LONGEST) -> str:
    """The text of a small file. Raises Failed where it cannot be read."""
    try:
        with path.open("rb") as file:
            data = file.read(4 * longest + 1)
    except OSError as error:
        raise Failed(INPUT, f"{path}: cannot be read: {error.strerror}") from error
    return data.decode("utf-8", "replace")


def stamped(path: Path, key: str) -> Stamp:
    """The checkpoint in a file, signed by this key. Raises NoteError, or Failed."""
    return Stamp(path.name, opened(read_text(path), key))
