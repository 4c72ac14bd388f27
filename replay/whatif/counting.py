"""Counts a run of the floor, event by event; see `replay.whatif.figures`."""

from collections import Counter
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any, Final

import msgspec

from llmtb.actors.shift import Shift
from llmtb.events.event import Event
from llmtb.events.floor import (
    BreakEnded,
    BreakRefused,
    BreakStarted,
    CapacityChanged,
    CheckedIn,
    CheckedOut,
    DisciplineApplied,
    LoadReported,
    MealClosed,
    MealOpened,
    PolicyChanged,
    ShiftClosed,
    ShiftOpened,
    SlotOffered,
    WaitJoined,
    WaitLeft,
    WarningForgiven,
    WarningIssued,
)
from llmtb.policy import Policy, meals_of
from replay.whatif.figures import Figures, MealFigures, Series
from replay.whatif.log import Scene, floor_of
from replay.whatif.service import Service

MINUTE: Final = timedelta(minutes=1)


class _Meal(msgspec.Struct):
    """An open meal window."""

    name: str
    present: int
    capacity: int
    seats: int
    ate: set[str]


class _Instance(msgspec.Struct):
    """An open shift, as far as the figures need it."""

    present: set[str]
    rests: dict[str, tuple[str, datetime]]
    line: dict[str, datetime]
    capacity: int
    hungry: set[str]
    fed: set[str]
    meal: _Meal | None = None

    @classmethod
    def of(cls, shift: Shift, at: datetime) -> "_Instance":
        """A shift that is open as the scene begins."""
        return cls(
            present=set(shift.present),
            rests={name: (rest.kind, at) for name, rest in shift.breaks.items()},
            line=dict.fromkeys(shift.line, at),
            capacity=shift.capacity or 0,
            hungry=set(),
            fed=set(),
        )


class Count:
    """The account of one run of a scene."""

    def __init__(self, scene: Scene) -> None:
        floor = floor_of(scene)
        self._scene = scene
        self._policy: Policy = floor.centre.policy
        self._service = Service(scene.policies, floor.centre.load)
        self._now = scene.starts
        self._open = {
            name: _Instance.of(shift, scene.starts) for name, shift in floor.shifts.items()
        }
        self._granted: Counter[str] = Counter()
        self._refused: Counter[str] = Counter()
        self._warned: Counter[str] = Counter()
        self._forgiven = self._peak = self._waits = self._hungry = self._not_fed = 0
        self._disciplined: set[str] = set()
        self._rested: dict[str, timedelta] = {}
        self._late = 0
        self._resting_time = self._time = self._line = timedelta()
        self._told: list[timedelta] = []
        self._meals: list[MealFigures] = []
        self._capacity: Series = []
        self._resting: Series = []
        for name, instance in self._open.items():
            if self._counts(name):
                self._here(instance.present)
        self._note()

    def take(self, event: Event) -> None:
        """Take in the next event of the run."""
        if event.at > self._now:
            self._pass(event.at)
        handle = _TAKE.get(type(event))
        if handle is not None:
            handle(self, event)

    def figures(self) -> Figures:
        """All of it, up to the end of the scene."""
        self._pass(max(self._scene.ends, self._now))
        for name in list(self._open):
            self._close(name)
        service, occupancy, known = self._service.figures()
        rested = {name: _minutes(self._rested[name]) for name in sorted(self._rested)}
        told = [_minutes(each) for each in self._told]
        return Figures(
            granted=dict(sorted(self._granted.items())),
            refused=dict(sorted(self._refused.items())),
            agents=len(rested),
            rest_minutes=rested,
            per_agent=round(sum(rested.values()) / len(rested), 3) if rested else 0.0,
            late_minutes=round(self._late / 60, 3),
            warnings=dict(sorted(self._warned.items())),
            forgiven=self._forgiven,
            disciplined=len(self._disciplined),
            peak=self._peak,
            mean=round(self._resting_time / self._time, 3) if self._time else 0.0,
            waits=self._waits,
            told=len(told),
            mean_wait=round(sum(told) / len(told), 3) if told else None,
            longest_wait=max(told, default=None),
            line_minutes=_minutes(self._line),
            service=None if service is None else round(service, 5),
            occupancy=None if occupancy is None else round(occupancy, 5),
            known=round(known, 5),
            asked_to_eat=self._hungry,
            not_fed=self._not_fed,
            meals=self._meals,
            capacity=self._capacity,
            resting=self._resting,
        )

    # --- time ----------------------------------------------------------------------------------

    def _counts(self, shift: str) -> bool:
        return self._scene.shift in (None, shift)

    def _pass(self, at: datetime) -> None:
        span = at - self._now
        counted = [each for name, each in self._open.items() if self._counts(name)]
        if counted:
            self._time += span
            self._resting_time += span * sum(len(each.rests) for each in counted)
            self._line += span * sum(len(each.line) for each in counted)
            everyone = self._open.values()
            able = sum(len(each.present) - len(each.rests) for each in everyone)
            self._service.over(self._now, at, able)
        self._now = at

    def _note(self) -> None:
        """The capacity and those resting, if either has changed."""
        counted = [each for name, each in self._open.items() if self._counts(name)]
        ordinary = sum(kind != "emergency" for each in counted for kind, _ in each.rests.values())
        self._peak = max(self._peak, sum(len(each.rests) for each in counted))
        _step(self._capacity, self._now, sum(each.capacity for each in counted))
        _step(self._resting, self._now, ordinary)

    def _here(self, agents: set[str]) -> None:
        for agent in agents:
            self._rested.setdefault(agent, timedelta())

    # --- shifts --------------------------------------------------------------------------------

    def _opened(self, event: ShiftOpened) -> None:
        self._open[event.shift] = _Instance(set(), {}, {}, 0, set(), set())

    def _closed(self, event: ShiftClosed) -> None:
        self._close(event.shift)
        self._note()

    def _close(self, shift: str) -> None:
        instance = self._open[shift]
        for agent in list(instance.rests):
            self._over(shift, agent)
        if instance.meal is not None:
            self._end_meal(shift, instance, instance.meal)
        if self._counts(shift):
            self._hungry += len(instance.hungry)
            self._not_fed += len(instance.hungry - instance.fed)
        del self._open[shift]

    def _came(self, event: CheckedIn) -> None:
        self._open[event.shift].present.add(event.agent)
        if self._counts(event.shift):
            self._here({event.agent})

    def _went(self, event: CheckedOut) -> None:
        self._open[event.shift].present.discard(event.agent)

    def _changed(self, event: CapacityChanged) -> None:
        self._open[event.shift].capacity = event.capacity
        if self._counts(event.shift):
            self._note()

    def _calls(self, event: LoadReported) -> None:
        self._service.report(event)

    def _set(self, event: PolicyChanged) -> None:
        self._policy = msgspec.convert(event.policy, Policy)

    # --- rests ---------------------------------------------------------------------------------

    def _started(self, event: BreakStarted) -> None:
        instance = self._open[event.shift]
        instance.rests[event.agent] = (event.kind, event.at)
        if event.kind == "meal":
            instance.hungry.add(event.agent)
            instance.fed.add(event.agent)
            if instance.meal is not None:
                instance.meal.ate.add(event.agent)
        if self._counts(event.shift):
            self._granted[event.kind] += 1
            self._note()

    def _ended(self, event: BreakEnded) -> None:
        self._over(event.shift, event.agent)
        if self._counts(event.shift):
            self._late += event.late_seconds
            self._note()

    def _over(self, shift: str, agent: str) -> None:
        _, since = self._open[shift].rests.pop(agent)
        if self._counts(shift):
            self._rested[agent] = self._rested.get(agent, timedelta()) + (self._now - since)

    def _refusal(self, event: BreakRefused) -> None:
        instance = self._open.get(event.shift or "")
        if instance is not None and event.kind == "meal":
            instance.hungry.add(event.agent)
        if self._scene.shift is None or event.shift == self._scene.shift:
            self._refused[event.reason] += 1

    def _warning(self, event: WarningIssued) -> None:
        self._warned[event.cause] += self._counts(event.shift)

    def _forgave(self, event: WarningForgiven) -> None:
        self._forgiven += self._counts(event.shift)

    def _discipline(self, event: DisciplineApplied) -> None:
        if self._counts(event.shift):
            self._disciplined.add(event.agent)

    # --- waiting -------------------------------------------------------------------------------

    def _joined(self, event: WaitJoined) -> None:
        self._open[event.shift].line[event.agent] = event.at
        self._waits += self._counts(event.shift)

    def _left(self, event: WaitLeft) -> None:
        self._open[event.shift].line.pop(event.agent)

    def _offered(self, event: SlotOffered) -> None:
        since = self._open[event.shift].line.pop(event.agent)
        if self._counts(event.shift):
            self._told.append(event.at - since)

    # --- meals ---------------------------------------------------------------------------------

    def _meal_opened(self, event: MealOpened) -> None:
        instance = self._open[event.shift]
        present = len(instance.present)
        windows = (w for w in meals_of(self._policy, event.shift) if w.name == event.meal)
        window = next(windows, None)
        length = timedelta() if window is None else window.ends - window.starts
        turns = length // (self._policy.meal_minutes * MINUTE)
        seats = min(present, turns * event.capacity)
        instance.meal = _Meal(event.meal, present, event.capacity, seats, set())

    def _meal_closed(self, event: MealClosed) -> None:
        instance = self._open[event.shift]
        if instance.meal is not None:
            self._end_meal(event.shift, instance, instance.meal)

    def _end_meal(self, shift: str, instance: _Instance, meal: _Meal) -> None:
        instance.meal = None
        if self._counts(shift):
            self._meals.append(
                MealFigures(
                    shift=shift,
                    meal=meal.name,
                    present=meal.present,
                    capacity=meal.capacity,
                    seats=meal.seats,
                    ate=len(meal.ate),
                    fits=meal.seats == meal.present,
                )
            )


def _minutes(span: timedelta) -> float:
    return round(span / MINUTE, 3)


def _step(series: Series, at: datetime, number: int) -> None:
    """The number from an instant on; what held for no time at all is not told."""
    if series and series[-1][0] == at:
        series.pop()
    if not series or series[-1][1] != number:
        series.append((at, number))


_TAKE: Final[dict[type[Event], Callable[[Count, Any], None]]] = {
    ShiftOpened: Count._opened,
    ShiftClosed: Count._closed,
    CheckedIn: Count._came,
    CheckedOut: Count._went,
    CapacityChanged: Count._changed,
    LoadReported: Count._calls,
    PolicyChanged: Count._set,
    BreakStarted: Count._started,
    BreakEnded: Count._ended,
    BreakRefused: Count._refusal,
    WarningIssued: Count._warning,
    WarningForgiven: Count._forgave,
    DisciplineApplied: Count._discipline,
    WaitJoined: Count._joined,
    WaitLeft: Count._left,
    SlotOffered: Count._offered,
    MealOpened: Count._meal_opened,
    MealClosed: Count._meal_closed,
}
