"""What is read: an export's folder, its events alone, or a journal, also one that is written to.

All of it is read from the first event to the last, in memory that does not grow with its length.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Protocol, Self

from llmtb.events.chain import Row
from llmtb.events.exported import EVENTS, Manifest
from llmtb.events.record import Recorded
from replay.exits import INPUT, Failed
from replay.reading.database import JournalSource
from replay.reading.folder import FolderSource

SQLITE = b"SQLite format 3\0"
NEITHER = "is neither lines nor a journal; if it was one, `llmtb rescue` saves what can be read"


class Source(Protocol):
    """Events in the order in which they happened. Use it as a context, which closes it."""

    @property
    def path(self) -> Path:
        """Where it was read from."""

    @property
    def manifest(self) -> Manifest | None:
        """What an export says that it holds; None for a journal, and for events alone."""

    def rows(self) -> Iterator[Row]:
        """The events as they are stored.

        Raises Failed where one cannot be read, and at the first of an export without stored bytes.
        """

    def events(self) -> Iterator[Recorded]:
        """The events as they are read today; sealed words that are not shown are blank.

        Raises Failed where one cannot be read.
        """

    def __enter__(self) -> Self: ...
    def __exit__(self, *_: object) -> None: ...


def open_source(path: Path) -> Source:
    """Open what a path names: an export's folder or its `events.jsonl`, or a `journal.db`.

    Raises Failed where it is none of these, or cannot be read.
    """
    if path.is_dir():
        return FolderSource(path, path / EVENTS)
    return JournalSource(path) if is_journal_file(path) else FolderSource(None, path)


def is_journal_file(path: Path) -> bool:
    """Whether a file is a database, not lines. Raises Failed for what is neither, or unreadable."""
    try:
        with path.open("rb") as file:
            begins = file.read(len(SQLITE))
    except OSError as error:
        raise Failed(INPUT, f"{path}: cannot be read: {error.strerror}") from error
    if begins != SQLITE and 0 in begins:
        raise Failed(INPUT, f"{path}: {NEITHER}")
    return begins == SQLITE
