"""What the passing of time alone gives the supervisors to hear: can everybody eat, is there a feed.

Pure: what is due now, and the next instant to look at.
"""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Final, NamedTuple

from llmtb.actors.shift import Shift
from llmtb.channels.conversation.known import Known
from llmtb.policy import Policy, Window, seats_to_feed

AHEAD: Final = timedelta(hours=2)


class Feasibility(NamedTuple):
    """Whether a meal window feeds everybody.

    people: present. at_once: how many must eat at once so that all can. capacity: the number that
    will be in force. left: how many will not be able to eat in time.
    """

    shift: str
    meal: Window
    minutes: int
    people: int
    at_once: int
    capacity: int
    left: int


class FeedLost(NamedTuple):
    """The phone system has been silent since `last`, and its figures count as none."""

    last: datetime


def due(known: Known, now: datetime) -> Iterator[Feasibility | FeedLost]:
    """What is to be heard from two hours before a meal opens until it does, and of a lost feed."""
    policy = known.floor.centre.policy
    for shift in known.floor.in_order():
        for window in shift.windows:
            if _from(shift, window) <= now < window.starts:
                yield feasibility(policy, known, shift, window)
    load, stale = known.floor.centre.load, known.floor.centre.stale_at()
    if policy.load.mode != "ratio" and load is not None and stale is not None and stale <= now:
        yield FeedLost(load.at)


def next_look(known: Known, now: datetime) -> datetime | None:
    """The next instant at which `due` may give something new, as far as is known now."""
    looks = [
        _from(shift, window) for shift in known.floor.shifts.values() for window in shift.windows
    ]
    stale = known.floor.centre.stale_at()
    if stale is not None:
        looks.append(stale)
    return min((look for look in looks if look > now), default=None)


def feasibility(policy: Policy, known: Known, shift: Shift, window: Window) -> Feasibility:
    """Whether everybody present can eat: unless a number set by hand stands against it, yes.

    The capacity of a meal window rises to what feeds everybody; one set by hand does not.
    """
    minutes, people = policy.meal_minutes, len(shift.present)
    length = (window.ends - window.starts).total_seconds() / 60
    at_once = seats_to_feed(people, length, minutes)
    override = known.floor.centre.overrides.get(shift.instance)
    capacity = max(shift.capacity or 0, at_once)
    if override is not None and override.until > window.starts:
        capacity = override.capacity
    fed = capacity * int(length // minutes)
    return Feasibility(
        shift.instance, window, minutes, people, at_once, capacity, max(0, people - fed)
    )


def _from(shift: Shift, window: Window) -> datetime:
    return max(shift.starts, window.starts - AHEAD)
