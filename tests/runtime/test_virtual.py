"""What a simulation relies on: exact instants, the same order each time, no silent hang."""

import asyncio
import hashlib
import random
import threading
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from llmtb.runtime import virtual
from llmtb.runtime.clock import LoopClock, WallClock

START = datetime(2026, 3, 1, 8, 0, tzinfo=UTC)
MICROSECOND = timedelta(microseconds=1)

durations = st.integers(min_value=1, max_value=10**12)  # microseconds: up to eleven days


@given(st.lists(durations, max_size=20))
def test_sleeps_end_at_their_instant_to_the_microsecond(sleeps: list[int]) -> None:
    async def main() -> None:
        due = START
        for microseconds in sleeps:
            due += microseconds * MICROSECOND
            await asyncio.sleep(microseconds / 1_000_000)
            assert virtual.clock().now() == due

    virtual.run(main(), START)


@given(st.lists(durations, min_size=1, max_size=20))
def test_timers_fire_in_the_order_of_their_instants(delays: list[int]) -> None:
    async def main() -> list[tuple[datetime, int]]:
        fired: list[tuple[datetime, int]] = []
        loop, clock = virtual.loop(), virtual.clock()

        def fire(number: int) -> None:
            fired.append((clock.now(), number))

        for number, microseconds in enumerate(delays):
            loop.call_later(microseconds / 1_000_000, fire, number)
        await asyncio.sleep(max(delays) / 1_000_000 + 1)
        return fired

    fired = virtual.run(main(), START)
    assert [at for at, _ in fired] == [START + delay * MICROSECOND for delay in sorted(delays)]
    assert fired == virtual.run(main(), START)


def test_timers_closer_than_a_microsecond_still_come() -> None:
    async def main() -> None:
        for _ in range(10):
            await asyncio.sleep(1e-7)

    virtual.run(main(), START)


def _day(seed: int) -> str:
    log = hashlib.sha256()

    async def worker(number: int, chance: random.Random) -> None:
        for _ in range(50):
            await asyncio.sleep(chance.expovariate(1 / 300))
            log.update(f"{virtual.clock().now()} {number}\n".encode())

    async def main() -> None:
        async with asyncio.TaskGroup() as group:
            for number in range(20):
                group.create_task(worker(number, random.Random(seed * 100 + number)))

    virtual.run(main(), START)
    return log.hexdigest()


def test_the_same_seed_gives_the_same_log() -> None:
    assert _day(1) == _day(1)
    assert _day(1) != _day(2)


def test_a_deadlock_names_the_waiting_tasks() -> None:
    async def main() -> None:
        never = asyncio.Event()
        async with asyncio.TaskGroup() as group:
            group.create_task(never.wait(), name="first")
            group.create_task(never.wait(), name="second")

    with pytest.raises(virtual.Deadlock) as caught:
        virtual.run(main(), START)
    assert {"first", "second"} <= set(caught.value.waiting)
    assert "first" in str(caught.value)


def test_a_cancelled_timer_does_not_hide_a_deadlock() -> None:
    async def main() -> None:
        virtual.loop().call_later(5, print).cancel()
        await asyncio.Event().wait()

    with pytest.raises(virtual.Deadlock):
        virtual.run(main(), START)


def test_an_executor_runs_in_line() -> None:
    async def main() -> None:
        assert await asyncio.to_thread(threading.get_ident) == threading.get_ident()
        with pytest.raises(ZeroDivisionError):
            await virtual.loop().run_in_executor(None, lambda: 1 // 0)
        assert virtual.clock().now() == START

    virtual.run(main(), START)


def test_other_threads_are_refused() -> None:
    called: list[str] = []
    refused: list[BaseException] = []

    async def main() -> None:
        loop = virtual.loop()
        loop.call_soon_threadsafe(called.append, "own")

        def outside() -> None:
            try:
                loop.call_soon_threadsafe(called.append, "other")
            except RuntimeError as error:
                refused.append(error)

        thread = threading.Thread(target=outside)
        thread.start()
        thread.join()
        await asyncio.sleep(0)

    virtual.run(main(), START)
    assert called == ["own"]
    assert len(refused) == 1


def test_there_are_no_sockets() -> None:
    async def main() -> None:
        with pytest.raises(NotImplementedError):
            virtual.loop().add_reader(0, print)

    virtual.run(main(), START)


def test_the_hook_sees_every_turn() -> None:
    seen: list[int] = []

    async def main() -> None:
        virtual.loop().on_step(seen.append)
        for _ in range(5):
            await asyncio.sleep(0)
        virtual.loop().on_step(None)
        await asyncio.sleep(0)

    virtual.run(main(), START)
    assert len(seen) == 5
    assert seen == list(range(seen[0], seen[0] + 5))


def test_clocks_are_aware_and_start_where_told() -> None:
    assert WallClock().now().utcoffset() == timedelta(0)
    loop = virtual.VirtualLoop(START)
    try:
        assert LoopClock(START, loop).now() == START
        with pytest.raises(ValueError, match="aware"):
            LoopClock(START.replace(tzinfo=None), loop)
    finally:
        loop.close()


def test_outside_a_virtual_loop_there_is_no_virtual_clock() -> None:
    async def main() -> None:
        with pytest.raises(RuntimeError, match="virtual"):
            virtual.clock()

    asyncio.run(main())
