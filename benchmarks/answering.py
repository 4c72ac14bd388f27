"""The ladder on the sample company: answers a second without generation, times by chats, memory.

python -m benchmarks.answering

Every question is another one through all the runs, so that neither cache nor memory answers; the
gap is how late a task that only sleeps is woken meanwhile. Beside the time on the wall stands the
processor's, of all threads: what a question costs whatever else the machine does.
"""

import asyncio
import resource
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from itertools import cycle
from pathlib import Path

from llmtb.actors.knowledge import Library
from llmtb.inference.answering.asked import Asked
from llmtb.inference.answering.examples import Labelled
from llmtb.library.answers import Answers
from llmtb.library.proving import labelled
from llmtb.policy import Questions
from llmtb.settings import Models

CHATS = (1, 8, 32)
ASKED = 600
WARMING = 40
TARGET = 200.0  # answers a second
GAP_TARGET = 10.0  # milliseconds, 99th percentile
PAUSE = 0.002  # seconds between two looks at the loop


def asked_by(questions: Sequence[Labelled]) -> Iterator[Asked]:
    """Questions without end, no two alike: each comes back with other words behind it."""
    for number, question in enumerate(cycle(questions)):
        again = number // len(questions)
        yield Asked(
            question=f"{number}",
            chat=f"{number % 32}",
            text=f"{question.text} {'.' * again}",
            language=question.language,
            audience=question.audience,
        )


async def looks(gaps: list[float]) -> None:
    """Note how late each wake-up comes, in milliseconds."""
    while True:
        began = time.perf_counter()
        await asyncio.sleep(PAUSE)
        gaps.append((time.perf_counter() - began - PAUSE) * 1000)


def quantile(values: Sequence[float], share: float) -> float:
    """The value below which a share of them lies."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(len(ordered) * share))]


async def run(answers: Answers, asking: Iterator[Asked], chats: int) -> tuple[float, str]:
    """Answers a second with so many chats that ask at once, and the line that tells of them."""
    ladder = answers.judging()  # with an empty cache
    await asyncio.gather(*(ladder.answer(next(asking)) for _ in range(WARMING)))
    times: list[float] = []
    gaps: list[float] = []
    looking = asyncio.create_task(looks(gaps))

    async def chat(count: int) -> None:
        for _ in range(count):
            began = time.perf_counter()
            await ladder.answer(next(asking))
            times.append((time.perf_counter() - began) * 1000)

    began, spent, mine = time.perf_counter(), time.process_time(), time.thread_time()
    await asyncio.gather(*(chat(ASKED // chats) for _ in range(chats)))
    rate = len(times) / (time.perf_counter() - began)
    spent = (time.process_time() - spent) / len(times) * 1000
    mine = (time.thread_time() - mine) / len(times) * 1000
    looking.cancel()
    line = (
        f"{chats:3} chats: {rate:6.0f} answers/s, p50 {quantile(times, 0.5):6.1f} ms,"
        f" p95 {quantile(times, 0.95):6.1f} ms, loop gap p99 {quantile(gaps, 0.99):.1f} ms,"
        f" processor {spent:.1f} ms each, {mine:.1f} of them in the loop"
    )
    return rate, line if quantile(gaps, 0.99) <= GAP_TARGET else f"{line} (MISSED)"


async def measure() -> bool:
    with tempfile.TemporaryDirectory() as folder:
        answers = await Answers.open(Models(), Path(folder))
        began = time.perf_counter()
        await answers.show(Library(), Questions())
        first = time.perf_counter() - began
        began = time.perf_counter()
        await answers.show(Library(), Questions())
        again = time.perf_counter() - began
        count = len(answers.passages)
        print(f"index of {count} passages: {first:.1f} s at first, {again:.2f} s from its cache")
        asking = asked_by(labelled(()))
        rates = []
        for chats in CHATS:
            rate, line = await run(answers, asking, chats)
            rates.append(rate)
            print(line)
        await answers.close()
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    met = max(rates) >= TARGET
    verdict = "met" if met else "MISSED"
    print(f"at best {max(rates):.0f} answers/s (target >= {TARGET:.0f}: {verdict})")
    print(f"memory of the process at its largest: {memory:.0f} MiB, both models included")
    return met


if __name__ == "__main__":
    sys.exit(0 if asyncio.run(measure()) else 1)
