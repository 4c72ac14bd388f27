"""One open instance of a shift: who is present, who rests, its capacity, meals, waiting line.

What the passing of time or a supervisor does to a shift is decided here; what an agent asks for
is decided in `llmtb.actors.agent`.
"""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Annotated, NamedTuple

import msgspec
from msgspec import Meta

from llmtb.actors.centre import Centre
from llmtb.actors.command import AgentId, Command, Reason, ShiftId
from llmtb.capacity import reckon
from llmtb.events.event import Event, Instant
from llmtb.events.floor import (
    BreakEnded,
    BreakExtended,
    BreakStarted,
    CapacityCause,
    CapacityChanged,
    CheckedIn,
    CheckedOut,
    EndedBy,
    Kind,
    MealClosed,
    MealOpened,
    MealReminderSent,
    OverrideEnded,
    OverrideSet,
    PolicyChanged,
    ShiftClosed,
    ShiftOpened,
    ShiftReported,
    SlotOffered,
    WaitJoined,
    WaitLeft,
    WarningIssued,
)
from llmtb.events.ledger import Ledger
from llmtb.policy import Window, meals_of
from llmtb.runtime.errors import Refused

CLOCK = "clock"  # `by` of what only the passing of time caused


# --- state -------------------------------------------------------------------------------------


class Break(msgspec.Struct):
    """A running break; `warn` holds the late warnings still to come: (minute, instant)."""

    kind: Kind
    due: datetime
    warn: list[tuple[int, datetime]]


class OpenMeal(msgspec.Struct):
    """An open meal window; `minutes` is its whole length, `eaten` those who had their meal."""

    name: str
    opened: datetime
    ends: datetime
    minutes: float
    eaten: set[str] = set()


class Shift(msgspec.Struct):
    """One open instance.

    present: agents checked in, those resting included. breaks: running, by agent. line: who waits
    for a slot, first come first. windows: its meals; held: the names of those already opened.
    capacity: the number in force, as last written; None only while the shift is being opened.
    """

    instance: str
    starts: datetime
    ends: datetime
    ledger: Ledger
    windows: list[Window]
    present: set[str] = set()
    breaks: dict[str, Break] = {}
    line: list[str] = []
    held: set[str] = set()
    meal: OpenMeal | None = None
    capacity: int | None = None
    resting: int = 0

    @property
    def date(self) -> str:
        """The shift date: the local date on which it started, ISO."""
        return self.instance[:10]

    @property
    def name(self) -> str:
        """The shift's name."""
        return self.instance[11:]

    def free(self) -> int:
        """Slots left for ordinary breaks (`resting` counts those running)."""
        return max(0, (self.capacity or 0) - self.resting)

    def free_without(self, kind: Kind) -> int:
        """Slots left once a running break of this kind is over."""
        return max(0, (self.capacity or 0) - self.resting + (kind != "emergency"))

    def next_free(self) -> datetime | None:
        """The earliest due among the ordinary breaks."""
        return min((b.due for b in self.breaks.values() if b.kind != "emergency"), default=None)


class Figure(NamedTuple):
    """A capacity, and the agents the calls ask for where that decided (Erlang), else None."""

    capacity: int
    required: int | None


# --- commands ----------------------------------------------------------------------------------


class OverrideCapacity(Command, frozen=True, kw_only=True, tag="override_capacity"):
    """Set a shift's capacity by hand until an instant (default: the shift's end)."""

    by: AgentId
    shift: ShiftId
    capacity: Annotated[int, Meta(ge=0, le=10_000)]
    reason: Reason
    until: Instant | None = None


class EndOverride(Command, frozen=True, kw_only=True, tag="end_override"):
    """Give a shift's capacity back to the rules.

    capacity, until: may be those of the override that ends; they change nothing.
    """

    by: AgentId
    shift: ShiftId
    reason: Reason | None = None
    capacity: int | None = None
    until: Instant | None = None


# --- decide ------------------------------------------------------------------------------------


def capacity_of(shift: Shift, centre: Centre, now: datetime, meal: OpenMeal | None) -> Figure:
    """How many may rest at once: the supervisor's number, else what the rules reckon."""
    override = centre.overrides.get(shift.instance)
    if override is not None:
        return Figure(override.capacity, None)
    window_minutes = None if meal is None else meal.minutes
    reckoned = reckon(centre.policy, len(shift.present), centre.figures(now), window_minutes)
    return Figure(reckoned.number, reckoned.required)


def announce(
    shift: Shift, centre: Centre, now: datetime, cause: CapacityCause, by: str
) -> Iterator[Event]:
    """CapacityChanged, if the number in force is not the one last written."""
    figure = capacity_of(shift, centre, now, shift.meal)
    if figure.capacity != shift.capacity:
        yield CapacityChanged(
            at=now,
            by=by,
            shift=shift.instance,
            capacity=figure.capacity,
            cause=cause,
            required=figure.required,
            present=len(shift.present),
        )


def offers(shift: Shift, now: datetime, slots: int) -> Iterator[Event]:
    """Tell the first in the waiting line, as many as slots have become free."""
    waiting = [agent for agent in shift.line if agent in shift.present]
    able = [agent for agent in waiting if agent not in shift.breaks]
    for agent in able[: max(0, slots)]:
        yield SlotOffered(at=now, by=CLOCK, agent=agent, shift=shift.instance)


def override_capacity(
    window: Window, centre: Centre, command: OverrideCapacity, now: datetime
) -> Iterator[Event]:
    """The override, for an instance that is open or still to come. Raises Refused."""
    centre.may_supervise(command.by)
    if window.ends <= now:
        raise Refused(f"the shift {window.name} is over")
    until = min(command.until or window.ends, window.ends)
    if until <= now:
        raise Refused("an override must end later than now")
    yield OverrideSet(
        at=now,
        by=command.by,
        shift=window.name,
        capacity=command.capacity,
        until=until.astimezone(UTC),
        reason=command.reason,
    )


def end_override(
    instance: str, centre: Centre, now: datetime, by: str, reason: str | None = None
) -> Iterator[Event]:
    """The override over, if one holds; the reason defaults to the one it was set for."""
    override = centre.overrides.get(instance)
    if override is not None:
        yield OverrideEnded(
            at=now,
            by=by,
            shift=instance,
            capacity=override.capacity,
            until=override.until,
            reason=reason or override.reason,
        )


def end_break(
    shift: Shift, agent: str, now: datetime, ended_by: EndedBy, by: str, reason: str | None = None
) -> Iterator[Event]:
    """An agent's running break over, however late."""
    rest = shift.breaks[agent]
    yield BreakEnded(
        at=now,
        by=by,
        agent=agent,
        shift=shift.instance,
        kind=rest.kind,
        ended_by=ended_by,
        late_seconds=max(0, int((now - rest.due).total_seconds())),
        free=shift.free_without(rest.kind),
        reason=reason,
    )


def close(shift: Shift, centre: Centre, now: datetime, by: str = CLOCK) -> Iterator[Event]:
    """The shift over: what still holds in it, its breaks, itself, and then its report."""
    if shift.instance in centre.overrides:
        yield from end_override(shift.instance, centre, now, by)
        yield from announce(shift, centre, now, "override_ended", by)
    if shift.meal is not None:
        yield from close_meal(shift, shift.meal, centre, now)
    for agent in sorted(shift.breaks):
        yield from end_break(shift, agent, now, "shift_end", by)
    rostered = centre.roster.on(shift.instance)
    yield ShiftClosed(at=now, by=by, shift=shift.instance, starts=shift.starts, ends=shift.ends)
    yield ShiftReported(at=now, by=by, shift=shift.instance, report=shift.ledger.report(rostered))


def open_meal(shift: Shift, centre: Centre, window: Window, now: datetime) -> Iterator[Event]:
    """A meal window open, and the capacity that lets everybody eat."""
    meal = meal_in(window, now)
    figure = capacity_of(shift, centre, now, meal)
    yield MealOpened(
        at=now, by=CLOCK, shift=shift.instance, meal=window.name, capacity=figure.capacity
    )
    yield from announce(shift, centre, now, "meal_opened", CLOCK)


def close_meal(shift: Shift, meal: OpenMeal, centre: Centre, now: datetime) -> Iterator[Event]:
    """The open meal window over, and the capacity that holds from now."""
    figure = capacity_of(shift, centre, now, None)
    yield MealClosed(
        at=now, by=CLOCK, shift=shift.instance, meal=meal.name, capacity=figure.capacity
    )
    yield from announce(shift, centre, now, "meal_closed", CLOCK)


def remind(shift: Shift, centre: Centre, now: datetime) -> Iterator[Event]:
    """Remind those who have not eaten and could now, while meal slots are free."""
    if shift.meal is not None and shift.free() > 0:
        hungry = sorted(shift.present - shift.breaks.keys() - shift.meal.eaten)
        agents = [agent for agent in hungry if centre.phones.get(agent) != "in_call"]
        if agents:
            yield MealReminderSent(
                at=now, by=CLOCK, shift=shift.instance, meal=shift.meal.name, agents=agents
            )


def reminds_at(shift: Shift, centre: Centre, now: datetime) -> bool:
    """Whether the open meal window reminds at this very instant."""
    if shift.meal is None:
        return False
    every = timedelta(minutes=centre.policy.meals_remind_every_minutes)
    return (now - shift.meal.opened) % every == timedelta()


def meal_in(window: Window, now: datetime) -> OpenMeal:
    """A meal window that opens now."""
    minutes = (window.ends - window.starts).total_seconds() / 60
    return OpenMeal(window.name, opened=now, ends=window.ends, minutes=minutes)


def meal_due(shift: Shift, now: datetime) -> Window | None:
    """The window that holds this instant and has not been opened yet."""
    if shift.meal is not None:
        return None
    return next(
        (w for w in shift.windows if w.starts <= now < w.ends and w.name not in shift.held), None
    )


def due(shift: Shift, centre: Centre, after: datetime) -> list[datetime]:
    """The instants at which something falls due on this shift; those up to `after` are over."""
    instants = [rest.warn[0][1] for rest in shift.breaks.values() if rest.warn]
    instants += [window.starts for window in shift.windows]
    instants.append(shift.ends)
    if shift.meal is not None:
        instants.append(shift.meal.ends)
        every = timedelta(minutes=centre.policy.meals_remind_every_minutes)
        reminders = (after - shift.meal.opened) // every + 1
        instants.append(shift.meal.opened + reminders * every)
    return instants


# --- evolve ------------------------------------------------------------------------------------


def opened(event: ShiftOpened, centre: Centre) -> Shift:
    """The instance as it opens: nobody in it yet."""
    return Shift(
        instance=event.shift,
        starts=event.starts,
        ends=event.ends,
        windows=meals_of(centre.policy, event.shift),
        ledger=Ledger.begun(event),
    )


def evolve(shift: Shift, event: Event, centre: Centre) -> None:
    """Take in one event of this shift; those that change nothing here are passed over."""
    match event:
        case BreakStarted():
            _start(shift, event, centre)
        case BreakEnded():
            rest = shift.breaks.pop(event.agent)
            shift.resting -= rest.kind != "emergency"
        case BreakExtended():
            rest = shift.breaks[event.agent]
            rest.due, rest.warn = event.due, _warnings(event.due, centre)
        case WarningIssued(cause="late"):
            del shift.breaks[event.agent].warn[0]
        case CheckedIn():
            shift.present.add(event.agent)
        case CheckedOut():
            shift.present.discard(event.agent)
        case CapacityChanged():
            shift.capacity = event.capacity
        case WaitJoined():
            shift.line.append(event.agent)
        case WaitLeft() | SlotOffered():
            shift.line.remove(event.agent)
        case MealOpened():
            window = next(w for w in shift.windows if w.name == event.meal)
            shift.meal = meal_in(window, event.at)
            shift.held.add(event.meal)
        case MealClosed():
            shift.meal = None
        case PolicyChanged():
            shift.windows = meals_of(centre.policy, shift.instance)
        case _:
            pass


def _start(shift: Shift, event: BreakStarted, centre: Centre) -> None:
    warn = _warnings(event.due, centre)
    shift.breaks[event.agent] = Break(event.kind, event.due, warn)
    shift.resting += event.kind != "emergency"
    if event.kind == "meal" and shift.meal is not None:
        shift.meal.eaten.add(event.agent)


def _warnings(due: datetime, centre: Centre) -> list[tuple[int, datetime]]:
    minutes = centre.policy.breaks.warn_after_minutes
    return [(minute, due + timedelta(minutes=minute)) for minute in minutes]
