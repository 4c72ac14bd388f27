"""The history view: what each agent did, day by day, for the agent's own eyes and supervisors'."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, TypeVar

import msgspec

from llmtb.events.floor import (
    BreakEnded,
    BreakExtended,
    BreakRefused,
    BreakStarted,
    EndedBy,
    Kind,
    RefusalReason,
    WarningCause,
    WarningForgiven,
    WarningIssued,
)
from llmtb.events.published import instant
from llmtb.events.record import Recorded
from llmtb.projections.projection import Read, Rows, Value, Write

T = TypeVar("T", bound=msgspec.Struct)

MOST = 100  # breaks, warnings or refusals shown of one day

START = """INSERT OR REPLACE INTO history_breaks (agent, date, seq, shift, kind, start, due)
    VALUES (?, ?, ?, ?, ?, ?, ?)"""
EXTEND = "UPDATE history_breaks SET due = ? WHERE agent = ? AND date = ? AND over IS NULL"
END = """UPDATE history_breaks SET over = ?, ended_by = ?, late_seconds = ?
    WHERE agent = ? AND date = ? AND over IS NULL"""
REFUSE = """INSERT OR REPLACE INTO history_refusals (agent, date, seq, shift, at, kind, reason)
    VALUES (?, ?, ?, ?, ?, ?, ?)"""
WARN = """INSERT OR REPLACE INTO history_warnings (agent, date, seq, shift, at, cause, minute)
    VALUES (?, ?, ?, ?, ?, ?, ?)"""
FORGIVE = """UPDATE history_warnings SET forgiven_by = ?3, forgiven_why = ?4
    WHERE agent = ?1 AND date = ?2 AND seq = (
        SELECT max(seq) FROM history_warnings
        WHERE agent = ?1 AND date = ?2 AND forgiven_by IS NULL
    )"""
DATES = """SELECT date FROM history_breaks WHERE agent = ?1 AND date < ?2
    UNION SELECT date FROM history_warnings WHERE agent = ?1 AND date < ?2
    UNION SELECT date FROM history_refusals WHERE agent = ?1 AND date < ?2
    ORDER BY date DESC LIMIT ?3"""


class PastBreak(msgspec.Struct, frozen=True, kw_only=True):
    """A break; `over`, `ended_by` and `late_seconds` are None while it runs."""

    shift: str
    kind: Kind
    start: datetime
    due: datetime
    over: datetime | None
    ended_by: EndedBy | None
    late_seconds: int | None


class PastWarning(msgspec.Struct, frozen=True, kw_only=True):
    """A warning; `forgiven_by` and `forgiven_why` say who took it back, if anybody did."""

    shift: str
    at: datetime
    cause: WarningCause
    minute: int | None
    forgiven_by: str | None
    forgiven_why: str | None


class PastRefusal(msgspec.Struct, frozen=True, kw_only=True):
    """A break that was asked for and refused."""

    shift: str
    at: datetime
    kind: Kind
    reason: RefusalReason


class Day(msgspec.Struct, frozen=True, kw_only=True):
    """What an agent did on one shift date (ISO), the newest first."""

    date: str
    breaks: list[PastBreak]
    warnings: list[PastWarning]
    refusals: list[PastRefusal]


class History:
    """The view of every agent's breaks, warnings and refusals; `history_of` reads it.

    A press while off shift belongs to no shift date, and is not kept.
    """

    name = "history"
    version = 1
    tables: Mapping[str, str] = {
        "history_breaks": """(
            agent TEXT NOT NULL,
            date TEXT NOT NULL,
            seq INTEGER NOT NULL,
            shift TEXT NOT NULL,
            kind TEXT NOT NULL,
            start TEXT NOT NULL,
            due TEXT NOT NULL,
            over TEXT,
            ended_by TEXT,
            late_seconds INTEGER,
            PRIMARY KEY (agent, date, seq)
        ) STRICT, WITHOUT ROWID""",
        "history_warnings": """(
            agent TEXT NOT NULL,
            date TEXT NOT NULL,
            seq INTEGER NOT NULL,
            shift TEXT NOT NULL,
            at TEXT NOT NULL,
            cause TEXT NOT NULL,
            minute INTEGER,
            forgiven_by TEXT,
            forgiven_why TEXT,
            PRIMARY KEY (agent, date, seq)
        ) STRICT, WITHOUT ROWID""",
        "history_refusals": """(
            agent TEXT NOT NULL,
            date TEXT NOT NULL,
            seq INTEGER NOT NULL,
            shift TEXT NOT NULL,
            at TEXT NOT NULL,
            kind TEXT NOT NULL,
            reason TEXT NOT NULL,
            PRIMARY KEY (agent, date, seq)
        ) STRICT, WITHOUT ROWID""",
    }

    def __init__(self) -> None:
        self._rows = Rows()

    async def restore(self, read: Read) -> None:
        self._rows = Rows()

    def apply(self, recorded: Recorded) -> None:
        event, add = recorded.event, self._rows.add
        match event:
            case BreakStarted():
                start, due = instant(event.at), instant(event.due)
                add(START, *_place(recorded), event.shift, event.kind, start, due)
            case BreakExtended():
                add(EXTEND, instant(event.due), event.agent, event.shift[:10])
            case BreakEnded(agent=agent, shift=shift):
                over, late = instant(event.at), event.late_seconds
                add(END, over, event.ended_by, late, agent, shift[:10])
            case BreakRefused(shift=str(shift)):
                at = instant(event.at)
                add(REFUSE, *_place(recorded), shift, at, event.kind, event.reason)
            case WarningIssued():
                at = instant(event.at)
                add(WARN, *_place(recorded), event.shift, at, event.cause, event.minute)
            case WarningForgiven(agent=agent, shift=shift):
                add(FORGIVE, agent, shift[:10], event.by, event.reason)
            case _:
                pass

    def writes(self) -> list[Write]:
        return self._rows.take()


async def history_of(read: Read, agent: str, days: int = 14, before: str = "~") -> list[Day]:
    """An agent's latest shift dates, newest first: at most `days` of them, before a date (ISO)."""
    dates = [date for [date] in await read(DATES, agent, before, days)]
    return [
        Day(
            date=date,
            breaks=await _read(read, PastBreak, "history_breaks", agent, date),
            warnings=await _read(read, PastWarning, "history_warnings", agent, date),
            refusals=await _read(read, PastRefusal, "history_refusals", agent, date),
        )
        for date in dates
    ]


def _place(recorded: Recorded) -> Sequence[Value]:
    """Under which agent, date and position an event of an agent's shift is kept."""
    event: Any = recorded.event
    return event.agent, event.shift[:10], recorded.seq


async def _read(read: Read, kind: type[T], table: str, agent: str, date: str) -> list[T]:
    columns = kind.__struct_fields__
    rows = await read(
        f"SELECT {', '.join(columns)} FROM {table}"  # noqa: S608 - both are ours
        " WHERE agent = ? AND date = ? ORDER BY seq DESC LIMIT ?",
        agent,
        date,
        MOST,
    )
    return [msgspec.convert(dict(zip(columns, row)), kind) for row in rows]
