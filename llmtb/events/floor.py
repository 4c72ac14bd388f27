"""The floor's events: people, shifts, presence, load, capacity, breaks, meals, reports.

The names and fields are the published language; other people's scripts read them. Fields are only
ever appended, with a default. An instance of a shift is named `DATE/NAME` by the local date on
which it starts. Instants are aware UTC; counts are people or breaks.
"""

from datetime import date
from typing import Annotated, Any, Literal

from llmtb.events.event import Event, Instant
from llmtb.events.personal import HIRED, NAME, REASON
from llmtb.events.report import ShiftReport

Role = Literal["agent", "supervisor", "auditor", "customer", "admin"]
AssignReason = Literal["roster", "overtime", "change"]
PhoneState = Literal["free", "in_call", "wrap", "away"]
Kind = Literal["normal", "urgent", "emergency", "meal"]
EndedBy = Literal["agent", "supervisor", "shift_end", "check_out"]
WarningCause = Literal["late", "meal_twice"]
CapacityCause = Literal[
    "opened",
    "presence",
    "load",
    "policy",
    "override",
    "override_ended",
    "feed_lost",
    "meal_opened",
    "meal_closed",
]
RefusalReason = Literal[
    "not_present",
    "already_resting",
    "emergency_used",
    "emergency_taken",
    "blocked",
    "meal_only",
    "meal_used",
    "full",
    "no_meal_window",
]


class PolicyChanged(Event, frozen=True, kw_only=True):
    """The company changed its settings: the whole policy, and the dotted keys that differ."""

    policy: dict[str, Any]
    changed: list[str]


class AgentAdded(Event, frozen=True, kw_only=True):
    """A person became known, by a stable id; names are only for reading."""

    agent: str
    name: Annotated[str, NAME]
    role: Role
    hired_on: Annotated[date | None, HIRED]


class AgentChanged(Event, frozen=True, kw_only=True):
    """A person's name, role or date of hire changed; the fields are the new ones."""

    agent: str
    name: Annotated[str, NAME]
    role: Role
    hired_on: Annotated[date | None, HIRED]


class AgentRemoved(Event, frozen=True, kw_only=True):
    """A person left; the fields are the last known ones."""

    agent: str
    name: Annotated[str, NAME]
    role: Role
    hired_on: Annotated[date | None, HIRED]


class ShiftAssigned(Event, frozen=True, kw_only=True):
    """A person was rostered: on every instance of a named shift from now on, or on one instance."""

    agent: str
    shift: str
    reason: AssignReason


class ShiftUnassigned(Event, frozen=True, kw_only=True):
    """A person was taken off a named shift from now on, or off one instance."""

    agent: str
    shift: str
    reason: AssignReason


class ShiftOpened(Event, frozen=True, kw_only=True):
    """An instance of a shift began."""

    shift: str
    starts: Instant
    ends: Instant


class ShiftClosed(Event, frozen=True, kw_only=True):
    """An instance of a shift ended; nobody is present in it any more."""

    shift: str
    starts: Instant
    ends: Instant


class CheckedIn(Event, frozen=True, kw_only=True):
    """An agent became present on an open shift."""

    agent: str
    shift: str


class CheckedOut(Event, frozen=True, kw_only=True):
    """An agent left an open shift."""

    agent: str
    shift: str


class LoadReported(Event, frozen=True, kw_only=True):
    """The calls of the last interval (`interval_minutes` long), as the phone system counts them."""

    calls: int
    aht_seconds: float
    waiting: int | None
    longest_wait_seconds: float | None
    interval_minutes: int
    source: str


class PhoneStateChanged(Event, frozen=True, kw_only=True):
    """An agent's phone changed its state."""

    agent: str
    state: PhoneState


class CapacityChanged(Event, frozen=True, kw_only=True):
    """How many of a shift may rest at once: the number now in force.

    required: fewest agents that hold the service level (Erlang), where that decided; else None.
    present: agents present, those resting included.
    """

    shift: str
    capacity: int
    cause: CapacityCause
    required: int | None
    present: int


class OverrideSet(Event, frozen=True, kw_only=True):
    """A supervisor set a shift's capacity by hand until an instant."""

    shift: str
    capacity: int
    until: Instant
    reason: str


class OverrideEnded(Event, frozen=True, kw_only=True):
    """An override ran out or was ended; the fields are those it was set with."""

    shift: str
    capacity: int
    until: Instant
    reason: str


class BreakStarted(Event, frozen=True, kw_only=True):
    """A break was granted; `free` slots are left after it."""

    agent: str
    shift: str
    kind: Kind
    due: Instant
    free: int


class BreakRefused(Event, frozen=True, kw_only=True):
    """A break was asked for and refused; nothing else changed.

    capacity, resting: the number in force and the ordinary breaks running then; None off shift.
    next_free: the earliest due among the running breaks of the pool that was asked for.
    """

    agent: str
    shift: str | None
    kind: Kind
    reason: RefusalReason
    capacity: int | None
    resting: int | None
    next_free: Instant | None


class BreakEnded(Event, frozen=True, kw_only=True):
    """A break ended, `late_seconds` after its due; `reason` is a supervisor's."""

    agent: str
    shift: str
    kind: Kind
    ended_by: EndedBy
    late_seconds: int
    free: int
    reason: Annotated[str | None, REASON] = None


class BreakExtended(Event, frozen=True, kw_only=True):
    """A supervisor moved a running break's due."""

    agent: str
    shift: str
    due: Instant
    reason: Annotated[str, REASON]


class WarningIssued(Event, frozen=True, kw_only=True):
    """An agent was warned: `minute` minutes after due, or for a second meal (minute None).

    count: the agent's warnings on that shift date, this one included.
    """

    agent: str
    shift: str
    cause: WarningCause
    minute: int | None
    count: int


class WarningForgiven(Event, frozen=True, kw_only=True):
    """A supervisor took an agent's latest warning back; `count` warnings are left on that date."""

    agent: str
    shift: str
    cause: WarningCause
    minute: int | None
    count: int
    reason: Annotated[str | None, REASON] = None


class DisciplineApplied(Event, frozen=True, kw_only=True):
    """An agent passed the number of warnings that the company allows on one shift date."""

    agent: str
    shift: str
    action: Literal["notify", "block"]


class WaitJoined(Event, frozen=True, kw_only=True):
    """An agent asked to be told when a slot frees."""

    agent: str
    shift: str


class WaitLeft(Event, frozen=True, kw_only=True):
    """An agent left the waiting line without an offer."""

    agent: str
    shift: str


class SlotOffered(Event, frozen=True, kw_only=True):
    """The first in the waiting line was told that a slot is free: an offer, not a hold."""

    agent: str
    shift: str


class MealOpened(Event, frozen=True, kw_only=True):
    """A meal window opened, with the capacity that lets everybody eat."""

    shift: str
    meal: str
    capacity: int


class MealClosed(Event, frozen=True, kw_only=True):
    """A meal window closed, with the capacity that holds from now."""

    shift: str
    meal: str
    capacity: int


class MealReminderSent(Event, frozen=True, kw_only=True):
    """These agents, who have not eaten and could now, were reminded of an open meal window."""

    shift: str
    meal: str
    agents: list[str]


class ShiftReported(Event, frozen=True, kw_only=True):
    """The report of a closed shift."""

    shift: str
    report: ShiftReport


PEOPLE = AgentAdded | AgentChanged | AgentRemoved
FLOOR_EVENTS: tuple[type[Event], ...] = (
    PolicyChanged,
    AgentAdded,
    AgentChanged,
    AgentRemoved,
    ShiftAssigned,
    ShiftUnassigned,
    ShiftOpened,
    ShiftClosed,
    CheckedIn,
    CheckedOut,
    LoadReported,
    PhoneStateChanged,
    CapacityChanged,
    OverrideSet,
    OverrideEnded,
    BreakStarted,
    BreakRefused,
    BreakEnded,
    BreakExtended,
    WarningIssued,
    WarningForgiven,
    DisciplineApplied,
    WaitJoined,
    WaitLeft,
    SlotOffered,
    MealOpened,
    MealClosed,
    MealReminderSent,
    ShiftReported,
)


def stream_of(event: Event) -> str:
    """The stream a floor event belongs to: its agent's, else its shift's, else the desk's."""
    agent: str | None = getattr(event, "agent", None)
    if agent is not None:
        return f"agent/{agent}"
    shift: str | None = getattr(event, "shift", None)
    return "desk/floor" if shift is None else f"shift/{shift}"
