"""Feeds the views in the journal's order, each event to each view once, whatever happens.

    people, reports = People(), ShiftReports()
    views = await Views.open(path, [people, reports], journal)
    following = asyncio.create_task(views.run())
    await views.reached(seq)
    async with views.snapshot() as read:
        kept = await report_of(read, "2026-11-21/morning")

A view's rows and its position change in one transaction, so neither is ever ahead of the other.
What cannot be used (a damaged file, rows made by another version or from another journal) is
made again from the events.
"""

import asyncio
import sqlite3
from collections.abc import AsyncIterator, Callable, Collection, Iterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import NamedTuple, Protocol, Self

import msgspec

from llmtb.events.record import Recorded
from llmtb.projections.database import (
    Database,
    Transaction,
    ViewsUnusable,
    damaged,
    passing,
    set_aside,
)
from llmtb.projections.projection import Projection, Read

TRY_AGAIN = 1.0  # seconds between attempts at a disk that is full or does not answer
NOTHING = b""  # the hash of no event, beside position 0

Progress = Callable[[int, int], object]
"""Called with (position, head) as a view is being made."""


class Following(Protocol):
    """The events after a position, in batches that are never empty; see the journal's own."""

    def __aiter__(self) -> AsyncIterator[list[Recorded]]: ...
    def close(self) -> None: ...


class Source(Protocol):
    """What the views ask of a journal (`llmtb.events.journal.Journal`)."""

    @property
    def head(self) -> int: ...
    def read(self, after: int = 0) -> Iterator[Recorded]: ...
    def subscribe(self, after: int) -> Following: ...


class Statistics(NamedTuple):
    """How the views are doing.

    position: the last event whose rows are committed in every view; behind: events after it.
    events, transactions: committed since the views were opened. failures: how often the database
    failed since then; `failure` is the last one's reason, None once it works again.
    """

    position: int
    behind: int
    events: int
    transactions: int
    failures: int
    failure: str | None


class _Fed:
    """A projection and how far it has come."""

    def __init__(self, projection: Projection) -> None:
        self.projection = projection
        self.position = 0


class Views:
    """The views of one database. Use it from one event loop only."""

    def __init__(self, path: Path, projections: Sequence[Projection], journal: Source) -> None:
        self._path = path
        self._journal = journal
        self._fed = [_Fed(projection) for projection in projections]
        self._database: Database | None = None
        self._following: Following | None = None
        self._remake: set[str] = set()
        self._again = False
        self._suspect = False
        self._waiting: list[tuple[int, asyncio.Future[None]]] = []
        self._counts = {"events": 0, "transactions": 0, "failures": 0}
        self._failure: str | None = None
        self._ended = False
        self._turn = asyncio.Lock()  # held by whoever uses the connection that writes

    @classmethod
    async def open(cls, path: Path, projections: Sequence[Projection], journal: Source) -> Self:
        """Return the views kept at a path, as far as they have come; `run` takes them on.

        Raises ViewsUnusable when the file cannot be made or is another program's.
        """
        tables = [table for projection in projections for table in projection.tables]
        names = [projection.name for projection in projections]
        if len(set(names)) < len(names) or len({"views", *tables}) <= len(tables):
            raise ValueError("two views share a name or a table")
        views = cls(path, projections, journal)
        try:
            await views._open_or_replace()
        except BaseException as error:
            await views._close_database()
            if not isinstance(error, sqlite3.DatabaseError | OSError):
                raise
            raise ViewsUnusable(path, f"the views cannot be kept there: {error}") from error
        return views

    @property
    def position(self) -> int:
        """The last event whose rows are committed in every view; 0 while there is none."""
        if self._remake:
            return 0
        return min((fed.position for fed in self._fed), default=self._journal.head)

    @property
    def behind(self) -> int:
        """How many recorded events are not in every view yet."""
        return max(0, self._journal.head - self.position)

    async def reached(self, seq: int) -> None:
        """Wait until every view holds an event: whoever wrote it then reads it.

        Raises ViewsUnusable when `run` has ended before that.
        """
        if self.position < seq:
            if self._ended:
                raise self._unfed()
            done: asyncio.Future[None] = asyncio.get_running_loop().create_future()
            self._waiting.append((seq, done))
            await done

    @asynccontextmanager
    async def snapshot(self) -> AsyncIterator[Read]:
        """Read from one committed state of the views: `async with views.snapshot() as read`.

        Raises ViewsUnusable while the database cannot be read.
        """
        try:
            async with self._usable().snapshot() as read:
                yield read
        except sqlite3.DatabaseError as error:
            if damaged(error):
                self._suspect = True
                self._begin_again()
            raise ViewsUnusable(self._path, f"the views cannot be read: {error}") from error

    async def run(self) -> None:
        """Feed the views until the journal closes. A disk that fails is tried again for ever.

        Raises what the journal raises (UnreadableEvent), and ViewsUnusable.
        """
        try:
            while not self._ended and not await self._follow():
                pass
        finally:
            self._ended = True
            self._tell()

    async def catch_up(self, progress: Progress | None = None) -> None:
        """Feed the views up to the journal's present head; for when `run` is not running.

        Raises ViewsUnusable as soon as the disk fails, and what the journal raises.
        """
        head = self._journal.head
        while self.position < head and not self._ended:
            await self._follow(head, progress)

    def rebuild(self, names: Collection[str] | None = None) -> None:
        """Have the views of these names (default: all) made again, by `run` or `catch_up`."""
        all_names = {fed.projection.name for fed in self._fed}
        self._remake |= all_names if names is None else all_names & set(names)
        self._begin_again()

    def statistics(self) -> Statistics:
        """Return how the views are doing."""
        return Statistics(self.position, self.behind, **self._counts, failure=self._failure)

    async def close(self) -> None:
        """Give the file back, once what is being committed is committed. Ends `run`."""
        self._ended = True
        self._stop_following()
        async with self._turn:
            await self._close_database()
        self._tell()

    # --- opening -------------------------------------------------------------------------------

    async def _open(self) -> None:
        """Open the file if need be, and take the views up where their rows are."""
        self._again = False
        if self._suspect:  # opening it looks whether it is damaged
            await self._close_database()
            self._suspect = False
        database = self._database = self._database or await Database.open(self._path)
        remake = set(self._remake)
        positions = []
        async with database.transaction() as transaction:
            for projection in (fed.projection for fed in self._fed):
                known = projection.name not in remake
                position = await _position(transaction, projection, self._journal) if known else 0
                positions.append(await _take_up(transaction, projection, position))
        for fed, position in zip(self._fed, positions):
            fed.position = position
        self._remake -= remake
        if not self.behind:
            self._failure = None
        self._tell()

    async def _open_or_replace(self) -> None:
        """Open the file; where even its tables are not ours, another one in its place."""
        try:
            await self._open()
        except sqlite3.DatabaseError as error:
            await self._close_database()
            if passing(error):
                raise
            set_aside(self._path)
            await self._open()

    async def _close_database(self) -> None:
        database, self._database = self._database, None
        if database is not None:
            await database.close()

    async def _take_note(self, error: sqlite3.DatabaseError | OSError) -> None:
        """Note a failure and open the file anew in the next turn; raise one that would recur."""
        self._counts["failures"] += 1
        self._failure = " ".join(str(error).split())
        self._suspect = True
        if damaged(error):
            await self._close_database()
            set_aside(self._path)
        elif not passing(error):
            raise error

    def _usable(self) -> Database:
        if self._database is None:
            raise ViewsUnusable(self._path, self._failure or "the views are closed")
        return self._database

    def _unfed(self) -> ViewsUnusable:
        return ViewsUnusable(self._path, "the views are not fed any more")

    # --- following -----------------------------------------------------------------------------

    async def _follow(self, until: int | None = None, progress: Progress | None = None) -> bool:
        """Feed the views until there is nothing more; returns False if it has to begin again."""
        async with self._turn:
            try:
                await self._open_or_replace()
                await self._feed_all(until, progress)
                return not self._again
            except (sqlite3.DatabaseError, OSError) as error:
                await self._take_note(error)
                if until is not None and not damaged(error):
                    raise ViewsUnusable(self._path, self._failure or "it fails") from error
                pause = 0.0 if damaged(error) else TRY_AGAIN
            finally:
                self._stop_following()
        await asyncio.sleep(pause)
        return False

    async def _feed_all(self, until: int | None, progress: Progress | None) -> None:
        if self._again:
            return
        following = self._following = self._journal.subscribe(self.position)
        async for batch in following:
            await self._feed(batch)
            if progress is not None and until is not None:
                progress(min(self.position, until), until)
            if self._again or (until is not None and self.position >= until):
                return

    async def _feed(self, batch: Sequence[Recorded]) -> None:
        """Apply a batch, and commit the rows and the positions together."""
        last = batch[-1]
        behind = [fed for fed in self._fed if fed.position < last.seq]
        for fed in behind:
            apply = fed.projection.apply
            for recorded in batch:
                if recorded.seq > fed.position:
                    apply(recorded)
        async with self._usable().transaction() as transaction:
            for fed in behind:
                for sql, rows in fed.projection.writes():
                    await transaction.write(sql, rows)
                if not await _move(transaction, fed, last):
                    raise ViewsUnusable(self._path, "somebody else feeds these views")
        for fed in behind:
            fed.position = last.seq
        self._counts["events"] += len(batch)
        self._counts["transactions"] += 1
        self._failure = None
        self._tell()

    def _tell(self) -> None:
        """Let those go on who waited for what is committed now, or wait in vain."""
        position, waiting = self.position, self._waiting
        self._waiting = []
        for seq, done in waiting:
            if done.done():  # whoever waited was cancelled
                continue
            if seq <= position:
                done.set_result(None)
            elif self._ended:
                done.set_exception(self._unfed())
            else:
                self._waiting.append((seq, done))

    def _begin_again(self) -> None:
        """Have `run` open the file anew, and go on from there."""
        self._again = True
        self._stop_following()

    def _stop_following(self) -> None:
        following, self._following = self._following, None
        if following is not None:
            following.close()


async def _position(transaction: Transaction, projection: Projection, journal: Source) -> int:
    """How far a view has come; 0 where its rows are of another version or another journal."""
    found = await transaction.read(
        "SELECT version, position, hash FROM views WHERE name = ?", projection.name
    )
    if not found:
        return 0
    [(version, position, hash_)] = found
    if version != projection.version or not 0 < position <= journal.head:
        return 0
    recorded = next(iter(journal.read(position - 1)), None)
    return position if recorded is not None and recorded.hash == hash_ else 0


async def _take_up(transaction: Transaction, projection: Projection, position: int) -> int:
    """Let a view go on from its rows; where they cannot be used, from the first event.

    Returns the position from which it goes on.
    """
    if position:
        try:
            await projection.restore(transaction.read)
        except msgspec.MsgspecError:
            position = 0
    if not position:
        await _make(transaction, projection)
        await projection.restore(transaction.read)
    return position


async def _make(transaction: Transaction, projection: Projection) -> None:
    """Make a view's tables, empty, in place of those that it had."""
    old = await transaction.read("SELECT tables FROM views WHERE name = ?", projection.name)
    for [tables] in old:
        for table in msgspec.json.decode(tables, type=list[str]):
            await transaction.define(f'DROP TABLE IF EXISTS "{table}"')
    for table, definition in projection.tables.items():
        await transaction.define(f'CREATE TABLE "{table}" {definition}')
    tables = msgspec.json.encode(list(projection.tables)).decode()
    await transaction.write(
        "INSERT OR REPLACE INTO views (name, version, tables, position, hash)"
        " VALUES (?, ?, ?, 0, ?)",
        [(projection.name, projection.version, tables, NOTHING)],
    )


async def _move(transaction: Transaction, fed: _Fed, last: Recorded) -> bool:
    """Move a view's position on; returns False if it is not where we left it."""
    moved = await transaction.write(
        "UPDATE views SET position = ?, hash = ? WHERE name = ? AND position = ?",
        [(last.seq, last.hash, fed.projection.name, fed.position)],
    )
    return moved == 1
