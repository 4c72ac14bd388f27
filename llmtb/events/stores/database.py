"""The file of a SQLite journal: its layout, who owns it, and whether it is one at all."""

import fcntl
import os
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Self

from llmtb.events.errors import (
    ADVICE,
    BadDatabase,
    DamagedDatabase,
    ForeignDatabase,
    JournalInUse,
    NewerDatabase,
)

APPLICATION = 0x4C4C4D54  # "LLMT", in the header of every journal
FORMAT = 1  # of the tables; a later format brings the step from this one

# No hash covers a command; that it stands twice in the file shows a bit that was flipped.
COMMANDS_AGAIN = "CREATE INDEX commands_again ON commands (first_seq, last_seq)"

# Names of the library's table are kept, so that its own tools can read a journal.
LAYOUT = (
    """CREATE TABLE stored_events (
        seq INTEGER PRIMARY KEY,
        originator_id TEXT NOT NULL,
        originator_version INTEGER NOT NULL,
        topic TEXT NOT NULL,
        state BLOB NOT NULL,
        hash BLOB NOT NULL,
        UNIQUE (originator_id, originator_version)
    ) STRICT""",
    """CREATE TRIGGER events_are_never_changed BEFORE UPDATE ON stored_events
        BEGIN SELECT RAISE(ABORT, 'events are never changed'); END""",
    """CREATE TRIGGER events_are_never_deleted BEFORE DELETE ON stored_events
        BEGIN SELECT RAISE(ABORT, 'events are never deleted'); END""",
    """CREATE TABLE commands (
        command TEXT PRIMARY KEY,
        first_seq INTEGER NOT NULL,
        last_seq INTEGER NOT NULL
    ) STRICT, WITHOUT ROWID""",
    COMMANDS_AGAIN,
    """CREATE TABLE snapshots (
        key TEXT PRIMARY KEY,
        layout TEXT NOT NULL,
        seq INTEGER NOT NULL,
        state BLOB NOT NULL
    ) STRICT""",
)
SCHEMA = "SELECT type, name, tbl_name, sql FROM sqlite_schema"
TABLES = {"stored_events", "commands", "snapshots"}

REASONS = {
    "SQLITE_FULL": "the disk is full; make room",
    "SQLITE_READONLY": "the file cannot be written; check its permissions",
    "SQLITE_CANTOPEN": "the file cannot be opened; check that it is there, and its permissions",
    "SQLITE_BUSY": "another program keeps the file locked; end that program",
    "SQLITE_IOERR": "the disk does not read or write; check it, and the room on it",
    "SQLITE_CORRUPT": f"the file is damaged; {ADVICE}",
    "SQLITE_NOTADB": f"the file is damaged; {ADVICE}",
}


class Ownership:
    """The right to write a journal, held by one process at a time.

    It is a lock on a file beside the database, so it ends with the process, however that ends.
    """

    def __init__(self, path: Path) -> None:
        """Raises JournalInUse if another journal holds it."""
        name = path.with_name(path.name + ".lock")
        self._file = os.open(name, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            owner = os.read(self._file, 20).decode("ascii", "replace").strip()
            os.close(self._file)
            raise JournalInUse(path, owner) from None
        os.ftruncate(self._file, 0)
        os.write(self._file, f"{os.getpid()}\n".encode())

    def release(self) -> None:
        """Let others have it. The file stays: removing it could take it from its next owner."""
        os.close(self._file)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.release()


def address(path: Path, mode: str) -> str:
    """Return the URI by which SQLite opens the file; mode: `ro` or `rw`."""
    return f"{path.absolute().as_uri()}?mode={mode}"


def create(path: Path) -> None:
    """Make an empty file, readable by its owner only, unless there is a file already."""
    os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600))


def lay_out(path: Path) -> None:
    """Put the tables of a journal into an empty database, all or none."""
    with closing(sqlite3.connect(address(path, "rw"), uri=True, isolation_level=None)) as database:
        database.execute("PRAGMA journal_mode = WAL")
        database.execute("PRAGMA synchronous = FULL")
        database.execute("BEGIN IMMEDIATE")
        for statement in LAYOUT:
            database.execute(statement)
        database.execute(f"PRAGMA application_id = {APPLICATION}")
        database.execute(f"PRAGMA user_version = {FORMAT}")
        database.execute("COMMIT")


def complete(path: Path) -> None:
    """Bring a journal that an earlier version laid out up to date."""
    with closing(sqlite3.connect(address(path, "rw"), uri=True)) as database:
        database.execute(COMMANDS_AGAIN.replace("INDEX", "INDEX IF NOT EXISTS"))


def due_schema() -> set[tuple[str | None, ...]]:
    """What `SCHEMA` finds in a journal, and in nothing else."""
    with closing(sqlite3.connect(":memory:")) as model:
        for statement in LAYOUT:
            model.execute(statement)
        return set(model.execute(SCHEMA))


def is_journal(path: Path) -> bool:
    """Return whether the file is a journal; see `is_laid_out`."""
    return is_laid_out(path, APPLICATION, FORMAT, TABLES)


def is_laid_out(path: Path, ours: int, newest: int, expected: set[str]) -> bool:
    """Return whether a file is a database of ours; False if it is still empty. Changes nothing.

    ours: the application id. newest: the latest format that is known. expected: its tables.
    Raises ForeignDatabase, DamagedDatabase or NewerDatabase for any other file, and BadDatabase
    for one that cannot be opened.
    """
    try:
        with closing(sqlite3.connect(address(path, "ro"), uri=True)) as database:
            application, version, tables = _identity(database)
    except (sqlite3.DatabaseError, UnicodeDecodeError) as error:
        if isinstance(error, sqlite3.OperationalError) and not tells_damage(error):
            raise BadDatabase(path, f"cannot be opened: {error}") from error
        if _looks_like_sqlite(path):
            raise DamagedDatabase(path, f"is damaged ({error}); {ADVICE}") from error
        raise ForeignDatabase(
            path, "is not a database; choose another file, or move it away"
        ) from error
    if application == 0 and not tables:
        return False
    if application != ours:
        raise ForeignDatabase(
            path, "belongs to another program; choose another file, or move it away"
        )
    if version > newest:
        raise NewerDatabase(
            path, f"has format {version}, newer than {newest}; use the program that wrote it"
        )
    if missing := expected - tables:
        names = ", ".join(sorted(missing))
        raise DamagedDatabase(path, f"is damaged (no table {names}); {ADVICE}")
    return True


def _identity(database: sqlite3.Connection) -> tuple[int, int, set[str]]:
    (application,) = database.execute("PRAGMA application_id").fetchone()
    (version,) = database.execute("PRAGMA user_version").fetchone()
    tables = database.execute("SELECT name FROM sqlite_schema WHERE type = 'table'").fetchall()
    return application, version, {name for (name,) in tables}


def _looks_like_sqlite(path: Path) -> bool:
    with path.open("rb") as file:
        return file.read(16) == b"SQLite format 3\0"


def tells_damage(error: Exception) -> bool:
    """Whether what SQLite raised, or Python on what it read, comes of a file that is damaged."""
    name = getattr(error, "sqlite_errorname", "")
    no_text = isinstance(error, UnicodeDecodeError) or "decode to UTF-8" in str(error)
    return no_text or name.startswith(("SQLITE_CORRUPT", "SQLITE_NOTADB"))


def reason_of(error: BaseException) -> str:
    """Say what went wrong with a database in words that tell what to do."""
    cause = error if isinstance(error, sqlite3.Error) else error.__cause__
    name = getattr(cause, "sqlite_errorname", "")
    for known, reason in REASONS.items():
        if name.startswith(known):
            return reason
    return " ".join(str(error).split()) or type(error).__name__
