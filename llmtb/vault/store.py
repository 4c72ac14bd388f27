"""keys.db: the keys of people's words, each locked by the master key, in a file of their own."""

import sqlite3
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any, Final, NamedTuple

from llmtb.events.errors import BadDatabase, DamagedDatabase, StorageFailed
from llmtb.events.stores.database import address, create, is_laid_out, reason_of

APPLICATION: Final = 0x4C4C4D4B  # "LLMK", in the header of every store of keys
FORMAT: Final = 1
TABLES: Final = {"keys", "about"}

# A key that is destroyed leaves its row: what has none was never here, or the file is damaged.
LAYOUT: Final = (
    """CREATE TABLE keys (
        id INTEGER PRIMARY KEY AUTOINCREMENT,
        owner TEXT NOT NULL,
        kind TEXT NOT NULL,
        day TEXT NOT NULL,
        wrapped BLOB NOT NULL
    ) STRICT""",
    "CREATE INDEX keys_by_owner ON keys (owner, kind, day)",
    """CREATE TABLE about (
        name TEXT PRIMARY KEY,
        value TEXT NOT NULL
    ) STRICT, WITHOUT ROWID""",
)
LOCKED_BY: Final = "locked_by"  # in `about`: the name of the master key
ROTATIONS: Final = "rotations"  # in `about`: how often the master key was exchanged
UNTOLD: Final = "untold"  # in `about`: how many keys an exchange locked that no event tells of yet
PAGE: Final = 1000

# Which keys are to be destroyed.
OF_OWNERS: Final = """
    SELECT id FROM keys WHERE wrapped != x'' AND id <= ?
    AND kind != 'snapshots' AND owner = ?"""
OF_DAYS: Final = """
    SELECT id FROM keys WHERE wrapped != x'' AND id <= ?
    AND kind = 'messages' AND owner = ? AND day = ?"""
BEFORE: Final = """
    SELECT id FROM keys WHERE wrapped != x'' AND id <= ?
    AND kind = ? AND day != '' AND day < ?"""
OF_SNAPSHOTS: Final = "SELECT id FROM keys WHERE wrapped != x'' AND id < ? AND kind = 'snapshots'"
_LAST: Final = """
    SELECT coalesce((SELECT CAST(seq AS INTEGER) FROM sqlite_sequence WHERE name = 'keys'), 0),
    (SELECT coalesce(max(id), 0) FROM keys)"""
_NEXT: Final = "SELECT * FROM keys WHERE id > ? AND wrapped != x'' ORDER BY id LIMIT ?"
_SAME: Final = """
    UPDATE keys SET wrapped = x''
    WHERE wrapped != x'' AND id = ? AND owner = ? AND kind = ? AND day = ?"""
_ADD: Final = "INSERT INTO keys VALUES (?, ?, ?, ?, ?)"
DAMAGED: Final = "is damaged; put a copy of it back"
PATIENCE: Final = 10.0  # seconds that another process may hold the file


class Key(NamedTuple):
    """A row: whose words the key seals, of what sort, of which day, and the locked key itself.

    day: the date in UTC; empty where the key is for all days. wrapped: empty once it is destroyed;
    a null would be what damage makes of a row.
    """

    id: int
    owner: str
    kind: str
    day: str
    wrapped: bytes


Wrap = Callable[[Key], Key]
"""A row with its key locked in another way."""


class KeyStore:
    """The file. One process writes it, others may read; every method may be called by any thread,
    but never by two at the same time.

    Every change is on the disk before it returns, and after `clean` what it removed is nowhere.
    """

    def __init__(self, path: Path, *, read_only: bool = False) -> None:
        """Open a store that there is; raises BadDatabase, or what kind of it it is."""
        self.path = path
        self.read_only = read_only
        self._database: sqlite3.Connection | None = None
        if not self.is_there(path):
            raise BadDatabase(path, "there are no keys in it")
        self._open()

    @staticmethod
    def is_there(path: Path) -> bool:
        """Whether there is a store; an empty file is none. Raises BadDatabase for another file."""
        return path.is_file() and is_laid_out(path, APPLICATION, FORMAT, TABLES)

    @staticmethod
    def create(path: Path, locked_by: str) -> None:
        """Make an empty store, readable by its owner only, unless there is one already.

        Raises BadDatabase, or what kind of it it is.
        """
        try:
            create(path)
            if not is_laid_out(path, APPLICATION, FORMAT, TABLES):
                _lay_out(path, locked_by)
        except OSError as error:
            raise BadDatabase(path, f"cannot be opened: {error.strerror}") from error
        except sqlite3.Error as error:
            raise BadDatabase(path, f"cannot be set up: {reason_of(error)}") from error

    # Reading.

    def about(self, name: str) -> str | None:
        """What is noted under a name."""
        found = self._select("SELECT value FROM about WHERE name = ?", name)
        return str(found[0][0]) if found else None

    def last(self) -> int:
        """The highest id that was ever given; 0 while there is none."""
        [[given, held]] = self._select(_LAST)
        return max(int(given), int(held))

    def find(self, key: int) -> tuple[Key, str] | None:
        """A key, and the name of the master key it is locked by; None if there is no such row."""
        found = self._select(
            "SELECT id, owner, kind, day, wrapped, (SELECT value FROM about WHERE name = ?)"
            " FROM keys WHERE id = ?",
            LOCKED_BY,
            key,
        )
        return (Key(*found[0][:5]), str(found[0][5])) if found else None

    def latest(self, owner: str) -> int | None:
        """The newest key of an owner that is not destroyed."""
        [[found]] = self._select(
            "SELECT max(id) FROM keys WHERE owner = ? AND wrapped != x''", owner
        )
        return None if found is None else int(found)

    def oldest(self, kind: str) -> str | None:
        """The first day of which there is a key of a sort of words."""
        [[found]] = self._select(
            "SELECT min(day) FROM keys WHERE kind = ? AND day != '' AND wrapped != x''", kind
        )
        return None if found is None else str(found)

    def destroyed(self) -> list[Key]:
        """The rows of all keys that were destroyed."""
        return [Key(*row) for row in self._select("SELECT * FROM keys WHERE wrapped = x''")]

    def counted(self) -> list[tuple[str, int, int]]:
        """For each sort of words: how many keys there are, and how many were destroyed."""
        return self._select(
            "SELECT kind, sum(wrapped != x''), sum(wrapped = x'') FROM keys"
            " GROUP BY kind ORDER BY kind"
        )

    # Writing.

    def add(self, keys: Sequence[Key]) -> None:
        """Keep new keys. Raises StorageFailed, and then kept none of them."""
        with self._writing() as database:
            database.executemany(_ADD, keys)

    def destroy(
        self, which: str, each: Iterable[Sequence[object]], add: Sequence[Key] = ()
    ) -> list[int]:
        """Destroy the keys that a statement chooses with each of some values, and keep new ones.

        `clean` takes the last traces.
        Returns the ids of the destroyed. Raises StorageFailed.
        """
        with self._writing() as database:
            gone = [key for values in each for (key,) in database.execute(which, values)]
            database.executemany(
                "UPDATE keys SET wrapped = x'' WHERE id = ?", [(key,) for key in gone]
            )
            database.executemany(_ADD, add)
        return gone

    def destroy_these(self, keys: Collection[Key]) -> int:
        """Destroy keys that another copy of the file has no more; returns how many were left here.

        Raises StorageFailed.
        """
        with self._writing() as database:
            gone = database.executemany(_SAME, [key[:4] for key in keys]).rowcount
        self.clean()
        return gone

    def rewrap(self, wrap: Wrap, locked_by: str) -> int:
        """Lock every key anew, all or none; returns how many. Raises StorageFailed."""
        count = after = 0
        with self._writing() as database:
            while found := [Key(*row) for row in database.execute(_NEXT, (after, PAGE))]:
                changed = [(wrap(key).wrapped, key.id) for key in found]
                database.executemany("UPDATE keys SET wrapped = ? WHERE id = ?", changed)
                count, after = count + len(found), found[-1].id
            number = int(self.about(ROTATIONS) or 0) + 1
            noted = [(LOCKED_BY, locked_by), (ROTATIONS, str(number)), (UNTOLD, str(count))]
            database.executemany("INSERT OR REPLACE INTO about VALUES (?, ?)", noted)
        return count

    def note(self, name: str, value: str) -> None:
        """Note something under a name. Raises StorageFailed."""
        with self._writing() as database:
            database.execute("INSERT OR REPLACE INTO about VALUES (?, ?)", (name, value))

    def lose(self, keys: Collection[int]) -> int:
        """Put down that keys are gone for good, unless they are here; returns how many are.

        Raises StorageFailed.
        """
        with self._writing() as database:
            added = database.executemany(
                "INSERT OR IGNORE INTO keys VALUES (?, '', 'lost', '', x'')",
                [(each,) for each in keys],
            )
            return added.rowcount

    def forget_note(self, name: str) -> None:
        """Take away what is noted under a name. Raises StorageFailed."""
        with self._writing() as database:
            database.execute("DELETE FROM about WHERE name = ?", (name,))

    def clean(self) -> None:
        """See to it that nothing that was removed is left beside the file.

        Raises StorageFailed where another process reads all the while.
        """
        try:
            [[busy, *_]] = self._connection().execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
        except sqlite3.Error as error:
            raise self._failed(error) from error
        if busy:
            raise StorageFailed(f"{self.path}: another program keeps reading it; end that program")

    def close(self) -> None:
        """Give the file back."""
        if self._database is not None:
            self._database.close()
            self._database = None

    def _open(self) -> sqlite3.Connection:
        try:
            self._database = sqlite3.connect(
                address(self.path, "ro" if self.read_only else "rw"),
                uri=True,
                isolation_level=None,
                check_same_thread=False,
                timeout=PATIENCE,
            )
            if not self.read_only:
                self._database.execute("PRAGMA synchronous = FULL")
                self._database.execute("PRAGMA secure_delete = ON")
        except sqlite3.Error as error:
            raise self._failed(error) from error
        return self._database

    def _connection(self) -> sqlite3.Connection:
        return self._database or self._open()

    @contextmanager
    def _writing(self) -> Iterator[sqlite3.Connection]:
        if self.read_only:
            raise StorageFailed(f"{self.path} was opened for reading only")
        try:
            database = self._connection()
            database.execute("BEGIN IMMEDIATE")
            yield database
            database.execute("COMMIT")
        except (sqlite3.Error, UnicodeDecodeError) as error:
            self.close()  # with whatever a failed commit left open
            raise self._failed(error) from error
        except BaseException:
            self.close()
            raise

    def _select(self, statement: str, *values: object) -> list[Any]:
        try:
            return self._connection().execute(statement, values).fetchall()
        except (sqlite3.Error, UnicodeDecodeError) as error:
            raise self._failed(error) from error

    def _failed(self, error: Exception) -> StorageFailed | DamagedDatabase:
        name = getattr(error, "sqlite_errorname", "")
        text = isinstance(error, UnicodeDecodeError) or "decode to UTF-8" in str(error)
        if text or name.startswith(("SQLITE_CORRUPT", "SQLITE_NOTADB")):
            return DamagedDatabase(self.path, DAMAGED)
        return StorageFailed(f"{self.path}: {reason_of(error)}")


def _lay_out(path: Path, locked_by: str) -> None:
    with closing(sqlite3.connect(address(path, "rw"), uri=True, isolation_level=None)) as database:
        database.execute("PRAGMA journal_mode = WAL")
        database.execute("PRAGMA synchronous = FULL")
        database.execute("BEGIN IMMEDIATE")
        for statement in LAYOUT:
            database.execute(statement)
        database.execute("INSERT INTO about VALUES (?, ?)", (LOCKED_BY, locked_by))
        database.execute(f"PRAGMA application_id = {APPLICATION}")
        database.execute(f"PRAGMA user_version = {FORMAT}")
        database.execute("COMMIT")
