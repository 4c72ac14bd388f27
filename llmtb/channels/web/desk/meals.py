"""Whether everybody can eat in time, before the meal window opens: one row a window."""

from datetime import datetime, timedelta
from typing import Final, NamedTuple

from llmtb.actors.shift import Shift
from llmtb.channels.conversation.known import Known
from llmtb.channels.conversation.planning import feasibility
from llmtb.events.floor import ShiftOpened
from llmtb.events.ledger import Ledger
from llmtb.policy import Window, instances_around, meals_of

AHEAD: Final = timedelta(hours=24)


class Serving(NamedTuple):
    """A meal window to come. people: present, or rostered while the shift is not open.

    turns: how many eat one after the other on one seat. at_once: the fewest seats that feed all.
    now: the capacity in force, None while the shift is not open; fit_now: how many it would feed.
    capacity: the one that will be in force in the window; fit, left: how many eat in time, or not.
    """

    shift: str
    meal: Window
    is_open: bool
    people: int
    minutes: int
    turns: int
    at_once: int
    now: int | None
    fit_now: int
    capacity: int
    fit: int
    left: int


def servings(known: Known, now: datetime) -> list[Serving]:
    """The meal windows of the next day and night, by start; those that have opened are over."""
    policy = known.floor.centre.policy
    around = instances_around(policy, now.astimezone(policy.zone).date())
    rows = [
        _serving(known, window, meal)
        for window in around
        for meal in meals_of(policy, window.name)
        if now < meal.starts < now + AHEAD
    ]
    return sorted(rows, key=lambda row: (row.meal.starts, row.shift))


def _serving(known: Known, window: Window, meal: Window) -> Serving:
    shift = known.floor.shifts.get(window.name)
    plan = feasibility(known.floor.centre.policy, known, shift or _to_come(known, window), meal)
    length = (meal.ends - meal.starts).total_seconds() / 60
    turns = int(length // plan.minutes)
    capacity_now = None if shift is None else shift.capacity or 0
    return Serving(
        shift=window.name,
        meal=meal,
        is_open=shift is not None,
        people=plan.people,
        minutes=plan.minutes,
        turns=turns,
        at_once=plan.at_once,
        now=capacity_now,
        fit_now=min(plan.people, (capacity_now or 0) * turns),
        capacity=plan.capacity,
        fit=plan.people - plan.left,
        left=plan.left,
    )


def _to_come(known: Known, window: Window) -> Shift:
    """A shift as it will be if everybody rostered comes."""
    opening = ShiftOpened(
        at=window.starts, by="clock", shift=window.name, starts=window.starts, ends=window.ends
    )
    rostered = set(known.floor.centre.roster.on(window.name))
    ledger = Ledger.begun(opening)
    return Shift(window.name, window.starts, window.ends, ledger, [], present=rostered)
