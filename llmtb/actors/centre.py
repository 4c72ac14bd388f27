"""The centre: its policy, its people and their roster, the calls it has, the overrides in force.

The commands of one who keeps the centre (`set_policy`, `add_agent`, …) are decided here; what
follows from them on an open shift is decided by the floor.
"""

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from typing import Annotated, Any

import msgspec
from msgspec import Meta

from llmtb.actors.command import AgentId, Command, PersonName, ShiftId
from llmtb.events.event import Event
from llmtb.events.floor import (
    AgentAdded,
    AgentChanged,
    AgentRemoved,
    AssignReason,
    LoadReported,
    OverrideEnded,
    OverrideSet,
    PhoneState,
    PhoneStateChanged,
    PolicyChanged,
    Role,
    ShiftAssigned,
    ShiftClosed,
    ShiftUnassigned,
)
from llmtb.events.roster import Roster
from llmtb.policy import (
    Policy,
    PolicyError,
    Window,
    changed,
    instance_of,
    instances_around,
    merge,
)
from llmtb.runtime.errors import Refused

MOST_ERLANGS = 10_000  # more than any centre has; keeps the formulas' work bounded
OFF_THE_FLOOR: tuple[Role, ...] = ("customer", "auditor")  # never on a shift
SUPERVISING: tuple[Role, ...] = ("supervisor", "admin")


# --- state -------------------------------------------------------------------------------------


class Override(msgspec.Struct, frozen=True):
    """A capacity that a supervisor set by hand, until an instant."""

    capacity: int
    until: datetime
    reason: str


class Centre(msgspec.Struct):
    """What holds for the whole centre.

    load: the latest figures, fresh or not. phones: the phone state by agent. overrides: by
    instance, open or still to come.
    """

    policy: Policy = Policy()
    roster: Roster = msgspec.field(default_factory=Roster)
    load: LoadReported | None = None
    phones: dict[str, PhoneState] = {}
    overrides: dict[str, Override] = {}

    def figures(self, now: datetime) -> LoadReported | None:
        """The load figures, unless they are `stale_after_seconds` old: then they count as none."""
        stale = self.stale_at()
        return self.load if stale is not None and now < stale else None

    def stale_at(self) -> datetime | None:
        """The instant from which the latest figures count as none."""
        if self.load is None:
            return None
        return self.load.at + timedelta(seconds=self.policy.load.stale_after_seconds)

    def known(self, agent: str) -> None:
        """Raise Refused unless the agent is known."""
        if agent not in self.roster.people:
            raise Refused(f"there is no agent {agent!r}")

    def may_supervise(self, by: str) -> None:
        """Raise Refused if a known person, who is no supervisor, acts as one."""
        person = self.roster.people.get(by)
        if person is not None and person.role not in SUPERVISING:
            raise Refused(f"{by!r} is no supervisor but {person.role}")

    def may_administer(self, by: str) -> None:
        """Raise Refused if a known person acts as admin who is none, and there is one."""
        self.may_supervise(by)
        if not self.administers(by):
            raise Refused(f"{by!r} is no admin but {self.roster.people[by].role}")

    def administers(self, by: str) -> bool:
        """Whether somebody is no known person who has an admin above them."""
        person = self.roster.people.get(by)
        return person is None or person.role == "admin" or not self.has_admin()

    def has_admin(self) -> bool:
        """Whether anybody is one; while nobody is, supervisors may what admins may."""
        return any(person.role == "admin" for person in self.roster.people.values())

    def instance(self, shift: str, now: datetime) -> Window:
        """The instance meant by `DATE/NAME`, or by a name alone: the running one, else the next.

        Raises Refused where there is no such shift.
        """
        day, slash, name = shift.rpartition("/")
        if self.policy.shift(name) is None:
            raise Refused(f"there is no shift {name!r}")
        if slash:
            return self._dated(name, day)
        today = now.astimezone(self.policy.zone).date()
        around = (w for w in instances_around(self.policy, today) if w.name.endswith(f"/{name}"))
        return next(window for window in around if window.ends > now)

    def rosters(self, agent: str) -> bool:
        """Whether an agent is on any shift, or was on one of the last days alone."""
        tables = (self.roster.standing, self.roster.single)
        return any(agent in on for table in tables for on in table.values())

    def _dated(self, name: str, day: str) -> Window:
        try:
            window = instance_of(self.policy, name, date.fromisoformat(day))
            if window.name == f"{day}/{name}":  # one spelling for one instance
                return window
        except (ValueError, OverflowError):
            pass
        raise Refused(f"{day!r} is not a date such as 2026-11-21")


# --- commands ----------------------------------------------------------------------------------


class SetPolicy(Command, frozen=True, kw_only=True, tag="set_policy"):
    """Lay a partial policy over the one in force."""

    policy: dict[str, Any]
    by: AgentId = "company"


class AddAgent(Command, frozen=True, kw_only=True, tag="add_agent"):
    """Make a person known, or change what is known; the name defaults to the id."""

    agent: AgentId
    name: PersonName | None = None
    role: Role | None = None
    hired_on: date | None = None
    by: AgentId = "company"


class RemoveAgent(Command, frozen=True, kw_only=True, tag="remove_agent"):
    """Let a person go: off the roster and off the floor."""

    agent: AgentId
    by: AgentId = "company"


class AssignShift(Command, frozen=True, kw_only=True, tag="assign_shift"):
    """Put a person on a shift (a name) from now on, or on one instance (`DATE/NAME`).

    The reason `change` moves: it takes the person off the others (of that date).
    """

    agent: AgentId
    shift: ShiftId
    reason: AssignReason = "roster"
    by: AgentId = "company"


class UnassignShift(Command, frozen=True, kw_only=True, tag="unassign_shift"):
    """Take a person off a shift from now on, or off one instance."""

    agent: AgentId
    shift: ShiftId
    reason: AssignReason = "roster"
    by: AgentId = "company"


class ReportLoad(Command, frozen=True, kw_only=True, tag="report_load"):
    """The phone system's figures for the last interval."""

    calls: Annotated[int, Meta(ge=0, le=1_000_000)]
    aht_seconds: Annotated[float, Meta(ge=0, le=86_400)]
    waiting: Annotated[int, Meta(ge=0)] | None = None
    longest_wait_seconds: Annotated[float, Meta(ge=0)] | None = None
    source: AgentId = "phone"


class ReportPhone(Command, frozen=True, kw_only=True, tag="report_phone"):
    """The phone system says what an agent's phone does."""

    agent: AgentId
    state: PhoneState


# --- decide ------------------------------------------------------------------------------------


def set_policy(centre: Centre, command: SetPolicy, now: datetime) -> Iterator[Event]:
    """The policy with the partial one laid over it. Raises Refused if that is not sound."""
    centre.may_administer(command.by)
    try:
        policy = merge(centre.policy, command.policy)
    except PolicyError as error:
        raise Refused(str(error)) from error
    keys = changed(centre.policy, policy)
    if keys:
        yield PolicyChanged(at=now, by=command.by, policy=policy.table(), changed=keys)


def add_agent(centre: Centre, command: AddAgent, now: datetime) -> Iterator[Event]:
    """The person added or changed; fields that are not given keep what is known.

    Raises Refused for one on the roster who is to be what is never on a shift.
    """
    centre.may_supervise(command.by)
    old = centre.roster.people.get(command.agent)
    if "admin" in (command.role, old.role if old else None):
        centre.may_administer(command.by)
    kind = AgentAdded if old is None else AgentChanged
    event = kind(
        at=now,
        by=command.by,
        agent=command.agent,
        name=command.name or (old.name if old else command.agent),
        role=command.role or (old.role if old else "agent"),
        hired_on=command.hired_on or (old.hired_on if old else None),
    )
    if event.role in OFF_THE_FLOOR and centre.rosters(command.agent):
        raise Refused(f"{command.agent!r} is on a shift, and no {event.role} may be")
    same = old is not None and (old.name, old.role, old.hired_on) == (
        event.name,
        event.role,
        event.hired_on,
    )
    if not same:
        yield event


def remove_agent(centre: Centre, command: RemoveAgent, now: datetime) -> Iterator[Event]:
    """The person gone. Raises Refused for one who is not known."""
    centre.may_supervise(command.by)
    centre.known(command.agent)
    person = centre.roster.people[command.agent]
    if person.role == "admin":
        centre.may_administer(command.by)
    yield AgentRemoved(
        at=now,
        by=command.by,
        agent=command.agent,
        name=person.name,
        role=person.role,
        hired_on=person.hired_on,
    )


def assign_shift(centre: Centre, command: AssignShift, now: datetime) -> Iterator[Event]:
    """The person on the shift, and for a `change` off the others. Raises Refused."""
    centre.may_supervise(command.by)
    centre.known(command.agent)
    role = centre.roster.people[command.agent].role
    if role in OFF_THE_FLOOR:
        raise Refused(f"{command.agent!r} is {role}, and never on a shift")
    centre.instance(command.shift, now)
    if command.reason == "change":
        for shift in others(centre, command.agent, command.shift):
            yield ShiftUnassigned(
                at=now, by=command.by, agent=command.agent, shift=shift, reason="change"
            )
    if not _assigned(centre.roster, command.agent, command.shift) or _off(centre, command, now):
        yield ShiftAssigned(
            at=now,
            by=command.by,
            agent=command.agent,
            shift=command.shift,
            reason=command.reason,
        )


def unassign_shift(centre: Centre, command: UnassignShift, now: datetime) -> Iterator[Event]:
    """The person off the shift, if on it. Raises Refused."""
    centre.may_supervise(command.by)
    centre.known(command.agent)
    centre.instance(command.shift, now)
    if _assigned(centre.roster, command.agent, command.shift):
        yield ShiftUnassigned(
            at=now,
            by=command.by,
            agent=command.agent,
            shift=command.shift,
            reason=command.reason,
        )


def report_load(centre: Centre, command: ReportLoad, now: datetime) -> Iterator[Event]:
    """The figures, as they came. Raises Refused for more work than any centre has."""
    minutes = centre.policy.load.interval_minutes
    if command.calls * command.aht_seconds / (minutes * 60) > MOST_ERLANGS:
        raise Refused(
            f"{command.calls} calls of {command.aht_seconds} s in {minutes} min: too many"
        )
    yield LoadReported(
        at=now,
        by=command.source,
        calls=command.calls,
        aht_seconds=command.aht_seconds,
        waiting=command.waiting,
        longest_wait_seconds=command.longest_wait_seconds,
        interval_minutes=minutes,
        source=command.source,
    )


def report_phone(centre: Centre, command: ReportPhone, now: datetime) -> Iterator[Event]:
    """The phone's new state, if it is new. Raises Refused for an unknown agent."""
    centre.known(command.agent)
    if centre.phones.get(command.agent) != command.state:
        yield PhoneStateChanged(at=now, by="phone", agent=command.agent, state=command.state)


def others(centre: Centre, agent: str, shift: str) -> list[str]:
    """The other shifts an agent is on: names for a name, that date's instances for an instance."""
    day, slash, _ = shift.rpartition("/")
    names = (times.name for times in centre.policy.shifts)
    candidates = [f"{day}{slash}{name}" for name in names]
    return [each for each in candidates if each != shift and _assigned(centre.roster, agent, each)]


def _assigned(roster: Roster, agent: str, shift: str) -> bool:
    if "/" in shift:
        return roster.holds(agent, shift)
    return agent in roster.standing.get(shift, ())


def _off(centre: Centre, command: AssignShift, now: datetime) -> bool:
    """Whether someone who is on a named shift was taken off an instance that is not over."""
    return any(
        command.agent in agents and centre.instance(instance, now).ends > now
        for instance, agents in centre.roster.off.items()
        if instance.endswith(f"/{command.shift}")
    )


# --- evolve ------------------------------------------------------------------------------------


def evolve(centre: Centre, event: Event) -> None:
    """Take in one event of the centre; others change nothing."""
    match event:
        case PolicyChanged():
            centre.policy = msgspec.convert(event.policy, Policy)
        case LoadReported():
            centre.load = event
        case PhoneStateChanged():
            centre.phones[event.agent] = event.state
        case OverrideSet():
            centre.overrides[event.shift] = Override(event.capacity, event.until, event.reason)
        case OverrideEnded():
            centre.overrides.pop(event.shift, None)
        case ShiftClosed():
            oldest = date.fromisoformat(event.shift[:10]) - timedelta(days=3)
            centre.roster.forget_before(oldest.isoformat())
        case AgentRemoved():
            centre.phones.pop(event.agent, None)
            centre.roster.evolve(event)
        case _:
            centre.roster.evolve(event)
