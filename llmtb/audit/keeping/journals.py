"""The files of journals: reading one that nobody writes, making one anew, and proving it."""

import sqlite3
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import NamedTuple, Self

from llmtb.events.chain import GENESIS, Head, Row, follow
from llmtb.events.errors import ADVICE, DamagedDatabase, ForeignDatabase, StorageFailed
from llmtb.events.merkle import Frontier
from llmtb.events.stores.database import (
    APPLICATION,
    address,
    create,
    lay_out,
    reason_of,
    tells_damage,
)
from llmtb.events.stores.sqlite import INSERT_COMMAND, INSERT_EVENT, SELECT_ROW
from llmtb.events.stores.store import Applied

Tell = Callable[[str, int, int], None]
"""Takes what is being done, how much of it is done, and how much there is."""
EVERY = 4096  # events between two words about how far it is

COPY_EVENTS = "INSERT INTO stored_events SELECT * FROM old.stored_events WHERE seq <= ?"
COPY_COMMANDS = "INSERT INTO commands SELECT * FROM old.commands WHERE last_seq <= ?"
# An entry of the index of streams looks like a command; but its event is of the stream it names.
TAKE_OUT = """
    DELETE FROM commands WHERE EXISTS (
        SELECT 1 FROM stored_events
        WHERE seq = last_seq AND originator_id = command AND originator_version = first_seq)"""


class Proven(NamedTuple):
    """A journal that holds: its last event, and the Merkle root over all."""

    head: Head
    root: bytes


@contextmanager
def storage(path: Path, source: Path | None = None) -> Iterator[None]:
    """Turn what SQLite raises about a file into StorageFailed or DamagedDatabase, one line each.

    source: what is read, where that is another file than the one that is written.
    """
    try:
        yield
    except (sqlite3.Error, UnicodeDecodeError) as error:
        if tells_damage(error):
            raise DamagedDatabase(source or path, f"the file is damaged; {ADVICE}") from error
        raise StorageFailed(f"{path}: {reason_of(error)}") from error


def at_rest(path: Path) -> sqlite3.Connection:
    """Open a database that nobody writes, for reading; nothing is made beside it.

    Raises sqlite3.Error.
    """
    return sqlite3.connect(address(path, "ro") + "&immutable=1", uri=True, isolation_level=None)


def rows(database: sqlite3.Connection) -> Iterator[Row]:
    """Every event of an open journal, in order. Raises sqlite3.Error."""
    yield from database.execute(f"{SELECT_ROW} ORDER BY seq")


def proven(path: Path, tell: Tell) -> Proven:
    """Check a journal that nobody writes: its pages, and every event against its hash.

    Raises BrokenChain, BadDatabase or StorageFailed.
    """
    with storage(path), closing(at_rest(path)) as database:
        if database.execute("PRAGMA application_id").fetchone() != (APPLICATION,):
            raise ForeignDatabase(path, "is no journal")
        ((found,),) = database.execute("PRAGMA quick_check(1)").fetchall()
        if found != "ok":
            raise DamagedDatabase(path, f"is damaged: {' '.join(str(found).split())}")
        (count,) = database.execute("SELECT coalesce(max(seq), 0) FROM stored_events").fetchone()
        tree = Frontier()

        def counted() -> Iterator[Row]:
            for row in rows(database):
                tree.add(row[5])
                if tree.size % EVERY == 0:
                    tell("verifying", tree.size, count)
                yield row

        return Proven(follow(counted(), GENESIS, {}), tree.root())


class NewJournal:
    """A journal's file while it is filled; nobody else knows of it. Use it as a context."""

    def __init__(self, path: Path) -> None:
        """Raises StorageFailed, OSError."""
        self.path = path
        create(path)
        with storage(path):
            lay_out(path)
            self._database = sqlite3.connect(address(path, "rw"), uri=True, isolation_level=None)
            self._database.execute("PRAGMA journal_mode = OFF")
            self._database.execute("PRAGMA synchronous = OFF")
            self._database.execute("BEGIN")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._database.close()

    def add(self, rows: Iterable[Row]) -> None:
        """Write events that continue those before. Raises StorageFailed."""
        with storage(self.path):
            self._database.executemany(INSERT_EVENT, rows)

    def add_commands(self, commands: Iterable[Applied], last: int) -> int:
        """Write those of the commands whose events are all there, up to `last`; returns how many.

        Raises StorageFailed.
        """
        statement = INSERT_COMMAND.replace("INSERT", "INSERT OR IGNORE")
        with storage(self.path):
            within = (command for command in commands if command.last <= last)
            self._database.executemany(statement, within)
            self._database.execute(TAKE_OUT)
            (count,) = self._database.execute("SELECT count(*) FROM commands").fetchone()
        return int(count)

    def copy(self, path: Path, last: int) -> None:
        """Take over the events of a journal that nobody writes, and their commands, up to `last`.

        Raises StorageFailed.
        """
        with storage(self.path):
            self._database.execute("COMMIT")
            other = address(path, "ro") + "&immutable=1"
            self._database.execute("ATTACH ? AS old", (other,))
            self._database.execute("BEGIN")
            self._database.execute(COPY_EVENTS, (last,))
            self._database.execute(COPY_COMMANDS, (last,))

    def finish(self) -> None:
        """End the filling, and leave the file as a journal that was closed. Raises StorageFailed.

        It is for the caller to have the disk keep it.
        """
        with storage(self.path):
            self._database.execute("COMMIT")
            self._database.close()
            with closing(sqlite3.connect(address(self.path, "rw"), uri=True)) as database:
                database.execute("PRAGMA journal_mode = WAL")
