"""The records as they lie in a journal's file, for whoever reads all of them beside its writer."""

import sqlite3
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Final, Self

import msgspec

from llmtb.events.chain import GENESIS, Row
from llmtb.events.errors import BrokenChain, StorageFailed
from llmtb.events.event import Instant
from llmtb.events.sealing import is_sealed, parts_of
from llmtb.events.stores.database import address
from llmtb.events.stores.sqlite import SQLiteStore

PAGE: Final = 500  # rows read at once
_COMMANDS: Final = """
    SELECT first_seq, last_seq, command FROM commands
    WHERE first_seq BETWEEN ? AND ? ORDER BY first_seq"""
_HASHES: Final = "SELECT hash FROM stored_events WHERE seq > ? AND seq <= ? ORDER BY seq"
_LAST_OF: Final = """
    SELECT seq, originator_id, originator_version, topic, state, hash FROM stored_events
    WHERE topic = ? AND seq <= ? ORDER BY seq DESC LIMIT 1"""


class Records:
    """A journal's file, open for reading alone. Whatever fails raises a JournalError."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._store = SQLiteStore(path, read_only=True)
        self._database = sqlite3.connect(address(path, "ro"), uri=True, isolation_level=None)
        self.head = self._store.head()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._database.close()
        self._store.close()

    def pages(self, first: int, last: int) -> Iterator[Sequence[Row]]:
        """The rows from one position to another, in order, many at once.

        Raises BrokenChain where one of them is missing.
        """
        after = first - 1
        while after < last:
            rows = self._store.rows(after, min(PAGE, last - after))
            if not rows or rows[0][0] != after + 1 or rows[-1][0] != after + len(rows):
                raise BrokenChain(after + 1, "it, or one of those after it, is missing")
            after = rows[-1][0]
            yield rows

    def stream(self, stream: str) -> Iterator[Row]:
        """The rows of one stream, in order."""
        after = 0
        while rows := self._store.stream(stream, after, PAGE):
            yield from rows
            after = rows[-1][2]

    def hashes(self, first: int, end: int) -> list[bytes]:
        """The hashes of the events from one index (from 0) up to, and without, another."""
        return [mark for (mark,) in self._selected(_HASHES, first, end)]

    def hash_of(self, seq: int) -> bytes:
        """The hash of an event; that of the genesis for 0."""
        return self.hashes(seq - 1, seq)[0] if seq else GENESIS.hash

    def commands(self, first: int, last: int) -> Iterator[tuple[int, int, str]]:
        """Commands whose first event is in a stretch: its position, the last one's, and the id."""
        return self._selected(_COMMANDS, first, last)

    def last_of(self, topic: str, upto: int) -> Row | None:
        """The last event of a topic up to a position."""
        return next(self._selected(_LAST_OF, topic, upto), None)

    def _selected(self, statement: str, *values: object) -> Iterator[Any]:
        try:
            for row in self._database.execute(statement, values):  # noqa: UP028 - no close() to it
                yield row
        except sqlite3.Error as error:
            raise StorageFailed(f"{self._path}: {error}") from error


class _When(msgspec.Struct, frozen=True, gc=False, array_like=True):
    at: Instant


_WHEN = msgspec.msgpack.Decoder(_When)


def instant_of(state: bytes) -> Instant:
    """When a stored event happened. Raises msgspec.MsgspecError."""
    try:
        return _WHEN.decode(parts_of(state).event if is_sealed(state) else state).at
    except RecursionError as error:
        raise msgspec.DecodeError("it is nested too deep") from error
