"""What users of the journal rely on, whatever the store."""

import asyncio
from datetime import UTC, datetime

import pytest

from llmtb.events.errors import AlreadyApplied, Conflict, JournalClosed, UnwritableEvent
from llmtb.events.event import Event
from llmtb.events.floor import SlotOffered, WaitJoined, WaitLeft
from llmtb.events.journal import Change, Journal, Part
from llmtb.events.stores.memory import MemoryStore

NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)


def joined(agent: str = "a1") -> WaitJoined:
    return WaitJoined(at=NOON, by=agent, agent=agent, shift="2026-11-21/day")


def change(stream: str, version: int, event: Event | None = None) -> Change:
    return Change(stream, version, event or joined())


def test_what_was_appended_is_read_in_one_order_over_all_streams() -> None:
    async def scene() -> None:
        journal = await Journal.open(MemoryStore())
        [[first], [second]] = await journal.append(
            [Part([change("agent/a", 1)]), Part([change("agent/b", 1, joined("b"))])]
        )
        [[third]] = await journal.append([Part([change("agent/a", 2)])])
        assert [first.seq, second.seq, third.seq] == [1, 2, 3]
        assert list(journal.read()) == [first, second, third]
        assert list(journal.read(after=1, prefixes=["agent/a"])) == [third]
        assert list(journal.read_stream("agent/a")) == [first, third]
        assert list(journal.read(topics=["WaitLeft"])) == []
        assert journal.head == 3
        await journal.close()

    asyncio.run(scene())


def test_an_append_whose_one_change_conflicts_leaves_nothing_of_its_other_changes() -> None:
    async def scene() -> None:
        journal = await Journal.open(MemoryStore())
        await journal.append([Part([change("agent/a", 1)])])
        for version in (1, 3):  # taken, and a gap
            with pytest.raises(Conflict) as refusal:
                await journal.append([Part([change("agent/b", 1), change("agent/a", version)])])
            assert (refusal.value.stream, refusal.value.latest) == ("agent/a", 1)
        assert [recorded.stream for recorded in journal.read()] == ["agent/a"]
        await journal.append([Part([change("agent/b", 1)])])
        await journal.close()

    asyncio.run(scene())


def test_a_command_id_applies_once_and_tells_its_own_events() -> None:
    async def scene() -> None:
        journal = await Journal.open(MemoryStore())
        parts = [
            Part([change("agent/a", 1), change("agent/b", 1)], "press 1"),
            Part([], "press 2"),
            Part([change("agent/a", 2)], "press 3"),
        ]
        first, second, third = await journal.append(parts)
        assert second == []
        assert journal.applied("press 1") == first
        assert journal.applied("press 2") is None
        assert journal.applied("press 3") == third
        for events in ([change("agent/a", 3)], []):
            with pytest.raises(AlreadyApplied) as refusal:
                await journal.append([Part(events, "press 1")])
            assert refusal.value.seqs == range(1, 3)
        with pytest.raises(AlreadyApplied):
            await journal.append([Part([change("agent/c", n)], "press 4") for n in (1, 2)])
        assert journal.head == 3
        await journal.close()

    asyncio.run(scene())


def test_subscribers_get_the_past_and_then_the_present_once_and_in_order() -> None:
    async def scene() -> None:
        journal = await Journal.open(MemoryStore())
        for version in range(1, 4):
            await journal.append([Part([change("agent/a", version)])])
        subscription = journal.subscribe(after=1)
        seen: list[int] = []

        async def follow() -> None:
            async for batch in subscription:
                seen.extend(recorded.seq for recorded in batch)

        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(follow())
            for version in range(4, 20):
                await journal.append([Part([change("agent/a", version)])])
            await journal.close()
        assert seen == list(range(2, 20))
        assert subscription.position == 19

    asyncio.run(scene())


def test_what_cannot_be_read_back_is_not_written() -> None:
    async def scene() -> None:
        journal = await Journal.open(MemoryStore())
        wrong = SlotOffered(at=NOON, by="clock", agent=7, shift="day")  # type: ignore[arg-type]
        with pytest.raises(UnwritableEvent, match="SlotOffered"):
            await journal.append([Part([change("agent/a", 1), change("agent/a", 2, wrong)])])
        assert journal.head == 0
        await journal.close()

    asyncio.run(scene())


def test_a_closed_journal_refuses() -> None:
    async def scene() -> None:
        journal = await Journal.open(MemoryStore())
        pending = asyncio.create_task(
            journal.append(
                [Part([change("agent/a", 1, WaitLeft(at=NOON, by="a", agent="a", shift="d"))])]
            )
        )
        await asyncio.sleep(0)
        await journal.close()
        assert await pending  # what was waiting was committed
        with pytest.raises(JournalClosed):
            await journal.append([Part([change("agent/a", 2)])])
        await journal.close()

    asyncio.run(scene())
