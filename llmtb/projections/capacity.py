"""The capacity view: the live state of the floor, shift by shift.

`Capacity` is the fold and its rows; `llmtb.projections.board` says how it looks at an instant and
why. The fold needs neither a database nor a loop; a simulation or an auditor feeds it alone:

    capacity = Capacity()
    for recorded in journal.read():
        capacity.apply(recorded)
    print(board(capacity, now))
"""

from collections.abc import Iterator, Mapping
from datetime import date, datetime
from typing import Any

import msgspec

from llmtb.events.event import Event
from llmtb.events.floor import (
    AgentRemoved,
    BreakEnded,
    BreakExtended,
    BreakStarted,
    CapacityCause,
    CapacityChanged,
    CheckedIn,
    CheckedOut,
    Kind,
    LoadReported,
    MealClosed,
    MealOpened,
    OverrideEnded,
    OverrideSet,
    PhoneState,
    PhoneStateChanged,
    PolicyChanged,
    ShiftClosed,
    ShiftOpened,
    SlotOffered,
    WaitJoined,
    WaitLeft,
    WarningIssued,
)
from llmtb.events.record import Recorded
from llmtb.policy import Policy, instance_of, meals_of
from llmtb.projections.projection import Read, Write

ROWS = "SELECT key, state FROM capacity"
SAVE = "INSERT OR REPLACE INTO capacity (key, state) VALUES (?, ?)"
DROP = "DELETE FROM capacity WHERE key = ?"
CENTRE = "centre"

_encode = msgspec.json.Encoder(order="deterministic").encode


class Rest(msgspec.Struct):
    """A running break; `warned` holds the minutes after due at which late warnings came."""

    kind: Kind
    since: datetime
    due: datetime
    warned: list[int] = []


class Meal(msgspec.Struct):
    """An open meal window; `minutes` is its whole length, `eaten` those who had their meal."""

    name: str
    ends: datetime
    minutes: float
    eaten: set[str] = set()


class Figure(msgspec.Struct):
    """The number in force since `at`, and what the event that changed it said of its cause."""

    at: datetime
    capacity: int
    cause: CapacityCause
    required: int | None
    present: int


class OpenShift(msgspec.Struct):
    """One open instance. rests: running breaks by agent. line: who waits for a slot, in order.

    figure: None only until the opening shift has announced its first number.
    """

    shift: str
    starts: datetime
    ends: datetime
    present: set[str] = set()
    rests: dict[str, Rest] = {}
    line: list[str] = []
    meal: Meal | None = None
    figure: Figure | None = None


class Centre(msgspec.Struct):
    """What holds for the whole centre: settings, calls, phones by agent, overrides by instance."""

    policy: Policy = Policy()
    load: LoadReported | None = None
    phones: dict[str, PhoneState] = {}
    overrides: dict[str, OverrideSet] = {}


class Capacity:
    """The view of the live floor, as of the event `seq`, which happened `at`."""

    name = "capacity"
    version = 1
    tables: Mapping[str, str] = {
        "capacity": """(
            key TEXT PRIMARY KEY, -- "centre", or an open instance of a shift
            state TEXT NOT NULL -- JSON
        ) STRICT, WITHOUT ROWID"""
    }

    def __init__(self) -> None:
        self.centre = Centre()
        self.shifts: dict[str, OpenShift] = {}
        self._changed: set[str] = set()

    async def restore(self, read: Read) -> None:
        rows: dict[str, str] = dict(await read(ROWS))
        centre = msgspec.json.decode(rows.pop(CENTRE, "{}"), type=Centre)
        shifts = {key: msgspec.json.decode(row, type=OpenShift) for key, row in rows.items()}
        self.centre, self.shifts = centre, shifts
        self._changed = set()

    def apply(self, recorded: Recorded) -> None:
        self.evolve(recorded.event)

    def writes(self) -> Iterator[Write]:
        changed, self._changed = sorted(self._changed), set()
        states: dict[str, Any] = {CENTRE: self.centre, **self.shifts}
        saved = [(key, _encode(states[key]).decode()) for key in changed if key in states]
        dropped = [(key,) for key in changed if key not in states]
        if saved:
            yield Write(SAVE, saved)
        if dropped:
            yield Write(DROP, dropped)

    def evolve(self, event: Event) -> None:
        """Take in one event; those that the floor does not show change nothing."""
        match event:
            case PolicyChanged():
                self._follow(msgspec.convert(event.policy, Policy))
            case ShiftOpened():
                self.shifts[event.shift] = OpenShift(event.shift, event.starts, event.ends)
                self._changed.add(event.shift)
            case ShiftClosed():
                self.shifts.pop(event.shift, None)
                self.centre.overrides.pop(event.shift, None)
                self._changed |= {CENTRE, event.shift}
            case (
                LoadReported()
                | PhoneStateChanged()
                | AgentRemoved()
                | OverrideSet()
                | OverrideEnded()
            ):
                _evolve_centre(self.centre, event)
                self._changed.add(CENTRE)
            case _:
                shift = self.shifts.get(getattr(event, "shift", ""))
                if shift is not None:
                    _evolve_shift(shift, event, self.centre.policy)
                    self._changed.add(shift.shift)

    def _follow(self, policy: Policy) -> None:
        """Take new settings; an open shift ends when they say, unless they no longer name it."""
        self.centre.policy = policy
        for shift in self.shifts.values():
            day, _, name = shift.shift.partition("/")
            if policy.shift(name) is not None:
                shift.ends = instance_of(policy, name, date.fromisoformat(day)).ends
        self._changed |= {CENTRE, *self.shifts}


def _evolve_centre(centre: Centre, event: Event) -> None:
    match event:
        case LoadReported():
            centre.load = event
        case PhoneStateChanged():
            centre.phones[event.agent] = event.state
        case AgentRemoved():
            centre.phones.pop(event.agent, None)
        case OverrideSet():
            centre.overrides[event.shift] = event
        case OverrideEnded():
            centre.overrides.pop(event.shift, None)
        case _:
            pass


def _evolve_shift(shift: OpenShift, event: Event, policy: Policy) -> None:
    match event:
        case CheckedIn():
            shift.present.add(event.agent)
        case CheckedOut():
            shift.present.discard(event.agent)
        case BreakStarted():
            shift.rests[event.agent] = Rest(event.kind, event.at, event.due)
            if event.kind == "meal" and shift.meal is not None:
                shift.meal.eaten.add(event.agent)
        case BreakEnded():
            shift.rests.pop(event.agent, None)
        case BreakExtended() if event.agent in shift.rests:
            rest = shift.rests[event.agent]
            rest.due, rest.warned = event.due, []
        case CapacityChanged():
            shift.figure = Figure(
                event.at, event.capacity, event.cause, event.required, event.present
            )
        case WaitJoined():
            shift.line.append(event.agent)
        case WaitLeft() | SlotOffered() if event.agent in shift.line:
            shift.line.remove(event.agent)
        case WarningIssued(minute=int(minute)) if event.agent in shift.rests:
            shift.rests[event.agent].warned.append(minute)
        case MealOpened():
            window = next((w for w in meals_of(policy, shift.shift) if w.name == event.meal), None)
            if window is not None:
                minutes = (window.ends - window.starts).total_seconds() / 60
                shift.meal = Meal(event.meal, window.ends, minutes)
        case MealClosed():
            shift.meal = None
        case _:
            pass
