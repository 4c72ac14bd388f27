"""How the live floor looks at an instant: who rests, who is late, what is free, and why.

Drawn from the fold of `llmtb.projections.capacity`. What depends on the clock (late by, age of
the figures) is reckoned for the instant that is passed in.
"""

from datetime import datetime, timedelta
from typing import Literal

import msgspec

from llmtb.capacity import reckon
from llmtb.events.floor import CapacityCause, Kind, LoadReported, PhoneState
from llmtb.policy import seats_to_feed
from llmtb.projections.capacity import Capacity, Centre, Meal, OpenShift, Rest

Mode = Literal["ratio", "steps", "erlang_c", "erlang_a"]


class Resting(msgspec.Struct, frozen=True, kw_only=True):
    """Somebody on a break. late_seconds: past due now, else 0. warned: late warnings so far.

    calling: the phone says that they are in a call all the same.
    """

    agent: str
    kind: Kind
    since: datetime
    due: datetime
    late_seconds: int
    warned: int
    calling: bool


class Calls(msgspec.Struct, frozen=True, kw_only=True):
    """The phone system's latest figures; not `fresh`, they count as none."""

    at: datetime
    age_seconds: int
    fresh: bool
    calls: int
    aht_seconds: float
    waiting: int | None
    longest_wait_seconds: float | None
    interval_minutes: int
    source: str


class ByHand(msgspec.Struct, frozen=True, kw_only=True):
    """A capacity set by a supervisor."""

    capacity: int
    by: str
    since: datetime
    until: datetime
    reason: str


class Why(msgspec.Struct, frozen=True, kw_only=True):
    """Where a capacity comes from, in the order in which the rules reckon it.

    override decides alone. Else `allow` of every `every` present gives `ratio`; where the calls
    ask for `required` agents (Erlang, fresh figures), at most `spare` may rest; never fewer than
    `floor`; and while a meal is open at least `seats`, so that everybody eats in time.
    number: what that comes to now. It is the number in force unless the floor is not running.
    feed: whether figures are there: `none` ever came, or they are `fresh` or `stale`.
    cause, since: the event that last changed the number in force, and when.
    """

    mode: Mode
    present: int
    every: int
    allow: int
    ratio: int
    feed: Literal["none", "fresh", "stale"]
    required: int | None
    spare: int | None
    floor: int
    seats: int | None
    override: ByHand | None
    number: int
    cause: CapacityCause
    since: datetime


class MealNow(msgspec.Struct, frozen=True, kw_only=True):
    """An open meal window. eaten: who has had their meal or has it now; hungry: who has not."""

    meal: str
    ends: datetime
    seats: int
    eaten: list[str]
    hungry: list[str]


class ShiftNow(msgspec.Struct, frozen=True, kw_only=True):
    """One open shift. Lists of agents are sorted by id; `line` is in the order of the line.

    resting: by due. slots: ordinary breaks running, of `capacity`; `free` are left.
    next_free: the earliest due among the ordinary breaks.
    phones: by agent present, what the phone system says, where it says anything.
    mismatches: who rests as far as we know, and is in a call as far as the phone system knows.
    """

    shift: str
    starts: datetime
    ends: datetime
    present: list[str]
    resting: list[Resting]
    late: list[str]
    capacity: int
    slots: int
    free: int
    next_free: datetime | None
    line: list[str]
    meal: MealNow | None
    phones: dict[str, PhoneState]
    mismatches: list[str]
    why: Why


class Emergency(msgspec.Struct, frozen=True, kw_only=True):
    """Who holds the one emergency slot of the centre, and until when."""

    agent: str
    shift: str
    due: datetime


class Board(msgspec.Struct, frozen=True, kw_only=True):
    """The whole floor at an instant; shifts by start."""

    at: datetime
    timezone: str
    shifts: list[ShiftNow]
    emergency: Emergency | None
    calls: Calls | None


def board(view: Capacity, now: datetime) -> Board:
    """The floor at `now`, an instant not before the last event that the view holds."""
    opened = sorted(view.shifts.values(), key=lambda shift: (shift.starts, shift.shift))
    emergencies = (
        Emergency(agent=agent, shift=shift.shift, due=rest.due)
        for shift in opened
        for agent, rest in shift.rests.items()
        if rest.kind == "emergency"
    )
    return Board(
        at=now,
        timezone=view.centre.policy.timezone,
        shifts=[_shift(shift, view.centre, now) for shift in opened],
        emergency=next(emergencies, None),
        calls=_calls(view.centre, now),
    )


def _shift(shift: OpenShift, centre: Centre, now: datetime) -> ShiftNow:
    phones = {a: centre.phones[a] for a in sorted(shift.present) if a in centre.phones}
    by_due = sorted(shift.rests.items(), key=lambda each: (each[1].due, each[0]))
    ordinary = [rest for _, rest in by_due if rest.kind != "emergency"]
    why = _why(shift, centre, now)
    capacity = shift.figure.capacity if shift.figure is not None else why.number
    free = max(0, capacity - len(ordinary))
    return ShiftNow(
        shift=shift.shift,
        starts=shift.starts,
        ends=shift.ends,
        present=sorted(shift.present),
        resting=[_resting(agent, rest, phones.get(agent), now) for agent, rest in by_due],
        late=sorted(agent for agent, rest in by_due if rest.due < now),
        capacity=capacity,
        slots=len(ordinary),
        free=free,
        next_free=ordinary[0].due if ordinary else None,
        line=list(shift.line),
        meal=_meal(shift, shift.meal, centre),
        phones=phones,
        mismatches=sorted(a for a in shift.rests if phones.get(a) == "in_call"),
        why=why,
    )


def _resting(agent: str, rest: Rest, phone: PhoneState | None, now: datetime) -> Resting:
    return Resting(
        agent=agent,
        kind=rest.kind,
        since=rest.since,
        due=rest.due,
        late_seconds=max(0, int((now - rest.due).total_seconds())),
        warned=len(rest.warned),
        calling=phone == "in_call",
    )


def _meal(shift: OpenShift, meal: Meal | None, centre: Centre) -> MealNow | None:
    if meal is None:
        return None
    return MealNow(
        meal=meal.name,
        ends=meal.ends,
        seats=_seats(shift, meal, centre),
        eaten=sorted(meal.eaten),
        hungry=sorted(shift.present - meal.eaten),
    )


def _calls(centre: Centre, now: datetime) -> Calls | None:
    load = centre.load
    if load is None:
        return None
    return Calls(
        at=load.at,
        age_seconds=max(0, int((now - load.at).total_seconds())),
        fresh=_fresh(centre, now) is not None,
        calls=load.calls,
        aht_seconds=load.aht_seconds,
        waiting=load.waiting,
        longest_wait_seconds=load.longest_wait_seconds,
        interval_minutes=load.interval_minutes,
        source=load.source,
    )


def _why(shift: OpenShift, centre: Centre, now: datetime) -> Why:
    policy, present, figures = centre.policy, len(shift.present), _fresh(centre, now)
    reckoned = reckon(policy, present, figures, shift.meal.minutes if shift.meal else None)
    override = _by_hand(centre, shift.shift)
    return Why(
        mode=policy.load.mode,
        present=present,
        every=reckoned.every,
        allow=reckoned.allow,
        ratio=reckoned.ratio,
        feed="fresh" if figures else "stale" if centre.load else "none",
        required=reckoned.required,
        spare=reckoned.spare,
        floor=policy.breaks.floor,
        seats=reckoned.seats,
        override=override,
        number=reckoned.number if override is None else override.capacity,
        cause=shift.figure.cause if shift.figure else "opened",
        since=shift.figure.at if shift.figure else shift.starts,
    )


def _by_hand(centre: Centre, shift: str) -> ByHand | None:
    override = centre.overrides.get(shift)
    if override is None:
        return None
    return ByHand(
        capacity=override.capacity,
        by=override.by,
        since=override.at,
        until=override.until,
        reason=override.reason,
    )


def _fresh(centre: Centre, now: datetime) -> LoadReported | None:
    """The latest figures, unless they count as none by now."""
    stale = timedelta(seconds=centre.policy.load.stale_after_seconds)
    load = centre.load
    return load if load is not None and now < load.at + stale else None


def _seats(shift: OpenShift, meal: Meal, centre: Centre) -> int:
    return seats_to_feed(len(shift.present), meal.minutes, centre.policy.meal_minutes)
