"""The lives of actors: recovery, failure, passivation, crash."""

import asyncio
import random
import sys
from collections import deque
from contextvars import ContextVar
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from llmtb.runtime import virtual
from llmtb.runtime.actor import Actor, BatchActor, Context
from llmtb.runtime.clock import WallClock
from llmtb.runtime.errors import DeadlineExceeded, Refused, Stopped
from llmtb.runtime.loop import run
from llmtb.runtime.mailbox import Letter
from llmtb.runtime.supervision import Backoff, Failure, log_failure
from llmtb.runtime.system import System

START = datetime(2026, 3, 1, 8, 0, tzinfo=UTC)
STEADY = Backoff(first=1, factor=2, longest=8, jitter=0, restarts=4, window=100)


class Diary(Actor):
    """Says what happens to it; does what it is asked to."""

    def __init__(self, context: Context, log: list[str]) -> None:
        self.context = context
        self.log = log

    def note(self, what: str) -> None:
        seconds = (self.context.clock.now() - START).total_seconds()
        self.log.append(f"{seconds:g} {what}")

    async def started(self) -> None:
        self.note("started")

    async def receive(self, message: Any) -> Any:
        self.note(str(message))
        if message == "break":
            raise ValueError(message)
        if message == "refuse":
            raise Refused("no")
        if message == "cancel":
            gone: asyncio.Future[None] = asyncio.get_running_loop().create_future()
            gone.cancel()
            await gone
        return message

    async def stopped(self) -> None:
        self.note("stopped")


def diaries(log: list[str], **options: Any) -> System:
    failures: list[Failure] = options.pop("failures", [])
    system = System(virtual.clock(), report=failures.append)
    system.register("diary", lambda context: Diary(context, log), **options)
    return system


def test_a_failing_actor_begins_anew_and_keeps_its_mail() -> None:
    log: list[str] = []
    failures: list[Failure] = []

    async def main() -> None:
        system = diaries(log, supervision=STEADY, failures=failures)
        ref = system.ref("diary", "ada")
        broken = asyncio.create_task(ref.ask("break"))
        await asyncio.sleep(0)
        ref.tell("after")
        with pytest.raises(ValueError, match="break"):
            await broken
        assert system.statistics().restarting == 1
        assert await ref.ask("late", timeout=5) == "late"
        assert system.statistics().restarts == 1
        await system.stop()

    virtual.run(main(), START)
    assert log == ["0 started", "0 break", "1 started", "1 after", "1 late", "1 stopped"]
    assert [(failure.failures, failure.delay) for failure in failures] == [(1, 1)]
    assert isinstance(failures[0].error, ValueError)


def test_too_many_failures_stop_an_actor_until_it_is_woken() -> None:
    log: list[str] = []
    failures: list[Failure] = []

    async def main() -> None:
        system = diaries(log, supervision=STEADY, failures=failures)
        ref = system.ref("diary", "ada")
        for _ in range(5):
            assert ref.tell("break")
        assert ref.tell("never")
        asked = asyncio.create_task(ref.ask("never"))
        with pytest.raises(Stopped):
            await asked
        assert not ref.tell("again")
        with pytest.raises(Stopped):
            await ref.ask("again")
        assert [letter.message for letter in system.dead_letters.latest] == ["never", "again"]
        assert system.statistics().stopped == 1
        assert system.ref("diary", "bea").tell("well")
        await system.wake("diary", "ada")
        assert await ref.ask("back") == "back"
        assert system.statistics().stopped == 0
        await system.stop()

    virtual.run(main(), START)
    assert [failure.delay for failure in failures] == [1, 2, 4, 8, None]
    assert "15 back" in log


@given(st.integers(min_value=0, max_value=2**32))
def test_waits_grow_to_their_limit_and_jitter_stays_in_its_bounds(seed: int) -> None:
    backoff = Backoff(first=1, factor=3, longest=20, jitter=0.5, restarts=None, window=1e9)
    failures = deque[float]()
    chance = random.Random(seed)
    for number, wait in enumerate([1, 3, 9, 20, 20, 20]):
        delay = backoff.delay(failures, number, chance)
        assert delay is not None
        assert wait / 2 <= delay <= wait * 1.5


def test_failures_long_ago_are_forgiven() -> None:
    failures = deque[float]()
    delays = [STEADY.delay(failures, now, random.Random(1)) for now in range(0, 1000, 100)]
    assert delays == [1.0] * 10


def test_an_actor_that_cannot_start_is_tried_again() -> None:
    tries: list[datetime] = []

    class Stubborn(Actor):
        async def started(self) -> None:
            tries.append(virtual.clock().now())
            if len(tries) < 4:
                raise OSError("not yet")

        async def receive(self, message: Any) -> Any:
            return message

    async def main() -> None:
        system = System(virtual.clock(), report=lambda failure: None)
        system.register("stubborn", lambda context: Stubborn(), supervision=STEADY)
        with pytest.raises(DeadlineExceeded):
            await system.ref("stubborn", "s").ask(1, timeout=2)
        assert await system.ref("stubborn", "s").ask(2) == 2
        await system.stop()

    virtual.run(main(), START)
    assert tries == [START + timedelta(seconds=seconds) for seconds in (0, 1, 3, 7)]


@pytest.mark.parametrize("message", ["refuse", "cancel"])
def test_only_faults_are_failures(message: str) -> None:
    log: list[str] = []

    async def main() -> None:
        system = diaries(log, supervision=STEADY)
        ref = system.ref("diary", "ada")
        with pytest.raises((Refused, RuntimeError)):
            await ref.ask(message)
        assert ref.tell(message)
        await ref.ask("fine")
        assert system.statistics().restarts == (0 if message == "refuse" else 2)
        await system.stop()

    virtual.run(main(), START)


@pytest.mark.parametrize("when", ["start", "stop"])
@pytest.mark.parametrize("how", ["raises", "is cancelled"])
def test_a_beginning_or_an_end_that_fails_is_reported(when: str, how: str) -> None:
    failures: list[Failure] = []
    times = {"start": 0, "stop": 0}

    async def stumble(what: str) -> None:
        times[what] += 1
        if what != when or times[what] > 1:
            return
        if how == "raises":
            raise ValueError(what)
        gone: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        gone.cancel()
        await gone

    class Clumsy(Actor):
        async def started(self) -> None:
            await stumble("start")

        async def receive(self, message: Any) -> Any:
            return message

        async def stopped(self) -> None:
            await stumble("stop")

    async def main() -> None:
        system = System(virtual.clock(), report=failures.append)
        system.register("clumsy", lambda context: Clumsy(), supervision=STEADY, passivate_after=1)
        ref = system.ref("clumsy", "c")
        assert await ref.ask("hello") == "hello"
        await asyncio.sleep(10)
        assert await ref.ask("again") == "again"
        await system.stop()

    virtual.run(main(), START)
    [failure] = failures
    assert isinstance(failure.error, ValueError if how == "raises" else RuntimeError)
    assert failure.failures == (1 if when == "start" else 0)
    assert failure.delay == (1 if when == "start" else 0)


@pytest.mark.parametrize(
    ("failures", "delay", "says"), [(0, 0.0, "goes on"), (2, 4.0, "4.0 s"), (9, None, "stopped")]
)
def test_the_log_says_what_becomes_of_a_failed_actor(
    failures: int, delay: float | None, says: str, caplog: pytest.LogCaptureFixture
) -> None:
    log_failure(Failure("diary", "ada", ValueError("oops"), failures, delay))
    assert "diary/ada" in caplog.text
    assert says in caplog.text
    assert "oops" in caplog.text


def test_an_idle_actor_leaves_and_comes_back_unnoticed() -> None:
    log: list[str] = []

    async def main() -> None:
        system = diaries(log, passivate_after=8)
        ref = system.ref("diary", "ada")
        await ref.ask("one")
        await asyncio.sleep(5)
        await ref.ask("two")
        await asyncio.sleep(7.9)
        assert system.statistics().idle == 1
        await asyncio.sleep(2.2)
        assert system.statistics().actors == {"diary": 0}
        await ref.ask("three")
        await system.stop()

    virtual.run(main(), START)
    assert log[:3] == ["0 started", "0 one", "5 two"]
    assert log[3].endswith("stopped")
    assert 13 <= float(log[3].split()[0]) <= 15
    assert log[4:] == ["15.1 started", "15.1 three", "15.1 stopped"]


def test_a_timer_outlives_passivation_and_brings_the_actor_back() -> None:
    log: list[str] = []

    async def main() -> None:
        system = diaries(log, passivate_after=1)
        system.register("idler", lambda context: Diary(context, log))
        context: list[Context] = []

        def factory(given: Context) -> Actor:
            context.append(given)
            return Diary(given, log)

        system.register("timed", factory, passivate_after=1)
        await system.ref("timed", "ada").ask("hello")
        timers = context[0].timers
        timers.set("tea", START + timedelta(seconds=30), "tea")
        timers.set("nap", START + timedelta(seconds=40), "nap")
        timers.set("tea", START + timedelta(seconds=50), "more tea")
        timers.cancel("nap")
        timers.cancel("unknown")
        await asyncio.sleep(20)
        assert system.statistics().actors["timed"] == 0
        await asyncio.sleep(100)
        await system.stop()

    virtual.run(main(), START)
    assert [line for line in log if "tea" in line or "nap" in line] == ["50 more tea"]
    assert log.count("50 started") == 1


def test_a_restart_clears_timers() -> None:
    log: list[str] = []

    class Timed(Diary):
        async def started(self) -> None:
            await super().started()
            self.context.timers.set("due", START + timedelta(seconds=10), "due")

    async def main() -> None:
        system = System(virtual.clock(), report=lambda failure: None)
        system.register("timed", lambda context: Timed(context, log), supervision=STEADY)
        await system.wake("timed", "ada")
        await asyncio.sleep(9.5)
        system.ref("timed", "ada").tell("break")
        await asyncio.sleep(10)
        await system.stop()

    virtual.run(main(), START)
    assert log == [
        "0 started",
        "9.5 break",
        "10.5 started",
        "10.5 due",
        "19.5 stopped",
    ]


class Settable(WallClock):
    """A wall clock that somebody sets."""

    def __init__(self) -> None:
        self.offset = timedelta()
        self.base = virtual.clock()

    def now(self) -> datetime:
        return self.base.now() + self.offset


@pytest.mark.parametrize("offset", [-50.0, 0.0, 70.0])
def test_timers_follow_a_clock_that_is_set(offset: float) -> None:
    """Within a minute, when it is set forward; never early, when it is set back."""
    log: list[datetime] = []

    class Timed(Actor):
        async def receive(self, message: Any) -> None:
            log.append(message.now())

    async def main() -> None:
        clock = Settable()
        system = System(clock)
        contexts: list[Context] = []

        def factory(context: Context) -> Actor:
            contexts.append(context)
            return Timed()

        system.register("timed", factory)
        await system.wake("timed", "ada")
        due = START + timedelta(seconds=100)
        contexts[0].timers.set("due", due, clock)
        await asyncio.sleep(10)
        clock.offset = timedelta(seconds=offset)
        await asyncio.sleep(300)
        await system.stop()
        assert len(log) == 1
        assert due <= log[0] <= max(due, START + timedelta(seconds=60 + offset))

    virtual.run(main(), START)


def test_so_many_start_at_a_time_and_no_more() -> None:
    starting = 0
    most = 0

    class Slow(Actor):
        async def started(self) -> None:
            nonlocal starting, most
            starting += 1
            most = max(most, starting)
            await asyncio.sleep(1)
            starting -= 1

        async def receive(self, message: Any) -> Any:
            return message

    async def main() -> None:
        system = System(virtual.clock())
        system.register("slow", lambda context: Slow(), max_recoveries=7)
        before = virtual.clock().now()
        await asyncio.gather(*(system.ref("slow", str(key)).ask(key) for key in range(70)))
        assert virtual.clock().now() - before == timedelta(seconds=10)
        assert system.statistics().recoveries == 70
        await system.stop()

    virtual.run(main(), START)
    assert most == 7


def test_a_senders_context_variables_stay_its_own() -> None:
    secret: ContextVar[str] = ContextVar("secret", default="none")

    class Curious(Actor):
        async def receive(self, message: Any) -> str:
            return secret.get()

    async def main() -> None:
        system = System(virtual.clock())
        system.register("curious", lambda context: Curious())
        secret.set("mine")
        assert await system.ref("curious", "c").ask(None) == "none"
        await system.stop()

    virtual.run(main(), START)


class Tray(BatchActor):
    """Answers what it finds together with how many there were."""

    async def receive_batch(self, batch: deque[Letter]) -> None:
        count = len(batch)
        while batch:
            letter = batch.popleft()
            if letter.message == "break":
                raise ValueError(letter.message)
            if letter.message == "wait":
                await asyncio.sleep(1)
                return
            letter.answer((letter.message, count))


def test_a_batch_actor_gets_what_has_gathered() -> None:
    async def main() -> None:
        system = System(virtual.clock(), report=lambda failure: None)
        system.register("tray", lambda context: Tray(), supervision=STEADY)
        ref = system.ref("tray", "t")
        assert await asyncio.gather(*map(ref.ask, "abc")) == [("a", 3), ("b", 3), ("c", 3)]
        one, two, three, four = (
            asyncio.create_task(ref.ask(message, timeout=30))
            for message in ("a", "break", "c", "d")
        )
        assert await one == ("a", 4)
        with pytest.raises(ValueError, match="break"):
            await two
        # What the failed one left is not lost.
        assert await three == ("c", 2)
        assert await four == ("d", 2)
        # What it leaves comes before what arrived since.
        asks = [asyncio.create_task(ref.ask(message)) for message in ("wait", "a", "b")]
        await asyncio.sleep(0.5)
        asks.append(asyncio.create_task(ref.ask("c")))
        done = []
        for ask in asks[1:]:
            ask.add_done_callback(lambda ask: done.append(ask.result()[0]))
        await asyncio.gather(*asks[1:])
        assert done == ["a", "b", "c"]
        asks[0].cancel()
        await system.stop()

    virtual.run(main(), START)


def test_a_crash_leaves_nothing_behind() -> None:
    log: list[str] = []

    class Dreamer(Actor):
        def __init__(self, context: Context) -> None:
            self.context = context

        async def started(self) -> None:
            if self.context.key == "late":
                await asyncio.sleep(50)
            self.context.timers.set("due", START + timedelta(hours=1), "due")

        async def receive(self, message: Any) -> None:
            if message == "break":
                raise ValueError
            if message == "sleep":
                try:
                    await asyncio.sleep(100)
                finally:
                    # What a dying actor still tries must come to nothing.
                    self.context.router.ref("dreamer", "new").tell("hello")
                    self.context.timers.set("after", START + timedelta(hours=2), "after")
            log.append(str(message))

        async def stopped(self) -> None:
            log.append("stopped")

    async def main() -> None:
        loop = virtual.loop()
        system = System(virtual.clock(), report=lambda failure: None)
        system.register("dreamer", Dreamer, passivate_after=20)
        await system.ref("dreamer", "idle").ask("hello")
        asks = [
            asyncio.create_task(system.ref("dreamer", key).ask(message, timeout=500))
            for key, message in [("a", "sleep"), ("a", "next"), ("late", "x"), ("f", "break")]
        ]
        await asyncio.sleep(0)
        system.ref("dreamer", "f").tell("kept")
        await asyncio.sleep(0.1)
        system.crash()
        results = await asyncio.gather(*asks, return_exceptions=True)
        assert [type(result) for result in results] == [Stopped, Stopped, Stopped, ValueError]
        for _ in range(3):
            await asyncio.sleep(0)
        assert asyncio.all_tasks() == {asyncio.current_task()}
        pending = [timer for timer in loop._scheduled if not timer.cancelled()]  # type: ignore[attr-defined]
        assert pending == []
        assert system.statistics().actors == {"dreamer": 0}
        assert not system.ref("dreamer", "a").tell("x")
        await system.stop()

    virtual.run(main(), START)
    assert log == ["hello"]


def test_a_crash_forgets_the_timers_of_those_who_left_memory() -> None:
    async def main() -> None:
        contexts: list[Context] = []

        def factory(context: Context) -> Actor:
            contexts.append(context)
            return Diary(context, [])

        system = System(virtual.clock())
        system.register("diary", factory, passivate_after=1)
        await system.wake("diary", "ada")
        contexts[0].timers.set("due", START + timedelta(hours=1), "due")
        await asyncio.sleep(10)
        assert system.statistics().actors == {"diary": 0}
        system.crash()
        await asyncio.sleep(7200)
        assert system.dead_letters.count == 0

    virtual.run(main(), START)


def test_what_actors_do_about_a_crash_is_nobodys_business() -> None:
    failures: list[Failure] = []

    class Defiant(Actor):
        async def receive(self, message: Any) -> None:
            try:
                await asyncio.sleep(100)
            except asyncio.CancelledError:
                raise ValueError("never!") from None

    async def main() -> None:
        system = System(virtual.clock(), report=failures.append)
        system.register("defiant", lambda context: Defiant())
        system.ref("defiant", "d").tell("x")
        await asyncio.sleep(1)
        system.crash()
        await asyncio.sleep(1)
        assert system.statistics().stopped == system.statistics().restarts == 0

    virtual.run(main(), START)
    assert failures == []


def test_who_fails_while_the_system_drains_is_not_waited_for() -> None:
    failures: list[Failure] = []
    log: list[str] = []

    async def main() -> None:
        system = diaries(log, supervision=STEADY, failures=failures)
        system.ref("diary", "ada").tell("break")
        system.ref("diary", "ada").tell("after")
        await system.stop(drain=50)
        assert virtual.clock().now() == START
        assert [letter.message for letter in system.dead_letters.latest] == ["after"]

    virtual.run(main(), START)
    assert [failure.delay for failure in failures] == [None]
    assert log == ["0 started", "0 break"]


@pytest.mark.parametrize("drain", [0.0, 3.0])
def test_a_stop_ends_in_peace_only_what_is_at_rest(drain: float) -> None:
    log: list[str] = []

    class Slow(Diary):
        async def receive(self, message: Any) -> None:
            await asyncio.sleep(2)

    async def main() -> None:
        system = System(virtual.clock())
        system.register("slow", lambda context: Slow(context, log))
        asked = asyncio.create_task(system.ref("slow", "ada").ask("x"))
        await asyncio.sleep(1)
        await system.stop(drain)
        if drain:
            await asked
        else:
            with pytest.raises(Stopped):
                await asked

    virtual.run(main(), START)
    assert log == (["0 started", "2 stopped"] if drain else ["0 started"])


def test_the_end_of_the_loop_is_no_failure_of_an_actor() -> None:
    failures: list[Failure] = []

    class Slow(Actor):
        async def receive(self, message: Any) -> None:
            await asyncio.sleep(2)

    async def main() -> None:
        system = System(virtual.clock(), report=failures.append)
        system.register("slow", lambda context: Slow())
        system.ref("slow", "ada").tell("x")
        await asyncio.sleep(1)

    virtual.run(main(), START)
    assert failures == []


def test_a_kind_is_registered_once_and_before_use() -> None:
    async def main() -> None:
        system = diaries([])
        with pytest.raises(ValueError, match="diary"):
            system.register("diary", lambda context: Diary(context, []))
        with pytest.raises(KeyError):
            system.ref("unknown", "x")

    virtual.run(main(), START)


def test_a_loop_that_is_not_installed_is_missed_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    async def main() -> None:
        pytest.fail("it ran")

    monkeypatch.setitem(sys.modules, "uvloop", None)
    with pytest.raises(ModuleNotFoundError):
        run(main(), uvloop=True)


def test_it_runs_on_a_real_loop_as_well() -> None:
    log: list[str] = []

    async def main() -> list[str]:
        system = System(WallClock())
        system.register("diary", lambda context: Diary(context, log))
        replies = await asyncio.gather(
            *(system.ref("diary", str(key)).ask("hi", timeout=5) for key in range(10))
        )
        await system.stop()
        return replies

    assert run(main()) == ["hi"] * 10
    assert run(main(), uvloop=True) == ["hi"] * 10
