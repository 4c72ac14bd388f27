"""What a views.db holds, read with plain sqlite3 as anybody else would."""

import asyncio
import sqlite3
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

from llmtb.events.record import Recorded
from llmtb.projections.capacity import Capacity
from llmtb.projections.changes import Changes
from llmtb.projections.engine import Views
from llmtb.projections.history import History
from llmtb.projections.people import People
from llmtb.projections.projection import Projection
from llmtb.projections.questions import Questions
from llmtb.projections.shift_report import ShiftReports
from tests.projections.logs import Tape

Rows = dict[str, list[tuple[Any, ...]]]


def all_views() -> list[Projection]:
    """Every view there is, anew."""
    return [People(), Capacity(), Changes(), History(), Questions(), ShiftReports()]


def positions(path: Path) -> set[int]:
    """How far the views of a file have come."""
    with closing(sqlite3.connect(path)) as database:
        return {position for [position] in database.execute("SELECT position FROM views")}


def rows_of(path: Path) -> Rows:
    """Every row of every view."""
    with closing(sqlite3.connect(path)) as database:
        tables = [
            name
            for [name] in database.execute("SELECT name FROM sqlite_schema WHERE type = 'table'")
            if not name.startswith("sqlite_") and name != "views"
        ]
        return {
            table: sorted(database.execute(f'SELECT * FROM "{table}"'), key=repr)  # noqa: S608
            for table in sorted(tables)
        }


async def feed(path: Path, tape: Tape, views: Sequence[Projection] = ()) -> None:
    """Take the views of a file on to the end of a tape."""
    opened = await Views.open(path, views or all_views(), tape)
    try:
        await opened.run()
    finally:
        await opened.close()


def made_at_once(path: Path, events: Sequence[Recorded]) -> Rows:
    """The rows that the events give when they are folded in one go, in a file of their own."""
    asyncio.run(feed(path, Tape(events, [max(1, len(events))])))
    return rows_of(path)
