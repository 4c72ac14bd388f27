"""A folder that is there whole or not at all: it is made beside its place, and renamed at the end.

Whatever ends the program in the middle, nothing is left that looks done; the next one that makes
the same takes the rest away first.
"""

import fcntl
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from llmtb.control import INPUT, Unable


class Half:
    """A folder that is being made. folder: where."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def become(self, target: Path) -> None:
        """Put it, safe from power cuts, in its place. Raises Unable where something is there."""
        sync(self.folder)
        refuse_used(target)
        os.replace(self.folder, target)
        _sync(target.parent)


@contextmanager
def half(parent: Path, name: str) -> Iterator[Half]:
    """An empty folder in `parent`, which vanishes with the block unless it became something.

    name: what it is for; one at a time makes it. Raises Unable, OSError.
    """
    parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    folder = parent / f".{name}.half"
    with _alone(parent / f".{name}.lock"):
        if folder.exists():
            shutil.rmtree(folder)
        folder.mkdir(mode=0o700)
        try:
            yield Half(folder)
        finally:
            shutil.rmtree(folder, ignore_errors=True)


def refuse_used(target: Path) -> None:
    """Raises Unable unless the place is free: an empty folder, or none."""
    try:
        free = not target.exists() or not any(target.iterdir())
    except NotADirectoryError:
        free = False
    if not free:
        raise Unable(INPUT, f"{target}: there is something already; name a new folder")


def sync(folder: Path) -> None:
    """Have everything in a folder outlive a power cut."""
    for path in (*folder.rglob("*"), folder):
        _sync(path)


def _sync(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


@contextmanager
def _alone(lock: Path) -> Iterator[None]:
    """Keep others from making the same; a lock ends with its process. Raises Unable, OSError."""
    handle = os.open(lock, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            if not lock.exists() or not os.path.samestat(os.fstat(handle), lock.stat()):
                raise BlockingIOError  # whoever had it has just taken it away
        except BlockingIOError:
            line = f"{lock.parent}: another process is making the same here; wait for it"
            raise Unable(INPUT, line) from None
        try:
            yield
        finally:
            lock.unlink(missing_ok=True)
    finally:
        os.close(handle)
