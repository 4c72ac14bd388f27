"""The shift report view: every shift's report, its meals, and what was said of it afterwards."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any, TypeVar

import msgspec

from llmtb.events.event import Event
from llmtb.events.floor import (
    MealClosed,
    MealOpened,
    ShiftClosed,
    ShiftOpened,
    ShiftReported,
    WarningForgiven,
)
from llmtb.events.ledger import Ledger
from llmtb.events.published import instant
from llmtb.events.record import Recorded
from llmtb.events.report import ShiftReport
from llmtb.events.roster import Roster
from llmtb.projections.projection import Read, Rows, Write

T = TypeVar("T", bound=msgspec.Struct)

ADD_REPORT = (
    "INSERT OR REPLACE INTO shift_reports (shift, starts, ends, report) VALUES (?, ?, ?, ?)"
)
ADD_MEAL = "INSERT OR REPLACE INTO shift_meals (seq, shift, meal, opened) VALUES (?, ?, ?, ?)"
END_MEAL = """UPDATE shift_meals SET closed = ?
    WHERE shift = ? AND meal = ? AND closed IS NULL"""
AMEND = """INSERT OR REPLACE INTO shift_amendments (seq, shift, at, agent, by, reason)
    SELECT ?, ?, ?, ?, ?, ? FROM shift_reports WHERE shift = ?"""


class MealWindow(msgspec.Struct, frozen=True, kw_only=True):
    """A meal window as it was held: from `opened` to `closed` (instants, UTC)."""

    meal: str
    opened: datetime
    closed: datetime


class Amendment(msgspec.Struct, frozen=True, kw_only=True):
    """A warning that was forgiven after the report was drawn; the report stays as it is."""

    at: datetime
    agent: str
    by: str
    reason: str | None


class Kept(msgspec.Struct, frozen=True, kw_only=True):
    """All that is kept of a closed shift."""

    report: ShiftReport
    meals: list[MealWindow]
    amendments: list[Amendment]


class Headline(msgspec.Struct, frozen=True, kw_only=True):
    """A closed shift in a list of them."""

    shift: str
    starts: datetime
    ends: datetime


class ShiftReports:
    """The view of every shift that was closed. The rows are read with the functions below."""

    name = "shift_report"
    version = 1
    tables: Mapping[str, str] = {
        "shift_reports": """(
            shift TEXT PRIMARY KEY,
            starts TEXT NOT NULL,
            ends TEXT NOT NULL,
            report TEXT NOT NULL
        ) STRICT, WITHOUT ROWID""",
        "shift_meals": """(
            seq INTEGER NOT NULL,
            shift TEXT NOT NULL,
            meal TEXT NOT NULL,
            opened TEXT NOT NULL,
            closed TEXT,
            PRIMARY KEY (shift, seq)
        ) STRICT, WITHOUT ROWID""",
        "shift_amendments": """(
            seq INTEGER NOT NULL,
            shift TEXT NOT NULL,
            at TEXT NOT NULL,
            agent TEXT NOT NULL,
            by TEXT NOT NULL,
            reason TEXT,
            PRIMARY KEY (shift, seq)
        ) STRICT, WITHOUT ROWID""",
    }

    def __init__(self) -> None:
        self._rows = Rows()

    async def restore(self, read: Read) -> None:
        self._rows = Rows()

    def apply(self, recorded: Recorded) -> None:
        event, seq, add = recorded.event, recorded.seq, self._rows.add
        match event:
            case ShiftReported(report=report):
                text = msgspec.json.encode(report).decode()
                add(ADD_REPORT, event.shift, instant(report.starts), instant(report.ends), text)
            case MealOpened():
                add(ADD_MEAL, seq, event.shift, event.meal, instant(event.at))
            case MealClosed():
                add(END_MEAL, instant(event.at), event.shift, event.meal)
            case WarningForgiven():
                shift, at = event.shift, instant(event.at)
                add(AMEND, seq, shift, at, event.agent, event.by, event.reason, shift)
            case _:
                pass

    def writes(self) -> list[Write]:
        return self._rows.take()


async def report_of(read: Read, shift: str) -> Kept | None:
    """All that is kept of a shift (`DATE/NAME`); None if it is not closed, or never was."""
    found = await read("SELECT report FROM shift_reports WHERE shift = ?", shift)
    if not found:
        return None
    meals = await read(
        """SELECT meal, opened, closed FROM shift_meals
        WHERE shift = ? AND closed IS NOT NULL ORDER BY seq""",
        shift,
    )
    amendments = await read(
        "SELECT at, agent, by, reason FROM shift_amendments WHERE shift = ? ORDER BY seq", shift
    )
    return Kept(
        report=msgspec.json.decode(found[0][0], type=ShiftReport),
        meals=[_convert(row, MealWindow) for row in meals],
        amendments=[_convert(row, Amendment) for row in amendments],
    )


async def latest_reports(
    read: Read, limit: int = 30, before: datetime | None = None
) -> list[Headline]:
    """The shifts that have a report, the last to end first: at most `limit`, ended before then."""
    rows = await read(
        """SELECT shift, starts, ends FROM shift_reports WHERE ends < ?
        ORDER BY ends DESC, shift DESC LIMIT ?""",
        instant(before) if before else "~",
        limit,
    )
    return [_convert(row, Headline) for row in rows]


async def reports_page(
    read: Read, limit: int, after: Headline | None = None, day: str = ""
) -> list[Headline]:
    """The same by pages: those that come after the last one of the page before.

    day: only the shifts of this shift date (ISO).
    """
    rows = await read(
        """SELECT shift, starts, ends FROM shift_reports
        WHERE (ends, shift) < (?1, ?2) AND (?3 = '' OR substr(shift, 1, 10) = ?3)
        ORDER BY ends DESC, shift DESC LIMIT ?4""",
        "~" if after is None else instant(after.ends),
        "" if after is None else after.shift,
        day,
        limit,
    )
    return [_convert(row, Headline) for row in rows]


async def headline_of(read: Read, shift: str) -> Headline | None:
    """A closed shift as a list has it; None if it has no report."""
    rows = await read("SELECT shift, starts, ends FROM shift_reports WHERE shift = ?", shift)
    return _convert(rows[0], Headline) if rows else None


async def kept_bytes(read: Read, shift: str) -> bytes | None:
    """A shift's report as it is kept, byte for byte; None if there is none."""
    rows = await read("SELECT report FROM shift_reports WHERE shift = ?", shift)
    return rows[0][0].encode() if rows else None


def rebuild_report(events: Iterable[Event], shift: str) -> ShiftReport | None:
    """Draw a shift's report again from all the events, as it was drawn when the shift closed.

    events: everything from the first event on, in order. A shift that was closed empty, and opened
    again after its times were changed, has the report of its last end.
    Returns None for a shift that was not closed.
    """
    roster = Roster()
    ledger: Ledger | None = None
    report: ShiftReport | None = None
    for event in events:
        roster.evolve(event)
        if getattr(event, "shift", None) != shift:
            continue
        if isinstance(event, ShiftOpened):
            ledger = Ledger.begun(event)
        elif ledger is not None:
            ledger.evolve(event)
            if isinstance(event, ShiftClosed):
                report = ledger.report(roster.on(shift))
                ledger = None
    return report


def _convert(row: tuple[Any, ...], kind: type[T]) -> T:
    """A row whose columns are the fields of a struct, in order."""
    return msgspec.convert(dict(zip(kind.__struct_fields__, row)), kind)
