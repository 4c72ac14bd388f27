"""Secret keys in files: 32 bytes in base64, for their owner alone."""

import base64
import binascii
import os
from pathlib import Path
from typing import Final

from llmtb.events.errors import JournalError

SIZE: Final = 32  # bytes
HOW_TO_MAKE: Final = "head -c 32 /dev/urandom | base64"
LONGEST: Final = 1024  # bytes of a file that may be a key


class KeyRefused(JournalError):
    """A key is missing, unreadable, no secret, or another than the one that is needed."""


def read_key(file: Path) -> bytes:
    """The key of a file. Raises KeyRefused, or OSError."""
    try:
        with file.open("rb") as opened:
            readable = os.fstat(opened.fileno()).st_mode & 0o007
            text = opened.read(LONGEST)
    except FileNotFoundError:
        raise KeyRefused(
            f"{file}: the key is not there; put it back, or make one: `{HOW_TO_MAKE}`"
        ) from None
    if readable:
        raise KeyRefused(f"{file}: everybody can read this key; `chmod 600 {file}`")
    return decoded(text.decode("ascii", "replace"), str(file))


def decoded(text: str, source: str) -> bytes:
    """The key that a text says; source: where it is from. Raises KeyRefused."""
    try:
        key = base64.b64decode(text.strip(), validate=True)
    except (binascii.Error, ValueError):
        key = b""
    if len(key) != SIZE:
        raise KeyRefused(f"{source}: is no key: {SIZE} bytes in base64 are, as of `{HOW_TO_MAKE}`")
    return key


def write_key(file: Path, key: bytes) -> None:
    """Put a key into a file that its owner alone can read; it is there whole, or not at all.

    Raises OSError.
    """
    file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    scratch = scratch_of(file)
    scratch.unlink(missing_ok=True)
    with open(os.open(scratch, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as opened:
        opened.write(base64.b64encode(key) + b"\n")
        opened.flush()
        os.fsync(opened.fileno())
    scratch.replace(file)
    sync(file.parent)


def scratch_of(file: Path) -> Path:
    """Where a key is written to before it is whole."""
    return file.with_name(f"{file.name}.new")


def sync(folder: Path) -> None:
    """Make what changed in a folder durable. Raises OSError."""
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
