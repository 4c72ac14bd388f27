"""What every generator promises, whoever writes: one suite for all of them."""

import asyncio
from collections.abc import Awaitable, Callable

import pytest

from llmtb.inference.errors import Closed, DeadlinePassed, ModelError, QueueFull
from llmtb.inference.generation.draft import Cancelled, Draft, Generator
from llmtb.inference.generation.prompt import Priority, Prompt, Turn
from tests.inference.providers import PROVIDERS, Provider, asked

STORY = "Write a long story about the sea."


@pytest.fixture(params=list(PROVIDERS))
def provider(request: pytest.FixtureRequest) -> Provider:
    """Return each kind of generator."""
    return PROVIDERS[request.param]


def using(provider: Provider, test: Callable[[Generator], Awaitable[None]]) -> None:
    async def run() -> None:
        async with asyncio.timeout(100), provider() as generator:
            await test(generator)

    asyncio.run(run())


async def pieces(draft: Draft) -> list[str]:
    return [piece async for piece in draft]


def test_the_pieces_are_the_text(provider: Provider) -> None:
    async def test(generator: Generator) -> None:
        draft = generator.submit(asked("What is the capital of France?"), priority=Priority.CALL)
        streamed, again = await asyncio.gather(pieces(draft), pieces(draft))
        whole = await draft.result()
        assert draft.done
        assert len(streamed) > 2
        assert "".join(streamed) == "".join(again) == "".join(await pieces(draft)) == whole.text
        assert "Paris" in whole.text
        assert 0 < whole.tokens <= 16
        assert 0 < whole.first_milliseconds <= whole.milliseconds
        assert whole.model == generator.model
        done = generator.statistics()
        assert (done.finished, done.tokens, done.running) == (1, whole.tokens, 0)
        assert done.first_p50 * 1000 == pytest.approx(whole.first_milliseconds, abs=1)

    using(provider, test)


def test_it_ends_by_itself_by_length_or_by_a_stop_text(provider: Provider) -> None:
    async def test(generator: Generator) -> None:
        question = "What is the capital of France?"
        prompts = (
            asked(question, max_new=40),
            asked(STORY, max_new=5),
            asked(question, max_new=40, stop=("Par", "nowhere")),
        )
        drafts = [generator.submit(prompt, priority=Priority.AGENT) for prompt in prompts]
        by_itself, short, stopped = [await draft.result() for draft in drafts]
        assert by_itself.ended == "end"
        assert (short.ended, short.tokens) == ("length", 5)
        assert stopped.ended == "stop"
        assert by_itself.text.startswith(stopped.text)
        assert "Par" not in stopped.text

    using(provider, test)


def test_everyone_gets_their_own_text(provider: Provider) -> None:
    async def test(generator: Generator) -> None:
        cities = {"France": "Paris", "Japan": "Tokyo", "Peru": "Lima"}
        drafts = [
            generator.submit(asked(f"What is the capital of {land}?"), priority=Priority.CUSTOMER)
            for land in cities
        ]
        texts = [(await draft.result()).text for draft in drafts]
        about = [
            [land for land, city in cities.items() if land in text or city in text]
            for text in texts
        ]
        assert about == [[land] for land in cities]

    using(provider, test)


def test_what_is_given_up_ends_at_once_and_the_rest_goes_on(provider: Provider) -> None:
    async def test(generator: Generator) -> None:
        long = asked(STORY, max_new=400)
        writing = generator.submit(long, priority=Priority.CUSTOMER)
        async for _ in writing:
            break
        waiting = [generator.submit(long, priority=Priority.BACKGROUND) for _ in range(12)]
        for draft in [writing, *waiting]:
            draft.cancel()
            draft.cancel()
            assert draft.done
            with pytest.raises(Cancelled, match="given up"):
                await draft.result()
        async with generator.submit(long, priority=Priority.CALL) as left:
            pass
        with pytest.raises(Cancelled):
            await pieces(left)
        after = await generator.submit(asked("Hello?"), priority=Priority.AGENT).result()
        assert after.text
        done = generator.statistics()
        assert (done.cancelled, done.finished, sum(done.waiting)) == (14, 1, 0)

    using(provider, test)


def test_what_would_come_too_late_is_given_up(provider: Provider) -> None:
    async def test(generator: Generator) -> None:
        long = asked(STORY, max_new=600)
        at_once = generator.submit(long, priority=Priority.CALL, deadline=0.0)
        in_the_middle = generator.submit(long, priority=Priority.CALL, deadline=0.3)
        in_time = generator.submit(asked("Hello?"), priority=Priority.CALL, deadline=90.0)
        for draft in (at_once, in_the_middle):
            with pytest.raises(DeadlinePassed, match="too late"):
                await draft.result()
        assert (await in_time.result()).text
        assert generator.statistics().late == 2

    using(provider, test)


def test_a_full_queue_refuses_and_never_blocks(provider: Provider) -> None:
    async def test(generator: Generator) -> None:
        long = asked(STORY, max_new=24)
        # Half of the queue; the other half is for people.
        drafts = [generator.submit(long, priority=Priority.BACKGROUND) for _ in range(128)]
        refusal = pytest.raises(QueueFull, match=r"\d+ texts wait already; ask again")
        with refusal:
            for _ in range(10):
                generator.submit(long, priority=Priority.BACKGROUND)
        assert generator.statistics().refused == 1
        urgent = generator.submit(asked("Hello?"), priority=Priority.CALL)
        assert (await urgent.result()).text
        await generator.close(drain=False)
        assert all(draft.done for draft in drafts)

    using(provider, test)


@pytest.mark.parametrize(
    "prompt",
    [
        Prompt(()),
        Prompt((Turn("user", "Hello?"), Turn("assistant", "Yes?"))),
        asked("Hello?", max_new=0),
        asked("Hello? " * 10_000),
    ],
    ids=["empty", "no question", "nothing to write", "too long"],
)
def test_what_cannot_be_asked_is_refused_at_once(provider: Provider, prompt: Prompt) -> None:
    async def test(generator: Generator) -> None:
        with pytest.raises(ModelError) as refused:
            generator.submit(prompt, priority=Priority.CALL)
        assert "\n" not in str(refused.value)

    using(provider, test)


def test_closing_finishes_what_was_taken(provider: Provider) -> None:
    async def test(generator: Generator) -> None:
        drafts = [
            generator.submit(asked(f"Say {n}.", max_new=8), priority=Priority.BACKGROUND)
            for n in range(6)
        ]
        closing = asyncio.create_task(generator.close())
        await asyncio.sleep(0)
        with pytest.raises(Closed, match="takes no more"):
            generator.submit(asked("Hello?"), priority=Priority.CALL)
        assert all([(await draft.result()).tokens for draft in drafts])
        await closing
        await generator.close()

    using(provider, test)


def test_closing_in_a_hurry_ends_everything(provider: Provider) -> None:
    async def test(generator: Generator) -> None:
        long = asked(STORY, max_new=600)
        writing = generator.submit(long, priority=Priority.CALL)
        async for _ in writing:
            break
        drafts = [writing, *(generator.submit(long, priority=Priority.AGENT) for _ in range(20))]
        patient = asyncio.create_task(generator.close())
        await asyncio.sleep(0)
        await generator.close(drain=False)
        await patient
        for draft in drafts:
            with pytest.raises(Closed, match="before the text was whole"):
                await draft.result()
        assert generator.statistics().stopped == 21

    using(provider, test)
