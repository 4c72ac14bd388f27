"""The published report of one shift: ids, instants, counts; names are added when it is shown."""

from typing import Annotated

import msgspec

from llmtb.events.event import Instant
from llmtb.events.personal import REASON


class BreakLine(msgspec.Struct, frozen=True, kw_only=True):
    """One break as it was: granted at `start`, due at `due`, over at `end` (instants, UTC)."""

    kind: str
    start: Instant
    due: Instant
    end: Instant
    ended_by: str
    late_seconds: int


class WarningLine(msgspec.Struct, frozen=True, kw_only=True):
    """One warning; `forgiven` says whether a supervisor took it back."""

    at: Instant
    cause: str
    minute: int | None
    forgiven: bool


class RefusalLine(msgspec.Struct, frozen=True, kw_only=True):
    """One break that was asked for and refused."""

    at: Instant
    kind: str
    reason: str


class ActLine(msgspec.Struct, frozen=True, kw_only=True):
    """One act of a supervisor: the type of its event, who, why."""

    at: Instant
    act: str
    by: str
    reason: Annotated[str | None, REASON]


class CapacityLine(msgspec.Struct, frozen=True, kw_only=True):
    """The capacity in force from an instant on."""

    at: Instant
    capacity: int
    cause: str
    present: int


class AgentLines(msgspec.Struct, frozen=True, kw_only=True):
    """One agent's shift. `present` holds (in, out) instants."""

    agent: str
    present: list[tuple[Instant, Instant]]
    breaks: list[BreakLine]
    warnings: list[WarningLine]
    refusals: list[RefusalLine]
    acts: list[ActLine]


class ShiftReport(msgspec.Struct, frozen=True, kw_only=True):
    """What one instance of a shift was, agent by agent (sorted by id) and as a whole.

    peak_resting, mean_resting: ordinary and emergency breaks at once; the mean is over the
    shift's whole time, to three decimals.
    refusals: how many by reason, sorted by reason.
    acts: the supervisors' acts on the shift itself (overrides).
    """

    shift: str
    starts: Instant
    ends: Instant
    agents: list[AgentLines]
    capacity: list[CapacityLine]
    refusals: dict[str, int]
    acts: list[ActLine]
    peak_resting: int
    mean_resting: float
