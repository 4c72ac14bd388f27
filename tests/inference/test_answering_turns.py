"""Many questions at once: each gets what it is due, and the event loop is not held up."""

import asyncio
import threading
import time
from collections import OrderedDict
from functools import partial
from itertools import pairwise

import msgspec
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from llmtb.inference.answering.cache import NEAR, Cache, Scope
from llmtb.inference.answering.one_by_one import OneByOne
from llmtb.inference.answering.reply import Answered, Reply

WORK = 0.004  # seconds
AT_ONCE = 24
WIDTH = 8
SCOPES = [
    Scope("customer", 0, None, "en", "index"),
    Scope("agent", 0, None, "en", "index"),
]


def test_the_loop_looks_after_others_between_two_pieces_of_work() -> None:
    async def run() -> list[int]:
        turns, done, seen = OneByOne(), list[int](), list[int]()

        def work(number: int) -> int:
            done.append(number)
            return number

        async def look() -> None:
            while len(done) < AT_ONCE:
                seen.append(len(done))
                await asyncio.sleep(0)

        looking = asyncio.create_task(look())
        made = await asyncio.gather(*(turns.do(partial(work, n)) for n in range(AT_ONCE)))
        await looking
        assert made == done == list(range(AT_ONCE))  # each its own, and first come, first served
        return seen

    seen = asyncio.run(run())
    assert max(after - before for before, after in pairwise(seen)) == 1


def test_long_work_is_done_in_a_thread_and_nobody_waits_for_it() -> None:
    async def run() -> None:
        turns, may_end = OneByOne(), threading.Event()
        long = asyncio.create_task(turns.do(lambda: may_end.wait(10), apart=True))
        await asyncio.sleep(0)
        assert await asyncio.wait_for(turns.do(lambda: "short"), 5) == "short"
        assert not long.done()
        may_end.set()
        assert await long

    asyncio.run(run())


def test_what_fails_or_is_called_off_leaves_the_turn_to_the_next() -> None:
    def fail() -> None:
        raise ValueError("broken")

    async def run() -> str:
        turns = OneByOne()
        called_off = asyncio.create_task(turns.do(lambda: time.sleep(WORK)))
        await asyncio.sleep(0)
        called_off.cancel()
        with pytest.raises(ValueError, match="broken"):
            await turns.do(fail)
        return await turns.do(lambda: "next")

    assert asyncio.run(run()) == "next"


def reply(text: str) -> Reply:
    outcome = Answered(text=text, sources=(), origin="faq", language="en", confidence=1.0)
    return Reply(outcome=outcome, hits=(), rung="faq", why={}, language="en")


def direction(number: int) -> NDArray[np.float32]:
    return np.asarray(np.eye(WIDTH)[number], np.float32)


@given(
    st.lists(
        st.tuples(
            st.sampled_from(["keep", "near", "same"]),
            st.sampled_from(SCOPES),
            st.integers(0, WIDTH - 1),
        ),
        max_size=60,
    ),
    st.integers(1, 5),
)
def test_the_cache_keeps_the_last_used_and_finds_no_other(
    steps: list[tuple[str, Scope, int]], size: int
) -> None:
    """Against a plain list of what was used last, each question a direction of its own."""
    cache, kept = Cache(size), OrderedDict[tuple[Scope, int], None]()
    for step, scope, number in steps:
        text, key = f"question of kind {number}", (scope, number)
        if step == "keep":
            cache.keep(scope, text, direction(number), reply(f"{scope.audience} {number}"))
            kept[key] = None
            kept.move_to_end(key)
            while len(kept) > size:
                kept.popitem(last=False)
            continue
        near = cache.near(scope, text, direction(number)) if step == "near" else None
        found = near[0] if near else cache.same(scope, text) if step == "same" else None
        assert (found is not None) == (key in kept)
        if found is not None:
            assert isinstance(found.outcome, Answered)
            assert found.outcome.text == f"{scope.audience} {number}"
            assert near is None or near[1] >= NEAR
            kept.move_to_end(key)
    assert len(cache) == len(kept)
    cache.clear()
    assert cache.near(SCOPES[0], "question of kind 0", direction(0)) is None
    assert msgspec.to_builtins(cache.statistics())["kept"] == 0
