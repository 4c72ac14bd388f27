"""A log as what-if needs it: the floor before a range, what was done in it, what came of it."""

from collections.abc import Iterable, Iterator
from datetime import datetime
from itertools import groupby
from typing import NamedTuple

import msgspec

from llmtb.actors.floor import Floor, FloorBehaviour
from llmtb.events.event import Event
from llmtb.events.floor import FLOOR_EVENTS, PolicyChanged, ShiftClosed, ShiftOpened
from llmtb.events.record import Recorded
from llmtb.policy import Policy
from replay.exits import INPUT, Failed
from replay.speech import plain
from replay.whatif.inputs import Input, Reading

MOST = 2_000_000  # events of one range; they are held in memory
FLOOR = frozenset(FLOOR_EVENTS)
BEHAVIOUR = FloorBehaviour()


class Range(NamedTuple):
    """What part of a log: one instance of a shift (`DATE/NAME`), or between two instants, both
    included; None: from the beginning, or to the end."""

    shift: str | None = None
    since: datetime | None = None
    until: datetime | None = None


class Scene(NamedTuple):
    """A range of a log to be played again, under any policy.

    shift: the one instance that counts. base: the floor before the range (the actor's snapshot of
    it), and `horizon`, up to when its time has passed; None where the log begins. rests: the
    running rest of each agent then, by the `seq` of its start; `offered`: when each was last told
    of a free slot. starts, ends: the instants of the range. inputs: in order. ended: of each rest
    that its agent ended, the instant and the due of then. lateness: by agent, seconds after due
    (before: negative) of their returns in the log.
    policies: those in force for some time, each with the instant from which it was.
    """

    shift: str | None
    base: bytes
    horizon: datetime | None
    rests: dict[str, int]
    offered: dict[str, datetime]
    starts: datetime
    ends: datetime
    inputs: list[Input]
    ended: dict[int, tuple[datetime, datetime]]
    lateness: dict[str, list[float]]
    policies: list[tuple[datetime, Policy]]


class Log(NamedTuple):
    """A scene, and the events of the floor that the log has in it."""

    scene: Scene
    recorded: list[Event]


def read(events: Iterable[Recorded], range_: Range) -> Log:
    """Read a range of a log.

    Raises Failed where the log does not begin with its first event, has no such range, or holds
    more than MOST events in it; and what `events` raises.
    """
    reader = _Reader(range_)
    floor_events = _floor(events)
    for at, instant in groupby(floor_events, key=lambda recorded: recorded.event.at):
        if range_.until is not None and at > range_.until:
            break
        reader.take(at, list(instant))
        if reader.closed:
            break
    return reader.log()


def _floor(events: Iterable[Recorded]) -> Iterator[Recorded]:
    """The floor's events of a log that leaves nothing out."""
    seq = 0
    for recorded in events:
        if recorded.seq not in (seq, seq + 1):
            missing = f"event {seq + 1} is not in it" if seq else f"it begins at {recorded.seq}"
            raise Failed(INPUT, f"what-if needs the whole log from event 1 on; {missing}")
        seq = recorded.seq
        if type(recorded.event) in FLOOR:
            yield recorded


class _Reader:
    """Takes a log instant by instant."""

    def __init__(self, range_: Range) -> None:
        self.range = range_
        self.closed = False
        self._reading = Reading()
        self._floor = BEHAVIOUR.initial()
        self._last: datetime | None = None
        self._begun: _Begun | None = None
        self._instances: list[str] = []
        self._inputs: list[Input] = []
        self._recorded: list[Event] = []
        self._policies: list[tuple[datetime, Policy]] = []

    def take(self, at: datetime, instant: list[Recorded]) -> None:
        """Take all events of one instant. Raises Failed where they cannot be understood."""
        if self._begun is None and self._begins(at, instant):
            self._begin(at)
        first = f"event {instant[0].seq}, or one of the same instant"
        try:
            found = list(self._reading.inputs(instant, self._floor, self._evolve))
        except msgspec.ValidationError as error:
            why = f"sets a policy that this version does not know: {plain(str(error))}"
            raise Failed(INPUT, f"{first}, {why}") from error
        except (LookupError, ValueError) as error:
            raise Failed(INPUT, f"{first}, does not follow from those before") from error
        if self._begun is not None:
            self._inputs += found
            self._recorded += [recorded.event for recorded in instant]
            if len(self._recorded) > MOST:
                raise Failed(INPUT, f"more than {MOST} events: say --shift, or --from and --to")
        self._last = at

    def log(self) -> Log:
        """What was read. Raises Failed where the range is not in it."""
        begun, last = self._begun, self._last
        if last is None or not self._instances:
            raise Failed(INPUT, "no shift was ever opened in this log: there is nothing to play")
        if begun is None:
            raise Failed(INPUT, self._outside())
        scene = Scene(
            shift=self.range.shift,
            base=begun.base,
            horizon=begun.horizon,
            rests=begun.rests,
            offered=begun.offered,
            starts=begun.starts,
            ends=last,
            inputs=self._inputs,
            ended=self._reading.ended,
            lateness=self._reading.lateness,
            policies=self._policies,
        )
        return Log(scene, self._recorded)

    def _begins(self, at: datetime, instant: list[Recorded]) -> bool:
        if self.range.shift is not None:
            return any(
                isinstance(recorded.event, ShiftOpened) and recorded.event.shift == self.range.shift
                for recorded in instant
            )
        return self.range.since is None or at >= self.range.since

    def _begin(self, at: datetime) -> None:
        starts = at if self._last is None else max(self.range.since or at, self._last)
        base = BEHAVIOUR.encode(self._floor)
        rests, offered = dict(self._reading.rests), dict(self._reading.offered)
        self._begun = _Begun(base, self._last, rests, offered, starts)
        self._policies.append((starts, self._floor.centre.policy))

    def _evolve(self, event: Event) -> None:
        self._floor = BEHAVIOUR.evolve(self._floor, event)
        if isinstance(event, ShiftOpened):
            self._instances.append(event.shift)
        elif isinstance(event, PolicyChanged) and self._begun is not None:
            if self._policies[-1][0] == event.at:
                self._policies.pop()
            self._policies.append((event.at, self._floor.centre.policy))
        elif isinstance(event, ShiftClosed) and event.shift == self.range.shift:
            self.closed = True

    def _outside(self) -> str:
        first, last = self._instances[0], self._instances[-1]
        if self.range.shift is not None:
            return f"{self.range.shift} was not opened in this log, which has {first} to {last}"
        return f"nothing happened in that range; the log has the shifts {first} to {last}"


class _Begun(NamedTuple):
    """The floor as a range begins."""

    base: bytes
    horizon: datetime | None
    rests: dict[str, int]
    offered: dict[str, datetime]
    starts: datetime


def floor_of(scene: Scene) -> Floor:
    """The floor as the scene begins, for whoever plays it to change."""
    return BEHAVIOUR.decode(scene.base)
