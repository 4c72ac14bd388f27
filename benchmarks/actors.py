"""Actors against pykka's threads, and what an idle one weighs.

    python -m benchmarks.actors [--uvloop]

Prints the medians of a few rounds and their ratios; ends with status 1 where a target is missed.
"""

import argparse
import asyncio
import gc
import statistics
import threading
import time
import tracemalloc
from typing import Any

import pykka

from llmtb.runtime.actor import Actor, Context
from llmtb.runtime.clock import WallClock
from llmtb.runtime.loop import run
from llmtb.runtime.system import System

ACTORS = 100
TELLS = 200_000
ASKS = 20_000
IDLE = 100_000
ROUNDS = 5
TARGET = 4.0  # times pykka
HEAVIEST = 500  # bytes for an idle actor


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
    """Tells, asks of one asker, asks of a hundred: messages per second."""
    system = _counters()
    refs = [system.ref("counter", str(number)) for number in range(ACTORS)]

    begun = time.perf_counter()
    for number in range(TELLS):
        refs[number % ACTORS].tell(number)
        if number % 1000 == 999:
            await asyncio.sleep(0)
    for ref in refs:
        await ref.ask(None)
    tells = TELLS / (time.perf_counter() - begun)

    begun = time.perf_counter()
    for number in range(ASKS):
        await refs[number % ACTORS].ask(number, timeout=30)
    alone = ASKS / (time.perf_counter() - begun)

    async def asker(number: int) -> None:
        for _ in range(ASKS // ACTORS):
            await refs[number].ask(None, timeout=30)

    begun = time.perf_counter()
    await asyncio.gather(*map(asker, range(ACTORS)))
    together = ASKS / (time.perf_counter() - begun)
    await system.stop()
    return tells, alone, together


def theirs() -> tuple[float, float, float]:
    """The same of pykka; the hundred askers are threads."""
    refs = [Threaded.start() for _ in range(ACTORS)]

    begun = time.perf_counter()
    for number in range(TELLS):
        refs[number % ACTORS].tell(number)
    for ref in refs:
        ref.ask(None)
    tells = TELLS / (time.perf_counter() - begun)

    begun = time.perf_counter()
    for number in range(ASKS):
        refs[number % ACTORS].ask(number, timeout=30)
    alone = ASKS / (time.perf_counter() - begun)

    def asker(number: int) -> None:
        for _ in range(ASKS // ACTORS):
            refs[number].ask(None, timeout=30)

    threads = [threading.Thread(target=asker, args=(number,)) for number in range(ACTORS)]
    begun = time.perf_counter()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    together = ASKS / (time.perf_counter() - begun)
    pykka.ActorRegistry.stop_all()
    return tells, alone, together


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
    # In turns, so that a busy moment of the machine hurts both.
    rounds = [(run(ours(), uvloop=uvloop), theirs()) for _ in range(ROUNDS)]
    mine, base = ([statistics.median(figures) for figures in zip(*half)] for half in zip(*rounds))
    names = ("tell", "ask, one asker", f"ask, {ACTORS} askers")
    missed = False
    for name, figure, other in zip(names, mine, base):
        missed |= figure < TARGET * other
        print(f"{name:16} {figure:10,.0f}/s   pykka {other:10,.0f}/s   x{figure / other:.1f}")
    heavy = run(weight())
    missed |= heavy > HEAVIEST
    print(f"{'idle actor':16} {heavy:10,.0f} B   at most {HEAVIEST} B")
    return int(missed)


if __name__ == "__main__":
    raise SystemExit(main())
