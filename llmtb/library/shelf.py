"""The documents' bytes, each under its SHA-256: what an event names is there, whole, for good."""

import hashlib
import os
import tempfile
from pathlib import Path
from typing import Final, NamedTuple

from llmtb.inference.errors import DocumentError

FOLDER: Final = "documents"
_PIECE: Final = 1 << 20


class Kept(NamedTuple):
    """A document on the shelf: where it lies, its digest in hex, its bytes."""

    path: Path
    sha256: str
    size: int


class Shelf:
    """A folder of documents that only its owner can read; nothing in it is ever changed."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def keep(self, source: Path) -> Kept:
        """Copy a file onto the shelf, safe from power cuts; once for the same bytes.

        Raises DocumentError for one that cannot be read, OSError for a shelf that is full.
        """
        self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(prefix=".half-", dir=self.folder)
        half, digest, size = Path(name), hashlib.sha256(), 0
        try:
            with os.fdopen(handle, "wb") as copy:
                try:
                    file = source.open("rb")
                except OSError as error:
                    raise DocumentError(
                        f"{source.name}: cannot be read: {error.strerror}"
                    ) from error
                with file:
                    while piece := file.read(_PIECE):
                        digest.update(piece)
                        size += copy.write(piece)
                copy.flush()
                os.fsync(copy.fileno())
            kept = Kept(self.place(digest.hexdigest(), source.name), digest.hexdigest(), size)
            half.replace(kept.path)
            _settle(self.folder)
        finally:
            half.unlink(missing_ok=True)
        return kept

    def place(self, sha256: str, file: str) -> Path:
        """Where a document lies; its ending tells what kind it is."""
        return self.folder / f"{sha256}{Path(file).suffix.lower()[:10]}"

    def held(self, sha256: str, file: str) -> Path:
        """Where a document lies, byte for byte as it was added. Raises DocumentError."""
        path, digest = self.place(sha256, file), hashlib.sha256()
        try:
            with path.open("rb") as copy:
                while piece := copy.read(_PIECE):
                    digest.update(piece)
        except OSError as error:
            reason = "is gone from" if isinstance(error, FileNotFoundError) else "cannot be read on"
            raise DocumentError(f"{file}: {reason} the shelf; add it again") from error
        if digest.hexdigest() != sha256:
            raise DocumentError(f"{file}: is not what was added; add it again")
        return path

    def sweep(self) -> None:
        """Take away what a crash left half done."""
        for half in self.folder.glob(".half-*") if self.folder.is_dir() else ():
            half.unlink(missing_ok=True)


def _settle(folder: Path) -> None:
    """A name in a folder outlives a power cut only once the folder is synced, too."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
