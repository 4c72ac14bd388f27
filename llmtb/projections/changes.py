"""The changes view: what people changed of the company's rules, rosters and shifts, and why.

One row for each; `changes_of` reads them newest first, `last_assignments` who put whom on a shift.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final, Literal

import msgspec

from llmtb.events.access import (
    AccountUnlinked,
    CustomerListed,
    CustomerUnlisted,
    InvitationAccepted,
    InvitationIssued,
    InvitationWithdrawn,
)
from llmtb.events.event import Event
from llmtb.events.floor import (
    AgentAdded,
    AgentChanged,
    AgentRemoved,
    BreakEnded,
    BreakExtended,
    OverrideEnded,
    OverrideSet,
    PolicyChanged,
    ShiftAssigned,
    ShiftUnassigned,
    WarningForgiven,
)
from llmtb.events.knowledge import KNOWLEDGE_EVENTS
from llmtb.events.published import instant, publish
from llmtb.events.record import Recorded
from llmtb.policy import Policy, changed
from llmtb.projections.projection import Read, Rows, Write

Subject = Literal["rules", "people", "rosters", "capacity", "rests", "access", "documents"]

KINDS: Final[Mapping[Subject, tuple[type[Event], ...]]] = {
    "rules": (PolicyChanged,),
    "people": (AgentAdded, AgentChanged, AgentRemoved),
    "rosters": (ShiftAssigned, ShiftUnassigned),
    "capacity": (OverrideSet, OverrideEnded),
    "rests": (BreakEnded, BreakExtended, WarningForgiven),
    "access": (
        InvitationIssued,
        InvitationWithdrawn,
        InvitationAccepted,
        AccountUnlinked,
        CustomerListed,
        CustomerUnlisted,
    ),
    "documents": KNOWLEDGE_EVENTS,
}
"""What a change may be about, and the events that tell of it."""

_LEFT_OUT: Final = frozenset(
    ("seq", "at", "stream", "version", "type", "by", "invitation", "calibration")
)
_SUBJECTS: Final = {kind: subject for subject, kinds in KINDS.items() for kind in kinds}

ADD = """INSERT OR REPLACE INTO changes (seq, at, by, subject, type, agent, shift, detail)
    VALUES (?, ?, ?, ?, ?, ?, ?, ?)"""
PAGE = """SELECT seq, at, by, subject, type, agent, shift, detail FROM changes
    WHERE seq < ?1 AND (?2 = '' OR subject = ?2) AND (?3 = '' OR by = ?3 OR agent = ?3)
    ORDER BY seq DESC LIMIT ?4"""
EARLIER = """SELECT detail FROM changes
    WHERE subject = 'rules' AND seq < ? ORDER BY seq DESC LIMIT 1"""
ASSIGNED = """SELECT max(seq), at, by, subject, type, agent, shift, detail FROM changes
    WHERE subject = 'rosters' AND shift = ? GROUP BY agent"""


class Change(msgspec.Struct, frozen=True, kw_only=True):
    """One change. type: of its event. agent, shift: whom and what it is about, if anybody.

    detail: the event's own fields as published, less what is long or secret.
    """

    seq: int
    at: datetime
    by: str
    subject: Subject
    type: str
    agent: str | None
    shift: str | None
    detail: dict[str, Any]


class Changes:
    """The view of every change that somebody made."""

    name = "changes"
    version = 1
    tables: Mapping[str, str] = {
        "changes": """(
            seq INTEGER PRIMARY KEY,
            at TEXT NOT NULL,
            by TEXT NOT NULL,
            subject TEXT NOT NULL,
            type TEXT NOT NULL,
            agent TEXT,
            shift TEXT,
            detail TEXT NOT NULL -- JSON
        ) STRICT"""
    }

    def __init__(self) -> None:
        self._rows = Rows()

    async def restore(self, read: Read) -> None:
        self._rows = Rows()

    def apply(self, recorded: Recorded) -> None:
        event = recorded.event
        subject = _SUBJECTS.get(type(event))
        if subject is None or (isinstance(event, BreakEnded) and event.ended_by != "supervisor"):
            return
        fields = {name: each for name, each in publish(recorded).items() if name not in _LEFT_OUT}
        self._rows.add(
            ADD,
            recorded.seq,
            instant(event.at),
            event.by,
            subject,
            type(event).__name__,
            getattr(event, "agent", None),
            getattr(event, "shift", None),
            msgspec.json.encode(fields).decode(),
        )

    def writes(self) -> list[Write]:
        return self._rows.take()


async def changes_of(
    read: Read, *, before: int | None = None, subject: str = "", person: str = "", most: int = 50
) -> list[Change]:
    """The latest changes, newest first: at most so many, before a position of the journal.

    subject: of this alone. person: made by them, or about them.
    """
    rows = await read(PAGE, 2**62 if before is None else before, subject, person, most)
    return [_change(row) for row in rows]


async def last_assignments(read: Read, shift: str) -> dict[str, Change]:
    """By person, who was put on a shift (a name or `DATE/NAME`) or taken off it last."""
    changes = [_change(row) for row in await read(ASSIGNED, shift)]
    return {each.agent or "": each for each in changes}


async def differences(read: Read, change: Change) -> list[tuple[str, Any, Any]]:
    """What a change of the rules changed: (dotted key, before, after), by key."""
    earlier = await read(EARLIER, change.seq)
    before = msgspec.json.decode(earlier[0][0])["policy"] if earlier else {}
    old, new = (_policy(table) for table in (before, change.detail.get("policy", {})))
    return [(key, at(old, key), at(new, key)) for key in changed(old, new)]


def at(policy: Policy, key: str) -> Any:
    """The value of a dotted key, as plain data."""
    value: Any = policy.table()
    for part in key.split("."):
        value = value[part]
    return value


def _policy(table: Mapping[str, Any]) -> Policy:
    return msgspec.convert(table, Policy)


def _change(row: Sequence[Any]) -> Change:
    names = Change.__struct_fields__
    fields = dict(zip(names, row)) | {"detail": msgspec.json.decode(row[-1])}
    return msgspec.convert(fields, Change)
