"""Days nobody thought of: bursts of commands, time, changed settings and crashes, all in books."""

from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import msgspec
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from llmtb.actors.agent import (
    CheckIn,
    CheckOut,
    EndBreak,
    EndBreakFor,
    ExtendBreak,
    ForgiveWarning,
    LeaveLine,
    StartBreak,
    WaitForSlot,
)
from llmtb.actors.centre import (
    AddAgent,
    AssignShift,
    RemoveAgent,
    ReportLoad,
    ReportPhone,
    SetPolicy,
    UnassignShift,
)
from llmtb.actors.command import Command
from llmtb.actors.floor import FloorBehaviour
from llmtb.actors.shift import EndOverride, OverrideCapacity
from llmtb.events.codec import CODEC
from llmtb.events.event import Event
from llmtb.events.floor import AssignReason, Kind, ShiftReported
from llmtb.runtime.errors import Refused
from llmtb.testing.script import Script
from tests.actors.books import Books
from tests.actors.retold import reports_again

FLOOR = FloorBehaviour()


def times(name: str, start: str, end: str) -> dict[str, str]:
    return {"name": name, "start": start, "end": end}


def meal(name: str, shift: str, start: str, end: str) -> dict[str, str]:
    return times(name, start, end) | {"shift": shift}


CALENDARS: list[dict[str, Any]] = [
    {"shifts": [times("a", "08:00", "16:00"), times("b", "16:00", "00:00")], "meals": []},
    {
        "shifts": [times("a", "08:00", "16:00"), times("b", "12:00", "20:00")],
        "meals": [meal("lunch", "a", "12:00", "13:00"), meal("tea", "b", "15:30", "16:30")],
    },
    {
        "shifts": [times("a", "22:00", "10:00"), times("b", "10:00", "22:00")],
        "meals": [meal("supper", "a", "01:00", "03:00"), meal("lunch", "b", "12:00", "12:40")],
    },
    {
        "shifts": [times("a", "00:00", "00:00")],
        "meals": [meal("lunch", "a", "11:00", "14:00"), meal("supper", "a", "23:00", "00:00")],
    },
]
SETTINGS: list[dict[str, Any]] = [
    {"breaks": {"every": 2, "allow": 1}},
    {"breaks": {"every": 1, "allow": 2, "floor": 2}},
    {"breaks": {"max_warnings": 0, "on_too_many": "block"}},
    {"breaks": {"max_warnings": 1, "on_too_many": "notify"}},
    {"breaks": {"normal_minutes": 1, "warn_after_minutes": [1]}},
    {"breaks": {"normal_minutes": 25, "urgent_minutes": 2, "warn_after_minutes": [1, 2, 30]}},
    {"meals_extra_minutes": 0},
    {"meals_remind_every_minutes": 7},
    {"emergency.minutes": 2},
    {"presence": "check_in"},
    {"presence": "roster"},
    {"load": {"mode": "ratio", "stale_after_seconds": 600}},
    {"load": {"mode": "steps", "steps": [{"calls": 9, "every": 3, "allow": 2}]}},
    {"load": {"mode": "erlang_c", "interval_minutes": 15}},
    {"load": {"mode": "erlang_a", "patience_seconds": 60}},
    {"timezone": "Europe/Berlin"},
    {"timezone": "America/Sao_Paulo"},
]
AGENTS = [f"a{number}" for number in range(6)]
STARTS = [
    datetime(2026, 11, 21, 7, 58, tzinfo=UTC),
    datetime(2026, 3, 28, 22, 0, tzinfo=UTC),  # Berlin loses an hour
    datetime(2018, 11, 3, 20, 0, tzinfo=UTC),  # São Paulo loses a midnight
    datetime(2022, 9, 21, 18, 0, tzinfo=ZoneInfo("Asia/Tehran")).astimezone(UTC),
]

agents = st.sampled_from(AGENTS)
kinds = st.sampled_from(["normal", "urgent", "emergency", "meal"])
shifts = st.sampled_from(["a", "b"])
presses = st.one_of(
    st.builds(StartBreak, agent=agents, kind=kinds),
    st.builds(StartBreak, agent=agents, kind=kinds),
    st.builds(EndBreak, agent=agents),
    st.builds(WaitForSlot, agent=agents),
    st.builds(LeaveLine, agent=agents),
    st.builds(CheckIn, agent=agents),
    st.builds(CheckOut, agent=agents),
)
orders = st.one_of(
    st.builds(SetPolicy, policy=st.sampled_from(CALENDARS + SETTINGS)),
    st.builds(SetPolicy, policy=st.sampled_from(SETTINGS)),
    st.builds(RemoveAgent, agent=agents),
    st.builds(EndOverride, by=st.just("boss"), shift=shifts),
)
acts = st.one_of(
    st.builds(EndBreakFor, by=st.just("boss"), agent=agents, reason=st.just("x")),
    st.builds(ForgiveWarning, by=st.just("boss"), agent=agents, reason=st.just("x")),
)
figures = st.one_of(
    st.builds(ReportLoad, calls=st.integers(0, 40), aht_seconds=st.sampled_from([0.0, 300.0])),
    st.builds(ReportPhone, agent=agents, state=st.sampled_from(["free", "in_call"])),
)


class Days(RuleBasedStateMachine):
    """A centre of six, whose every event is checked against the books."""

    @initialize(
        start=st.sampled_from(STARTS),
        calendar=st.sampled_from(CALENDARS),
        more=st.lists(st.sampled_from(SETTINGS), max_size=3),
    )
    def begin(self, start: datetime, calendar: dict[str, Any], more: list[dict[str, Any]]) -> None:
        self.script = Script(FLOOR, start)
        self.books = Books()
        self.entered = 0
        for partial in [{"breaks.every": 3}, calendar, *more]:
            self.do(SetPolicy(policy=partial))
        for number, agent in enumerate(AGENTS):
            self.do(AddAgent(agent=agent))
            self.do(AssignShift(agent=agent, shift="ab"[number % 2]))

    # --- what happens ------------------------------------------------------------------------

    def do(self, command: Command) -> None:
        state = FLOOR.encode(self.script.state)
        now = self.script.now
        with suppress(Refused):
            next(FLOOR.decide(self.script.state, command, now), None)
        assert FLOOR.encode(self.script.state) == state, "a decision changes nothing by itself"
        try:
            self.script.do(now, command)
        except Refused:
            assert FLOOR.encode(self.script.state) == state, "a refusal changes nothing"
        self.enter()

    def enter(self) -> None:
        """Take what is new into the books."""
        for event in self.script.events[self.entered :]:
            self.books.take(event)
        self.entered = len(self.script.events)

    @rule(burst=st.lists(presses, min_size=1, max_size=6))
    def press(self, burst: list[Command]) -> None:
        for command in burst:
            self.do(command)

    @rule(kind=kinds, reverse=st.booleans())
    def all_press_at_once(self, kind: Kind, reverse: bool) -> None:
        for agent in sorted(self.books.present, reverse=reverse):
            self.do(StartBreak(agent=agent, kind=kind))

    @rule(number=st.integers(1, 3))
    def some_come_back(self, number: int) -> None:
        for agent in sorted(self.books.rests)[:number]:
            self.do(EndBreak(agent=agent))

    @rule()
    def all_ask_to_be_told(self) -> None:
        for agent in sorted(self.books.present):
            self.do(WaitForSlot(agent=agent))

    @rule(seconds=st.sampled_from([1, 59, 60, 120, 300, 840, 901, 3600]))
    def wait(self, seconds: int) -> None:
        self.script.until(self.script.now + timedelta(seconds=seconds))
        self.enter()

    @rule(times=st.integers(1, 5), early=st.sampled_from([0, 0, 1]))
    def wait_for_what_is_due(self, times: int, early: int) -> None:
        for _ in range(times):
            due = FLOOR.due(self.script.state, self.script.now)
            assert due is not None
            self.script.until(max(self.script.now, due - timedelta(microseconds=early)))
        self.enter()

    @rule(clock=st.sampled_from(["08:00", "12:00", "12:30", "15:45", "16:00"]))
    def wait_until(self, clock: str) -> None:
        zone = self.script.state.centre.policy.zone
        then = datetime.fromisoformat(f"{self.script.now.astimezone(zone):%Y-%m-%d}T{clock}")
        if then.replace(tzinfo=zone) > self.script.now:
            self.script.until(then.replace(tzinfo=zone).astimezone(UTC))
        self.enter()

    @rule(command=figures)
    def report(self, command: Command) -> None:
        self.do(command)

    @rule(command=orders)
    def order(self, command: Command) -> None:
        self.do(command)

    @rule(
        agent=agents,
        shift=shifts,
        reason=st.sampled_from(["roster", "overtime", "change"]),
        command=st.sampled_from([AssignShift, AssignShift, UnassignShift]),
        today=st.booleans(),
    )
    def roster(
        self,
        agent: str,
        shift: str,
        reason: AssignReason,
        command: type[AssignShift | UnassignShift],
        today: bool,
    ) -> None:
        zone = self.script.state.centre.policy.zone
        named = f"{self.script.now.astimezone(zone):%Y-%m-%d}/{shift}" if today else shift
        self.do(AddAgent(agent=agent))
        self.do(command(agent=agent, shift=named, reason=reason))

    @rule(shift=shifts, capacity=st.integers(0, 4), minutes=st.none() | st.integers(1, 90))
    def override(self, shift: str, capacity: int, minutes: int | None) -> None:
        until = self.script.now + timedelta(minutes=minutes) if minutes else None
        self.do(
            OverrideCapacity(by="boss", shift=shift, capacity=capacity, reason="x", until=until)
        )

    @rule(command=acts)
    def supervise(self, command: Command) -> None:
        self.do(command)

    @rule(minutes=st.none() | st.integers(1, 40))
    def extend_all(self, minutes: int | None) -> None:
        due = None if minutes else self.script.now + timedelta(minutes=1)
        for agent in sorted(self.books.rests):
            self.do(ExtendBreak(by="boss", agent=agent, reason="x", minutes=minutes, due=due))

    @rule()
    def crash(self) -> None:
        before = self.script.state
        self.script.crash()
        assert self.script.state == before

    @rule()
    def snapshot(self) -> None:
        before = self.script.state
        self.script.state = FLOOR.decode(FLOOR.encode(before))
        assert self.script.state == before

    # --- what always holds ---------------------------------------------------------------------

    @invariant()
    def the_books_are_up_to_date(self) -> None:
        self.books.up_to_date(self.script.now)

    @invariant()
    def each_is_where_their_shift_says(self) -> None:
        floor = self.script.state
        there = {name: s.instance for s in floor.shifts.values() for name in s.present}
        assert sum(len(shift.present) for shift in floor.shifts.values()) == len(there)
        assert {name: a.present for name, a in floor.agents.items() if a.present} == there
        assert there == self.books.present
        for shift in floor.shifts.values():
            assert shift.breaks.keys() <= shift.present
            assert set(shift.line) <= shift.present - shift.breaks.keys()
            assert shift.resting == self.books.resting(shift.instance)

    def teardown(self) -> None:
        if not hasattr(self, "script"):
            return
        assert self.script.replayed() == self.script.state
        events = self.script.events
        assert [_through_the_codec(event) for event in events] == events
        drawn = [msgspec.json.encode(report) for report in reports_again(events)]
        written = [msgspec.json.encode(event.report) for event in self.script.of(ShiftReported)]
        assert drawn == written


def _through_the_codec(event: Event) -> Event:
    (read,) = CODEC.decode(*CODEC.encode(event))
    return read


TestDays = Days.TestCase
TestDays.settings = settings(max_examples=80, stateful_step_count=50)
