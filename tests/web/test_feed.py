"""Pictures are drawn once for all who watch, outlive their faults, and end with the last one."""

import asyncio
import logging
from collections.abc import AsyncGenerator, Callable, Coroutine, Mapping
from contextlib import AsyncExitStack, aclosing
from datetime import UTC, datetime
from itertools import count
from typing import Any, TypeVar

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from llmtb.channels.conversation.known import Known
from llmtb.channels.web.feed import LOOK, PATIENCE, REST, RETRY, Hub, sse
from llmtb.runtime import virtual

T = TypeVar("T")
START = datetime(2026, 11, 21, 5, tzinfo=UTC)
MANY = 500


class Journal:
    """Follows a journal that goes on when it is told to."""

    def __init__(self) -> None:
        self.known = Known()
        self._news = asyncio.Condition()

    async def change(self, since: int) -> None:
        async with self._news:
            await self._news.wait_for(lambda: self.known.seq > since)

    async def on(self) -> None:
        """One more event."""
        async with self._news:
            self.known.seq += 1
            self._news.notify_all()


class Stage:
    """A hub, the journal that it follows, and a picture that tells how far that is."""

    def __init__(self) -> None:
        self.journal = Journal()
        self.hub = Hub(self.journal, virtual.clock().now)
        self.drawn = 0
        self.fault: Exception | None = None
        self.still: dict[str, str] = {"still": "<p>same</p>"}

    async def draw(self) -> Mapping[str, str]:
        self.drawn += 1
        if self.fault is not None:
            raise self.fault
        return {"head": f"<b>{self.journal.known.seq}</b>", **self.still}


def play(story: Callable[[Stage], Coroutine[Any, Any, T]]) -> T:
    async def main() -> T:
        stage = Stage()
        try:
            return await story(stage)
        finally:
            await stage.hub.close()

    return virtual.run(main(), START)


def read(chunk: bytes) -> list[tuple[str, Any]]:
    """The events of a piece of a stream: name and data."""
    blocks = [block for block in chunk.decode().split("\n\n") if "event: " in block]
    lines = [dict(line.split(": ", 1) for line in block.splitlines()) for block in blocks]
    return [(each["event"], msgspec.json.decode(each["data"])) for each in lines]


def put(chunk: bytes) -> dict[str, str]:
    """The regions of a piece of a stream."""
    return {data["id"]: data["html"] for name, data in read(chunk) if name == "region"}


async def begun(stream: AsyncGenerator[bytes]) -> dict[str, str]:
    """Everything there is to be seen when one begins to watch."""
    assert await anext(stream) == RETRY
    return put(await anext(stream))


async def until(stream: AsyncGenerator[bytes], region: str, html: str) -> None:
    async for chunk in stream:
        if put(chunk).get(region) == html:
            return
    raise AssertionError(f"{region} never became {html}")


# --- what is sent ------------------------------------------------------------------------------


def test_a_page_gets_everything_and_then_what_differs() -> None:
    async def story(stage: Stage) -> None:
        async with aclosing(stage.hub.watch("a", stage.draw)) as stream:
            assert await begun(stream) == {"head": "<b>0</b>", "still": "<p>same</p>"}
            await stage.journal.on()
            assert put(await anext(stream)) == {"head": "<b>1</b>"}

    play(story)


def test_a_page_hears_a_beat_though_nothing_happens() -> None:
    async def story(stage: Stage) -> None:
        async with aclosing(stage.hub.watch("a", stage.draw)) as stream:
            await begun(stream)
            before = virtual.clock().now()
            [(name, data)] = read(await anext(stream))
            assert name == "beat"
            assert (virtual.clock().now() - before).total_seconds() <= LOOK
            assert data == {"at": virtual.clock().now().isoformat(), "seq": 0}

    play(story)


def test_what_changes_nothing_to_be_seen_is_not_sent() -> None:
    async def story(stage: Stage) -> None:
        async def same() -> Mapping[str, str]:
            stage.drawn += 1
            return stage.still

        async with aclosing(stage.hub.watch("a", same)) as stream:
            await begun(stream)
            heard: list[tuple[str, Any]] = []

            async def hear() -> None:
                async for chunk in stream:
                    heard.extend(read(chunk))

            hearing = asyncio.create_task(hear())
            for _ in range(100):
                await stage.journal.on()
                await asyncio.sleep(0.1)
            hearing.cancel()
            await asyncio.gather(hearing, return_exceptions=True)
            assert {name for name, _ in heard} == {"beat"}
            assert 10 / LOOK <= len(heard) <= 10, "seconds went by"
            assert stage.drawn > len(heard)

    play(story)


def test_all_who_watch_share_each_drawing() -> None:
    async def story(stage: Stage) -> None:
        async with AsyncExitStack() as stack:
            streams = [
                await stack.enter_async_context(aclosing(stage.hub.watch("a", stage.draw)))
                for _ in range(MANY)
            ]
            for seen in await asyncio.gather(*map(begun, streams)):
                assert seen == {"head": "<b>0</b>", "still": "<p>same</p>"}
            assert (stage.hub.watching, stage.drawn) == (MANY, 1)
            await stage.journal.on()
            chunks = await asyncio.gather(*map(anext, streams))
            assert {id(chunk) for chunk in chunks} == {id(chunks[0])}, "encoded once"
            assert put(chunks[0]) == {"head": "<b>1</b>"}
            assert stage.drawn == 2

    play(story)


def test_many_are_told_a_few_in_each_turn_of_the_loop() -> None:
    async def story(stage: Stage) -> int:
        async with AsyncExitStack() as stack:
            streams = [
                await stack.enter_async_context(aclosing(stage.hub.watch("a", stage.draw)))
                for _ in range(MANY)
            ]
            await asyncio.gather(*map(begun, streams))
            told = 0

            async def one(stream: AsyncGenerator[bytes]) -> None:
                nonlocal told
                await anext(stream)
                told += 1

            await asyncio.sleep(2 * REST)  # what is recorded from here on is drawn at once
            readers = [asyncio.create_task(one(stream)) for stream in streams]
            await stage.journal.on()
            most = before = 0
            while told < MANY:
                await asyncio.sleep(0)
                most, before = max(most, told - before), told
            await asyncio.gather(*readers)
            return most

    assert play(story) < MANY / 4


def test_who_comes_later_gets_everything_as_it_is_now() -> None:
    async def story(stage: Stage) -> None:
        async with aclosing(stage.hub.watch("a", stage.draw)) as first:
            await begun(first)
            for _ in range(5):
                await stage.journal.on()
            await until(first, "head", "<b>5</b>")
            async with aclosing(stage.hub.watch("a", stage.draw)) as second:
                assert await begun(second) == {"head": "<b>5</b>", "still": "<p>same</p>"}

    play(story)


def test_who_was_cut_off_gets_everything_as_it_is_now() -> None:
    async def story(stage: Stage) -> None:
        async with aclosing(stage.hub.watch("a", stage.draw)) as stream:
            await begun(stream)
        for _ in range(3):
            await stage.journal.on()
        async with aclosing(stage.hub.watch("a", stage.draw)) as stream:
            assert await begun(stream) == {"head": "<b>3</b>", "still": "<p>same</p>"}

    play(story)


def test_a_slow_reader_is_owed_no_more_than_one_picture() -> None:
    async def story(stage: Stage) -> None:
        async with (
            aclosing(stage.hub.watch("a", stage.draw)) as slow,
            aclosing(stage.hub.watch("a", stage.draw)) as quick,
        ):
            await asyncio.gather(begun(slow), begun(quick))
            for number in count(1):
                await stage.journal.on()
                await until(quick, "head", f"<b>{number}</b>")
                if number == 20:
                    break
            chunk = await anext(slow)
            assert put(chunk) == {"head": "<b>20</b>"}
            assert [name for name, _ in read(chunk)].count("beat") == 1

    play(story)


def test_a_change_while_it_is_drawn_is_drawn_next() -> None:
    """What is recorded in the middle of a drawing is not taken for drawn."""

    async def story(stage: Stage) -> None:
        async def slowly() -> Mapping[str, str]:
            before = stage.journal.known.seq
            await asyncio.sleep(0.1)
            return {"head": str(before)}

        async with aclosing(stage.hub.watch("a", slowly)) as stream:
            assert await anext(stream) == RETRY
            reading = asyncio.create_task(until(stream, "head", "1"))
            await asyncio.sleep(0.05)
            await stage.journal.on()
            await reading

    play(story)


@given(st.text(), st.text(), st.text(alphabet="0123456789", max_size=8))
def test_whatever_a_region_holds_is_one_event_of_the_stream(id_: str, html: str, seq: str) -> None:
    chunk = sse("region", {"id": id_, "html": html}, seq)
    assert chunk.endswith(b"\n\n")
    assert chunk.count(b"\n\n") == 1
    assert b"\r" not in chunk
    head, data = chunk.decode().rstrip("\n").rsplit("\n", 1)
    assert head.splitlines() == [*([f"id: {seq}"] if seq else []), "event: region"]
    assert msgspec.json.decode(data.removeprefix("data: ")) == {"id": id_, "html": html}


# --- faults ------------------------------------------------------------------------------------


def test_a_drawing_that_fails_leaves_the_last_one_and_is_tried_again(
    caplog: pytest.LogCaptureFixture,
) -> None:
    async def story(stage: Stage) -> None:
        async with aclosing(stage.hub.watch("a", stage.draw)) as stream:
            await begun(stream)
            stage.fault = ValueError("a page with a fault")
            await stage.journal.on()
            with pytest.raises(TimeoutError):  # without a beat the page says that it is old
                async with asyncio.timeout(10 * LOOK):
                    await stage.hub._pictures["a"].watchers.copy().pop().news.wait()
            assert stage.drawn > 5
            async with aclosing(stage.hub.watch("a", stage.draw)) as other:
                assert await begun(other) == {"head": "<b>0</b>", "still": "<p>same</p>"}
            stage.fault = None
            await until(stream, "head", "<b>1</b>")

    with caplog.at_level(logging.ERROR):
        play(story)
    assert len(caplog.records) == 1
    assert "a page with a fault" in caplog.text


def test_a_drawing_that_never_ends_is_given_up_and_others_go_on(
    caplog: pytest.LogCaptureFixture,
) -> None:
    async def story(stage: Stage) -> None:
        stuck = True

        async def hang() -> Mapping[str, str]:
            if stuck:
                await asyncio.sleep(10 * PATIENCE)
            return {"head": "drawn"}

        async with (
            aclosing(stage.hub.watch("stuck", hang)) as stream,
            aclosing(stage.hub.watch("a", stage.draw)) as other,
        ):
            assert await anext(stream) == RETRY
            reading = asyncio.create_task(until(stream, "head", "drawn"))
            await begun(other)
            stuck = False
            await reading

    play(story)
    assert "could not be drawn" in caplog.text


# --- ends --------------------------------------------------------------------------------------


def test_a_picture_that_nobody_watches_is_not_drawn() -> None:
    async def story(stage: Stage) -> None:
        for _ in range(3):
            async with aclosing(stage.hub.watch("a", stage.draw)) as stream:
                await begun(stream)
        drawn = stage.drawn
        for _ in range(5):
            await stage.journal.on()
            await asyncio.sleep(LOOK)
        assert (stage.drawn, stage.hub.watching) == (drawn, 0)
        names = {task.get_name() for task in asyncio.all_tasks()}
        assert not any(name.startswith("picture") for name in names)

    play(story)


def test_a_reader_that_is_cancelled_wherever_it_stands_watches_no_more() -> None:
    async def story(stage: Stage) -> None:
        async def server(hold: asyncio.Event) -> None:
            """As a server does: reads on, and is stopped while it waits or while it sends."""
            async for _ in stage.hub.watch("a", stage.draw):
                await hold.wait()

        free, held = asyncio.Event(), asyncio.Event()
        free.set()
        readers = [asyncio.create_task(server(hold)) for hold in (free, held)]
        await asyncio.sleep(1)
        assert stage.hub.watching == 2
        for reader in readers:
            reader.cancel()
        await asyncio.gather(*readers, return_exceptions=True)
        await asyncio.sleep(0.1)
        assert stage.hub.watching == 0

    play(story)


def test_closing_ends_every_stream_and_later_ones_at_once() -> None:
    async def story(stage: Stage) -> None:
        async def whole() -> list[bytes]:
            return [chunk async for chunk in stage.hub.watch("a", stage.draw)]

        readers = [asyncio.create_task(whole()) for _ in range(10)]
        await asyncio.sleep(1)
        await stage.hub.close()
        for chunks in await asyncio.gather(*readers):
            assert chunks[0] == RETRY
            assert len(chunks) > 1
        assert await whole() == [RETRY]
        assert stage.hub.watching == 0

    play(story)
