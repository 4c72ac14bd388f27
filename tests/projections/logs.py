"""Logs of a floor to try the views on: played by its real decider, on short overlapping shifts."""

import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from random import Random
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
from llmtb.events.floor import AssignReason, Kind, PhoneState, stream_of
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
    {"load": {"mode": "erlang_c", "interval_minutes": 15}, "breaks": {"every": 1}},
    {"load": {"mode": "erlang_a", "patience_seconds": 60.0}},
    {"shifts": [*SETTINGS["shifts"][1:], {"name": "early", "start": "08:00", "end": "09:45"}]},
    {"presence": "check_in"},
)

PHONE_STATES: tuple[PhoneState, ...] = ("free", "in_call", "in_call", "wrap", "away")
PAUSES = [0, 1, 30, 60, 60, 180, 240, 300, 600, 900]  # seconds


class Play(Script[Floor]):
    """A floor with everybody on the two shifts of a morning; what is done there is made up."""

    def __init__(self) -> None:
        super().__init__(FloorBehaviour(), OPENING)
        self.do(OPENING, centres.SetPolicy(policy=SETTINGS))
        self.do(OPENING, centres.AddAgent(agent="boss", role="supervisor"))
        for place, name in enumerate(NAMES):
            self.do(OPENING, centres.AddAgent(agent=name, name=name.title()))
            on = ("early", "middle", "late")[place % 3]
            self.do(OPENING, centres.AssignShift(agent=name, shift=on))
            self.do(OPENING, centres.AssignShift(agent=name, shift="early"))

    def go_on(self, chance: Random) -> None:
        """Let some time pass, and have somebody do something, refused or not."""
        at = self.now + timedelta(seconds=chance.choice(PAUSES))
        resting = [name for shift in self.state.shifts.values() for name in shift.breaks]
        command = _press(chance, resting) if chance.random() < 0.6 else _act(chance, resting)
        with contextlib.suppress(Refused):
            self.do(at, command)


def _press(chance: Random, resting: list[str]) -> Command:
    """What an agent does: those who rest come back, sooner or later."""
    if resting and chance.random() < 0.4:
        return agents.EndBreak(agent=chance.choice(resting))
    name = chance.choice(NAMES)
    kinds: tuple[Kind, ...] = ("normal", "urgent", "emergency", "meal", "meal")
    if chance.random() < 0.7:
        return agents.StartBreak(agent=name, kind=chance.choice(kinds))
    others = (agents.WaitForSlot, agents.LeaveLine, agents.CheckIn, agents.CheckOut)
    return chance.choice(others)(agent=name)


def _act(chance: Random, resting: list[str]) -> Command:
    """What supervisors, the company and the phone system do."""
    name = chance.choice(resting or NAMES)
    shift = chance.choice(["early", "middle", "late", "2026-11-21/early", "2026-11-21/middle"])
    reason = chance.choice(["the lift was stuck", "=1+1"])
    phone = chance.choice(PHONE_STATES)
    until = chance.choice([None, OPENING + timedelta(hours=3)])
    reasons: tuple[AssignReason, ...] = ("roster", "overtime", "change")
    acts: list[Command] = [
        centres.ReportLoad(calls=chance.randrange(60), aht_seconds=chance.choice([90.5, 240.0])),
        centres.ReportLoad(calls=chance.randrange(15), aht_seconds=chance.choice([0.0, 120.0])),
        centres.ReportPhone(agent=name, state=phone),
        centres.ReportPhone(agent=chance.choice(NAMES), state=phone),
        shifts.OverrideCapacity(
            by="boss", shift=shift, capacity=chance.randrange(5), reason=reason, until=until
        ),
        shifts.EndOverride(by="boss", shift=shift),
        agents.EndBreakFor(by="boss", agent=name, reason=reason),
        agents.ExtendBreak(by="boss", agent=name, reason=reason, minutes=chance.randrange(1, 20)),
        agents.ForgiveWarning(by="boss", agent=chance.choice(NAMES), reason=reason),
        centres.AssignShift(agent=name, shift=shift, reason=chance.choice(reasons)),
        centres.UnassignShift(agent=name, shift=shift),
        centres.AddAgent(agent=name, name=chance.choice(["Ali", "سارا", "=cmd"])),
        centres.SetPolicy(policy=chance.choice(CHANGES)),
        centres.RemoveAgent(agent=name),
    ]
    # Those at the end of the list leave little to be done afterwards: they are rarer.
    return chance.choices(acts, [2] * (len(acts) - 3) + [1, 3, 0.3])[0]


@st.composite
def logs(draw: st.DrawFn) -> list[Event]:
    """Whole logs, as events in order; a shorter one is the beginning of a longer one."""
    chance, play = Random(draw(st.integers(0, 2**32))), Play()
    for _ in range(draw(st.integers(0, 150))):
        play.go_on(chance)
    return play.events


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
