"""One instant: what falls due on the floor, in the order of the rules.

Late warnings, ends of overrides, figures gone stale, meals close, shifts close, shifts open,
meals open, reminders: all of it before the commands of that instant.
"""

from collections.abc import Iterator
from datetime import datetime
from typing import Protocol

from llmtb.actors import agent as agents
from llmtb.actors import shift as shifts
from llmtb.actors.agent import Agent
from llmtb.actors.centre import Centre
from llmtb.actors.command import Command
from llmtb.actors.shift import CLOCK, Shift
from llmtb.events.event import Event
from llmtb.events.floor import CheckedIn, ShiftOpened
from llmtb.policy import Window, running_at


class Ground(Protocol):
    """The floor, as far as the passing of time needs it; see `llmtb.actors.floor.Floor`."""

    centre: Centre
    shifts: dict[str, Shift]
    agents: dict[str, Agent]

    def in_order(self) -> list[Shift]: ...


class Elapse(Command, frozen=True, kw_only=True, tag="elapse"):
    """An instant has come: everything that is due at it happens."""


def elapse(floor: Ground, _: Elapse, now: datetime) -> Iterator[Event]:
    """One instant, in the order of the rules."""
    centre = floor.centre
    yield from _warn_late(floor, now)
    for instance in sorted(i for i, o in centre.overrides.items() if o.until <= now):
        yield from shifts.end_override(instance, centre, now, CLOCK)
        if instance in floor.shifts:
            shift = floor.shifts[instance]
            yield from shifts.announce(shift, centre, now, "override_ended", CLOCK)
    if centre.stale_at() == now:
        for shift in floor.in_order():
            yield from shifts.announce(shift, centre, now, "feed_lost", CLOCK)
    yield from turn(floor, now)
    for shift in floor.in_order():
        if shifts.reminds_at(shift, centre, now):
            yield from shifts.remind(shift, centre, now)


def _warn_late(floor: Ground, now: datetime) -> Iterator[Event]:
    for shift in floor.in_order():
        late = [
            (rest.warn[0][1], name, rest.warn[0][0])
            for name, rest in shift.breaks.items()
            if rest.warn and rest.warn[0][1] <= now
        ]
        for _, name, minute in sorted(late):
            agent = floor.agents[name]
            yield from agents.warn(name, agent, shift, floor.centre, now, "late", CLOCK, minute)


def turn(floor: Ground, now: datetime) -> Iterator[Event]:
    """Meals close, shifts close, shifts open, meals open: whatever the calendar says by now."""
    centre = floor.centre
    for shift in floor.in_order():
        if shift.meal is not None and shift.meal.ends <= now:
            yield from shifts.close_meal(shift, shift.meal, centre, now)
    running = running_at(centre.policy, now)
    for shift in floor.in_order():
        # The calendar may have been changed: then a shift goes on for those who are in it.
        abandoned = not shift.present and all(shift.instance != each.name for each in running)
        if shift.ends <= now or abandoned:
            yield from _close(floor, shift, now)
    for window in running:
        if window.name not in floor.shifts:
            yield from _open(floor, window, now)
    for shift in floor.in_order():
        window_due = shifts.meal_due(shift, now)
        if window_due is not None:
            yield from shifts.open_meal(shift, centre, window_due, now)


def _open(floor: Ground, window: Window, now: datetime) -> Iterator[Event]:
    yield ShiftOpened(at=now, by=CLOCK, shift=window.name, starts=window.starts, ends=window.ends)
    shift = floor.shifts[window.name]
    yield from _call_in(shift, _absent(floor, shift), now)
    yield from shifts.announce(shift, floor.centre, now, "opened", CLOCK)


def _close(floor: Ground, shift: Shift, now: datetime) -> Iterator[Event]:
    yield from shifts.close(shift, floor.centre, now)
    # Who stayed for a shift that overlaps this one is present there from now.
    for other in floor.in_order():
        staying = [name for name in _absent(floor, other) if name in shift.present]
        if staying and other.ends > now:
            yield from _call_in(other, staying, now)
            yield from shifts.announce(other, floor.centre, now, "presence", CLOCK)


def _call_in(shift: Shift, names: list[str], now: datetime) -> Iterator[Event]:
    for name in names:
        yield CheckedIn(at=now, by="roster", agent=name, shift=shift.instance)


def _absent(floor: Ground, shift: Shift) -> list[str]:
    """With presence by roster, those rostered on a shift who are present nowhere."""
    if floor.centre.policy.presence != "roster":
        return []
    rostered = floor.centre.roster.on(shift.instance)
    return [name for name in rostered if floor.agents[name].present is None]
