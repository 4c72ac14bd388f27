"""A day of 200 agents on the real actors, in memory: CPU seconds, and the same log each time.

python -m benchmarks.day
"""

import time

from llmtb.events.journal import Recorded
from llmtb.events.stores.memory import MemoryStore
from llmtb.simulate import simulate
from llmtb.testing.day import Day

RUNS = 3
TARGET = 1.0  # CPU seconds


def play(seed: int) -> tuple[float, int, bytes]:
    """CPU seconds for the day of a seed, its events, and the hash that seals its log."""
    lines = list(Day(seed).lines())
    last: list[Recorded] = []

    def tell(recorded: Recorded) -> None:
        last[:] = [recorded]

    began = time.process_time()
    simulate(lines, MemoryStore(), tell)
    return time.process_time() - began, last[0].seq, last[0].hash


def main() -> None:
    days = [play(seed=7) for _ in range(RUNS)]
    spent, events, seal = min(days)
    same = len({day[2] for day in days}) == 1
    other = play(seed=8)[2] != seal
    verdict = "met" if spent < TARGET else "MISSED"
    print(
        f"200 agents x 24 h, {events} events: {spent:.2f} s of CPU (target < {TARGET} s: {verdict})"
    )
    print(f"  {24 * 3600 / spent:,.0f} times as fast as the day itself")
    print(
        f"  same seed, same hash of the log in {RUNS} runs: {same}; another seed differs: {other}"
    )


if __name__ == "__main__":
    main()
