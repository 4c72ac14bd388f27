"""What is told is in the journal, once, at its instant; whatever fails or dies on the way."""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, Generic, NamedTuple, TypeAlias, TypeVar

import pytest
from hypothesis import given
from hypothesis import strategies as st

from llmtb.events.errors import Conflict, StorageFailed
from llmtb.events.record import Recorded
from llmtb.runtime import virtual
from llmtb.runtime.behaviour import Envelope
from llmtb.runtime.clock import WallClock
from llmtb.runtime.errors import DeadlineExceeded, Refused, Stopped
from llmtb.runtime.persistent import DecisionFault
from llmtb.runtime.supervision import Backoff, Failure
from llmtb.runtime.system import System
from tests.runtime.pantry import (
    Blunder,
    Command,
    Crowded,
    Elapse,
    HouseLedger,
    Keeper,
    Ledger,
    Look,
    Opened,
    Pantry,
    PantryBehaviour,
    Spoiled,
    Stock,
    Stocked,
    Take,
    Taken,
    keeper,
    replayed,
)

START = datetime(2026, 3, 1, 8, 0, tzinfo=UTC)


def at(seconds: float) -> datetime:
    return START + timedelta(seconds=seconds)


L = TypeVar("L", bound=Ledger | HouseLedger)


@dataclass
class Kitchen(Generic[L]):
    """A system with one pantry over a ledger; it can crash and be started again."""

    ledger: L
    passivate_after: float | None = None
    behaviour: PantryBehaviour | None = None
    restarts: int | None = 3
    made: list[Keeper] = field(default_factory=list)
    failures: list[Failure] = field(default_factory=list)
    system: System = field(init=False)

    def start(self) -> None:
        self.system = System(virtual.clock(), report=self.failures.append)
        self.system.register(
            "pantry",
            keeper(self.ledger, self.ledger.read, made=self.made, behaviour=self.behaviour),
            passivate_after=self.passivate_after,
            supervision=Backoff(first=1, jitter=0, restarts=self.restarts),
        )

    async def ask(self, command: Command, id: str | None = None) -> list[Recorded]:  # noqa: A002
        message = command if id is None else Envelope(command, id)
        reply: list[Recorded] = await self.system.ref("pantry", "p").ask(message)
        return reply

    @property
    def state(self) -> Pantry:
        return self.made[-1].state


def cook(
    scene: Callable[[Kitchen[Ledger]], Any],
    *,
    faults: Sequence[str | None] = (),
    **options: Any,
) -> Kitchen[Ledger]:
    """Plays a scene on virtual time; then checks what always holds, and returns the kitchen."""

    async def main() -> Kitchen[Ledger]:
        kitchen = Kitchen(Ledger(faults), **options)
        kitchen.start()
        await scene(kitchen)
        await kitchen.system.stop()
        check(kitchen.ledger)
        return kitchen

    return virtual.run(main(), START)


def check(ledger: Ledger | HouseLedger) -> None:
    """Instants never go back, and every jar spoils exactly when it has to."""
    rows = ledger.rows
    instants = [row.event.at for row in rows]
    assert instants == sorted(instants)
    keeps: dict[int, datetime] = {}
    for row in rows:
        match row.event:
            case Stocked():
                keeps[row.event.jar] = row.event.until
            case Taken():
                assert row.event.at < keeps.pop(row.event.jar)
            case Spoiled():
                assert row.event.at == keeps.pop(row.event.jar)
    assert all(until >= instants[-1] for until in keeps.values())
    assert sum(isinstance(row.event, Opened) for row in rows) <= 1


def kinds(rows: Sequence[Recorded]) -> list[str]:
    return [type(row.event).__name__ for row in rows]


def test_it_replies_with_what_was_recorded() -> None:
    async def scene(kitchen: Kitchen[Ledger]) -> None:
        for _ in range(2):
            await kitchen.ask(Stock("a", 60))
        reply = await kitchen.ask(Stock("b", 60))
        assert kinds(reply) == ["Stocked", "Crowded"]
        assert [row.stream for row in reply] == ["shelf/b", "pantry"]
        assert reply == kitchen.ledger.rows[-2:]
        assert await kitchen.ask(Look()) == []
        with pytest.raises(Refused, match="c is empty"):
            await kitchen.ask(Take("c"))
        assert kitchen.state == replayed(kitchen.ledger.rows)

    kitchen = cook(scene)
    assert kitchen.failures == []


def test_a_new_one_begins_with_the_present_instant() -> None:
    async def scene(kitchen: Kitchen[Ledger]) -> None:
        await asyncio.sleep(5)
        await kitchen.system.wake("pantry", "p")

    kitchen = cook(scene)
    assert [(row.event.at, kinds([row])) for row in kitchen.ledger.rows] == [(at(5), ["Opened"])]


def test_what_falls_due_happens_at_its_instant_without_a_message() -> None:
    async def scene(kitchen: Kitchen[Ledger]) -> None:
        await kitchen.ask(Stock("a", 10.000001))
        await kitchen.ask(Stock("a", 30))
        await kitchen.ask(Stock("b", 10.000001))
        await asyncio.sleep(60)

    kitchen = cook(scene)
    spoiled = [row.event.at for row in kitchen.ledger.rows if isinstance(row.event, Spoiled)]
    assert spoiled == [at(10.000001), at(10.000001), at(30)]


def test_time_passes_before_the_commands_of_an_instant() -> None:
    async def scene(kitchen: Kitchen[Ledger]) -> None:
        await kitchen.ask(Stock("a", 10))
        # The timer of this task was set before the actor's, and fires first.
        await asyncio.sleep(10)
        with pytest.raises(Refused):
            await kitchen.ask(Take("a"))

    cook(scene)


def test_what_gathers_goes_in_one_append() -> None:
    async def scene(kitchen: Kitchen[Ledger]) -> None:
        await kitchen.system.wake("pantry", "p")
        before = kitchen.ledger.appends
        asks = [kitchen.ask(Stock("a", 60)) for _ in range(20)] + [kitchen.ask(Look())]
        replies = await asyncio.gather(*asks)
        assert kitchen.ledger.appends == before + 1
        assert [reply[0].event.jar for reply in replies[:-1]] == list(range(1, 21))  # type: ignore[attr-defined]

    cook(scene)


@pytest.mark.parametrize("downtime", [1.0, 100.0])
def test_what_fell_due_while_nobody_was_there_happens_at_its_instant(downtime: float) -> None:
    async def scene(kitchen: Kitchen[Ledger]) -> None:
        for keeps in (10, 20, 30, 300):
            await kitchen.ask(Stock("a", keeps))
        kitchen.system.crash()
        await asyncio.sleep(downtime)
        kitchen.start()
        await kitchen.system.wake("pantry", "p")
        assert len(kitchen.state.jars) == (4 if downtime < 10 else 1)

    cook(scene)


def test_the_due_timer_outlives_passivation() -> None:
    async def scene(kitchen: Kitchen[Ledger]) -> None:
        await kitchen.ask(Stock("a", 1000))
        await asyncio.sleep(500)
        assert kitchen.system.statistics().actors == {"pantry": 0}
        await asyncio.sleep(501)
        assert kinds(kitchen.ledger.rows[-1:]) == ["Spoiled"]

    cook(scene, passivate_after=10)


@pytest.mark.parametrize("error", [ValueError, Refused])
@pytest.mark.parametrize("late", [False, True])
def test_a_faulty_decision_leaves_nothing(error: type[Exception], late: bool) -> None:
    async def scene(kitchen: Kitchen[Ledger]) -> None:
        await kitchen.ask(Stock("a", 60))
        results = await asyncio.gather(
            kitchen.ask(Stock("a", 60)),
            kitchen.ask(Blunder(error, late)),
            kitchen.ask(Stock("b", 60)),
            return_exceptions=True,
        )
        expected = DecisionFault if late and error is Refused else error
        assert [type(result) for result in results] == [list, expected, list]
        assert kitchen.state == replayed(kitchen.ledger.rows)

    kitchen = cook(scene)
    assert kinds(kitchen.ledger.rows) == ["Opened", "Stocked", "Stocked", "Stocked", "Crowded"]
    assert len(kitchen.failures) == (error is not Refused or late)
    assert kitchen.system.statistics().restarts == 0


class Ticking(PantryBehaviour):
    """Has something due every ten seconds, though mostly nothing comes of it."""

    def __init__(self) -> None:
        self.ticks: list[datetime] = []

    def due(self, state: Pantry, after: datetime | None) -> datetime | None:
        return after and after + timedelta(seconds=10)

    def decide(self, state: Pantry, command: Command, now: datetime) -> Any:
        if isinstance(command, Elapse):
            self.ticks.append(now)
        return super().decide(state, command, now)


def test_an_instant_at_which_nothing_happens_is_over_all_the_same() -> None:
    async def scene(kitchen: Kitchen[Ledger]) -> None:
        await kitchen.system.wake("pantry", "p")
        await asyncio.sleep(35)

    ticking = Ticking()
    cook(scene, behaviour=ticking)
    assert ticking.ticks == [at(0), at(10), at(20), at(30)]


class Timeless(PantryBehaviour):
    """Nothing ever falls due."""

    def initial(self) -> Pantry:
        return Pantry(open=True)

    def due(self, state: Pantry, after: datetime | None) -> datetime | None:
        raise NotImplementedError

    def elapse(self) -> None:  # type: ignore[override]
        return None


def test_where_nothing_falls_due_nobody_asks_when() -> None:
    async def scene(kitchen: Kitchen[Ledger]) -> None:
        assert kinds(await kitchen.ask(Stock("a", 1e6))) == ["Stocked"]

    kitchen = cook(scene, behaviour=Timeless())
    assert kitchen.failures == []


def test_whether_it_was_done_before_may_be_unknown() -> None:
    def unreadable(command: str) -> list[Recorded]:
        raise StorageFailed("no answer")

    async def scene(kitchen: Kitchen[Ledger]) -> None:
        kitchen.ledger.applied = unreadable  # type: ignore[method-assign]
        with pytest.raises(StorageFailed):
            await kitchen.ask(Take("a"), "one")
        assert await kitchen.ask(Look()) == []

    kitchen = cook(scene)
    assert kitchen.failures == []


def test_a_long_recovery_leaves_the_loop_to_others() -> None:
    async def main() -> None:
        ledger = Ledger()
        for version in range(1, 5001):
            event = Crowded(at=START, by="nobody", jars=0)
            ledger.rows.append(Recorded(version, "pantry", version, event, b""))
        kitchen = Kitchen(ledger)
        kitchen.start()
        waking = asyncio.create_task(kitchen.system.wake("pantry", "p"))
        turns = 0
        while not waking.done():
            turns += 1
            await asyncio.sleep(0)
        assert turns > 5
        await kitchen.system.stop()

    virtual.run(main(), START)


class Stuck(PantryBehaviour):
    """Cannot let time pass."""

    def decide(self, state: Pantry, command: Command, now: datetime) -> Any:
        if isinstance(command, Elapse) and state.open:
            raise Refused("no time")
        return super().decide(state, command, now)


class Standing(PantryBehaviour):
    """Says that the past is due."""

    def due(self, state: Pantry, after: datetime | None) -> datetime | None:
        return after if state.jars else None


@pytest.mark.parametrize("behaviour", [Stuck(), Standing()])
def test_when_time_cannot_pass_the_actor_fails_in_public(behaviour: PantryBehaviour) -> None:
    async def scene(kitchen: Kitchen[Ledger]) -> None:
        await kitchen.ask(Stock("a", 1))
        await asyncio.sleep(100)
        with pytest.raises(Stopped):
            await kitchen.ask(Look())
        assert [type(failure.error) for failure in kitchen.failures] == [DecisionFault] * 4
        kitchen.ledger.rows.clear()

    async def main() -> None:
        kitchen = Kitchen(Ledger(), behaviour=behaviour)
        kitchen.start()
        await scene(kitchen)
        await kitchen.system.stop()

    virtual.run(main(), START)


@pytest.mark.parametrize("fault", ["before", "after", "overtaken"])
def test_an_append_that_fails_once_is_tried_again_one_by_one(fault: str) -> None:
    async def scene(kitchen: Kitchen[Ledger]) -> None:
        await kitchen.system.wake("pantry", "p")
        asks = [kitchen.ask(Stock("a", 60), f"s{number}") for number in range(3)]
        replies = await asyncio.gather(*asks)
        assert [kinds(reply)[0] for reply in replies] == ["Stocked"] * 3
        assert len(kitchen.state.jars) == 3
        assert kitchen.state == replayed(kitchen.ledger.rows)

    cook(scene, faults=[None, fault])


def test_only_the_guilty_one_fails() -> None:
    async def scene(kitchen: Kitchen[Ledger]) -> None:
        await kitchen.system.wake("pantry", "p")
        asks = [kitchen.ask(Stock("a", 60)) for _ in range(3)]
        results = await asyncio.gather(*asks, return_exceptions=True)
        assert [type(result) for result in results] == [list, Conflict, list]
        assert len(kitchen.state.jars) == 2

    cook(scene, faults=[None, "before", None, "overtaken", None])


def test_a_full_disk_is_told_and_got_over() -> None:
    async def scene(kitchen: Kitchen[Ledger]) -> None:
        await kitchen.ask(Stock("a", 10))
        kitchen.ledger.faults = iter(["before"] * 20)
        with pytest.raises(StorageFailed):
            await kitchen.ask(Stock("a", 60))
        await asyncio.sleep(15)
        assert kinds(kitchen.ledger.rows) == ["Opened", "Stocked"]
        assert kitchen.failures
        kitchen.ledger.faults = iter(())
        await asyncio.sleep(2)
        assert kitchen.ledger.rows[-1].event == Spoiled(at=at(10), by="clock", shelf="a", jar=1)
        await kitchen.ask(Stock("b", 0.25))
        await asyncio.sleep(0.3)
        assert kinds(kitchen.ledger.rows[-1:]) == ["Spoiled"]

    kitchen = cook(scene)
    assert kitchen.system.statistics().restarts == 0
    # Tried again, but not in a frenzy.
    assert kitchen.ledger.appends < 30


def test_a_command_id_is_applied_once() -> None:
    async def scene(kitchen: Kitchen[Ledger]) -> None:
        first, second = await asyncio.gather(
            kitchen.ask(Stock("a", 60), "one"), kitchen.ask(Stock("a", 60), "one")
        )
        assert first == second
        kitchen.system.crash()
        kitchen.start()
        assert await kitchen.ask(Stock("a", 60), "one") == first
        taken = await kitchen.ask(Take("a"), "two")
        # It would be refused now; but it was done.
        assert await kitchen.ask(Take("a"), "two") == taken
        with pytest.raises(Refused):
            await kitchen.ask(Take("a"), "three")

    kitchen = cook(scene)
    assert kinds(kitchen.ledger.rows) == ["Opened", "Stocked", "Taken"]


def test_a_repeated_command_does_not_stop_the_time() -> None:
    async def scene(kitchen: Kitchen[Ledger]) -> None:
        await kitchen.ask(Stock("a", 60), "one")
        # At the very instant at which the jar spoils, in the same turn.
        again = kitchen.system.ref("pantry", "p").tell
        virtual.loop().call_later(60, again, Envelope(Stock("a", 60), "one"))
        await asyncio.sleep(61)
        assert kinds(kitchen.ledger.rows) == ["Opened", "Stocked", "Spoiled"]

    cook(scene)


def test_an_ask_that_expires_while_the_journal_fails_is_not_tried_again() -> None:
    async def main() -> None:
        kitchen = Kitchen(Ledger([None, "before"], pause=1))
        kitchen.start()
        await kitchen.system.wake("pantry", "p")
        patient = asyncio.create_task(kitchen.ask(Stock("a", 60)))
        ref = kitchen.system.ref("pantry", "p")
        with pytest.raises(DeadlineExceeded):
            await ref.ask(Stock("b", 60), timeout=0.5)
        await patient
        assert kinds(kitchen.ledger.rows) == ["Opened", "Stocked"]
        await kitchen.system.stop()

    virtual.run(main(), START)


def test_a_clock_that_goes_back_does_not_take_events_along() -> None:
    class Hasty(WallClock):
        offset = timedelta()

        def now(self) -> datetime:
            return virtual.clock().now() + self.offset

    async def main() -> None:
        ledger, clock = Ledger(), Hasty()
        system = System(clock)
        system.register("pantry", keeper(ledger, ledger.read))
        await system.ref("pantry", "p").ask(Stock("a", 100))
        clock.offset = timedelta(hours=-1)
        await system.ref("pantry", "p").ask(Stock("a", 100))
        system.crash()
        system = System(clock)
        system.register("pantry", keeper(ledger, ledger.read))
        await system.ref("pantry", "p").ask(Stock("a", 100))
        await system.stop()
        check(ledger)

    virtual.run(main(), START)


def test_who_wakes_it_learns_why_it_cannot_start() -> None:
    class Unreadable(PantryBehaviour):
        def evolve(self, state: Pantry, event: Any) -> Pantry:
            raise LookupError("what is this?")

    async def main() -> None:
        kitchen = Kitchen(Ledger())
        kitchen.start()
        await kitchen.ask(Stock("a", 60))
        kitchen.system.crash()
        kitchen.behaviour = Unreadable()
        kitchen.start()
        waiting = asyncio.create_task(kitchen.ask(Look()))
        with pytest.raises(LookupError):
            await kitchen.system.wake("pantry", "p")
        # The mail waits for the next try.
        assert not waiting.done()
        kitchen.system.crash()
        with pytest.raises(Stopped):
            await waiting

    virtual.run(main(), START)


def test_a_snapshot_spares_the_events_before_it_and_a_bad_one_costs_only_time() -> None:
    reads: list[int] = []

    async def main() -> None:
        ledger = Ledger()

        class Reading(PantryBehaviour):
            def evolve(self, state: Pantry, event: Any) -> Pantry:
                reads.append(1)
                return super().evolve(state, event)

        class Newer(Reading):
            format = "pantry.2"

        async def recover(behaviour: PantryBehaviour) -> int:
            kitchen = Kitchen(ledger, behaviour=behaviour)
            kitchen.start()
            reads.clear()
            await kitchen.system.wake("pantry", "p")
            count = len(reads)
            assert kitchen.state == replayed(ledger.rows)
            reports.extend(kitchen.failures)
            kitchen.system.crash()
            return count

        reports: list[Failure] = []
        kitchen = Kitchen(ledger)
        kitchen.start()
        for _ in range(7):
            await kitchen.ask(Stock("a", 600))
        kitchen.system.crash()
        total = len(ledger.rows)
        assert await recover(Reading()) < 3
        assert await recover(Newer()) == total
        assert reports == []
        ledger.snapshots = {
            key: ("pantry.1", seq, b"rubbish") for key, (_, seq, _) in ledger.snapshots.items()
        }
        assert await recover(Reading()) == total
        assert len(reports) == 1

    virtual.run(main(), START)


# --- everything at once


class Step(NamedTuple):
    wait: float
    command: Command
    crash: bool


commands = st.one_of(
    st.builds(Stock, st.sampled_from("ab"), st.sampled_from([0.5, 1.0, 3.0])),
    st.builds(Stock, st.sampled_from("ab"), st.sampled_from([0.5, 1.0, 3.0])),
    st.builds(Take, st.sampled_from("ab")),
    st.just(Look()),
    st.builds(Blunder, st.sampled_from([ValueError, Refused]), st.booleans()),
)
steps = st.builds(
    Step, st.sampled_from([0, 0, 0, 0.25, 1, 5]), commands, st.sampled_from([False] * 9 + [True])
)
faults = st.lists(st.sampled_from([None, None, "before", "after", "overtaken"]), max_size=20)


MakeLedger: TypeAlias = Callable[[list[str | None], float], Ledger | HouseLedger]


class Guests:
    """They send commands until they know the outcome, over crashes and lost answers."""

    def __init__(self, kitchen: Kitchen[Any]) -> None:
        self.kitchen = kitchen
        self.told: dict[str, list[Recorded] | None] = {}  # None: nothing was done

    async def want(self, id: str, command: Command) -> None:  # noqa: A002
        while True:
            try:
                self.told[id] = await self.kitchen.ask(command, id)
            except (StorageFailed, Stopped):
                await asyncio.sleep(0.1)
                continue
            except (Refused, Conflict, ValueError, DecisionFault):
                self.told[id] = None
            return

    def check(self) -> None:
        """Whoever was told something was told the truth; nobody's command was done twice."""
        ledger = self.kitchen.ledger
        check(ledger)
        for id, told in self.told.items():  # noqa: A001
            assert list(ledger.applied(id) or ()) == (told or [])
        rows = ledger.rows
        told_rows = [row for told in self.told.values() for row in told or ()]
        asked_for = [row for row in rows if isinstance(row.event, Stocked | Taken | Crowded)]
        assert sorted(told_rows, key=lambda row: row.seq) == asked_for
        assert self.kitchen.state == replayed(rows)

    async def leave(self) -> None:
        """Has everything decided that fell due, however often the journal fails."""
        while True:
            try:
                await self.kitchen.system.wake("pantry", "p")
            except StorageFailed:
                await asyncio.sleep(1)
            else:
                return


@pytest.mark.parametrize("ledger", [Ledger, HouseLedger])
@given(
    plan=st.lists(steps, max_size=25),
    faults=faults,
    pause=st.sampled_from([0, 0.25]),
    idle=st.sampled_from([None, 0.5]),
)
def test_every_guest_is_told_the_truth(
    ledger: MakeLedger,
    plan: list[Step],
    faults: list[str | None],
    pause: float,
    idle: float | None,
) -> None:
    async def main() -> None:
        kitchen = Kitchen(ledger(faults, pause), passivate_after=idle, restarts=None)
        kitchen.start()
        guests = Guests(kitchen)
        wants = []
        for number, step in enumerate(plan):
            await asyncio.sleep(step.wait)
            if step.crash:
                kitchen.system.crash()
                kitchen.start()
            want = guests.want(f"c{number}", step.command)
            wants.append(asyncio.create_task(want))
        await asyncio.gather(*wants)
        await guests.leave()
        guests.check()
        await kitchen.system.stop()

    virtual.run(main(), START)


def _until_crash(make: MakeLedger, crash_at: int | None) -> int:
    """Plays a fixed scenario, with the system killed after so many turns of the loop."""

    async def main() -> int:
        ledger = make([None, None, "after", None, "before"], 0.125)
        kitchen = Kitchen(ledger, restarts=None)
        kitchen.start()
        guests = Guests(kitchen)
        loop = virtual.loop()

        def kill(step: int) -> None:
            if step == crash_at:
                kitchen.system.crash()
                kitchen.start()

        loop.on_step(kill)
        wants = []
        for number in range(12):
            await asyncio.sleep(0.125 * (number % 3))
            command = Take("ab"[number % 2]) if number % 4 == 3 else Stock("ab"[number % 2], 0.5)
            wants.append(asyncio.create_task(guests.want(f"c{number}", command)))
        await asyncio.gather(*wants)
        await asyncio.sleep(2)
        loop.on_step(None)
        await guests.leave()
        guests.check()
        assert kitchen.state.jars == {}
        await kitchen.system.stop()
        return loop.steps

    return virtual.run(main(), START)


@pytest.mark.parametrize("ledger", [Ledger, HouseLedger])
def test_it_may_die_at_any_await(ledger: MakeLedger) -> None:
    for step in range(1, _until_crash(ledger, None)):
        _until_crash(ledger, step)
