"""views.db: where the views keep their rows. It may be deleted at any time; it is made again."""

import asyncio
import sqlite3
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, Self

import aiosqlite

from llmtb.projections.projection import Read, Value

APPLICATION = 0x4C4C4D56  # "LLMV": marks a file as ours
LAYOUT = 1  # of the table `views`; a file with another one is made again
POSITIONS = """CREATE TABLE views (
    name TEXT PRIMARY KEY,
    version INTEGER NOT NULL,
    tables TEXT NOT NULL,
    position INTEGER NOT NULL,
    hash BLOB NOT NULL
) STRICT"""
DAMAGED = frozenset({sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB})
PASSING = frozenset(
    {
        sqlite3.SQLITE_BUSY,
        sqlite3.SQLITE_CANTOPEN,
        sqlite3.SQLITE_FULL,
        sqlite3.SQLITE_IOERR,
        sqlite3.SQLITE_LOCKED,
        sqlite3.SQLITE_NOMEM,
        sqlite3.SQLITE_READONLY,
    }
)


class ViewsUnusable(Exception):
    """The views cannot be kept in, or read from, this file: one line says why."""

    def __init__(self, path: Path, reason: str) -> None:
        super().__init__(f"{path}: {reason}")
        self.path = path
        self.reason = reason


class Database:
    """An open views.db: one connection writes, another reads what has been committed."""

    def __init__(self, writer: aiosqlite.Connection, reader: aiosqlite.Connection) -> None:
        self._writer = writer
        self._reader = reader
        self._reading = asyncio.Lock()

    @classmethod
    async def open(cls, path: Path) -> Self:
        """Return the database at a path.

        A damaged file is renamed, and a fresh one begun. Raises ViewsUnusable for the database of
        another program, sqlite3.DatabaseError or OSError where the file cannot be used.
        """
        path.parent.mkdir(parents=True, exist_ok=True)
        if not await _sound(path):
            set_aside(path)
        _keep_private(path)
        writer = await _connect(path)
        try:
            await _prepare(writer)
            return cls(writer, await _connect(path, "PRAGMA query_only = ON"))
        except BaseException:
            await writer.close()
            raise

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator["Transaction"]:
        """Begin a transaction; it commits when the block ends, and not if the block raises.

        One at a time: who writes sees to that.
        """
        try:
            await self._writer.execute("BEGIN IMMEDIATE")
            yield Transaction(self._writer)
            await self._writer.execute("COMMIT")
        except BaseException:
            await self._writer.rollback()
            raise

    @asynccontextmanager
    async def snapshot(self) -> AsyncIterator[Read]:
        """Read as often as needed from one state of the views."""
        async with self._reading, _one_state(self._reader) as read:
            yield read

    async def close(self) -> None:
        """Give the file back, after whoever reads it now."""
        async with self._reading:
            await self._reader.close()
            await self._writer.close()


class Transaction:
    """What can be done in a transaction."""

    def __init__(self, writer: aiosqlite.Connection) -> None:
        self._writer = writer

    async def write(self, sql: str, rows: Sequence[Sequence[Value]] = ((),)) -> int:
        """Run a statement for each row of parameters; returns how many rows it changed."""
        cursor = await self._writer.executemany(sql, rows)
        await cursor.close()
        return cursor.rowcount

    async def define(self, sql: str) -> None:
        """Run a statement that makes or drops a table."""
        await self._writer.execute(sql)

    async def read(self, sql: str, *parameters: Value) -> list[tuple[Any, ...]]:
        """Run one SELECT; it sees what this transaction has written."""
        return list(await self._writer.execute_fetchall(sql, parameters))  # type: ignore[arg-type]


@asynccontextmanager
async def reading(path: Path) -> AsyncIterator[Read]:
    """Read the views of another process, all from one state. Raises ViewsUnusable."""
    if _blank(path) or not await _sound(path):
        raise ViewsUnusable(path, "no views are kept there; `llmtb rebuild` makes them")
    reader = await _connect(path, "PRAGMA query_only = ON")
    try:
        async with _one_state(reader) as read:
            yield read
    except sqlite3.Error as error:
        raise ViewsUnusable(path, f"the views cannot be read: {error}") from error
    finally:
        await reader.close()


def set_aside(path: Path) -> Path:
    """Rename a file that cannot be used, so that nothing in it is lost; returns its new name."""
    number = 1
    while (aside := path.with_name(f"{path.name}.aside-{number}")).exists():
        number += 1
    for suffix in ("-wal", "-shm", ""):
        part = path.with_name(path.name + suffix)
        if part.exists():
            part.replace(f"{aside}{suffix}")
    return aside


def damaged(error: Exception) -> bool:
    """Whether the file does not hold what was written."""
    return _code(error) in DAMAGED


def passing(error: Exception) -> bool:
    """Whether the same may work later: the disk is full, the file is locked, …"""
    return isinstance(error, OSError) or _code(error) in PASSING


def _code(error: Exception) -> int:
    code: int = getattr(error, "sqlite_errorcode", sqlite3.SQLITE_ERROR)
    return code & 0xFF  # without its extension


async def _connect(path: Path, *pragmas: str) -> aiosqlite.Connection:
    connection = await aiosqlite.connect(path, isolation_level=None)
    try:
        # A power cut may lose the newest commits, positions included: they are folded again.
        for pragma in ("PRAGMA journal_mode = WAL", "PRAGMA synchronous = NORMAL", *pragmas):
            await connection.execute(pragma)
    except BaseException:
        await connection.close()
        raise
    return connection


async def _sound(path: Path) -> bool:
    """Whether a file is absent, empty, or ours and whole; no when it is damaged or of old.

    Raises ViewsUnusable for the database of another program.
    """
    if _blank(path):
        return True
    try:
        async with aiosqlite.connect(path) as connection:
            application = await _pragma(connection, "application_id")
            layout = await _pragma(connection, "user_version")
            check = await _pragma(connection, "quick_check(1)")
            [(tables,)] = await connection.execute_fetchall("SELECT count(*) FROM sqlite_schema")
    except sqlite3.DatabaseError as error:
        if damaged(error):
            return False
        raise
    if application == 0 and tables == 0:  # begun, and killed before anything was in it
        return True
    if application != APPLICATION:
        raise ViewsUnusable(path, "is another program's database; name another file for the views")
    return bool(layout == LAYOUT and check == "ok")


def _keep_private(path: Path) -> None:
    """For the owner alone, whatever the folder allows; what comes beside the file is, too."""
    path.touch(mode=0o600)
    path.chmod(0o600)


def _blank(path: Path) -> bool:
    return not path.exists() or path.stat().st_size == 0


async def _pragma(connection: aiosqlite.Connection, name: str) -> Any:
    [row] = await connection.execute_fetchall(f"PRAGMA {name}")
    return row[0]


async def _prepare(writer: aiosqlite.Connection) -> None:
    if await _pragma(writer, "application_id") == 0:
        await writer.execute("BEGIN IMMEDIATE")
        await writer.execute(POSITIONS)
        await writer.execute(f"PRAGMA application_id = {APPLICATION}")
        await writer.execute(f"PRAGMA user_version = {LAYOUT}")
        await writer.execute("COMMIT")


@asynccontextmanager
async def _one_state(reader: aiosqlite.Connection) -> AsyncIterator[Read]:
    async def read(sql: str, *parameters: Value) -> list[tuple[Any, ...]]:
        return list(await reader.execute_fetchall(sql, parameters))  # type: ignore[arg-type]

    try:  # whoever is cancelled while it begins must not leave it begun to the next one
        await reader.execute("BEGIN")
        yield read
    finally:
        await reader.rollback()
