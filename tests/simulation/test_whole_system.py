"""Whole shifts on the real actors, with everything going wrong that can.

People press at once, calls come and stop, commits fail before or after they took effect, the
system is killed at any await, time passes. Whatever happens, the standing properties hold.
"""

import asyncio
import random
from collections.abc import Coroutine
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from llmtb.actors import agent as agents
from llmtb.actors import centre as centres
from llmtb.actors import shift as shifts
from llmtb.actors.command import Command
from llmtb.actors.floor import FLOOR_TOPICS, FloorBehaviour
from llmtb.app import House
from llmtb.events.codec import CODEC
from llmtb.events.errors import JournalError
from llmtb.events.floor import (
    BreakEnded,
    BreakExtended,
    BreakStarted,
    CapacityChanged,
    WarningIssued,
)
from llmtb.events.journal import Recorded
from llmtb.events.reading import verify
from llmtb.events.stores.memory import MemoryStore
from llmtb.projections.capacity import Capacity
from llmtb.runtime.actor import Context
from llmtb.runtime.errors import Refused, Unanswered
from llmtb.runtime.persistent import PersistentActor
from llmtb.runtime.virtual import VirtualLoop
from llmtb.testing.faulty import Fault, FaultyStore, SlowJournal

T = TypeVar("T")

START = datetime(2026, 11, 21, 4, 20, tzinfo=UTC)  # ten minutes before the morning shift
CREW = ("ava", "ben", "cyrus", "dina", "elif", "farid")
POLICY = {
    "breaks": {"every": 2, "max_warnings": 1, "on_too_many": "block"},
    "load": {"mode": "erlang_c", "stale_after_seconds": 600},
    "meals": [{"name": "brunch", "shift": "morning", "start": "09:00", "end": "10:00"}],
}

who = st.sampled_from(CREW)
presses = st.one_of(
    st.builds(
        agents.StartBreak,
        agent=who,
        kind=st.sampled_from(["normal", "urgent", "emergency", "meal"]),
    ),
    st.builds(agents.EndBreak, agent=who),
    st.builds(agents.WaitForSlot, agent=who),
    st.builds(agents.CheckOut, agent=who),
    st.builds(agents.CheckIn, agent=who),
    st.builds(
        agents.ExtendBreak, by=st.just("boss"), agent=who, reason=st.just("r"), minutes=st.just(5)
    ),
    st.builds(agents.ForgiveWarning, by=st.just("boss"), agent=who, reason=st.just("r")),
    st.builds(
        shifts.OverrideCapacity,
        by=st.just("boss"),
        shift=st.just("morning"),
        capacity=st.integers(0, 4),
        reason=st.just("r"),
    ),
    st.builds(shifts.EndOverride, by=st.just("boss"), shift=st.just("morning")),
    st.builds(centres.ReportLoad, calls=st.integers(0, 60), aht_seconds=st.just(180.0)),
)


class SeenHouse(House):
    """A house that lets its floor be looked into."""

    def _floor(self, context: Context) -> PersistentActor[Any, Any, Any, Any, Any]:
        self.seen = super()._floor(context)
        return self.seen


class WholeSystem(RuleBasedStateMachine):
    """One centre through a day."""

    def __init__(self) -> None:
        super().__init__()
        self.loop = VirtualLoop(START)
        self.memory = MemoryStore()
        self.faults: list[Fault | None] = []
        self.given: dict[str, Command] = {}
        self.acknowledged: dict[str, list[Recorded]] = {}
        self.delays: list[float] = []

    def run(self, main: Coroutine[Any, Any, T]) -> T:
        return self.loop.run_until_complete(main)

    @initialize()
    def open(self) -> None:
        self.run(self._open())

    async def _open(self) -> None:
        store = FaultyStore(self.memory, lambda: self.faults.pop(0) if self.faults else None)
        self.journal = await SlowJournal.open(store)
        self.journal.delay = lambda: self.delays.pop(0) if self.delays else 0.0
        await self._begin()
        await self.house.floor(centres.SetPolicy(policy=POLICY))
        for name in CREW:
            await self.house.floor(centres.AddAgent(agent=name))
            await self.house.floor(centres.AssignShift(agent=name, shift="morning"))

    async def _begin(self) -> None:
        self.house = SeenHouse(self.journal, self.loop.clock, random.Random(0))
        await self.house.wake()

    async def _press(self, command: Command, command_id: str) -> None:
        try:
            reply = await self.house.floor(command, command_id)
        except (JournalError, Refused, Unanswered):
            return
        earlier = self.acknowledged.setdefault(command_id, reply)
        assert reply == earlier or not earlier, "a repeated command got another answer"

    def _name(self, commands: list[Command]) -> dict[str, Command]:
        first = len(self.given)
        named = {f"press-{first + n}": command for n, command in enumerate(commands)}
        self.given |= named
        return named

    async def _burst(self, named: dict[str, Command]) -> None:
        await asyncio.gather(*(self._press(do, name) for name, do in named.items()))

    @rule(commands=st.lists(presses, min_size=1, max_size=6))
    def press_at_once(self, commands: list[Command]) -> None:
        self.run(self._burst(self._name(commands)))

    @rule(
        commands=st.lists(presses, min_size=1, max_size=4),
        faults=st.lists(st.sampled_from([None, *Fault]), min_size=1, max_size=4),
    )
    def press_while_commits_fail(self, commands: list[Command], faults: list[Fault | None]) -> None:
        self.faults = faults
        self.run(self._burst(self._name(commands)))
        self.faults = []

    @rule(
        commands=st.lists(presses, min_size=1, max_size=4),
        steps=st.integers(1, 25),
        delays=st.lists(st.sampled_from([0.0, 0.5, 2.0]), max_size=4),
    )
    def kill_at_any_await(self, commands: list[Command], steps: int, delays: list[float]) -> None:
        self.delays = delays
        last = self.loop.steps + steps
        killed = self.house

        def kill(step: int) -> None:
            if step >= last:
                killed.crash()
                self.loop.on_step(None)

        self.loop.on_step(kill)
        self.run(self._burst(self._name(commands)))
        self.loop.on_step(None)
        killed.crash()
        self.delays = []
        self.run(self._begin())

    @precondition(lambda self: self.given)
    @rule(data=st.data())
    def press_again_with_the_same_id(self, data: st.DataObject) -> None:
        name = data.draw(st.sampled_from(sorted(self.given)))
        self.run(self._press(self.given[name], name))

    @rule(seconds=st.sampled_from([1, 59, 60, 61, 180, 900, 1800, 7200]))
    def pass_time(self, seconds: int) -> None:
        self.run(asyncio.sleep(seconds))

    @invariant()
    def nothing_is_acknowledged_without_its_event(self) -> None:
        if self.acknowledged:
            recorded = {each.seq: each for each in self.journal.read()}
            for reply in self.acknowledged.values():
                assert all(recorded[each.seq] == each for each in reply)

    @invariant()
    def the_live_state_is_the_replayed_one(self) -> None:
        if hasattr(self, "house"):
            self.run(self.house.wake())
            behaviour = FloorBehaviour()
            state = behaviour.initial()
            for recorded in self.journal.read(topics=sorted(FLOOR_TOPICS)):
                state = behaviour.evolve(state, recorded.event)
            assert self.house.seen.state == state
            assert behaviour.decode(behaviour.encode(state)) == state

    @invariant()
    def the_last_slot_is_granted_once(self) -> None:
        capacity = 0
        running: dict[str, BreakStarted] = {}
        due: dict[str, datetime] = {}
        for recorded in self.journal.read() if hasattr(self, "journal") else ():
            event = recorded.event
            ordinary = [rest for rest in running.values() if rest.kind != "emergency"]
            if isinstance(event, CapacityChanged):
                capacity = event.capacity
            elif isinstance(event, BreakStarted):
                assert event.agent not in running
                if event.kind == "emergency":
                    assert len(ordinary) == len(running), "two emergencies at once"
                else:
                    assert event.free == capacity - len(ordinary) - 1 >= 0
                running[event.agent] = event
                due[event.agent] = event.due
            elif isinstance(event, BreakEnded):
                del running[event.agent]
            elif isinstance(event, BreakExtended):
                due[event.agent] = event.due
            elif isinstance(event, WarningIssued) and event.cause == "late":
                assert event.at == due[event.agent] + timedelta(minutes=event.minute or 0)
                assert event.agent in running

    def teardown(self) -> None:
        try:
            if hasattr(self, "journal"):
                self._end()
        finally:
            self.loop.close()

    def _end(self) -> None:
        verify(self.memory)
        view, rebuilt = Capacity(), Capacity()
        events = list(self.journal.read())
        half = len(events) // 2
        for recorded in events[:half]:
            view.apply(recorded)
        list(view.writes())
        for recorded in events[half:]:
            view.apply(recorded)
        for recorded in events:
            rebuilt.apply(recorded)
            assert list(CODEC.decode(*CODEC.encode(recorded.event))) == [recorded.event]
        assert (view.centre, view.shifts) == (rebuilt.centre, rebuilt.shifts)
        assert [each.seq for each in events] == list(range(1, len(events) + 1))
        self.house.crash()
        self.run(self.journal.close())


TestWholeSystem = WholeSystem.TestCase
TestWholeSystem.settings = settings(max_examples=40, stateful_step_count=25)
