"""Logs of a floor to try the views on: played by its real decider, on short overlapping shifts."""

import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import Any
from zoneinfo import ZoneInfo

import msgspec
from hypothesis import strategies as st

from llmtb import scenario
from llmtb.actors import agent as agents
from llmtb.actors import centre as centres
from llmtb.actors import shift as shifts
from llmtb.actors.command import Command
from llmtb.actors.floor import Floor, FloorBehaviour
from llmtb.events.event import Event
from llmtb.events.floor import stream_of
from llmtb.events.record import Recorded
from llmtb.runtime.errors import Refused
from llmtb.testing.script import Script
from tests.house.sources import ROOT

ZONE = ZoneInfo("Asia/Tehran")
OPENING = datetime(2026, 11, 21, 7, 55, tzinfo=ZONE).astimezone(UTC)
NAMES = ("ali", "bita", "cyrus", "dana", "ehsan", "farah", "gita")
SETTINGS: dict[str, Any] = {
    "shifts": [
        {"name": "early", "start": "08:00", "end": "10:00"},
        {"name": "middle", "start": "09:30", "end": "12:00"},
        {"name": "late", "start": "12:00", "end": "00:30"},
    ],
    "meals": [
        {"name": "breakfast", "shift": "early", "start": "08:20", "end": "09:10"},
        {"name": "lunch", "shift": "middle", "start": "10:30", "end": "11:30"},
    ],
    "breaks": {"every": 2, "max_warnings": 1, "on_too_many": "block"},
    "load": {"stale_after_seconds": 900},
}

CHANGES: tuple[dict[str, Any], ...] = (
    {"breaks": {"every": 3, "floor": 2}},
    {"breaks": {"warn_after_minutes": [1, 2, 4], "max_warnings": 2}},
    {"load": {"mode": "steps", "steps": [{"calls": 20, "every": 4, "allow": 1}]}},
    {"load": {"mode": "erlang_c", "interval_minutes": 15}},
    {"load": {"mode": "erlang_a", "patience_seconds": 60.0}},
    {"shifts": [*SETTINGS["shifts"][1:], {"name": "early", "start": "08:00", "end": "09:45"}]},
    {"presence": "check_in"},
)

agent = st.sampled_from(NAMES)
kind = st.sampled_from(["normal", "urgent", "emergency", "meal"])
shift = st.sampled_from(["early", "middle", "late", "2026-11-21/early", "2026-11-21/middle"])
reason = st.sampled_from(["the lift was stuck", "=1+1"])


def _by_agents() -> st.SearchStrategy[Command]:
    return st.one_of(
        st.builds(agents.StartBreak, agent=agent, kind=kind),
        st.builds(agents.EndBreak, agent=agent),
        st.builds(agents.StartBreak, agent=agent, kind=kind),
        st.builds(agents.WaitForSlot, agent=agent),
        st.builds(agents.LeaveLine, agent=agent),
        st.builds(agents.CheckIn, agent=agent),
        st.builds(agents.CheckOut, agent=agent),
    )


def _by_others() -> st.SearchStrategy[Command]:
    numbers = st.integers(0, 60)
    return st.one_of(
        st.builds(centres.ReportLoad, calls=numbers, aht_seconds=st.sampled_from([0.0, 90.5, 240])),
        st.builds(
            centres.ReportPhone,
            agent=agent,
            state=st.sampled_from(["free", "in_call", "wrap", "away"]),
        ),
        st.builds(
            shifts.OverrideCapacity,
            by=st.just("boss"),
            shift=shift,
            capacity=st.integers(0, 5),
            reason=reason,
            until=st.none() | st.just(OPENING + timedelta(hours=3)),
        ),
        st.builds(shifts.EndOverride, by=st.just("boss"), shift=shift),
        st.builds(agents.EndBreakFor, by=st.just("boss"), agent=agent, reason=reason),
        st.builds(
            agents.ExtendBreak,
            by=st.just("boss"),
            agent=agent,
            reason=reason,
            minutes=st.integers(1, 20),
        ),
        st.builds(agents.ForgiveWarning, by=st.just("boss"), agent=agent, reason=reason),
        st.builds(
            centres.AssignShift,
            agent=agent,
            shift=shift,
            reason=st.sampled_from(["roster", "overtime", "change"]),
        ),
        st.builds(centres.UnassignShift, agent=agent, shift=shift),
        st.builds(centres.AddAgent, agent=agent, name=st.sampled_from(["Ali", "سارا", "=cmd"])),
        st.builds(centres.RemoveAgent, agent=agent),
        st.builds(centres.SetPolicy, policy=st.sampled_from(CHANGES)),
    )


pauses = st.sampled_from([0, 1, 30, 60, 180, 300, 900, 1200, 3600]).map(
    lambda seconds: timedelta(seconds=seconds)
)
steps = st.lists(
    st.tuples(pauses, _by_agents() | _by_agents() | _by_others()), min_size=5, max_size=60
)
"""What is done on a floor, each some time after the one before."""


class Play(Script[Floor]):
    """A floor with everybody on the two shifts of a morning, played step by step."""

    def __init__(self, steps: Iterable[tuple[timedelta, Command]] = ()) -> None:
        super().__init__(FloorBehaviour(), OPENING)
        self.do(OPENING, centres.SetPolicy(policy=SETTINGS))
        self.do(OPENING, centres.AddAgent(agent="boss", role="supervisor"))
        for place, name in enumerate(NAMES):
            self.do(OPENING, centres.AddAgent(agent=name, name=name.title()))
            on = ("early", "middle", "late")[place % 3]
            self.do(OPENING, centres.AssignShift(agent=name, shift=on))
            self.do(OPENING, centres.AssignShift(agent=name, shift="early"))
        for pause, command in steps:
            self.take(pause, command)

    def take(self, pause: timedelta, command: Command) -> None:
        """One step, refused or not."""
        with contextlib.suppress(Refused):
            self.do(self.now + pause, command)


logs = steps.map(lambda each: Play(each).events)
"""Whole logs, as events in order."""


def recorded(events: Iterable[Event]) -> list[Recorded]:
    """Events as a journal would hold them."""
    rows: list[Recorded] = []
    versions: dict[str, int] = {}
    mark = bytes(32)
    for seq, event in enumerate(events, 1):
        stream = stream_of(event)
        versions[stream] = versions.get(stream, 0) + 1
        mark = sha256(mark + msgspec.msgpack.encode(event, order="deterministic")).digest()
        rows.append(Recorded(seq, stream, versions[stream], event, mark))
    return rows


class Tape:
    """A journal that ends: it hands out its events in batches of given sizes, then closes."""

    def __init__(self, events: Sequence[Recorded], sizes: Sequence[int] = (7,)) -> None:
        self.events = events
        self.sizes = sizes
        self.before_batch: Callable[[int], Awaitable[object]] | None = None

    @property
    def head(self) -> int:
        return len(self.events)

    def read(self, after: int = 0) -> Iterator[Recorded]:
        return iter(self.events[after:])

    def subscribe(self, after: int) -> "Playing":
        return Playing(self, after)


class Playing:
    """A subscription to a tape."""

    def __init__(self, tape: Tape, after: int) -> None:
        self.tape = tape
        self.position = after
        self.turn = 0
        self.closed = False

    def __aiter__(self) -> AsyncIterator[list[Recorded]]:
        return self

    async def __anext__(self) -> list[Recorded]:
        if self.tape.before_batch is not None:
            await self.tape.before_batch(self.turn)
        size = self.tape.sizes[self.turn % len(self.tape.sizes)]
        batch = list(self.tape.events[self.position : self.position + size])
        if not batch or self.closed:
            raise StopAsyncIteration
        self.turn += 1
        self.position += len(batch)
        return batch

    def close(self) -> None:
        self.closed = True


def example(name: str) -> list[Event]:
    """The events of one of the examples, played by the floor alone."""
    with (ROOT / "examples" / name).open("rb") as lines:
        played = list(scenario.steps(lines))
    script = Script(FloorBehaviour(), played[0].at)
    for step in played:
        if isinstance(step.command, scenario.Crash):
            script.crash()
        elif isinstance(step.command, scenario.End):
            script.until(step.at)
        else:
            script.do(step.at, step.command)
    return script.events
