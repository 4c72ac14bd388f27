"""A journal's file held to itself: its pages, its tables, its commands, and every event in it."""

import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

from llmtb.events.chain import Row
from llmtb.events.codec import CODEC, UNREADABLE
from llmtb.events.errors import UnreadableEvent
from llmtb.events.merkle import Frontier
from llmtb.events.stores.database import LAYOUT
from replay.checking.course import Course, Seen
from replay.checking.earlier import Elsewhere
from replay.checking.findings import MOST, Findings
from replay.reading.database import SELECT, JournalSource

FILE, COMMANDS = "the file", "the table of commands"
PAGE = 512  # rows read at once
TYPES = (int, str, int, str, bytes, bytes)
FURTHEST = 100_000  # events that are tried one by one past a damaged place
SELECT_AFTER = SELECT.replace("ORDER BY", "WHERE seq > ? ORDER BY")
COMMAND_ROWS = "SELECT command, first_seq, last_seq FROM commands ORDER BY first_seq"
LAST = (
    "SELECT max(seq) FROM stored_events",
    "SELECT max(seq) FROM stored_events INDEXED BY sqlite_autoindex_stored_events_1",
    "SELECT max(last_seq) FROM commands",
)
SELECT_ONE = SELECT.replace("ORDER BY seq", "WHERE seq = ?")


class Journal:
    """A journal that is checked, as it is at the moment at which checking begins."""

    def __init__(self, path: Path, key: str | None, elsewhere: Elsewhere) -> None:
        self.findings = Findings()
        self._path = path
        self._key = key
        self._elsewhere = elsewhere

    def check(self) -> Course:
        """Go through all of it. Raises Failed where it cannot be read at all."""
        self._elsewhere.open(self._key, self.findings)
        course = Course(self.findings, tree=Frontier(), sizes=self._elsewhere.sizes)
        with JournalSource(self._path) as source:
            database = source.database
            database.execute("BEGIN")  # so that all of it is of one moment
            self._walk(database, course)
            self._layout(database)
            self._commands(database, course)
            self._pages(database)
        self._elsewhere.compare(course, self.findings)
        return course

    # Its events.

    def _walk(self, database: sqlite3.Connection, course: Course) -> None:
        after: int | None = 0
        take, see = course.take, self._elsewhere.see
        while after is not None:
            try:
                with closing(database.execute(SELECT_AFTER, (after,))) as cursor:
                    while page := cursor.fetchmany(PAGE):
                        for row in page:
                            seen = _seen(row)
                            take(seen)
                            see(seen)
                        after = page[-1][0]
                    after = None
            except sqlite3.Error:
                after = _past_damage(database, course, after or 0)
        course.close()

    # What is around them.

    def _layout(self, database: sqlite3.Connection) -> None:
        """The tables, and the triggers that guard them, are those that a journal has."""
        try:
            there = _schema(database)
        except sqlite3.Error as error:
            self.findings.add(f"what tables there are cannot be read: {error}", FILE)
            return
        with closing(sqlite3.connect(":memory:")) as model:
            for statement in LAYOUT:
                model.execute(statement)
            due = _schema(model)
        for name in sorted(due.keys() | there.keys()):
            if name not in there:
                self.findings.add(f"{name} is missing", FILE)
            elif name not in due:
                self.findings.add(f"{name} is no part of a journal", FILE)
            elif there[name] != due[name]:
                self.findings.add(f"{name} was changed", FILE)

    def _commands(self, database: sqlite3.Connection, course: Course) -> None:
        """Every command led to events that there are, and to none that another led to."""
        latest = 0
        add = self.findings.add
        try:
            for command, first, last in database.execute(COMMAND_ROWS):
                if not isinstance(first, int) or not isinstance(last, int) or last < first:
                    add(f"{command!r} led from event {first!r} to {last!r}", COMMANDS)
                    continue
                if first < 1 or last > course.seq:
                    add(
                        f"{command!r} led to events that there are not, {first} to {last}", COMMANDS
                    )
                    continue
                if first <= latest:
                    add(f"{command!r} led to event {first}, as another did", COMMANDS, seq=first)
                latest = max(latest, last)
        except sqlite3.Error as error:
            add(f"cannot be read: {error}", COMMANDS)

    def _pages(self, database: sqlite3.Connection) -> None:
        """The file is sound as SQLite sees it, its indexes included."""
        try:
            for (said,) in database.execute(f"PRAGMA integrity_check({MOST})"):
                for line in str(said).splitlines():
                    if line != "ok":
                        self.findings.add(line, FILE)
        except sqlite3.Error as error:
            self.findings.add(f"cannot be checked: {error}", FILE)


def _seen(row: Row) -> Seen:
    """An event of the table; its state is read, though nothing is done with it."""
    if tuple(map(type, row)) != TYPES:
        return Seen(None, None, None, None, "it is not stored in the form that events have")
    seq, _, _, topic, state, _ = row
    try:
        return Seen(None, row, seq, CODEC.readers[topic](state).at)
    except (KeyError, *UNREADABLE):  # sealed, superseded or damaged
        pass
    try:
        return Seen(None, row, seq, CODEC.as_stored(row)[0].at)
    except UnreadableEvent as error:
        return Seen(None, row, seq, None, f"its state cannot be read: {error.why}")


def _past_damage(database: sqlite3.Connection, course: Course, after: int) -> int | None:
    """Read events one by one until some were lost and one was read again.

    Returns the last one that was read; None at the end.
    """
    why = ""
    for seq in range(after + 1, _end(database, after) + 1):
        try:
            row = database.execute(SELECT_ONE, (seq,)).fetchone()
        except sqlite3.Error as error:
            why = str(error)
            continue
        if row is not None:
            if why:
                course.lost(seq - 1, why)
            course.take(_seen(row))
            if why:
                return seq
    if why:
        course.lost(seq, why)
    return None


def _end(database: sqlite3.Connection, after: int) -> int:
    """The last event that there is, as far as it can still be found out."""
    for question in LAST:
        try:
            (last,) = database.execute(question).fetchone()
        except sqlite3.Error:
            continue
        if isinstance(last, int):
            return max(last, after)
    return after + FURTHEST


def _schema(database: sqlite3.Connection) -> dict[str, tuple[Any, ...]]:
    found = database.execute("SELECT type, name, tbl_name, sql FROM sqlite_schema")
    return {f"{kind} {name}": (table, sql) for kind, name, table, sql in found}
