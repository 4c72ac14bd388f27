"""The known ways to kill or hang a process with CTranslate2: none of them does."""

import subprocess
import sys
import threading
from collections.abc import Sequence

import ctranslate2
import pytest

from llmtb.inference.errors import ModelError
from llmtb.inference.generation.engine import Batch, Engine
from llmtb.inference.models.model import Model
from tests.house.sources import ROOT
from tests.inference.models import FOLDER

START = """
import asyncio, os, sys
from pathlib import Path
from llmtb.inference.errors import Closed
from llmtb.inference.generation.batched import BatchedGenerator
from llmtb.inference.generation.prompt import Priority, Prompt, Turn
from llmtb.inference.models.store import Models
model = Models(Path(sys.argv[1])).get("smollm2-135m-instruct")
LONG = Prompt((Turn("user", "Write a long story about the sea."),), 1500)
SHORT = Prompt((Turn("user", "Hello?"),), 5)
async def begun(generator, prompt=LONG, count=4):
    drafts = [generator.submit(prompt, priority=Priority.CUSTOMER) for _ in range(count)]
    async for _ in drafts[0]:
        return drafts
"""


def ran(program: str, *, within: float = 60) -> subprocess.CompletedProcess[str]:
    """Run a program in a process of its own."""
    return subprocess.run(
        [sys.executable, "-c", START + program, str(FOLDER)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=within,
        check=False,
    )


EXITS = {
    "the end of the program": "pass",
    "sys.exit": "sys.exit(0)",
    "an exception": "raise SystemExit(0)",
    "in the prefill": (
        "generator.submit(Prompt((Turn('user', 'modem ' * 1500),), 9), priority=Priority.CALL); "
        "await asyncio.sleep(0.05)"
    ),
}


@pytest.mark.parametrize("way", EXITS)
def test_a_process_ends_in_order_with_batches_running(way: str) -> None:
    done = ran(f"""
async def main():
    generator = await BatchedGenerator.open(model)
    await begun(generator)
    print("writing", flush=True)
    {EXITS[way]}
asyncio.run(main())
""")
    assert (done.returncode, done.stdout) == (0, "writing\n"), done.stderr
    assert "terminate" not in done.stderr


def test_an_interrupt_ends_it_in_order() -> None:
    done = ran("""
import signal
async def main():
    generator = await BatchedGenerator.open(model)
    await begun(generator)
    os.kill(os.getpid(), signal.SIGINT)
    await asyncio.sleep(30)
try:
    asyncio.run(main())
except KeyboardInterrupt:
    print("interrupted", flush=True)
""")
    assert (done.returncode, done.stdout) == (0, "interrupted\n"), done.stderr


def test_a_forked_child_is_refused_and_both_end() -> None:
    done = ran("""
from llmtb.inference.generation.engine import Batch
async def used():
    generator = await BatchedGenerator.open(model)
    await begun(generator, SHORT)
    return generator
runner = asyncio.Runner()
generator = runner.run(used())
child = os.fork()
if not child:
    try:
        generator._engine.write(Batch((), 5, print))
    except Closed as refused:
        print(refused, flush=True)
    sys.exit(0)  # frees nothing, waits for nobody
assert os.waitpid(child, 0) == (child, 0)
async def again():
    print("parent", bool((await generator.submit(SHORT, priority=Priority.CALL).result()).text))
    await generator.close()
runner.run(again())
runner.close()
""")
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines() == [
        "smollm2-135m-instruct: was loaded before this process was forked; load it anew",
        "parent True",
    ]


class Spoilt:
    """A row whose reader is broken."""

    def __init__(self, tokens: Sequence[str], at: int) -> None:
        self.tokens = tokens
        self.at = at
        self.heard = 0

    def step(self, token: int, last: bool) -> bool:
        self.heard += 1
        if self.heard == self.at:
            raise ValueError("a reader\nis broken")
        return False


@pytest.fixture
def engine(smollm2: Model) -> Engine:
    return Engine.load(smollm2.folder, name=smollm2.name, compute_type="int8", workers=1, threads=1)


def written(engine: Engine, rows: Sequence[Spoilt]) -> Exception | None:
    told: list[Exception | None] = []
    done = threading.Event()

    def tell(error: Exception | None) -> None:
        told.append(error)
        done.set()

    engine.write(Batch(rows, 8, tell))
    assert done.wait(60)
    return told[0]


def test_a_broken_reader_costs_its_batch_and_not_the_process(engine: Engine) -> None:
    tokens = ["<|im_start|>", "user", "Ċ", "Hello"]
    error = written(engine, [Spoilt(tokens, at) for at in (2, 3, 100, 100)])
    assert isinstance(error, ModelError)
    assert str(error) == "smollm2-135m-instruct: stopped writing: a reader is broken"
    whole = Spoilt(tokens, 100)
    assert written(engine, [whole]) is None
    assert whole.heard == 8
    engine.close()


def test_prompts_of_different_lengths_never_share_a_batch(engine: Engine) -> None:
    rows = [Spoilt(["<|im_start|>"] * count, 100) for count in (3, 4)]
    with pytest.raises(ModelError, match="not equally long"):
        engine.write(Batch(rows, 8, lambda error: None))
    engine.close()


def test_whoever_was_told_may_be_gone(engine: Engine) -> None:
    def gone(error: Exception | None) -> None:
        raise RuntimeError("Event loop is closed")

    engine.write(Batch([Spoilt(["<|im_start|>"], 100)], 8, gone))
    engine.close()  # the thread has ended in order, or this would never return


def test_no_cache_of_the_library_grows(smollm2: Model, monkeypatch: pytest.MonkeyPatch) -> None:
    """Static prompts are kept for ever by the library, so none is ever given."""
    given: list[dict[str, object]] = []
    real = ctranslate2.Generator

    class Watched:
        def __init__(self, *args: object, **named: object) -> None:
            self._real = real(*args, **named)

        def generate_batch(self, *args: object, **named: object) -> object:
            given.append(named)
            return self._real.generate_batch(*args, **named)

    monkeypatch.setattr(ctranslate2, "Generator", Watched)
    engine = Engine.load(
        smollm2.folder, name=smollm2.name, compute_type="int8", workers=1, threads=1
    )
    assert written(engine, [Spoilt(["<|im_start|>"], 100)]) is None
    engine.close()
    assert given[0]["cache_static_prompt"] is False
    assert given[0]["include_prompt_in_result"] is False
    assert "static_prompt" not in given[0]
