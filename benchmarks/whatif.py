"""What-if against the simulation that made the day, and how many policies a second a grid plays.

python -m benchmarks.whatif
"""

import os
import time

from llmtb.events.journal import Recorded
from llmtb.events.stores.memory import MemoryStore
from llmtb.simulate import simulate
from llmtb.testing.day import Day
from replay.whatif.counting import Count
from replay.whatif.log import Log, Range, read
from replay.whatif.playing import Manner, play
from replay.whatif.searching import search

RUNS = 3
GRID = [
    {"breaks.every": every, "load.mode": mode, "breaks.floor": floor}
    for every in (3, 4, 5, 6, 8)
    for mode in ("ratio", "erlang_c")
    for floor in (1, 2, 3, 4, 5)
]
ONE_DAY, ONE_GRID = 1.0, 60.0  # seconds: the targets


def simulated(lines: list[bytes]) -> tuple[float, list[Recorded]]:
    """Seconds of CPU for the day on the real actors and the store in memory, and its log."""
    rows: list[Recorded] = []
    began = time.process_time()
    simulate(lines, MemoryStore(), rows.append)
    return time.process_time() - began, rows


def what_if(rows: list[Recorded]) -> tuple[float, float, Log]:
    """Seconds of CPU to read the log, and to play it under another policy and count."""
    began = time.process_time()
    log = read(rows, Range())
    been = time.process_time()
    count = Count(log.scene)
    play(log.scene, count.take, {"breaks.every": 4})
    count.figures()
    return been - began, time.process_time() - been, log


def main() -> None:
    lines = list(Day(7).lines())
    plain, rows = min((simulated(lines) for _ in range(RUNS)), key=lambda each: each[0])
    reading, playing, log = min((what_if(rows) for _ in range(RUNS)), key=lambda each: each[1])
    print(f"200 agents x 24 h, {len(rows)} events; simulated: x1.00 ({plain:.2f} s of CPU)")
    print(f"  what-if, read and played: x{(reading + playing) / plain:.2f}")
    print(f"    read {reading / plain:.2f}, played and counted {playing / plain:.2f}")
    verdict = "met" if reading + playing < ONE_DAY else "MISSED"
    print(f"    target < {ONE_DAY:g} s: {verdict}")
    cores = len(os.sched_getaffinity(0))
    spent = grid(log, cores)
    verdict = "met" if spent / cores < ONE_GRID else "MISSED"
    print(
        f"  a grid of {len(GRID)}: {spent / plain:.1f} times the simulation ({spent:.1f} s of CPU)"
    )
    print(f"    target < {ONE_GRID:g} s on {cores} cores: {verdict}")


def grid(log: Log, cores: int) -> float:
    """Seconds of CPU for all policies of the grid, their processes included."""
    before = os.times()
    search(log.scene, GRID, Manner(), cores, lambda *_: None)
    return sum(now - then for now, then in zip(os.times()[:4], before[:4]))


if __name__ == "__main__":
    main()
