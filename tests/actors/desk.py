"""A centre to try the rules on: Saturday 2026-11-21 in Tehran, told by the wall clock there."""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from llmtb.actors.agent import CheckIn, CheckOut, EndBreak, StartBreak, WaitForSlot
from llmtb.actors.centre import AddAgent, AssignShift, ReportLoad, SetPolicy, UnassignShift
from llmtb.actors.command import Command
from llmtb.actors.floor import Floor, FloorBehaviour
from llmtb.actors.shift import Shift
from llmtb.events.event import Event
from llmtb.events.floor import AssignReason, BreakRefused, BreakStarted, Kind
from llmtb.testing.script import Script

DAY = datetime(2026, 11, 21, tzinfo=ZoneInfo("Asia/Tehran"))
MORNING, EVENING, NIGHT = (f"2026-11-21/{name}" for name in ("morning", "evening", "night"))
LUNCH = {"meals": [{"name": "lunch", "shift": "morning", "start": "12:00", "end": "13:00"}]}
OVERLAPPING = {
    "shifts": [
        {"name": "morning", "start": "08:00", "end": "16:00"},
        {"name": "late", "start": "12:00", "end": "20:00"},
    ]
}
LATE = "2026-11-21/late"


def at(clock: str) -> datetime:
    """The instant of a wall clock's `HH:MM` or `HH:MM:SS`; 24:00 and more is the next day."""
    hours, minutes, seconds = (int(part) for part in [*clock.split(":"), "0"][:3])
    return (DAY + timedelta(hours=hours, minutes=minutes, seconds=seconds)).astimezone(UTC)


def crew(count: int) -> list[str]:
    """So many agents: a01, a02, …"""
    return [f"a{number:02}" for number in range(1, count + 1)]


def rest(agent: str, kind: Kind = "normal") -> StartBreak:
    return StartBreak(agent=agent, kind=kind)


def back(agent: str) -> EndBreak:
    return EndBreak(agent=agent)


def come(agent: str) -> CheckIn:
    return CheckIn(agent=agent)


def go(agent: str) -> CheckOut:
    return CheckOut(agent=agent)


def wait(agent: str) -> WaitForSlot:
    return WaitForSlot(agent=agent)


def calls(number: int, aht: float = 180) -> ReportLoad:
    return ReportLoad(calls=number, aht_seconds=aht)


def assign(agent: str, shift: str, reason: AssignReason = "roster") -> AssignShift:
    return AssignShift(agent=agent, shift=shift, reason=reason)


def unassign(agent: str, shift: str) -> UnassignShift:
    return UnassignShift(agent=agent, shift=shift)


def policy(partial: dict[str, Any]) -> SetPolicy:
    return SetPolicy(policy=partial)


class Desk(Script[Floor]):
    """A floor that began at 07:55, its policy and its crew (on one shift) set there and then."""

    def __init__(
        self,
        crew: Iterable[str] = (),
        settings: dict[str, Any] | None = None,
        *,
        shift: str = "morning",
        start: str = "07:55",
    ) -> None:
        super().__init__(FloorBehaviour(), at(start))
        self.do(self.now, policy(settings or {}))
        for agent in crew:
            self.join(agent, shift)

    def join(self, agent: str, shift: str = "morning") -> None:
        """Add an agent, on a shift."""
        self.do(self.now, AddAgent(agent=agent))
        self.do(self.now, AssignShift(agent=agent, shift=shift))

    def at(self, clock: str, *commands: Command) -> list[Event]:
        """Do something at a time of day; the events of these commands alone."""
        return [event for command in commands for event in self.do(at(clock), command)]

    def wait(self, clock: str) -> list[Event]:
        """Let time pass; the events of what fell due."""
        return self.until(at(clock))

    def granted(self, clock: str, agent: str, kind: Kind = "normal") -> BreakStarted:
        """Ask for a break that is granted."""
        event = self.at(clock, rest(agent, kind))[0]
        assert isinstance(event, BreakStarted)
        return event

    def refused(self, clock: str, agent: str, kind: Kind = "normal") -> BreakRefused:
        """Ask for a break that is refused."""
        event = self.at(clock, rest(agent, kind))[-1]
        assert isinstance(event, BreakRefused)
        return event

    def shift(self, instance: str = MORNING) -> Shift:
        """An open instance of a shift."""
        return self.state.shifts[instance]


def names(events: Iterable[Event]) -> list[str]:
    """The types of events, by name."""
    return [type(event).__name__ for event in events]


def where(desk: Desk, agent: str) -> str | None:
    """The instance an agent is present on."""
    found = [name for name, shift in desk.state.shifts.items() if agent in shift.present]
    assert len(found) <= 1
    assert desk.state.agents[agent].present == (found[0] if found else None)
    return found[0] if found else None
