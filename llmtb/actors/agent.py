"""One agent: present or not, resting or not, what was used up and warned of on a shift date.

A break asked for is decided here, in the order in which the rules name the reasons to refuse it.
"""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Annotated

import msgspec
from msgspec import Meta

from llmtb.actors.centre import Centre
from llmtb.actors.command import AgentId, Command, Reason
from llmtb.actors.shift import CLOCK, Shift, announce, end_break
from llmtb.events.event import Event, Instant
from llmtb.events.floor import (
    BreakExtended,
    BreakRefused,
    BreakStarted,
    CheckedIn,
    CheckedOut,
    DisciplineApplied,
    Kind,
    RefusalReason,
    SlotOffered,
    WaitJoined,
    WaitLeft,
    WarningCause,
    WarningForgiven,
    WarningIssued,
)
from llmtb.runtime.errors import Refused

POLICY = "policy"  # `by` of what a setting decided


# --- state -------------------------------------------------------------------------------------


class Warned(msgspec.Struct):
    """A warning that stands: the shift it was for, its cause, the minute of a late one."""

    shift: str
    cause: WarningCause
    minute: int | None


class Day(msgspec.Struct):
    """One shift date of an agent; `warnings` are those not forgiven, oldest first."""

    warnings: list[Warned] = []
    emergency_used: bool = False
    disciplined: bool = False


class Agent(msgspec.Struct):
    """An agent on the floor.

    present: the instance checked in to. blocked: the instance in which normal and urgent breaks
    are barred, until it ends. days: by shift date, the last few.
    """

    present: str | None = None
    blocked: str | None = None
    days: dict[str, Day] = {}

    def day(self, date: str) -> Day:
        """A shift date's account, empty if nothing happened."""
        return self.days.get(date) or Day()


# --- commands ----------------------------------------------------------------------------------


class CheckIn(Command, frozen=True, kw_only=True, tag="check_in"):
    """I am here."""

    agent: AgentId


class CheckOut(Command, frozen=True, kw_only=True, tag="check_out"):
    """I am leaving."""

    agent: AgentId


class StartBreak(Command, frozen=True, kw_only=True, tag="start_break"):
    """May I rest now?"""

    agent: AgentId
    kind: Kind


class EndBreak(Command, frozen=True, kw_only=True, tag="end_break"):
    """I am back."""

    agent: AgentId


class WaitForSlot(Command, frozen=True, kw_only=True, tag="wait_for_slot"):
    """Tell me when a slot frees."""

    agent: AgentId


class LeaveLine(Command, frozen=True, kw_only=True, tag="leave_line"):
    """Never mind, I wait no longer."""

    agent: AgentId


class EndBreakFor(Command, frozen=True, kw_only=True, tag="end_break_for"):
    """A supervisor ends an agent's break."""

    by: AgentId
    agent: AgentId
    reason: Reason


class ExtendBreak(Command, frozen=True, kw_only=True, tag="extend_break"):
    """A supervisor moves an agent's due: by minutes, or to an instant (`due`, also `until`)."""

    by: AgentId
    agent: AgentId
    reason: Reason
    minutes: Annotated[int, Meta(ge=1, le=1440)] | None = None
    due: Instant | None = None
    until: Instant | None = None


class ForgiveWarning(Command, frozen=True, kw_only=True, tag="forgive_warning"):
    """A supervisor takes an agent's latest warning back."""

    by: AgentId
    agent: AgentId
    reason: Reason


# --- decide ------------------------------------------------------------------------------------


def start_break(
    agent: Agent,
    shift: Shift | None,
    rostered: str | None,
    emergency: datetime | None,
    centre: Centre,
    command: StartBreak,
    now: datetime,
) -> Iterator[Event]:
    """The break granted or refused; the first reason that applies is the one given.

    shift: where the agent is present. rostered: the open instance an absent agent is on.
    emergency: the due of the centre's running emergency break.
    """

    def refused(reason: RefusalReason) -> BreakRefused:
        earliest = shift.next_free() if shift else None
        return BreakRefused(
            at=now,
            by=command.agent,
            agent=command.agent,
            shift=shift.instance if shift else rostered,
            kind=command.kind,
            reason=reason,
            capacity=shift.capacity if shift else None,
            resting=shift.resting if shift else None,
            next_free=emergency if command.kind == "emergency" else earliest,
        )

    if shift is None:
        yield refused("not_present")
        return
    reason = _reason_to_refuse(agent, shift, emergency, command)
    if reason == "meal_used":
        yield from warn(command.agent, agent, shift, centre, now, "meal_twice", command.agent)
    if reason is not None:
        yield refused(reason)
        return
    ordinary = command.kind != "emergency"
    yield BreakStarted(
        at=now,
        by=command.agent,
        agent=command.agent,
        shift=shift.instance,
        kind=command.kind,
        due=_due(shift, centre, command.kind, now),
        free=max(0, (shift.capacity or 0) - shift.resting - ordinary),
    )
    yield from leave_line(command.agent, shift, now)


def _reason_to_refuse(
    agent: Agent, shift: Shift, emergency: datetime | None, command: StartBreak
) -> RefusalReason | None:
    kind, meal = command.kind, shift.meal
    if command.agent in shift.breaks:
        return "already_resting"
    if kind == "emergency":
        if agent.day(shift.date).emergency_used:
            return "emergency_used"
        return "emergency_taken" if emergency is not None else None
    if kind in ("normal", "urgent") and agent.blocked == shift.instance:
        return "blocked"
    if meal is not None and kind != "meal":
        return "meal_only"
    if meal is not None and command.agent in meal.eaten:
        return "meal_used"
    if meal is None and kind == "meal":
        return "no_meal_window"
    return "full" if shift.free() == 0 else None


def _due(shift: Shift, centre: Centre, kind: Kind, now: datetime) -> datetime:
    breaks = centre.policy.breaks
    minutes = {
        "normal": breaks.normal_minutes,
        "urgent": breaks.urgent_minutes,
        "emergency": centre.policy.emergency.minutes,
        "meal": centre.policy.meal_minutes,
    }[kind]
    due = now + timedelta(minutes=minutes)
    return min(due, shift.meal.ends) if kind == "meal" and shift.meal else due


def warn(
    name: str,
    agent: Agent,
    shift: Shift,
    centre: Centre,
    now: datetime,
    cause: WarningCause,
    by: str,
    minute: int | None = None,
) -> Iterator[Event]:
    """One more warning, and what too many of them on one shift date lead to."""
    day, breaks = agent.day(shift.date), centre.policy.breaks
    count = len(day.warnings) + 1
    yield WarningIssued(
        at=now,
        by=by,
        agent=name,
        shift=shift.instance,
        cause=cause,
        minute=minute,
        count=count,
    )
    if count > breaks.max_warnings and not day.disciplined:
        yield DisciplineApplied(
            at=now, by=POLICY, agent=name, shift=shift.instance, action=breaks.on_too_many
        )


def check_in(name: str, shift: Shift, centre: Centre, now: datetime, by: str) -> Iterator[Event]:
    """The agent present on a shift, and what that does to its capacity."""
    yield CheckedIn(at=now, by=by, agent=name, shift=shift.instance)
    yield from announce(shift, centre, now, "presence", by)


def check_out(name: str, shift: Shift, centre: Centre, now: datetime, by: str) -> Iterator[Event]:
    """The agent gone from a shift, out of its line and its breaks first."""
    yield from leave_line(name, shift, now)
    if name in shift.breaks:
        yield from end_break(shift, name, now, "check_out", by)
    yield CheckedOut(at=now, by=by, agent=name, shift=shift.instance)
    yield from announce(shift, centre, now, "presence", by)


def wait_for_slot(name: str, shift: Shift | None, now: datetime) -> Iterator[Event]:
    """The agent in the waiting line, told at once if a slot is free."""
    if shift is not None and name not in shift.breaks and name not in shift.line:
        yield WaitJoined(at=now, by=name, agent=name, shift=shift.instance)
        if shift.free() > 0:
            yield SlotOffered(at=now, by=CLOCK, agent=name, shift=shift.instance)


def leave_line(name: str, shift: Shift, now: datetime) -> Iterator[Event]:
    """The agent out of the waiting line, if in it."""
    if name in shift.line:
        yield WaitLeft(at=now, by=name, agent=name, shift=shift.instance)


def extend_break(shift: Shift, command: ExtendBreak, now: datetime) -> Iterator[Event]:
    """The new due; a meal's never passes its window's end.

    Raises Refused for a due that is gone by, or more than a day away.
    """
    rest = shift.breaks[command.agent]
    asked = command.due or command.until
    if (asked is None) == (command.minutes is None):
        raise Refused("say either by how many minutes or until when")
    due = asked or rest.due + timedelta(minutes=command.minutes or 0)
    if rest.kind == "meal" and shift.meal is not None:
        due = min(due, shift.meal.ends)
    if due <= now:
        raise Refused("the new due must be later than now")
    if due > now + timedelta(days=1):
        raise Refused("the new due must be within a day")
    if due != rest.due:
        yield BreakExtended(
            at=now,
            by=command.by,
            agent=command.agent,
            shift=shift.instance,
            due=due.astimezone(UTC),
            reason=command.reason,
        )


def forgive_warning(agent: Agent, command: ForgiveWarning, now: datetime) -> Iterator[Event]:
    """The latest warning of the latest shift date that has one, taken back."""
    warned = [day for _, day in sorted(agent.days.items()) if day.warnings]
    if warned:
        last = warned[-1].warnings[-1]
        yield WarningForgiven(
            at=now,
            by=command.by,
            agent=command.agent,
            shift=last.shift,
            cause=last.cause,
            minute=last.minute,
            count=len(warned[-1].warnings) - 1,
            reason=command.reason,
        )


# --- evolve ------------------------------------------------------------------------------------


def evolve(agent: Agent, event: Event, centre: Centre) -> None:
    """Take in one event of this agent; those that change nothing here are passed over."""
    match event:
        case CheckedIn():
            agent.present = event.shift
        case CheckedOut():
            agent.present = None
        case BreakStarted(kind="emergency"):
            _day(agent, event.shift).emergency_used = True
        case WarningIssued():
            warned = Warned(event.shift, event.cause, event.minute)
            _day(agent, event.shift).warnings.append(warned)
        case WarningForgiven():
            _day(agent, event.shift).warnings.pop()
            if event.count <= centre.policy.breaks.max_warnings:
                agent.blocked = None
        case DisciplineApplied():
            _day(agent, event.shift).disciplined = True
            if event.action == "block":
                agent.blocked = event.shift
        case _:
            pass


def leave(agent: Agent) -> None:
    """The agent's shift closed: nobody is present in it; what was long ago is dropped."""
    agent.present = None
    for date in sorted(agent.days)[:-3]:
        del agent.days[date]


def _day(agent: Agent, instance: str) -> Day:
    return agent.days.setdefault(instance[:10], Day())
