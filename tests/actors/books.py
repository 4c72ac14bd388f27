"""The rules told a second time: books kept from the events alone, which check each new event.

They share the events, the roster and the staffing formulas with the product, and none of its
decisions: whatever the floor writes has to agree with them.
"""

from datetime import date, datetime, timedelta
from functools import singledispatchmethod
from math import floor
from typing import NamedTuple

import msgspec

from llmtb.erlang import erlang_a, erlang_c
from llmtb.events.event import Event
from llmtb.events.floor import (
    AgentRemoved,
    BreakEnded,
    BreakExtended,
    BreakRefused,
    BreakStarted,
    CapacityChanged,
    CheckedIn,
    CheckedOut,
    DisciplineApplied,
    LoadReported,
    MealClosed,
    MealOpened,
    MealReminderSent,
    OverrideEnded,
    OverrideSet,
    PhoneStateChanged,
    PolicyChanged,
    ShiftClosed,
    ShiftOpened,
    SlotOffered,
    WaitJoined,
    WaitLeft,
    WarningForgiven,
    WarningIssued,
)
from llmtb.events.roster import Roster
from llmtb.policy import Policy, instance_of, meals_of, running_at


class Rest(NamedTuple):
    """A running break; `to_come` holds the late warnings not written yet."""

    shift: str
    kind: str
    due: datetime
    to_come: dict[datetime, int]


class Meal(NamedTuple):
    """An open meal window, and who has eaten in it."""

    name: str
    opened: datetime
    ends: datetime
    minutes: float
    eaten: set[str]


class Books:
    """What the events so far say. `take` raises AssertionError for an event that cannot be."""

    def __init__(self) -> None:
        self.policy = Policy()
        self.roster = Roster()
        self.last: datetime | None = None
        self.open: dict[str, datetime] = {}  # ends, by shift
        self.present: dict[str, str] = {}  # shift, by agent
        self.rests: dict[str, Rest] = {}
        self.capacity: dict[str, int] = {}
        self.overrides: dict[str, OverrideSet] = {}
        self.meals: dict[str, Meal] = {}
        self.lines: dict[str, list[str]] = {}
        self.load: LoadReported | None = None
        self.phones: dict[str, str] = {}
        self.emergencies: set[tuple[str, str]] = set()  # agent, shift date
        self.warnings: dict[tuple[str, str], int] = {}
        self.disciplined: set[tuple[str, str]] = set()
        self.blocked: dict[str, str] = {}  # shift, by agent
        self.late: set[tuple[str, datetime, int | None]] = set()  # agent, due, minute

    # --- what the rules say now ----------------------------------------------------------------

    def resting(self, shift: str) -> int:
        return sum(r.shift == shift and r.kind != "emergency" for r in self.rests.values())

    def there(self, shift: str) -> int:
        return sum(each == shift for each in self.present.values())

    def free(self, shift: str) -> int:
        return max(0, self.capacity[shift] - self.resting(shift))

    def capacity_now(self, shift: str, now: datetime, meal: Meal | None) -> int:
        """The rules' capacity, from scratch."""
        if shift in self.overrides:
            return self.overrides[shift].capacity
        breaks, load, present = self.policy.breaks, self.policy.load, self.there(shift)
        every, allow, spare = breaks.every, breaks.allow, 10**9
        age = now - self.load.at if self.load else timedelta.max
        if self.load and age < timedelta(seconds=load.stale_after_seconds):
            for step in load.steps if load.mode == "steps" else ():
                if step.calls <= self.load.calls:
                    every, allow = step.every, step.allow
            if load.mode.startswith("erlang"):
                spare = present - self.required(self.load)
        number = max(breaks.floor, min((present // every) * allow, spare))
        if meal:
            turns = int(meal.minutes // self.policy.meal_minutes)
            number = max(number, -(-present // turns) if turns else present)
        return number

    def required(self, figures: LoadReported) -> int:
        """R, agent by agent."""
        load = self.policy.load
        erlangs, agents = figures.calls * figures.aht_seconds / figures.interval_minutes / 60, 0
        while erlangs:
            agents += 1
            if load.mode == "erlang_c" and agents <= erlangs:
                continue
            now = (
                erlang_c(agents, erlangs, figures.aht_seconds, load.service_seconds)
                if load.mode == "erlang_c"
                else erlang_a(
                    agents,
                    erlangs,
                    figures.aht_seconds,
                    load.patience_seconds or 0,
                    load.service_seconds,
                )
            )
            if now.service_level >= load.service_level and now.occupancy <= load.max_occupancy:
                break
        return agents

    def reason(self, agent: str, kind: str) -> str | None:
        """The first reason to refuse, or None."""
        shift = self.present.get(agent)
        if shift is None:
            return "not_present"
        if agent in self.rests:
            return "already_resting"
        if kind == "emergency":
            if (agent, shift[:10]) in self.emergencies:
                return "emergency_used"
            taken = any(rest.kind == "emergency" for rest in self.rests.values())
            return "emergency_taken" if taken else None
        meal = self.meals.get(shift)
        if kind != "meal" and self.blocked.get(agent) == shift:
            return "blocked"
        if meal and kind != "meal":
            return "meal_only"
        if meal and agent in meal.eaten:
            return "meal_used"
        if kind == "meal" and not meal:
            return "no_meal_window"
        return "full" if self.resting(shift) >= self.capacity[shift] else None

    def up_to_date(self, now: datetime) -> None:
        """Nothing that is due by now is missing, and every capacity is the rules' one."""
        for shift, ends in self.open.items():
            assert ends > now
            assert self.capacity[shift] == self.capacity_now(shift, now, self.meals.get(shift))
        running = {window.name for window in running_at(self.policy, now)}
        assert running <= self.open.keys()
        assert all(instant > now for rest in self.rests.values() for instant in rest.to_come)
        assert all(override.until > now for override in self.overrides.values())
        assert all(meal.ends > now for meal in self.meals.values())
        assert sum(rest.kind == "emergency" for rest in self.rests.values()) <= 1

    # --- one event more ------------------------------------------------------------------------

    def take(self, event: Event) -> None:
        """Check an event against the books, and enter it."""
        assert self.last is None or event.at >= self.last, "time runs forward"
        self.last = event.at
        self._enter(event)
        self.roster.evolve(event)

    @singledispatchmethod
    def _enter(self, event: Event) -> None:
        """Events of other subjects change nothing."""

    @_enter.register
    def _policy(self, event: PolicyChanged) -> None:
        self.policy = msgspec.convert(event.policy, Policy)
        for shift in self.open:
            if self.policy.shift(shift[11:]):
                day = date.fromisoformat(shift[:10])
                self.open[shift] = instance_of(self.policy, shift[11:], day).ends

    @_enter.register
    def _load(self, event: LoadReported) -> None:
        self.load = event

    @_enter.register
    def _phone(self, event: PhoneStateChanged) -> None:
        assert self.phones.get(event.agent) != event.state
        self.phones[event.agent] = event.state

    @_enter.register
    def _removed(self, event: AgentRemoved) -> None:
        assert event.agent not in self.present
        self.phones.pop(event.agent, None)

    @_enter.register
    def _opened(self, event: ShiftOpened) -> None:
        assert event.shift not in self.open
        assert event.starts <= event.at < event.ends
        self.open[event.shift] = event.ends
        self.lines[event.shift] = []

    @_enter.register
    def _closed(self, event: ShiftClosed) -> None:
        assert not any(rest.shift == event.shift for rest in self.rests.values())
        assert event.shift not in self.meals
        assert event.shift not in self.overrides
        assert self.open.pop(event.shift) == event.ends
        self.present = {a: shift for a, shift in self.present.items() if shift != event.shift}
        self.capacity.pop(event.shift, None)
        self.lines.pop(event.shift)

    @_enter.register
    def _came(self, event: CheckedIn) -> None:
        assert event.agent not in self.present
        assert self.roster.holds(event.agent, event.shift)
        assert self.open[event.shift] > event.at
        self.present[event.agent] = event.shift

    @_enter.register
    def _left(self, event: CheckedOut) -> None:
        assert event.agent not in self.rests
        assert event.agent not in self.lines[event.shift]
        assert self.present.pop(event.agent) == event.shift

    @_enter.register
    def _capacity(self, event: CapacityChanged) -> None:
        assert event.capacity != self.capacity.get(event.shift)
        assert (event.cause == "opened") == (event.shift not in self.capacity)
        assert event.present == self.there(event.shift)
        meal = self.meals.get(event.shift)
        assert event.capacity == self.capacity_now(event.shift, event.at, meal)
        self.capacity[event.shift] = event.capacity

    @_enter.register
    def _override(self, event: OverrideSet) -> None:
        assert event.until > event.at
        self.overrides[event.shift] = event

    @_enter.register
    def _override_ended(self, event: OverrideEnded) -> None:
        held = self.overrides.pop(event.shift)
        assert (held.capacity, held.until) == (event.capacity, event.until)

    @_enter.register
    def _granted(self, event: BreakStarted) -> None:
        assert self.reason(event.agent, event.kind) is None
        assert self.present[event.agent] == event.shift
        breaks, meal = self.policy.breaks, self.meals.get(event.shift)
        minutes = {
            "normal": breaks.normal_minutes,
            "urgent": breaks.urgent_minutes,
            "emergency": self.policy.emergency.minutes,
            "meal": self.policy.meal_minutes,
        }[event.kind]
        due = event.at + timedelta(minutes=minutes)
        if event.kind == "meal":
            assert meal is not None
            due = min(due, meal.ends)
            meal.eaten.add(event.agent)
        if event.kind == "emergency":
            self.emergencies.add((event.agent, event.shift[:10]))
        assert event.due == due
        self.rests[event.agent] = self._rest(event.shift, event.kind, due)
        assert event.free == self.free(event.shift)

    def _rest(self, shift: str, kind: str, due: datetime) -> Rest:
        minutes = self.policy.breaks.warn_after_minutes
        return Rest(shift, kind, due, {due + timedelta(minutes=m): m for m in minutes})

    @_enter.register
    def _refused(self, event: BreakRefused) -> None:
        assert event.reason == self.reason(event.agent, event.kind)
        if event.reason != "not_present":
            assert event.shift == self.present[event.agent]
            assert event.capacity == self.capacity[event.shift]
            assert event.resting == self.resting(event.shift)

    @_enter.register
    def _extended(self, event: BreakExtended) -> None:
        assert event.due > event.at
        rest = self.rests[event.agent]
        self.rests[event.agent] = self._rest(rest.shift, rest.kind, event.due)

    @_enter.register
    def _ended(self, event: BreakEnded) -> None:
        rest = self.rests.pop(event.agent)
        assert (rest.shift, rest.kind) == (event.shift, event.kind)
        assert event.late_seconds == max(0, floor((event.at - rest.due).total_seconds()))
        assert event.free == self.free(event.shift)
        if event.ended_by == "shift_end":
            assert self.open[event.shift] <= event.at
        if event.ended_by == "supervisor":
            assert event.reason

    @_enter.register
    def _warned(self, event: WarningIssued) -> None:
        key = (event.agent, event.shift[:10])
        assert event.count == self.warnings.get(key, 0) + 1
        self.warnings[key] = event.count
        if event.cause == "late":
            rest = self.rests[event.agent]
            assert rest.to_come.pop(event.at) == event.minute
            assert (event.agent, rest.due, event.minute) not in self.late
            self.late.add((event.agent, rest.due, event.minute))
        else:
            assert self.reason(event.agent, "meal") == "meal_used"

    @_enter.register
    def _forgiven(self, event: WarningForgiven) -> None:
        key = (event.agent, event.shift[:10])
        assert event.count == self.warnings[key] - 1
        self.warnings[key] = event.count
        if event.count <= self.policy.breaks.max_warnings:
            self.blocked.pop(event.agent, None)

    @_enter.register
    def _disciplined(self, event: DisciplineApplied) -> None:
        key = (event.agent, event.shift[:10])
        assert key not in self.disciplined
        assert self.warnings[key] > self.policy.breaks.max_warnings
        assert event.action == self.policy.breaks.on_too_many
        self.disciplined.add(key)
        if event.action == "block":
            self.blocked[event.agent] = event.shift

    @_enter.register
    def _joined(self, event: WaitJoined) -> None:
        assert self.present[event.agent] == event.shift
        assert event.agent not in (*self.rests, *self.lines[event.shift])
        self.lines[event.shift].append(event.agent)

    @_enter.register
    def _unjoined(self, event: WaitLeft) -> None:
        self.lines[event.shift].remove(event.agent)

    @_enter.register
    def _offered(self, event: SlotOffered) -> None:
        assert self.free(event.shift) > 0
        assert self.present[event.agent] == event.shift
        assert event.agent not in self.rests
        self.lines[event.shift].remove(event.agent)

    @_enter.register
    def _meal_opened(self, event: MealOpened) -> None:
        windows = {window.name: window for window in meals_of(self.policy, event.shift)}
        window = windows[event.meal]
        minutes = (window.ends - window.starts).total_seconds() / 60
        assert window.starts <= event.at < window.ends
        meal = Meal(event.meal, event.at, window.ends, minutes, set())
        assert event.shift not in self.meals
        assert event.capacity == self.capacity_now(event.shift, event.at, meal)
        self.meals[event.shift] = meal

    @_enter.register
    def _meal_closed(self, event: MealClosed) -> None:
        meal = self.meals.pop(event.shift)
        assert event.at <= meal.ends
        assert event.capacity == self.capacity_now(event.shift, event.at, None)

    @_enter.register
    def _reminded(self, event: MealReminderSent) -> None:
        meal = self.meals[event.shift]
        every = timedelta(minutes=self.policy.meals_remind_every_minutes)
        assert (event.at - meal.opened) % every == timedelta()
        assert event.at < meal.ends
        assert self.free(event.shift) > 0
        assert event.agents == sorted(
            agent
            for agent, shift in self.present.items()
            if shift == event.shift
            and agent not in self.rests
            and agent not in meal.eaten
            and self.phones.get(agent) != "in_call"
        )
