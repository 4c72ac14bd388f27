"""Texts for many chats: batched against one by one, against llama-cpp-python, waits, the loop.

python -m benchmarks.generation [REQUESTS]

Prompts are those of answering: a context of 100 to 300 tokens and a question, 16 to 64 tokens to
write. Read the ratios, which are of one run; the rest depends on the machine and on its load.
LLMTB_LLAMA_PYTHON and LLMTB_LLAMA_GGUF name an interpreter with llama-cpp-python and the weights
that the model was converted from; without them that comparison is left out.
"""

import asyncio
import json
import os
import random
import subprocess
import sys
import time
from pathlib import Path
from typing import NamedTuple

from llmtb.inference.generation.batched import BatchedGenerator, Settings
from llmtb.inference.generation.figures import percentile, resident
from llmtb.inference.generation.prompt import Priority, Prompt, Turn
from llmtb.inference.models.store import Models

MODEL = "smollm2-135m-instruct"
FOLDER = Path(os.environ.get("LLMTB_MODELS", "models"))
REQUESTS = 48
CORES = len(os.sched_getaffinity(0))
ONE_BY_ONE = Settings(workers=1, threads=CORES, rows=1, gather=0.0)
BATCHED = Settings(workers=max(1, CORES), threads=1)
BEAT = 0.002  # seconds between two looks at the loop
SYSTEM = "You answer customers of an internet provider from the context alone."
WORDS = "modem light line cable router password invoice speed test outage town street fibre port"

# Runs where llama-cpp-python is: the same prompts one by one, which is all that it offers.
LLAMA = """
import json, sys, time
from llama_cpp import Llama
given = json.load(sys.stdin)
model = Llama(given["weights"], n_ctx=2048, n_threads=given["cores"], verbose=False)
def ask(turns, most):
    model.reset()
    messages = [{"role": role, "content": text} for role, text in turns]
    began, first, tokens = time.perf_counter(), 0.0, 0
    options = {"max_tokens": most, "temperature": 0, "stream": True}
    for chunk in model.create_chat_completion(messages, **options):
        if chunk["choices"][0]["delta"].get("content"):
            tokens += 1
            first = first or time.perf_counter() - began
    return tokens, first, time.perf_counter() - began
ask(*given["load"][0])
whole = [ask(*each) for each in given["load"]]
long = sorted(ask(*given["long"])[1] for _ in range(3))[1]
print(json.dumps([sum(each[0] for each in whole), sum(each[2] for each in whole), long]))
"""


class Run(NamedTuple):
    """What one load took."""

    requests: int
    tokens: int
    seconds: float
    firsts: list[float]
    wholes: list[float]
    gaps: list[float]
    batch: float

    @property
    def speed(self) -> float:
        """Texts a second."""
        return self.requests / self.seconds

    def told(self) -> str:
        first, whole = self.firsts, self.wholes
        return (
            f"{self.speed:5.2f} texts/s {self.tokens / self.seconds:6.1f} tokens/s, "
            f"p50/p95 whole {percentile(whole, 0.5):.2f}/{percentile(whole, 0.95):.2f} s, "
            f"first {percentile(first, 0.5):.2f}/{percentile(first, 0.95):.2f} s, "
            f"mean batch {self.batch:.1f}"
        )


def prompts(count: int) -> list[Prompt]:
    """The load; the same each time."""
    chance = random.Random(3)
    found = []
    for _ in range(count):
        context = " ".join(chance.choices(WORDS.split(), k=chance.randint(80, 250)))
        question = Turn("user", f"{context}\nQuestion: why is my internet slow?")
        found.append(Prompt((Turn("system", SYSTEM), question), chance.randint(16, 64)))
    return found


async def beats(gaps: list[float]) -> None:
    """How much later than asked for the loop comes back, again and again."""
    while True:
        before = time.perf_counter()
        await asyncio.sleep(BEAT)
        gaps.append(time.perf_counter() - before - BEAT)


async def run(load: list[Prompt], chats: int, settings: Settings) -> Run:
    """So many chats, each with its next question as soon as it has its answer."""
    generator = await BatchedGenerator.open(Models(FOLDER).get(MODEL), settings)
    await generator.submit(load[0], priority=Priority.CALL).result()
    warm = generator.statistics()
    todo = list(reversed(load))
    firsts: list[float] = []
    wholes: list[float] = []
    gaps: list[float] = []
    tokens = 0

    async def chat() -> None:
        nonlocal tokens
        while todo:
            draft = generator.submit(todo.pop(), priority=Priority.CUSTOMER)
            async for _ in draft:
                pass
            whole = await draft.result()
            tokens += whole.tokens
            firsts.append(whole.first_milliseconds / 1000)
            wholes.append(whole.milliseconds / 1000)

    beat = asyncio.create_task(beats(gaps))
    began = time.perf_counter()
    await asyncio.gather(*(chat() for _ in range(chats)))
    seconds = time.perf_counter() - began
    beat.cancel()
    done = generator.statistics()
    await generator.close()
    batch = (done.rows - warm.rows) / (done.batches - warm.batches)
    return Run(len(load), tokens, seconds, firsts, wholes, gaps, batch)


async def first_of(prompt: Prompt) -> float:
    """Seconds to the first token of a prompt alone, the median of three."""
    generator = await BatchedGenerator.open(Models(FOLDER).get(MODEL), ONE_BY_ONE)
    spent = [
        (await generator.submit(prompt, priority=Priority.CALL).result()).first_milliseconds
        for _ in range(4)
    ]
    await generator.close()
    return sorted(spent[1:])[1] / 1000


def against_llama(load: list[Prompt], many: Run) -> None:
    """The same prompts at llama-cpp-python, in a process of its own."""
    python, weights = os.environ.get("LLMTB_LLAMA_PYTHON"), os.environ.get("LLMTB_LLAMA_GGUF")
    if not python or not weights:
        print("llama-cpp-python: left out; set LLMTB_LLAMA_PYTHON and LLMTB_LLAMA_GGUF")
        return
    long = Prompt((Turn("user", "modem light " * 300),), 1)
    asked = {
        "weights": weights,
        "cores": CORES,
        "load": [(each.turns, each.max_new) for each in load],
        "long": (long.turns, long.max_new),
    }
    given = json.dumps(asked)
    ended = subprocess.run(  # noqa: S603 - the interpreter that whoever runs this has named
        [python, "-c", LLAMA], input=given, capture_output=True, text=True, check=True
    )
    tokens, seconds, first = json.loads(ended.stdout)
    ours = many.tokens / many.seconds
    print(f"llama-cpp-python, same weights, one by one: {tokens / seconds:.1f} tokens/s")
    print(verdict("  batched against it", ours / (tokens / seconds), 1.0))
    print(verdict("  prefill of 600 tokens against it", first / asyncio.run(first_of(long)), 4.0))


def verdict(what: str, ratio: float, target: float) -> str:
    met = "met" if ratio >= target else "MISSED"
    return f"{what}: {ratio:.2f} x (target {target:g} x: {met})"


def main() -> None:
    load = prompts(int(sys.argv[1]) if len(sys.argv) > 1 else REQUESTS)
    few = load[: max(8, len(load) // 3)]
    alone = asyncio.run(run(few, 1, ONE_BY_ONE))
    print(f"{CORES} cores, load {os.getloadavg()[0]:.1f}\none by one, 1 chat : {alone.told()}")
    waiting = asyncio.run(run(few, 16, ONE_BY_ONE))
    print(f"one by one, 16    : {waiting.told()}")
    runs = {}
    for chats in (1, 8, 16, 32):
        runs[chats] = asyncio.run(run(few if chats == 1 else load, chats, BATCHED))
        print(f"batched, {chats:2} chats : {runs[chats].told()}")
    for chats in (16, 32):
        print(verdict(f"{chats} chats against one by one", runs[chats].speed / waiting.speed, 2.5))
    gap = percentile([gap for each in runs.values() for gap in each.gaps], 0.99) * 1000
    print(f"gap of the loop, p99: {gap:.1f} ms (target <= 10: {'met' if gap <= 10 else 'MISSED'})")
    print(f"memory: {resident() / 2**20:.0f} MiB")
    against_llama(few, runs[16])


if __name__ == "__main__":
    main()
