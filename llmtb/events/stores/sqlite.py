"""A journal's rows in a SQLite file: the journal of a single machine."""

import sqlite3
from collections import deque
from collections.abc import Collection, Iterable, Iterator, Sequence
from contextlib import closing, contextmanager
from itertools import chain
from pathlib import Path
from typing import Any

import msgspec
from eventsourcing.domain import EventSourcingError
from eventsourcing.persistence import IntegrityError, Notification, StoredEvent
from eventsourcing.sqlite import (
    SQLiteApplicationRecorder,
    SQLiteConnection,
    SQLiteConnectionPool,
    SQLiteCursor,
    SQLiteDatastore,
)

from llmtb.events.chain import GENESIS, Head, Row, chained, follow
from llmtb.events.errors import ADVICE, BadDatabase, BrokenChain, DamagedDatabase, StorageFailed
from llmtb.events.stores.database import (
    SCHEMA,
    Ownership,
    address,
    complete,
    create,
    due_schema,
    is_journal,
    lay_out,
    reason_of,
    tells_damage,
)
from llmtb.events.stores.store import Applied, Collision

CHECKED = 1000  # newest events whose chain is checked whenever a journal is opened
KNOWN = 100_000  # streams whose latest version is kept in memory

TOGETHER = 25  # rows in one statement: a fifth faster than one by one
INSERT_EVENT = "INSERT INTO stored_events VALUES (?, ?, ?, ?, ?, ?)"
INSERT_EVENTS = INSERT_EVENT + ", (?, ?, ?, ?, ?, ?)" * (TOGETHER - 1)
INSERT_COMMAND = "INSERT INTO commands VALUES (?, ?, ?)"
SELECT_ROW = "SELECT seq, originator_id, originator_version, topic, state, hash FROM stored_events"
SELECT_HEAD = "SELECT seq, hash FROM stored_events ORDER BY seq DESC LIMIT 1"
SELECT_VERSIONS = """
    SELECT value, coalesce((SELECT max(originator_version) FROM stored_events
                            WHERE originator_id = value), 0)
    FROM json_each(?)"""
SELECT_COMMANDS = """
    SELECT command, first_seq, last_seq FROM commands
    WHERE command IN (SELECT value FROM json_each(?))"""
SAVE_SNAPSHOT = "INSERT OR REPLACE INTO snapshots VALUES (?, ?, ?, ?)"
LOAD_SNAPSHOT = "SELECT seq, state FROM snapshots WHERE key = ? AND layout = ?"


class SQLiteStore(SQLiteApplicationRecorder):
    """The library's recorder on a file, with hashes, command ids, snapshots and one owner.

    Every commit is on the disk before it is acknowledged (`synchronous = FULL`).
    """

    inline = False

    def __init__(self, path: str | Path, *, read_only: bool = False) -> None:
        """Open the journal in a file, and create it first if there is none.

        read_only: read a journal, also one that another process owns at the moment.

        Raises JournalInUse, ForeignDatabase, DamagedDatabase, NewerDatabase, or BadDatabase.
        """
        self.path = Path(path)
        self.read_only = read_only
        self._readers: deque[sqlite3.Connection] = deque()
        self._closed = False
        self._head: Head | None = None
        self._versions: dict[str, int] = {}
        self._ownership = self._prepare()
        self._datastore = _Datastore(address(self.path, "ro" if read_only else "rw"))
        try:
            super().__init__(self._datastore)
            self._check()
        except BaseException:
            self.close()
            raise

    def _prepare(self) -> Ownership | None:
        """Take the file, and see to it that it is a journal."""
        try:
            if self.read_only:
                if not self.path.is_file() or not is_journal(self.path):
                    raise BadDatabase(self.path, "there is no journal in it")
                return None
            create(self.path)
            known = is_journal(self.path)
            ownership = Ownership(self.path)
        except OSError as error:
            raise BadDatabase(self.path, f"cannot be opened: {error.strerror}") from error
        try:
            if not known and not is_journal(self.path):  # nobody else made it one meanwhile
                lay_out(self.path)
            complete(self.path)
        except sqlite3.Error as error:
            ownership.release()
            raise BadDatabase(self.path, f"cannot be set up: {reason_of(error)}") from error
        except BaseException:
            ownership.release()
            raise
        return ownership

    def _check(self) -> None:
        """Check the end of the chain, where a damage that matters most would be."""
        (head,) = self._select(SELECT_HEAD) or (GENESIS,)
        start = max(0, head[0] - CHECKED)
        before = self.rows(start - 1, 1) if start else [(0, "", 0, "", b"", GENESIS.hash)]
        try:
            if not before or before[0][0] != start:
                raise BrokenChain(start, "it is missing")
            follow(self.rows(start, CHECKED), Head(start, before[0][5]))
        except BrokenChain as error:
            raise DamagedDatabase(self.path, f"is damaged: {error}") from error

    # Writing: from one thread only.

    @contextmanager
    def transaction(self) -> Iterator["_Transaction"]:
        with self._writing() as cursor:
            transaction = _Transaction(self, cursor)
            yield transaction
        if transaction.rows:
            last = transaction.rows[-1]
            self._head = Head(last[0], last[5])
            self._versions |= {row[1]: row[2] for row in transaction.rows}

    @contextmanager
    def _writing(self) -> Iterator[SQLiteCursor]:
        if self.read_only:
            raise StorageFailed(f"{self.path} was opened for reading only")
        try:
            with self._datastore.transaction(commit=True) as cursor:
                yield cursor
        except (sqlite3.Error, EventSourcingError) as error:
            self._forget()
            # A failed COMMIT leaves its transaction open, and the pool would hand it out again.
            self._datastore.renew()
            raise StorageFailed(f"{self.path}: {reason_of(error)}") from error
        except BaseException:
            self._forget()
            raise

    def _forget(self) -> None:
        self._head = None
        self._versions.clear()

    def current(self, cursor: SQLiteCursor) -> Head:
        """Return the head within a transaction."""
        if self._head is None:
            cursor.execute(SELECT_HEAD)
            self._head = Head(*(cursor.fetchone() or GENESIS))
        return self._head

    def versions(self, cursor: SQLiteCursor, streams: Iterable[str]) -> dict[str, int]:
        """Return the latest versions within a transaction."""
        known = self._versions
        unknown = [stream for stream in streams if stream not in known]
        if unknown:
            if len(known) + len(unknown) > KNOWN:
                known.clear()
                unknown = list(streams)
            cursor.execute(SELECT_VERSIONS, (_json(unknown),))
            known.update(cursor.fetchall())
        return {stream: known[stream] for stream in streams}

    def save_snapshot(self, key: str, layout: str, seq: int, state: bytes) -> None:
        with self._writing() as cursor:
            cursor.execute(SAVE_SNAPSHOT, (key, layout, seq, state))

    # Reading: from any thread, on connections that cannot write.

    def head(self) -> Head:
        found = self._select(SELECT_HEAD)
        return Head(*found[0]) if found else GENESIS

    def rows(
        self, after: int, limit: int, topics: Collection[str] = (), prefixes: Collection[str] = ()
    ) -> Sequence[Row]:
        wanted = "seq > ?"
        values: list[object] = [after]
        if topics:
            wanted += " AND topic IN (SELECT value FROM json_each(?))"
            values.append(_json(topics))
        if prefixes:
            one = "substr(originator_id, 1, ?) = ?"
            wanted += f" AND ({' OR '.join([one] * len(prefixes))})"
            values += [value for prefix in prefixes for value in (len(prefix), prefix)]
        return self._select(f"{SELECT_ROW} WHERE {wanted} ORDER BY seq LIMIT ?", *values, limit)

    def stream(self, stream: str, after: int, limit: int) -> Sequence[Row]:
        wanted = "originator_id = ? AND originator_version > ?"
        statement = f"{SELECT_ROW} WHERE {wanted} ORDER BY originator_version LIMIT ?"
        return self._select(statement, stream, after, limit)

    def unsound(self) -> str | None:
        """Why events may not be found or kept, though all that there are hold; None if they are.

        A false index hides them from their stream, and a strange trigger from the disk.
        """
        said = "ok"
        for table in ("stored_events", "commands"):
            if said == "ok":
                [(said,), *_] = self._select(f"PRAGMA integrity_check({table})")
        strange = due_schema().symmetric_difference(self._select(SCHEMA))
        if strange:
            said = f"{min(str(name) for _, name, *_ in strange)} is missing or no part of a journal"
        return None if said == "ok" else f"{self.path.name} is damaged: {said}; {ADVICE}"

    def applied(self, command: str) -> range | None:
        found = self._select(SELECT_COMMANDS, _json([command]))
        return range(found[0][1], found[0][2] + 1) if found else None

    def load_snapshot(self, key: str, layout: str) -> tuple[int, bytes] | None:
        found = self._select(LOAD_SNAPSHOT, key, layout)
        return found[0] if found else None

    def _select(self, statement: str, *values: object) -> list[Any]:
        try:
            reader = self._readers.pop()
        except IndexError:
            reader = self._reader()
        try:
            found = reader.execute(statement, values).fetchall()
        except (sqlite3.Error, UnicodeDecodeError) as error:
            reader.close()
            if tells_damage(error):
                raise DamagedDatabase(self.path, f"the file is damaged; {ADVICE}") from error
            raise StorageFailed(f"{self.path}: {reason_of(error)}") from error
        self._readers.append(reader)
        if self._closed:
            self._close_readers()
        return found

    def _reader(self) -> sqlite3.Connection:
        if self._closed:
            raise StorageFailed(f"{self.path} is closed")
        try:
            return sqlite3.connect(
                address(self.path, "ro"), uri=True, isolation_level=None, check_same_thread=False
            )
        except sqlite3.Error as error:
            raise StorageFailed(f"{self.path}: {reason_of(error)}") from error

    def close(self) -> None:
        if not self._closed:
            self._closed = True
            self._close_readers()
            self._datastore.close()
            if self._ownership is not None:
                self._ownership.release()

    def _close_readers(self) -> None:
        while self._readers:
            self._readers.pop().close()

    # The rest of what the library asks of a recorder; the journal does not use it.

    def construct_create_table_statements(self) -> list[str]:
        return []

    def insert_events(self, stored_events: Sequence[StoredEvent], **_: Any) -> Sequence[int]:
        events = [
            (str(event.originator_id), event.originator_version, event.topic, event.state)
            for event in stored_events
        ]
        try:
            with self.transaction() as transaction:
                rows = chained(transaction.head(), events)
                transaction.insert(rows, ())
        except Collision as error:
            raise IntegrityError(*error.args) from error
        return [row[0] for row in rows]

    def select_notifications(
        self,
        start: int | None,
        limit: int,
        stop: int | None = None,
        topics: Collection[str] = (),
        *,
        inclusive_of_start: bool = True,
    ) -> Sequence[Notification]:
        after = 0 if start is None else start - inclusive_of_start
        return [
            Notification(row[1], row[2], row[3], row[4], id=row[0])
            for row in self.rows(after, limit, topics)
            if stop is None or row[0] <= stop
        ]

    def max_notification_id(self) -> int:
        return self.head().seq


class _Transaction:
    """The journal's side of one transaction on the file."""

    def __init__(self, store: SQLiteStore, cursor: SQLiteCursor) -> None:
        self._store = store
        self._cursor = cursor
        self.rows: Sequence[Row] = ()

    def head(self) -> Head:
        return self._store.current(self._cursor)

    def versions(self, streams: Iterable[str]) -> dict[str, int]:
        return self._store.versions(self._cursor, streams)

    def applied(self, commands: Sequence[str]) -> dict[str, range]:
        self._cursor.execute(SELECT_COMMANDS, (_json(commands),))
        return {name: range(first, last + 1) for name, first, last in self._cursor.fetchall()}

    def insert(self, rows: Sequence[Row], commands: Sequence[Applied]) -> None:
        try:
            many = len(rows) - len(rows) % TOGETHER
            for start in range(0, many, TOGETHER):
                values = list(chain.from_iterable(rows[start : start + TOGETHER]))
                self._cursor.execute(INSERT_EVENTS, values)
            self._cursor.executemany(INSERT_EVENT, rows[many:])
            self._cursor.executemany(INSERT_COMMAND, commands)
        except sqlite3.IntegrityError as error:
            raise Collision(*error.args) from error
        self.rows = rows


class _Datastore(SQLiteDatastore):
    """The library's datastore, with a pool that can be renewed."""

    def __init__(self, uri: str) -> None:
        super().__init__(uri, originator_id_type="text")
        self.renew()

    def renew(self) -> None:
        """Begin again with a pool of fresh connections.

        The library's pool keeps its write lock for ever when a connection cannot be opened.
        """
        self.pool.close()
        self.pool = _Pool(db_name=self.pool.db_name)


class _Pool(SQLiteConnectionPool):
    def _create_connection(self) -> SQLiteConnection:
        connection = super()._create_connection()
        with closing(connection.cursor().sqlite_cursor) as cursor:
            cursor.execute("PRAGMA synchronous = FULL")
        return connection


def _json(values: Iterable[str]) -> str:
    return msgspec.json.encode(list(values)).decode()
