"""What people and phones did, told apart in a log from what followed from it.

A press, a return, a report of the phone system, a supervisor's act: a command for each. What the
floor decided is not among them; of an event that both a command and the floor itself can lead to,
the events around it in the same instant, and the floor as it was, tell which it was.
"""

from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from itertools import takewhile
from typing import Any

import msgspec

from llmtb.actors import agent as agents
from llmtb.actors import centre as centres
from llmtb.actors import shift as shifts
from llmtb.actors.command import Command
from llmtb.actors.floor import Floor
from llmtb.events.event import Event
from llmtb.events.floor import (
    AgentAdded,
    AgentChanged,
    AgentRemoved,
    BreakEnded,
    BreakExtended,
    BreakRefused,
    BreakStarted,
    CapacityChanged,
    CheckedIn,
    CheckedOut,
    LoadReported,
    OverrideEnded,
    OverrideSet,
    PhoneStateChanged,
    PolicyChanged,
    ShiftAssigned,
    ShiftUnassigned,
    SlotOffered,
    WaitJoined,
    WaitLeft,
    WarningForgiven,
)
from llmtb.events.record import Recorded
from llmtb.policy import Policy, instance_of
from llmtb.runtime.errors import Refused

ROSTER = "roster"  # `by` of whoever the roster checks in


class Input(msgspec.Struct, frozen=True, kw_only=True):
    """One thing that was done, as the command it was.

    seq, at: of the event that tells of it. outcome: of a press, `granted` or why it was refused.
    rest: the rest it is about, by the `seq` of its start. due: of that rest, before this.
    after: the latest refused press of the agent before it. offered: when the agent was last told
    of a free slot before a press. shift: of a forgiven warning. assumed: nobody did it: the log
    says by other means that somebody came, or was back. minutes: of a report of calls, how long
    they were counted.
    """

    seq: int
    at: datetime
    command: Command
    outcome: str | None = None
    rest: int | None = None
    due: datetime | None = None
    after: int | None = None
    offered: datetime | None = None
    shift: str | None = None
    assumed: bool = False
    minutes: int | None = None


class Reading:
    """Finds the inputs among the events of a log, given one instant after the other.

    rests: the running rest of each agent, by the `seq` of its start. offered: when each was last
    told of a free slot, and has not pressed since. lateness: by agent, seconds
    after due (before: negative) of every return so far. ended: of each rest that its agent ended,
    the instant and the due of then.
    """

    def __init__(self) -> None:
        self.rests: dict[str, int] = {}
        self.offered: dict[str, datetime] = {}
        self.lateness: dict[str, list[float]] = {}
        self.ended: dict[int, tuple[datetime, datetime]] = {}
        self._refused: dict[str, int] = {}

    def inputs(
        self, instant: Sequence[Recorded], floor: Floor, evolve: Callable[[Event], None]
    ) -> Iterator[Input]:
        """The inputs among all events of one instant.

        floor: as it was before them; `evolve` takes each into it. The iterator is to be exhausted.
        """
        moved = 0  # the events of one command that moves somebody, up to its last
        for place, recorded in enumerate(instant):
            event = recorded.event
            read = _READ.get(type(event))
            if place < moved:
                pass
            elif isinstance(event, ShiftUnassigned) and event.reason == "change":
                length, command = _move(instant[place:], floor)
                moved = place + length
                last = instant[moved - 1]
                yield Input(seq=last.seq, at=last.event.at, command=command)
            elif read is not None:
                before = instant[place - 1].event if place else None
                found = read(self, recorded, floor, before, instant[place + 1 :])
                if found is not None:
                    yield found
            evolve(event)

    # --- breaks --------------------------------------------------------------------------------

    def _started(self, recorded: Recorded, *_: Any) -> Input:
        event: Any = recorded.event
        self.rests[event.agent] = recorded.seq
        return Input(
            seq=recorded.seq,
            at=event.at,
            command=agents.StartBreak(agent=event.agent, kind=event.kind),
            outcome="granted",
            rest=recorded.seq,
            due=event.due,
            after=self._refused.pop(event.agent, None),
            offered=self.offered.pop(event.agent, None),
        )

    def _refusal(self, recorded: Recorded, *_: Any) -> Input:
        event: Any = recorded.event
        pressed = Input(
            seq=recorded.seq,
            at=event.at,
            command=agents.StartBreak(agent=event.agent, kind=event.kind),
            outcome=event.reason,
            after=self._refused.get(event.agent),
            offered=self.offered.pop(event.agent, None),
        )
        if event.reason != "already_resting":
            self._refused[event.agent] = recorded.seq
        return pressed

    def _back(self, recorded: Recorded, floor: Floor, *_: Any) -> Input | None:
        event: Any = recorded.event
        rest = self.rests.pop(event.agent, None)
        due = floor.shifts[event.shift].breaks[event.agent].due
        by_supervisor = event.ended_by == "supervisor"
        if event.ended_by == "check_out":
            return None
        if event.ended_by == "agent":
            late = (event.at - due).total_seconds()
            self.lateness.setdefault(event.agent, []).append(late)
            if rest is not None:
                self.ended[rest] = (event.at, due)
        command: Command = agents.EndBreak(agent=event.agent)
        if by_supervisor:
            command = agents.EndBreakFor(by=event.by, agent=event.agent, reason=event.reason)
        return Input(
            seq=recorded.seq,
            at=event.at,
            command=command,
            rest=rest,
            due=due,
            assumed=event.ended_by == "shift_end",
        )

    def _extended(self, recorded: Recorded, floor: Floor, *_: Any) -> Input:
        event: Any = recorded.event
        return Input(
            seq=recorded.seq,
            at=event.at,
            command=agents.ExtendBreak(
                by=event.by, agent=event.agent, reason=event.reason, due=event.due
            ),
            rest=self.rests.get(event.agent),
            due=floor.shifts[event.shift].breaks[event.agent].due,
        )

    def _forgiven(self, recorded: Recorded, *_: Any) -> Input:
        event: Any = recorded.event
        command = agents.ForgiveWarning(by=event.by, agent=event.agent, reason=event.reason)
        return Input(seq=recorded.seq, at=event.at, command=command, shift=event.shift)

    def _joined(self, recorded: Recorded, *_: Any) -> Input:
        event: Any = recorded.event
        command = agents.WaitForSlot(agent=event.agent)
        after = self._refused.get(event.agent)
        return Input(seq=recorded.seq, at=event.at, command=command, after=after)

    def _left(
        self,
        recorded: Recorded,
        _: Floor,
        before: Event | None,
        following: Sequence[Recorded],
    ) -> Input | None:
        event: Any = recorded.event
        granted = isinstance(before, BreakStarted) and before.agent == event.agent
        then: Any = following[0].event if following else None
        leaves = isinstance(then, CheckedOut | BreakEnded) and then.agent == event.agent
        if granted or leaves:
            return None
        command = agents.LeaveLine(agent=event.agent)
        return Input(seq=recorded.seq, at=event.at, command=command)

    def _told(self, recorded: Recorded, *_: Any) -> None:
        event: Any = recorded.event
        self.offered[event.agent] = event.at

    # --- presence ------------------------------------------------------------------------------

    def _came(self, recorded: Recorded, *_: Any) -> Input:
        event: Any = recorded.event
        return Input(
            seq=recorded.seq,
            at=event.at,
            command=agents.CheckIn(agent=event.agent),
            assumed=event.by == ROSTER,
        )

    def _went(
        self, recorded: Recorded, floor: Floor, _: Event | None, following: Sequence[Recorded]
    ) -> Input | None:
        event: Any = recorded.event
        if event.by != event.agent or not floor.centre.roster.holds(event.agent, event.shift):
            return None  # taken off the shift
        later = (each.event for each in following)
        then = next((each for each in later if not isinstance(each, CapacityChanged)), None)
        if isinstance(then, AgentRemoved) and then.agent == event.agent:
            return None
        command = agents.CheckOut(agent=event.agent)
        return Input(seq=recorded.seq, at=event.at, command=command)

    # --- the centre ----------------------------------------------------------------------------

    def _kept(self, recorded: Recorded, floor: Floor, *_: Any) -> Input | None:
        command = _kept(recorded.event, floor)
        if command is None:
            return None
        minutes: int | None = getattr(recorded.event, "interval_minutes", None)
        return Input(seq=recorded.seq, at=recorded.event.at, command=command, minutes=minutes)


def _kept(event: Event, floor: Floor) -> Command | None:
    """The command of an event that only a command leads to, or the end of an override."""
    match event:
        case PolicyChanged():
            policy = msgspec.convert(event.policy, Policy).table()
            return centres.SetPolicy(policy=policy, by=event.by)
        case AgentAdded() | AgentChanged():
            return centres.AddAgent(
                agent=event.agent,
                name=event.name,
                role=event.role,
                hired_on=event.hired_on,
                by=event.by,
            )
        case AgentRemoved():
            return centres.RemoveAgent(agent=event.agent, by=event.by)
        case ShiftAssigned():
            return centres.AssignShift(
                agent=event.agent, shift=event.shift, reason=event.reason, by=event.by
            )
        case ShiftUnassigned():
            return _unassign(event)
        case LoadReported():
            return centres.ReportLoad(
                calls=event.calls,
                aht_seconds=event.aht_seconds,
                waiting=event.waiting,
                longest_wait_seconds=event.longest_wait_seconds,
                source=event.source,
            )
        case PhoneStateChanged():
            return centres.ReportPhone(agent=event.agent, state=event.state)
        case OverrideSet():
            return _override(event, floor)
        case OverrideEnded() if event.by != shifts.CLOCK:
            return shifts.EndOverride(by=event.by, shift=event.shift, reason=event.reason)
        case _:
            return None


def _unassign(event: ShiftUnassigned) -> centres.UnassignShift:
    return centres.UnassignShift(
        agent=event.agent, shift=event.shift, reason=event.reason, by=event.by
    )


def _override(event: OverrideSet, floor: Floor) -> shifts.OverrideCapacity:
    """The override; one up to the shift's end lasts to wherever that is."""
    open_shift = floor.shifts.get(event.shift)
    if open_shift is not None:
        ends: datetime | None = open_shift.ends
    else:
        day, _, name = event.shift.partition("/")
        try:
            local = datetime.fromisoformat(day).date()
            ends = instance_of(floor.centre.policy, name, local).ends
        except KeyError:
            ends = None
    return shifts.OverrideCapacity(
        by=event.by,
        shift=event.shift,
        capacity=event.capacity,
        reason=event.reason,
        until=None if event.until == ends else event.until,
    )


def _move(events: Sequence[Recorded], floor: Floor) -> tuple[int, Command]:
    """The command that took somebody off shifts for a change, and how many events it led to.

    That is to move to another shift, on which the person may have been already; or nothing more.
    """
    first: Any = events[0].event

    def same(recorded: Recorded) -> bool:
        event = recorded.event
        return (
            isinstance(event, ShiftUnassigned | ShiftAssigned)
            and event.reason == "change"
            and (event.agent, event.by) == (first.agent, first.by)
        )

    run: list[Any] = [each.event for each in takewhile(same, events)]
    off = [each.shift for each in takewhile(lambda each: isinstance(each, ShiftUnassigned), run)]
    day, slash, _ = first.shift.rpartition("/")
    targets = [f"{day}{slash}{times.name}" for times in floor.centre.policy.shifts]
    length = len(off)
    if length < len(run):
        targets, length = [run[length].shift], length + 1
    for shift in targets if length > 1 else ():
        command = centres.AssignShift(agent=first.agent, shift=shift, reason="change", by=first.by)
        if _leads_to(floor, command, run[:length]):
            return length, command
    return 1, _unassign(first)


def _leads_to(floor: Floor, command: centres.AssignShift, events: list[Event]) -> bool:
    try:
        return list(centres.assign_shift(floor.centre, command, events[0].at)) == events
    except Refused:
        return False


_Read = Callable[[Reading, Recorded, Floor, Event | None, Sequence[Recorded]], Input | None]

_READ: dict[type[Event], _Read] = {
    BreakStarted: Reading._started,
    BreakRefused: Reading._refusal,
    BreakEnded: Reading._back,
    BreakExtended: Reading._extended,
    WarningForgiven: Reading._forgiven,
    WaitJoined: Reading._joined,
    WaitLeft: Reading._left,
    SlotOffered: Reading._told,
    CheckedIn: Reading._came,
    CheckedOut: Reading._went,
    **dict.fromkeys(
        (
            PolicyChanged,
            AgentAdded,
            AgentChanged,
            AgentRemoved,
            ShiftAssigned,
            ShiftUnassigned,
            LoadReported,
            PhoneStateChanged,
            OverrideSet,
            OverrideEnded,
        ),
        Reading._kept,
    ),
}
