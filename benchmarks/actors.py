"""Actors against pykka's threads, what an idle one weighs, what a durable answer costs.

    python -m benchmarks.actors [--uvloop]

Prints the best of a few rounds, per second of CPU, and the ratios; ends with status 1 where a
target is missed.
"""

import argparse
import asyncio
import gc
import threading
import time
import tracemalloc
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pykka

from llmtb.events.codec import Codec
from llmtb.events.errors import AlreadyApplied
from llmtb.events.event import Event
from llmtb.events.journal import Change, Journal, Part
from llmtb.events.stores.memory import MemoryStore
from llmtb.runtime import virtual
from llmtb.runtime.actor import Actor, Context
from llmtb.runtime.behaviour import Forms
from llmtb.runtime.clock import WallClock
from llmtb.runtime.loop import run
from llmtb.runtime.persistent import PersistentActor
from llmtb.runtime.system import System

ACTORS = 100
TELLS = 100_000
ASKS = 10_000
IDLE = 100_000
ROUNDS = 7
TARGET = 4.0  # times pykka
HEAVIEST = 500  # bytes for an idle actor
START = datetime(2026, 3, 1, tzinfo=UTC)


class Counter(Actor):
    """Counts what it is told; answers with the count."""

    __slots__ = ("count",)

    def __init__(self) -> None:
        self.count = 0

    async def receive(self, message: Any) -> int:
        self.count += 1
        return self.count


class Threaded(pykka.ThreadingActor):
    """The same as a thread."""

    def __init__(self) -> None:
        super().__init__()
        self.count = 0

    def on_receive(self, message: Any) -> int:
        self.count += 1
        return self.count


def _counters() -> System:
    def factory(context: Context) -> Actor:
        return Counter()

    system = System(WallClock())
    system.register("counter", factory, capacity=TELLS)
    return system


async def ours() -> tuple[float, float, float]:
    """Tells, asks of a hundred askers, asks of one: messages per second of CPU."""
    system = _counters()
    refs = [system.ref("counter", str(number)) for number in range(ACTORS)]

    begun = time.process_time()
    for number in range(TELLS):
        refs[number % ACTORS].tell(number)
        if number % 1000 == 999:
            await asyncio.sleep(0)
    for ref in refs:
        await ref.ask(None)
    tells = TELLS / (time.process_time() - begun)

    begun = time.process_time()
    for number in range(ASKS):
        await refs[number % ACTORS].ask(number, timeout=30)
    alone = ASKS / (time.process_time() - begun)

    async def asker(number: int) -> None:
        for _ in range(ASKS // ACTORS):
            await refs[number].ask(None, timeout=30)

    begun = time.process_time()
    await asyncio.gather(*map(asker, range(ACTORS)))
    together = ASKS / (time.process_time() - begun)
    await system.stop()
    return tells, together, alone


def theirs() -> tuple[float, float, float]:
    """The same of pykka; the hundred askers are threads."""
    refs = [Threaded.start() for _ in range(ACTORS)]

    begun = time.process_time()
    for number in range(TELLS):
        refs[number % ACTORS].tell(number)
    for ref in refs:
        ref.ask(None)
    tells = TELLS / (time.process_time() - begun)

    begun = time.process_time()
    for number in range(ASKS):
        refs[number % ACTORS].ask(number, timeout=30)
    alone = ASKS / (time.process_time() - begun)

    def asker(number: int) -> None:
        for _ in range(ASKS // ACTORS):
            refs[number].ask(None, timeout=30)

    threads = [threading.Thread(target=asker, args=(number,)) for number in range(ACTORS)]
    begun = time.process_time()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    together = ASKS / (time.process_time() - begun)
    pykka.ActorRegistry.stop_all()
    return tells, together, alone


class Counted(Event, frozen=True, gc=False, array_like=True, kw_only=True):
    """Somebody counted."""

    number: int


class Tally:
    """The smallest event-sourced actor: it notes each number that it is asked to."""

    format = "tally.1"

    def initial(self) -> list[int]:
        return [0]

    def decide(self, state: list[int], command: int, now: datetime) -> Iterator[Event]:
        yield Counted(at=now, by="clerk", number=command)

    def evolve(self, state: list[int], event: Event) -> list[int]:
        state[0] += 1
        return state

    def stream(self, event: Event) -> str:
        return "tally"

    def due(self, state: list[int], after: datetime | None) -> datetime | None:
        return None

    def elapse(self) -> int | None:
        return None

    def encode(self, state: list[int]) -> bytes:
        return bytes(state)

    def decode(self, data: bytes) -> list[int]:
        return list(data)


async def durable() -> float:
    """Seconds of CPU per ask of an event-sourced actor: virtual loop, journal in memory."""
    journal = await Journal.open(MemoryStore(), codec=Codec([Counted]))
    forms = Forms(Change, Part, AlreadyApplied)

    def factory(context: Context) -> PersistentActor[list[int], int, Event, Change, Part]:
        read = lambda after, versions: journal.read(after)  # noqa: E731
        return PersistentActor(context, Tally(), journal, forms, read, snapshot_every=None)

    system = System(virtual.clock())
    system.register("tally", factory)
    ref = system.ref("tally", "t")
    begun = time.process_time()
    for number in range(ASKS):
        await ref.ask(number, timeout=30)
    cost = (time.process_time() - begun) / ASKS
    await system.stop()
    await journal.close()
    return cost


async def weight() -> float:
    """Bytes per idle actor: its key, its place in the registry, its state of one number."""
    system = _counters()
    gc.collect()
    tracemalloc.start()
    before, _ = tracemalloc.get_traced_memory()
    for number in range(IDLE):
        system.ref("counter", f"agent/{number:06}").tell(None)
        if number % 1000 == 999:
            await asyncio.sleep(0)
    await system.ref("counter", "agent/000000").ask(None)
    gc.collect()
    after, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert system.statistics().idle == IDLE
    await system.stop()
    return (after - before) / IDLE


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--uvloop", action="store_true")
    uvloop = parser.parse_args().uvloop
    # In turns, and the best of each: other work on the machine only ever slows a round down.
    rounds = [(run(ours(), uvloop=uvloop), theirs()) for _ in range(ROUNDS)]
    mine, base = ([max(figures) for figures in zip(*half)] for half in zip(*rounds))
    names = ("tell", f"ask, {ACTORS} askers", "ask, one asker")
    missed = False
    for name, figure, other in zip(names, mine, base):
        # One asker measures how fast a thread, or the loop, hands over: no work is shared.
        missed |= figure < TARGET * other and name != "ask, one asker"
        print(f"{name:16} {figure:10,.0f}/s   pykka {other:10,.0f}/s   x{figure / other:.1f}")
    heavy = run(weight())
    missed |= heavy > HEAVIEST
    print(f"{'idle actor':16} {heavy:10,.0f} B   at most {HEAVIEST} B")
    cost = min(virtual.run(durable(), START) for _ in range(ROUNDS))
    print(f"{'durable ask':16} {cost * 1e6:10,.0f} µs of CPU, one at a time")
    return int(missed)


if __name__ == "__main__":
    raise SystemExit(main())
