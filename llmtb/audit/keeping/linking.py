"""Tells which of the candidates for events are what was written: their hashes do.

An event is proven by the hash of the one before it, which may be known although that event itself
is lost. The first one behind a gap is also taken when the next one bears out its hash; then what
it says is unproven. Candidates wait in a scratch database, so memory does not grow with them.
"""

import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby
from pathlib import Path
from typing import Any, NamedTuple, Self

from llmtb.audit.keeping.carving import Candidate
from llmtb.events.chain import GENESIS, Head, Row, seal
from llmtb.events.stores.database import address, create
from llmtb.events.stores.store import Applied

SOUND, ELSEWHERE = 0, 2  # how much doubt there is: what SQLite would read; from another file
LAYOUT = """
    CREATE TABLE candidates (seq INTEGER, stream TEXT, version INTEGER, topic TEXT, state BLOB,
                             hash BLOB, page INTEGER, doubt INTEGER);
    CREATE TABLE said (seq INTEGER, hash BLOB);
    CREATE TABLE commands (command TEXT, first INTEGER, last INTEGER);
"""
ADD = "INSERT INTO candidates VALUES (?, ?, ?, ?, ?, ?, ?, ?)"
IN_ORDER = "SELECT * FROM candidates ORDER BY seq, doubt"


class Linked(NamedTuple):
    """An event that was found again.

    previous: the hash of the event before it; None where that is not known, and what the event
    says is therefore unproven. joins: whether every event before it was found, too.
    page: where it begins. doubt: as of the candidate.
    """

    row: Row
    previous: bytes | None
    joins: bool
    page: int
    doubt: int


class Refuted(NamedTuple):
    """What stands in the place of an event, on a page, but is not what was written there."""

    seq: int
    page: int


class OtherHistory(Exception):
    """What another file tells does not go with this one: at event `seq` they part."""

    def __init__(self, seq: int) -> None:
        super().__init__(f"event {seq}")
        self.seq = seq


class Candidates:
    """Whatever may be an event, from wherever it comes."""

    def __init__(self, path: Path) -> None:
        """path: where the scratch database is made. Raises sqlite3.Error, OSError."""
        create(path)
        self._database = sqlite3.connect(address(path, "rw"), uri=True, isolation_level=None)
        self._database.execute("PRAGMA journal_mode = OFF")
        self._database.execute("PRAGMA synchronous = OFF")
        self._database.executescript(LAYOUT)
        self._database.execute("BEGIN")  # it ends with the database
        self._mixed = False

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._database.close()

    def add(self, candidates: Iterable[Candidate], *, mixed: bool = False) -> None:
        """Take candidates in, each any number of times. Raises sqlite3.Error.

        mixed: they are another file's.
        """
        self._mixed |= mixed
        values = ((*candidate.row, *candidate[1:]) for candidate in candidates)
        self._database.executemany(ADD, values)

    def add_said(self, seq: int, mark: bytes) -> None:
        """Take in the hash that an event had, as another file says. Raises sqlite3.Error."""
        self._database.execute("INSERT INTO said VALUES (?, ?)", (seq, mark))

    def add_commands(self, commands: Iterable[Applied]) -> None:
        """Take in ids of commands. Raises sqlite3.Error."""
        self._database.executemany("INSERT INTO commands VALUES (?, ?, ?)", commands)

    def commands(self) -> Iterator[Applied]:
        """The ids that were taken in. Raises sqlite3.Error."""
        return (Applied(*each) for each in self._database.execute("SELECT * FROM commands"))

    def linked(self) -> Iterator[Linked | Refuted]:
        """Every event that was found again, in order; first those that join. Raises OtherHistory.

        What was never a part of this history is passed over.
        """
        self._database.execute("CREATE INDEX IF NOT EXISTS by_seq ON candidates (seq, doubt)")
        self._database.execute("CREATE INDEX IF NOT EXISTS said_by_seq ON said (seq)")
        walk = _Walk(self._mixed)
        found = self._database.execute(IN_ORDER)
        for seq, rows in groupby(found, lambda row: int(row[0])):
            said = [] if walk.head.seq == seq - 1 else self._said(seq - 1)
            yield from walk.step(seq, _distinct(rows), said)
        yield from walk.end()

    def _said(self, seq: int) -> list[bytes]:
        found = self._database.execute("SELECT hash FROM said WHERE seq = ?", (seq,))
        return [mark for (mark,) in found]


class _Walk:
    """Goes from event to event. head: the last that joins. mixed: several files tell of them."""

    def __init__(self, mixed: bool) -> None:
        self._mixed = mixed
        self.head = GENESIS
        self._seq = 0
        self._marks = {GENESIS.hash}  # hashes that the event of `_seq` may have
        self._strange: set[bytes] = set()  # those that it has in another history
        self._sure = True  # whether the event of `_seq` was found, and proven
        self._waiting: list[Linked] = []  # events of `_seq` that the next one may bear out

    def step(
        self, seq: int, found: Sequence[Candidate], said: Sequence[bytes]
    ) -> Iterator[Linked | Refuted]:
        """Look at the candidates for the next event; said: hashes that the one before may have."""
        if seq != self._seq + 1:
            yield from self.end()
            self._marks, self._strange, self._sure = set(), set(), False
        links = [_link(each, (*self._marks, *said)) for each in found]
        proven = [link for link in links if link.previous is not None]
        yield from self._borne_out({link.previous for link in proven})
        reached, before = self.head.seq == seq - 1, self.head.hash
        strange: set[bytes] = set()
        taken: list[Linked] = []
        for link in proven:
            if reached and link.previous == before and self.head.seq < seq:
                self.head = Head(seq, link.row[5])
                taken.append(link._replace(joins=True))
            elif not reached and link.previous not in self._strange:
                taken.append(link)
            elif self._mixed and link.doubt == SOUND:
                raise OtherHistory(seq)
            else:
                strange.add(link.row[5])
        yield from taken
        left = [link for link in links if link.previous is None]
        # Where the event before is sure, or this one is there, what does not fit is not it.
        self._waiting = [] if self._sure or taken else left
        if not self._waiting and all(link.doubt == ELSEWHERE for link in taken):
            yield from (Refuted(seq, link.page) for link in left)
        self._seq, self._sure, self._strange = seq, bool(taken), strange
        self._marks = {link.row[5] for link in links}

    def end(self) -> Iterator[Linked | Refuted]:
        """Nothing comes that could bear out the last ones."""
        return self._borne_out(set())

    def _borne_out(self, marks: set[bytes | None]) -> Iterator[Linked | Refuted]:
        for link in self._waiting:
            yield link if link.row[5] in marks else Refuted(link.row[0], link.page)
        self._waiting = []


def _link(candidate: Candidate, marks: Iterable[bytes]) -> Linked:
    row = candidate.row
    holds = (mark for mark in marks if seal(mark, *row[:5]) == row[5])
    return Linked(row, next(holds, None), False, candidate.page, candidate.doubt)


def _distinct(rows: Iterable[Any]) -> list[Candidate]:
    """The candidates of one event, each once, with the least doubt."""
    found: dict[Row, Candidate] = {}
    for seq, stream, version, topic, state, mark, page, doubt in rows:
        row = (seq, stream, version, topic, state, mark)
        found.setdefault(row, Candidate(row, page, doubt))
    return list(found.values())
