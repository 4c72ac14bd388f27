"""What users of the journal rely on, whatever the store."""

import asyncio
import tempfile
from collections.abc import Sequence
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from llmtb.events.errors import (
    AlreadyApplied,
    Conflict,
    JournalClosed,
    JournalError,
    JournalFull,
    UnwritableEvent,
)
from llmtb.events.floor import SlotOffered
from llmtb.events.journal import Change, Journal, Part, Recorded, Subscription
from llmtb.events.reading import read, verify
from llmtb.events.subscription import RECENT
from tests.contract.places import NOON, PLACES, Place, change, extended


async def seqs(subscription: Subscription, until: int) -> list[int]:
    """Follow up to a position; return the positions of what was handed out."""
    seen: list[int] = []
    while subscription.position < until:
        seen += [recorded.seq for recorded in await anext(subscription)]
    return seen


def test_what_was_appended_is_read_in_one_order_over_all_streams(place: Place) -> None:
    async def scene() -> None:
        journal = await Journal.open(place.open(), codec=place.codec)
        [[first], [second]] = await journal.append(
            [Part([change("agent/a", 1)]), Part([change("agent/b", 1, extended("b"))])]
        )
        [[third]] = await journal.append([Part([change("agent/a", 2)])])
        assert [first.seq, second.seq, third.seq] == [1, 2, 3]
        assert list(journal.read()) == [first, second, third]
        assert list(journal.read(after=1, prefixes=["agent/a"])) == [third]
        assert list(journal.read_stream("agent/a")) == [first, third]
        assert list(journal.read_stream("agent/a", after=1)) == [third]
        assert list(journal.read(topics=["WaitLeft"])) == []
        assert journal.head == 3
        assert (await journal.append([Part([]), Part([])])) == [[], []]
        await journal.close()

    asyncio.run(scene())


def test_a_journal_goes_on_where_it_ended(place: Place) -> None:
    async def scene() -> None:
        journal = await Journal.open(place.open(), codec=place.codec)
        await journal.append([Part([change("agent/a", 1)], "press")])
        await journal.close()
        journal = await Journal.open(place.open(), codec=place.codec)
        assert journal.head == 1
        with pytest.raises(AlreadyApplied):
            await journal.append([Part([change("agent/a", 2)], "press")])
        [[second]] = await journal.append([Part([change("agent/a", 2)])])
        assert second.seq == 2
        await journal.close()
        store = place.open()
        assert verify(store) == (2, second.hash)
        store.close()

    asyncio.run(scene())


def test_an_append_with_one_conflict_leaves_nothing_of_its_other_changes(place: Place) -> None:
    async def scene() -> None:
        journal = await Journal.open(place.open(), codec=place.codec)
        await journal.append([Part([change("agent/a", 1)])])
        for version in (1, 3):  # taken, and a gap
            parts = [Part([change("agent/b", 1)]), Part([change("agent/a", version)], "press")]
            with pytest.raises(Conflict) as refusal:
                await journal.append(parts)
            assert (refusal.value.stream, refusal.value.latest) == ("agent/a", 1)
        assert [recorded.stream for recorded in journal.read()] == ["agent/a"]
        assert journal.applied("press") is None
        await journal.append([Part([change("agent/b", 1)], "press")])
        await journal.close()

    asyncio.run(scene())


def test_a_command_id_applies_once_and_tells_its_own_events(place: Place) -> None:
    async def scene() -> None:
        journal = await Journal.open(place.open(), codec=place.codec)
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


def test_many_appends_at_once_share_transactions_and_a_conflict_hurts_its_own(place: Place) -> None:
    async def scene() -> None:
        journal = await Journal.open(place.open(), codec=place.codec)
        appends = [journal.append([Part([change(f"agent/{n}", 1)], f"{n}")]) for n in range(300)]
        appends += [journal.append([Part([change("agent/7", 1)])])]
        appends += [journal.append([Part([change("agent/new", 1)], "7")])]
        *good, conflict, repeat = await asyncio.gather(*appends, return_exceptions=True)
        assert all(isinstance(outcome, list) for outcome in good)
        assert isinstance(conflict, Conflict)
        assert isinstance(repeat, AlreadyApplied)
        statistics = journal.statistics()
        assert (statistics.events, statistics.conflicts, statistics.repeats) == (300, 1, 1)
        assert statistics.transactions < 10
        await journal.close()

    asyncio.run(scene())


Step = tuple[list[tuple[int, int]], int | None, bool]

STEPS = st.lists(
    st.tuples(
        st.lists(st.tuples(st.integers(0, 1), st.integers(1, 3)), max_size=3),  # stream, version
        st.none() | st.integers(0, 4),  # command
        st.booleans(),  # whether its caller gives up
    ),
    max_size=30,
)


@pytest.mark.parametrize("kind", list(PLACES))
@settings(max_examples=50, deadline=None)
@given(steps=STEPS, pauses=st.lists(st.integers(0, 3), max_size=30))
def test_any_crowd_of_appends_leaves_a_sound_journal(
    kind: str, steps: list[Step], pauses: list[int]
) -> None:
    async def scene(place: Place) -> None:
        journal = await Journal.open(place.open(), codec=place.codec)
        tasks = []
        for number, (events, command, gives_up) in enumerate(steps):
            changes = [change(f"agent/{stream}", version) for stream, version in events]
            part = Part(changes, None if command is None else f"press {command}")
            tasks.append(asyncio.create_task(journal.append([part])))
            for _ in range(pauses[number] if number < len(pauses) else 0):
                await asyncio.sleep(0)
            if gives_up:
                tasks[-1].cancel()
        outcomes = await asyncio.gather(*tasks, return_exceptions=True)
        await journal.close()
        store = place.open()
        held = {recorded.seq: recorded for recorded in read(store, codec=place.codec)}
        assert verify(store).seq == len(held)
        told: list[Recorded] = []
        for (events, _, _), outcome in zip(steps, outcomes, strict=True):
            if isinstance(outcome, BaseException):
                assert isinstance(outcome, Conflict | AlreadyApplied | asyncio.CancelledError)
            else:
                assert [(r.stream, r.version) for r in outcome[0]] == [
                    (f"agent/{stream}", version) for stream, version in events
                ]
                told += outcome[0]
        assert all(held[recorded.seq] == recorded for recorded in told)
        assert len({recorded.seq for recorded in told}) == len(told)
        commands = [command for _, command, _ in steps if command is not None]
        first = [store.applied(f"press {command}") for command in set(commands)]
        ranges = [seq for found in first if found is not None for seq in found]
        assert len(set(ranges)) == len(ranges)
        store.close()

    with tempfile.TemporaryDirectory() as folder:
        asyncio.run(scene(PLACES[kind](Path(folder))))


def expected(steps: list[Step]) -> list[type[JournalError] | None]:
    """Return how each append has to end when they are judged one after the other."""
    latest: dict[int, int] = {}
    applied: set[int] = set()
    ends: list[type[JournalError] | None] = []
    for events, command, _ in steps:
        after = dict(latest)
        for stream, version in events:
            if version == after.get(stream, 0) + 1:
                after[stream] = version
            else:
                break
        else:
            if command not in applied:
                latest = after
                applied |= {command} if command is not None and events else set()
                ends.append(None)
                continue
        ends.append(AlreadyApplied if command in applied else Conflict)
    return ends


@pytest.mark.parametrize("kind", list(PLACES))
@settings(max_examples=50)
@given(steps=STEPS, max_batch=st.sampled_from([1, 3, 100]))
@example(steps=[([(0, 1), (1, 2)], None, False), ([(0, 1)], None, False)], max_batch=100)
def test_appends_of_one_batch_are_judged_one_after_the_other(
    kind: str, steps: list[Step], max_batch: int
) -> None:
    async def scene(place: Place) -> None:
        journal = await Journal.open(place.open(), max_batch=max_batch, codec=place.codec)
        parts = [
            Part([change(f"agent/{stream}", version) for stream, version in events], name)
            for events, command, _ in steps
            for name in [None if command is None else f"press {command}"]
        ]
        appends = [journal.append([part]) for part in parts]
        outcomes = await asyncio.gather(*appends, return_exceptions=True)
        ends = [type(end) if isinstance(end, JournalError) else None for end in outcomes]
        assert ends == expected(steps)
        await journal.close()

    with tempfile.TemporaryDirectory() as folder:
        asyncio.run(scene(PLACES[kind](Path(folder))))


@pytest.mark.parametrize("count", [1, 24, 25, 26, 49, 50, 74, 101])
def test_an_append_of_any_size_is_written_whole(place: Place, count: int) -> None:
    async def scene() -> None:
        journal = await Journal.open(place.open(), codec=place.codec)
        changes = [change("agent/a", version) for version in range(1, count + 1)]
        [recorded] = await journal.append([Part(changes)])
        assert len(recorded) == count
        assert list(journal.read()) == recorded == list(journal.read_stream("agent/a"))
        await journal.close()

    asyncio.run(scene())


def test_who_gives_up_before_the_commit_began_has_written_nothing(place: Place) -> None:
    async def scene() -> None:
        journal = await Journal.open(place.open(), codec=place.codec)
        waiting = asyncio.create_task(journal.append([Part([change("agent/a", 1)])]))
        await asyncio.sleep(0)
        waiting.cancel()
        await asyncio.wait([waiting])
        [[recorded]] = await journal.append([Part([change("agent/a", 1, extended("b"))])])
        assert list(journal.read()) == [recorded]
        await journal.close()

    asyncio.run(scene())


def test_subscribers_get_the_past_and_then_the_present_once_and_in_order(place: Place) -> None:
    async def scene() -> None:
        journal = await Journal.open(place.open(), codec=place.codec)
        for version in range(1, 4):
            await journal.append([Part([change("agent/a", version)])])
        subscriptions = [journal.subscribe(after) for after in (0, 1, 3)]
        seen: list[list[int]] = [[], [], []]

        async def follow(number: int) -> None:
            async for batch in subscriptions[number]:
                assert batch
                seen[number] += [recorded.seq for recorded in batch]

        async with asyncio.TaskGroup() as tasks:
            for number in range(3):
                tasks.create_task(follow(number))
            for version in range(4, 40):
                await journal.append([Part([change("agent/a", version)])])
            await journal.close()
        assert seen == [list(range(after + 1, 40)) for after in (0, 1, 3)]
        assert [subscription.position for subscription in subscriptions] == [39, 39, 39]

    asyncio.run(scene())


def test_a_subscriber_who_falls_far_behind_misses_nothing(place: Place) -> None:
    async def scene() -> None:
        journal = await Journal.open(place.open(), codec=place.codec)
        slow, quick = journal.subscribe(0), journal.subscribe(0)
        version = 0
        while journal.head <= 3 * RECENT:
            changes = [change("agent/a", version + n) for n in range(1, 1001)]
            await journal.append([Part(changes)])
            version += 1000
            await seqs(quick, journal.head)
        assert await seqs(slow, journal.head) == list(range(1, journal.head + 1))
        await journal.close()

    asyncio.run(scene())


def test_a_closed_subscription_ends_for_whoever_waits_in_it(place: Place) -> None:
    async def scene() -> None:
        journal = await Journal.open(place.open(), codec=place.codec)
        subscription = journal.subscribe(0)
        following = asyncio.create_task(seqs(subscription, 1))
        await asyncio.sleep(0)
        assert journal.statistics().followers == 1
        subscription.close()
        with pytest.raises(StopAsyncIteration):
            await following
        assert journal.statistics().followers == 0
        with pytest.raises(JournalError, match="rebuilt"):
            journal.subscribe(1)  # a position that only another journal can have given
        await journal.close()

    asyncio.run(scene())


def test_a_cancelled_wait_for_events_loses_none(place: Place) -> None:
    async def scene() -> None:
        journal = await Journal.open(place.open(), codec=place.codec)
        subscription = journal.subscribe(0)
        seen: list[int] = []
        for version in range(1, 30):
            waiting = asyncio.create_task(anext(subscription))
            for _ in range(version % 4):
                await asyncio.sleep(0)
            append = asyncio.create_task(journal.append([Part([change("agent/a", version)])]))
            for _ in range(version % 5):
                await asyncio.sleep(0)
            waiting.cancel()
            batch, _ = await asyncio.gather(waiting, append, return_exceptions=True)
            seen += [recorded.seq for recorded in batch] if isinstance(batch, list) else []
        seen += await seqs(subscription, journal.head)
        assert seen == list(range(1, 30))
        await journal.close()

    asyncio.run(scene())


def test_a_snapshot_is_found_by_its_layout(place: Place) -> None:
    async def scene() -> None:
        journal = await Journal.open(place.open(), codec=place.codec)
        await journal.append([Part([change("agent/a", 1)])])
        journal.save_snapshot("floor", "1", 1, b"old")
        journal.save_snapshot("floor", "1", 1, b"new")
        await journal.close()
        journal = await Journal.open(place.open(), codec=place.codec)
        assert journal.load_snapshot("floor", "1") == (1, b"new")
        assert journal.load_snapshot("floor", "2") is None
        await journal.close()

    asyncio.run(scene())


def test_what_cannot_be_read_back_is_not_written(place: Place) -> None:
    async def scene() -> None:
        journal = await Journal.open(place.open(), codec=place.codec)
        wrong = SlotOffered(at=NOON, by="clock", agent=7, shift="day")  # type: ignore[arg-type]
        with pytest.raises(UnwritableEvent, match="SlotOffered"):
            await journal.append([Part([change("agent/a", 1), change("agent/a", 2, wrong)])])
        with pytest.raises(ValueError, match="line feed"):
            await journal.append([Part([change("agent/a\nb", 1)])])
        assert journal.head == 0
        await journal.close()

    asyncio.run(scene())


def test_closing_commits_what_waits_and_then_refuses(place: Place) -> None:
    async def scene() -> None:
        journal = await Journal.open(place.open(), max_batch=2, codec=place.codec)
        waiting = [
            asyncio.create_task(journal.append([Part([change(f"agent/{number}", 1)])]))
            for number in range(5)
        ]
        await asyncio.sleep(0)
        await journal.close()
        seen = [recorded.seq for [[recorded]] in await asyncio.gather(*waiting)]
        assert seen == [1, 2, 3, 4, 5]
        with pytest.raises(JournalClosed):
            await journal.append([Part([change("agent/a", 1)])])
        with pytest.raises(JournalClosed):
            journal.subscribe(0)
        await journal.close()

    asyncio.run(scene())


def test_more_than_the_backlog_is_refused_until_there_is_room(place: Place) -> None:
    async def scene() -> None:
        journal = await Journal.open(place.open(), backlog=3, codec=place.codec)
        crowd = [journal.append([Part([change(f"agent/{number}", 1)])]) for number in range(5)]
        outcomes = await asyncio.gather(*crowd, return_exceptions=True)
        assert [type(outcome) for outcome in outcomes] == [
            list,
            list,
            list,
            JournalFull,
            JournalFull,
        ]
        await journal.append([Part([change("agent/3", 1)])])
        assert [recorded.stream for recorded in journal.read()] == [f"agent/{n}" for n in range(4)]
        await journal.close()

    asyncio.run(scene())


def test_appends_are_committed_in_the_order_in_which_they_were_asked_for(place: Place) -> None:
    async def scene() -> None:
        journal = await Journal.open(place.open(), max_batch=1, codec=place.codec)

        async def appended(changes: Sequence[Change]) -> int:
            [[recorded]] = await journal.append([Part(changes)])
            return recorded.seq

        crowd = [appended([change("agent/a", version)]) for version in range(1, 50)]
        assert await asyncio.gather(*crowd) == list(range(1, 50))
        assert journal.statistics().transactions == 49
        await journal.close()

    asyncio.run(scene())
