"""What only a model of our own promises: its batches, its threads, its texts, its loop."""

import asyncio
import random
import threading
from collections.abc import Awaitable, Callable
from pathlib import Path

import ctranslate2
import msgspec
import pytest

from llmtb.inference.errors import ModelError
from llmtb.inference.generation.batched import BatchedGenerator, Settings
from llmtb.inference.generation.draft import Cancelled, Generated
from llmtb.inference.generation.engine import REPEATING
from llmtb.inference.generation.prompt import Priority
from llmtb.inference.models.model import Model
from tests.inference.providers import asked, own

STORY = "Write a long story about the sea."
WORDS = ["modem", "light", "line", "cable", "router", "invoice", "speed", "outage", "street"]


def using(
    test: Callable[[BatchedGenerator], Awaitable[None]], settings: Settings | None = None
) -> None:
    async def run() -> None:
        async with asyncio.timeout(100), own(settings) as generator:
            await test(generator)

    asyncio.run(run())


def question(seed: int) -> str:
    """A question behind a context of some length."""
    chance = random.Random(seed)
    context = " ".join(chance.choices(WORDS, k=chance.randint(5, 180)))
    return f"{context}\nWhy is my internet slow?"


async def begun(generator: BatchedGenerator, rows: int) -> None:
    """Wait until so many texts are being written."""
    while generator.statistics().running < rows:  # noqa: ASYNC110 - statistics are no event
        await asyncio.sleep(0.001)


def test_a_text_does_not_depend_on_its_neighbours() -> None:
    async def test(generator: BatchedGenerator) -> None:
        prompts = [asked(question(seed), max_new=8 + seed) for seed in range(15)]

        async def text(number: int) -> str:
            draft = generator.submit(prompts[number], priority=Priority(number % 4))
            return (await draft.result()).text

        alone = [await text(number) for number in range(0, 15, 3)]
        before = generator.statistics()
        assert before.batches == before.rows == 5
        for seed in range(2):
            order = random.Random(seed).sample(range(15), 15)
            together = dict(zip(order, await asyncio.gather(*map(text, order))))
            assert [together[number] for number in range(0, 15, 3)] == alone
        done = generator.statistics()
        assert done.rows - before.rows > 1.3 * (done.batches - before.batches)

    using(test)


def test_a_text_is_what_the_model_writes_when_it_is_asked_directly(smollm2: Model) -> None:
    async def test(generator: BatchedGenerator) -> None:
        prompt = asked(question(3), max_new=24)
        whole = await generator.submit(prompt, priority=Priority.CALL).result()
        model = ctranslate2.Generator(str(smollm2.folder), compute_type="int8", intra_threads=1)
        spelled = generator._wording.spell(prompt)
        length = -(-len(spelled.tokens) // 64) * 64
        result = model.generate_batch(
            [spelled.padded(length, "Ġ")],
            max_length=24,
            include_prompt_in_result=False,
            repetition_penalty=REPEATING,
        )[0]
        ids = result.sequences_ids[0]
        text = generator._wording.tokenizer.decode(ids, skip_special_tokens=False)
        assert text.rstrip("\ufffd") == whole.text  # a character that is not whole is not shown

    using(test)


def test_nothing_that_computes_runs_in_the_loop(monkeypatch: pytest.MonkeyPatch) -> None:
    """The loop's thread never enters the library: no wait in it, so no gap."""
    inside: list[int] = []
    real = ctranslate2.Generator

    class Watched:
        def __init__(self, *given: object, **named: object) -> None:
            inside.append(threading.get_ident())
            self._real = real(*given, **named)

        def generate_batch(self, *given: object, **named: object) -> object:
            inside.append(threading.get_ident())
            return self._real.generate_batch(*given, **named)

        def __del__(self) -> None:
            inside.append(threading.get_ident())

    monkeypatch.setattr(ctranslate2, "Generator", Watched)

    async def test(generator: BatchedGenerator) -> None:
        drafts = [generator.submit(asked("Hello?"), priority=Priority.CALL) for _ in range(20)]
        assert all([await draft.result() for draft in drafts])
        await generator.close()

    using(test)
    assert len(inside) >= 1 + 3 + 1
    assert threading.get_ident() not in inside


def test_no_more_batches_than_workers_and_one_for_calls() -> None:
    async def test(generator: BatchedGenerator) -> None:
        long = asked(STORY, max_new=150)
        customers = [generator.submit(long, priority=Priority.CUSTOMER) for _ in range(12)]
        await begun(generator, 4)
        assert generator.statistics().batches == 2
        call = generator.submit(asked("Hello?", max_new=8), priority=Priority.CALL)
        async for _ in call:
            break
        assert generator.statistics().batches == 3
        assert not any(draft.done for draft in customers)
        await call.result()
        await generator.close(drain=False)

    using(test, Settings(workers=2, rows=2))


def test_cancelled_in_the_prefill_it_frees_its_row_and_the_batch_goes_on() -> None:
    async def test(generator: BatchedGenerator) -> None:
        text = "modem " * 900
        left = generator.submit(asked(text, max_new=200), priority=Priority.CALL)
        stays = generator.submit(asked(text, max_new=4), priority=Priority.CALL)
        await begun(generator, 2)
        left.cancel()
        with pytest.raises(Cancelled):
            await left.result()
        assert generator.statistics().tokens == 0  # nothing was written yet
        assert (await stays.result()).tokens > 0
        await generator.close()
        done = generator.statistics()
        assert (done.batches, done.finished, done.cancelled) == (1, 1, 1)
        assert done.tokens <= 4

    using(test)


def test_a_batch_ends_with_its_last_reader() -> None:
    async def test(generator: BatchedGenerator) -> None:
        draft = generator.submit(asked(STORY, max_new=1500), priority=Priority.CALL)
        async for _ in draft:
            break
        draft.cancel()
        await generator.close()  # waits for the batch: 1500 tokens would be past the time-out
        assert generator.statistics().tokens < 200

    using(test)


def test_the_padding_and_the_waits_are_counted() -> None:
    async def test(generator: BatchedGenerator) -> None:
        drafts = [
            generator.submit(asked(question(seed), max_new=4), priority=Priority.AGENT)
            for seed in range(10)
        ]
        waiting = generator.statistics()
        assert waiting.waiting == (0, 10, 0, 0)
        wholes: list[Generated] = [await draft.result() for draft in drafts]
        done = generator.statistics()
        assert done.rows == done.finished == 10
        assert (done.prompt_tokens + done.padding) % 64 == 0
        assert 0 < done.padding < 64 * 10
        assert done.tokens == sum(whole.tokens for whole in wholes)
        assert done.tokens_per_second > 0
        assert 0 < done.wait_p50 <= done.wait_p95
        assert done.first_p50 <= done.first_p95 <= done.whole_p95
        assert done.memory > 100 * 2**20

    using(test)


def test_the_context_is_a_limit_that_the_longest_prompt_may_reach() -> None:
    async def test(generator: BatchedGenerator) -> None:
        longest = 0
        for words in range(150, 300):
            try:
                generator.submit(asked("a " * words, max_new=20), priority=Priority.CALL).cancel()
            except ModelError:
                break
            longest = words
        draft = generator.submit(asked("a " * longest, max_new=20), priority=Priority.CALL)
        assert 0 < (await draft.result()).tokens <= 20
        done = generator.statistics()
        assert done.prompt_tokens == 256 - 20
        assert done.padding == 0

    using(test, Settings(context=256))


def test_a_model_that_cannot_be_loaded_is_an_error_in_a_line(
    smollm2: Model, tmp_path: Path
) -> None:
    missing = msgspec.structs.replace(smollm2, folder=tmp_path)
    with pytest.raises(ModelError, match=r"^smollm2-135m-instruct: tokenizer\.json cannot be read"):
        asyncio.run(BatchedGenerator.open(missing))
    for name in ("tokenizer.json", "vocabulary.json", "config.json", "chat_template.jinja"):
        (tmp_path / name).symlink_to(smollm2.folder / name)
    (tmp_path / "model.bin").write_bytes(b"no weights")
    with pytest.raises(ModelError, match=r"^smollm2-135m-instruct: cannot be loaded: [^\n]+$"):
        asyncio.run(BatchedGenerator.open(missing))


def test_opening_may_be_given_up(smollm2: Model) -> None:
    async def run() -> None:
        opening = asyncio.create_task(BatchedGenerator.open(smollm2))
        await asyncio.sleep(0.01)
        opening.cancel()
        with pytest.raises(asyncio.CancelledError):
            await opening

    asyncio.run(run())
