"""What users of the journal rely on while its store fails."""

import asyncio
import tempfile
from collections.abc import Callable, Iterable
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from llmtb.events.errors import AlreadyApplied, Conflict, StorageFailed
from llmtb.events.journal import Journal, Part, Recorded, Subscription
from llmtb.events.reading import read, verify
from llmtb.runtime.virtual import run
from llmtb.testing.faulty import Fault, FaultyStore, SlowJournal
from tests.contract.places import NOON, PLACES, Place, change


def planned(faults: Iterable[Fault | None]) -> Callable[[], Fault | None]:
    """Return what gives the faults one by one, and then no more of them."""
    plan = iter(faults)
    return lambda: next(plan, None)


async def at_once(subscription: Subscription) -> list[int]:
    return [recorded.seq for recorded in await anext(subscription)]


@pytest.mark.parametrize("fault", [Fault.BEFORE, Fault.CONFLICT])
def test_a_commit_that_failed_left_nothing_and_can_be_repeated(place: Place, fault: Fault) -> None:
    async def scene() -> None:
        journal = await Journal.open(
            FaultyStore(place.open(), planned([None, fault])), codec=place.codec
        )
        await journal.append([Part([change("agent/a", 1)])])
        part = Part([change("agent/a", 2), change("agent/b", 1)], "press")
        with pytest.raises(StorageFailed if fault is Fault.BEFORE else Conflict) as failure:
            await journal.append([part])
        assert not getattr(failure.value, "unknown", False)
        assert [recorded.seq for recorded in journal.read()] == [1]
        [events] = await journal.append([part])
        assert [recorded.seq for recorded in events] == [2, 3]
        assert verify(journal._store).seq == 3
        await journal.close()

    asyncio.run(scene())


def test_a_commit_that_took_effect_although_it_failed_is_acknowledged(place: Place) -> None:
    async def scene() -> None:
        journal = await Journal.open(
            FaultyStore(place.open(), planned([Fault.AFTER])), codec=place.codec
        )
        subscription = journal.subscribe(0)
        appends = [journal.append([Part([change(f"agent/{n}", 1)])]) for n in range(5)]
        told = [events for [events] in await asyncio.gather(*appends)]
        assert [recorded for [recorded] in told] == list(journal.read())
        await journal.append([Part([change("agent/0", 2)])])
        assert await at_once(subscription) == list(range(1, 7))
        await journal.close()

    asyncio.run(scene())


def test_an_outcome_nobody_knows_is_told_apart_by_its_command_id(place: Place) -> None:
    async def scene() -> None:
        journal = await Journal.open(
            FaultyStore(place.open(), planned([Fault.LOST])), codec=place.codec
        )
        subscription = journal.subscribe(0)
        part = Part([change("agent/a", 1)], "press")
        with pytest.raises(StorageFailed) as failure:
            await journal.append([part])
        assert failure.value.unknown
        assert await at_once(subscription) == [1]  # found by looking, with nothing else going on
        with pytest.raises(AlreadyApplied):
            await journal.append([part])
        assert journal.applied("press") == list(journal.read())
        [[second]] = await journal.append([Part([change("agent/a", 2)])])
        assert second.seq == 2
        assert await at_once(subscription) == [2]
        await journal.close()

    asyncio.run(scene())


def test_a_snapshot_that_cannot_be_kept_is_only_counted(place: Place) -> None:
    async def scene() -> None:
        store = FaultyStore(place.open(), planned([None, None, Fault.BEFORE]))
        journal = await Journal.open(store, codec=place.codec)
        await journal.append([Part([change("agent/a", 1)])])
        journal.save_snapshot("floor", "1", 1, b"lost")
        await journal.append([Part([change("agent/a", 2)])])
        assert journal.load_snapshot("floor", "1") is None
        assert journal.statistics().snapshots_lost == 1
        await journal.close()

    asyncio.run(scene())


class Presser:
    """Somebody who repeats each press until it is known to be applied, through crashes."""

    def __init__(self, name: str, presses: int) -> None:
        self.name = name
        self.presses = presses
        self.acknowledged: list[Recorded] = []

    async def press(self, journal: Journal) -> None:
        """Go on with the first press that is not acknowledged yet."""
        stream = f"agent/{self.name}"
        while len(self.acknowledged) < self.presses:
            command = f"{self.name} {len(self.acknowledged)}"
            version = sum(1 for _ in journal.read_stream(stream))
            try:
                parts = [Part([change(stream, version + 1)], command)]
                [[recorded]] = await journal.append(parts)
            except AlreadyApplied:
                [recorded] = journal.applied(command) or []
            except (Conflict, StorageFailed):
                await asyncio.sleep(0.1)
                continue
            self.acknowledged.append(recorded)


async def follow(subscription: Subscription, seen: list[Recorded]) -> None:
    async for batch in subscription:
        seen += batch


@pytest.mark.parametrize("kind", list(PLACES))
@settings(max_examples=40, deadline=None)
@given(
    faults=st.lists(st.none() | st.sampled_from(Fault), max_size=40),
    delays=st.lists(st.sampled_from([0.0, 0.01, 0.3]), min_size=1, max_size=10),
    crashes=st.lists(st.tuples(st.integers(0, 2), st.floats(0, 1)), max_size=10),
)
def test_every_press_is_applied_once_whatever_fails_and_whoever_crashes(
    kind: str,
    faults: list[Fault | None],
    delays: list[float],
    crashes: list[tuple[int, float]],
) -> None:
    async def scene(place: Place) -> None:
        journal = await SlowJournal.open(
            FaultyStore(place.open(), planned(faults)), codec=place.codec
        )
        turns = iter(range(10**9))
        journal.delay = lambda: delays[next(turns) % len(delays)]
        seen: list[Recorded] = []
        subscription = journal.subscribe(0)
        following = asyncio.create_task(follow(subscription, seen))
        pressers = [Presser(name, 8) for name in "abc"]
        tasks = [asyncio.create_task(presser.press(journal)) for presser in pressers]
        for number, pause in crashes:
            await asyncio.sleep(pause)
            tasks[number].cancel()
            await asyncio.wait([tasks[number]])
            tasks[number] = asyncio.create_task(pressers[number].press(journal))
        await asyncio.gather(*tasks)
        following.cancel()
        await asyncio.wait([following])
        held = list(journal.read())
        while subscription.position < len(held):
            seen += await anext(subscription)
        assert verify(journal._store).seq == len(held) == journal.head
        await journal.close()
        assert seen == held
        assert len(held) == 3 * 8
        for presser in pressers:
            own = [recorded for recorded in held if recorded.stream == f"agent/{presser.name}"]
            assert presser.acknowledged == own

    with tempfile.TemporaryDirectory() as folder:
        run(scene(PLACES[kind](Path(folder))), NOON)


def test_errors_of_the_journal_are_one_line(place: Place) -> None:
    async def scene() -> None:
        journal = await Journal.open(
            FaultyStore(place.open(), planned([Fault.LOST, Fault.BEFORE])), codec=place.codec
        )
        part = Part([change("agent/a", 1)], "press")
        failures = [
            await asyncio.gather(journal.append([part]), return_exceptions=True) for _ in "12"
        ]
        assert [type(failure) for [failure] in failures] == [StorageFailed, StorageFailed]
        assert all(len(str(failure).splitlines()) == 1 for [failure] in failures)
        await journal.close()

    asyncio.run(scene())


def test_a_reader_does_not_need_a_journal(place: Place) -> None:
    async def scene() -> list[Recorded]:
        journal = await Journal.open(place.open(), codec=place.codec)
        [events] = await journal.append([Part([change("agent/a", 1), change("agent/b", 1)])])
        await journal.close()
        return events

    events = asyncio.run(scene())
    store = place.open()
    assert list(read(store, codec=place.codec)) == events
    assert list(read(store, codec=place.codec, prefixes=["agent/b"])) == events[1:]
    store.close()
