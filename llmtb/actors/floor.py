"""The floor: the one decider of a centre, made of the centre, its open shifts and its agents.

The last slot, the one emergency slot and the order of an instant hold for the whole centre; so
one mailbox takes every command, and each event still lives in the stream of whom it concerns.
"""

from collections.abc import Callable, Iterator
from datetime import datetime
from typing import Any, get_args

import msgspec

from llmtb.actors import agent as agents
from llmtb.actors import centre as centres
from llmtb.actors import desk as desks
from llmtb.actors import shift as shifts
from llmtb.actors.agent import Agent
from llmtb.actors.centre import Centre
from llmtb.actors.command import Command
from llmtb.actors.desk import Desk
from llmtb.actors.instant import Elapse, elapse, turn
from llmtb.actors.shift import Shift
from llmtb.events.desk import DESK_EVENTS
from llmtb.events.desk import STREAM as DESK
from llmtb.events.event import Event
from llmtb.events.floor import FLOOR_EVENTS, PolicyChanged, ShiftClosed, ShiftOpened, stream_of
from llmtb.policy import Policy, Window, instance_of, next_opening

FLOOR_TOPICS = frozenset(kind.__name__ for kind in (*FLOOR_EVENTS, *DESK_EVENTS))


# --- state -------------------------------------------------------------------------------------


class Floor(msgspec.Struct):
    """The whole floor: the centre, its open shifts by instance, its agents by id, its desk."""

    centre: Centre = msgspec.field(default_factory=Centre)
    shifts: dict[str, Shift] = {}
    agents: dict[str, Agent] = {}
    desk: Desk = msgspec.field(default_factory=Desk)

    def agent(self, name: str) -> Agent:
        """An agent, known to the centre. Raises Refused for one who is not."""
        self.centre.known(name)
        return self.agents[name]

    def shift_of(self, name: str) -> Shift | None:
        """The open shift a known agent is present on. Raises Refused for an unknown agent."""
        present = self.agent(name).present
        return None if present is None else self.shifts[present]

    def rostered(self, name: str) -> Shift | None:
        """The first open shift an agent is on the roster of."""
        on = (s for s in self.shifts.values() if self.centre.roster.holds(name, s.instance))
        return min(on, key=lambda shift: (shift.starts, shift.instance), default=None)

    def in_order(self) -> list[Shift]:
        """The open shifts, by start."""
        return sorted(self.shifts.values(), key=lambda shift: (shift.starts, shift.instance))

    def emergency(self) -> datetime | None:
        """The due of the centre's one emergency break, if one is running."""
        running = (rest for shift in self.shifts.values() for rest in shift.breaks.values())
        return next((rest.due for rest in running if rest.kind == "emergency"), None)


# --- commands ----------------------------------------------------------------------------------


FloorCommand = (
    agents.StartBreak
    | agents.EndBreak
    | agents.CheckIn
    | agents.CheckOut
    | agents.WaitForSlot
    | agents.LeaveLine
    | agents.EndBreakFor
    | agents.ExtendBreak
    | agents.ForgiveWarning
    | centres.SetPolicy
    | centres.AddAgent
    | centres.RemoveAgent
    | centres.AssignShift
    | centres.UnassignShift
    | centres.ReportLoad
    | centres.ReportPhone
    | shifts.OverrideCapacity
    | shifts.EndOverride
    | desks.DeskCommand
)


# --- decide ------------------------------------------------------------------------------------


def decide(floor: Floor, command: Command, now: datetime) -> Iterator[Event]:
    """What follows from a command; raises Refused, before any event, for one that is not sound.

    The driver evolves the floor by each event before it takes the next one, so that what is read
    after a `yield` already holds it.
    """
    waiting = [(shift, shift.free()) for shift in floor.shifts.values() if shift.line]
    yield from _DECIDE[type(command)](floor, command, now)
    for shift, before in waiting:
        if shift.instance in floor.shifts:
            yield from shifts.offers(shift, now, shift.free() - before)
    if floor.desk.held:
        yield from desks.let_go(floor.desk, floor.shifts.values(), floor.centre, now)


def _set_policy(floor: Floor, command: centres.SetPolicy, now: datetime) -> Iterator[Event]:
    before = floor.centre.policy
    meals = {shift.instance: shift.meal for shift in floor.shifts.values()}
    yield from centres.set_policy(floor.centre, command, now)
    if floor.centre.policy is not before:
        yield from turn(floor, now)
        for shift in floor.in_order():
            yield from shifts.announce(shift, floor.centre, now, "policy", command.by)
            if shift.meal is not meals.get(shift.instance):
                yield from shifts.remind(shift, floor.centre, now)


def _remove_agent(floor: Floor, command: centres.RemoveAgent, now: datetime) -> Iterator[Event]:
    floor.centre.may_supervise(command.by)
    shift = floor.shift_of(command.agent)
    if shift is not None:
        yield from agents.check_out(command.agent, shift, floor.centre, now, command.by)
    yield from centres.remove_agent(floor.centre, command, now)


def _assign_shift(floor: Floor, command: centres.AssignShift, now: datetime) -> Iterator[Event]:
    name, roster = command.agent, floor.centre.roster
    before = {shift for shift in floor.shifts if roster.holds(name, shift)}
    yield from centres.assign_shift(floor.centre, command, now)
    yield from _follow_roster(floor, name, now, command.by)
    for shift in floor.in_order():
        joins = shift.instance not in before and roster.holds(name, shift.instance)
        if joins and floor.centre.policy.presence == "roster" and floor.shift_of(name) is None:
            yield from agents.check_in(name, shift, floor.centre, now, "roster")


def _unassign_shift(floor: Floor, command: centres.UnassignShift, now: datetime) -> Iterator[Event]:
    yield from centres.unassign_shift(floor.centre, command, now)
    yield from _follow_roster(floor, command.agent, now, command.by)


def _follow_roster(floor: Floor, name: str, now: datetime, by: str) -> Iterator[Event]:
    """One who was taken off the shift they are present on leaves it."""
    shift = floor.shift_of(name)
    if shift is not None and not floor.centre.roster.holds(name, shift.instance):
        yield from agents.check_out(name, shift, floor.centre, now, by)


def _report_load(floor: Floor, command: centres.ReportLoad, now: datetime) -> Iterator[Event]:
    yield from centres.report_load(floor.centre, command, now)
    for shift in floor.in_order():
        yield from shifts.announce(shift, floor.centre, now, "load", command.source)


def _report_phone(floor: Floor, command: centres.ReportPhone, now: datetime) -> Iterator[Event]:
    yield from centres.report_phone(floor.centre, command, now)


def _add_agent(floor: Floor, command: centres.AddAgent, now: datetime) -> Iterator[Event]:
    yield from centres.add_agent(floor.centre, command, now)


def _override(floor: Floor, command: shifts.OverrideCapacity, now: datetime) -> Iterator[Event]:
    window = _instance(floor, command.shift, now)
    yield from shifts.override_capacity(window, floor.centre, command, now)
    if window.name in floor.shifts:
        shift = floor.shifts[window.name]
        yield from shifts.announce(shift, floor.centre, now, "override", command.by)


def _end_override(floor: Floor, command: shifts.EndOverride, now: datetime) -> Iterator[Event]:
    floor.centre.may_supervise(command.by)
    instance = _instance(floor, command.shift, now).name
    held = instance in floor.centre.overrides
    yield from shifts.end_override(instance, floor.centre, now, command.by, command.reason)
    if held and instance in floor.shifts:
        shift = floor.shifts[instance]
        yield from shifts.announce(shift, floor.centre, now, "override_ended", command.by)


def _instance(floor: Floor, shift: str, now: datetime) -> Window:
    """An instance by its id or its shift's name, an open one first. Raises Refused."""
    for each in floor.in_order():
        if shift in (each.instance, each.name):
            return Window(each.instance, each.starts, each.ends)
    return floor.centre.instance(shift, now)


def _start_break(floor: Floor, command: agents.StartBreak, now: datetime) -> Iterator[Event]:
    shift = floor.shift_of(command.agent)
    rostered = None if shift else floor.rostered(command.agent)
    yield from agents.start_break(
        floor.agents[command.agent],
        shift,
        rostered.instance if rostered else None,
        floor.emergency() if command.kind == "emergency" else None,
        floor.centre,
        command,
        now,
    )


def _end_break(floor: Floor, command: agents.EndBreak, now: datetime) -> Iterator[Event]:
    shift = floor.shift_of(command.agent)
    if shift is not None and command.agent in shift.breaks:
        yield from shifts.end_break(shift, command.agent, now, "agent", command.agent)


def _check_in(floor: Floor, command: agents.CheckIn, now: datetime) -> Iterator[Event]:
    shift = floor.rostered(command.agent)
    if floor.shift_of(command.agent) is None and shift is not None:
        yield from agents.check_in(command.agent, shift, floor.centre, now, command.agent)


def _check_out(floor: Floor, command: agents.CheckOut, now: datetime) -> Iterator[Event]:
    shift = floor.shift_of(command.agent)
    if shift is not None:
        yield from agents.check_out(command.agent, shift, floor.centre, now, command.agent)


def _wait(floor: Floor, command: agents.WaitForSlot, now: datetime) -> Iterator[Event]:
    yield from agents.wait_for_slot(command.agent, floor.shift_of(command.agent), now)


def _leave_line(floor: Floor, command: agents.LeaveLine, now: datetime) -> Iterator[Event]:
    shift = floor.shift_of(command.agent)
    if shift is not None:
        yield from agents.leave_line(command.agent, shift, now)


def _end_break_for(floor: Floor, command: agents.EndBreakFor, now: datetime) -> Iterator[Event]:
    floor.centre.may_supervise(command.by)
    shift = floor.shift_of(command.agent)
    if shift is not None and command.agent in shift.breaks:
        yield from shifts.end_break(
            shift, command.agent, now, "supervisor", command.by, command.reason
        )


def _extend_break(floor: Floor, command: agents.ExtendBreak, now: datetime) -> Iterator[Event]:
    floor.centre.may_supervise(command.by)
    shift = floor.shift_of(command.agent)
    if shift is not None and command.agent in shift.breaks:
        yield from agents.extend_break(shift, command, now)


def _forgive(floor: Floor, command: agents.ForgiveWarning, now: datetime) -> Iterator[Event]:
    floor.centre.may_supervise(command.by)
    yield from agents.forgive_warning(floor.agent(command.agent), command, now)


def _desk(floor: Floor, command: desks.DeskCommand, now: datetime) -> Iterator[Event]:
    return desks.decide(floor.desk, command, floor.shifts.values(), floor.centre, now)


_DECIDE: dict[type[Command], Callable[[Floor, Any, datetime], Iterator[Event]]] = {
    Elapse: elapse,
    agents.StartBreak: _start_break,
    agents.EndBreak: _end_break,
    agents.CheckIn: _check_in,
    agents.CheckOut: _check_out,
    agents.WaitForSlot: _wait,
    agents.LeaveLine: _leave_line,
    agents.EndBreakFor: _end_break_for,
    agents.ExtendBreak: _extend_break,
    agents.ForgiveWarning: _forgive,
    centres.SetPolicy: _set_policy,
    centres.AddAgent: _add_agent,
    centres.RemoveAgent: _remove_agent,
    centres.AssignShift: _assign_shift,
    centres.UnassignShift: _unassign_shift,
    centres.ReportLoad: _report_load,
    centres.ReportPhone: _report_phone,
    shifts.OverrideCapacity: _override,
    shifts.EndOverride: _end_override,
    **dict.fromkeys(get_args(desks.DeskCommand), _desk),
}


# --- evolve ------------------------------------------------------------------------------------


def evolve(floor: Floor, event: Event) -> Floor:
    """The floor after an event; it is changed in place, nobody else holds it."""
    centre = floor.centre
    if isinstance(event, DESK_EVENTS):
        desks.evolve(floor.desk, event)
    elif isinstance(event, ShiftOpened):
        floor.shifts[event.shift] = shifts.opened(event, centre)
    elif isinstance(event, PolicyChanged):
        centres.evolve(centre, event)
        for shift in floor.shifts.values():
            _retime(shift, centre.policy)
            shifts.evolve(shift, event, centre)
    elif isinstance(event, ShiftClosed):
        shift = floor.shifts.pop(event.shift)
        shift.ledger.evolve(event)
        for name in shift.present:
            agents.leave(floor.agents[name])
        centres.evolve(centre, event)
    else:
        centres.evolve(centre, event)
        _evolve_parts(floor, event)
    return floor


def _evolve_parts(floor: Floor, event: Event) -> None:
    instance: str | None = getattr(event, "shift", None)
    shift = None if instance is None else floor.shifts.get(instance)
    if shift is not None:
        shift.ledger.evolve(event)
        shifts.evolve(shift, event, floor.centre)
    name: str | None = getattr(event, "agent", None)
    if name is not None:
        agents.evolve(floor.agents.setdefault(name, Agent()), event, floor.centre)


def _retime(shift: Shift, policy: Policy) -> None:
    """An open shift ends when the policy now says; one that was taken out, when it was to."""
    if policy.shift(shift.name) is not None:
        day = datetime.fromisoformat(shift.date).date()
        shift.ends = instance_of(policy, shift.name, day).ends


# --- actor -------------------------------------------------------------------------------------


class FloorBehaviour:
    """The floor as the runtime drives it."""

    format = "floor.1"

    def __init__(self) -> None:
        self._opening: tuple[Policy, datetime, datetime] | None = None

    def initial(self) -> Floor:
        """A floor with the default policy, and nobody known."""
        return Floor()

    def decide(self, state: Floor, command: Command, now: datetime) -> Iterator[Event]:
        """See `decide`."""
        return decide(state, command, now)

    def evolve(self, state: Floor, event: Event) -> Floor:
        """See `evolve`."""
        return evolve(state, event)

    def stream(self, event: Event) -> str:
        """See `llmtb.events.floor.stream_of`."""
        return DESK if isinstance(event, DESK_EVENTS) else stream_of(event)

    def elapse(self) -> Command:
        """The command that says that an instant has come."""
        return Elapse()

    def due(self, state: Floor, after: datetime | None) -> datetime | None:
        """The next instant after `after` at which something falls due."""
        if after is None:
            return None
        centre = state.centre
        instants = [self._next_opening(centre.policy, after)]
        instants += [override.until for override in centre.overrides.values()]
        stale = centre.stale_at()
        if stale is not None:
            instants.append(stale)
        for shift in state.shifts.values():
            instants += shifts.due(shift, centre, after)
        return min([instant for instant in instants if instant > after])

    def encode(self, state: Floor) -> bytes:
        """The floor as a snapshot."""
        return msgspec.msgpack.encode(state)

    def decode(self, data: bytes) -> Floor:
        """The floor from a snapshot. Raises msgspec.ValidationError for another format."""
        return msgspec.msgpack.decode(data, type=Floor)

    def _next_opening(self, policy: Policy, after: datetime) -> datetime:
        # Asked at every turn, and the same for hours: remember the answer while it holds.
        memo = self._opening
        if memo is None or memo[0] is not policy or not memo[1] <= after < memo[2]:
            memo = self._opening = (policy, after, next_opening(policy, after))
        return memo[2]
