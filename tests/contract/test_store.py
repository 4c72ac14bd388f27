"""What the journal relies on in a store."""

import tempfile
from pathlib import Path

import pytest
from eventsourcing.persistence import ApplicationRecorder, IntegrityError, StoredEvent
from hypothesis import given, settings
from hypothesis import strategies as st

from llmtb.events.chain import GENESIS, Head, chained
from llmtb.events.reading import verify
from llmtb.events.stores.store import Collision, Store
from tests.contract.places import PLACES, Place, write

NAMES = [
    "agent/1",
    "agent/12",
    "agent_1",
    "Agent/1",
    "chat/%",
    "chat/_",
    "desk/'\"",
    "shift/صبح",
    "x",
]


class Stop(Exception):
    """What a caller's own block may raise."""


def test_an_empty_store_has_nothing(place: Place) -> None:
    store = place.open()
    assert store.head() == GENESIS
    assert list(store.rows(0, 10)) == []
    assert list(store.stream("agent/1", 0, 10)) == []
    assert store.applied("press") is None
    assert store.load_snapshot("floor", "1") is None
    with store.transaction() as transaction:
        assert transaction.head() == GENESIS
        assert transaction.versions(["agent/1"]) == {"agent/1": 0}
        assert transaction.applied(["press"]) == {}
    store.close()


def test_what_was_committed_is_there_after_opening_again(place: Place) -> None:
    store = place.open()
    rows = write(store, ("agent/1", 1), ("agent/2", 1), ("agent/1", 2))
    store.save_snapshot("floor", "1", 3, b"snapshot")

    def check(store: Store) -> None:
        assert list(store.rows(0, 10)) == rows
        assert store.head() == Head(3, rows[-1][5])
        assert list(store.stream("agent/1", 0, 10)) == [rows[0], rows[2]]
        assert list(store.stream("agent/1", 1, 10)) == [rows[2]]
        assert list(store.stream("agent/1", 0, 1)) == [rows[0]]
        assert store.applied("write 1") == range(1, 4)
        assert store.load_snapshot("floor", "1") == (3, b"snapshot")
        with store.transaction() as transaction:
            assert transaction.head() == Head(3, rows[-1][5])
            found = transaction.versions(["agent/1", "agent/2", "agent/3"])
            assert found == {"agent/1": 2, "agent/2": 1, "agent/3": 0}
            assert transaction.applied(["other", "write 1"]) == {"write 1": range(1, 4)}

    check(store)
    store.close()
    again = place.open()
    check(again)
    again.close()


def test_a_block_that_raises_leaves_nothing_and_no_gap(place: Place) -> None:
    store = place.open()
    write(store, ("agent/1", 1))

    def stopped() -> None:
        with store.transaction() as transaction:
            rows = chained(transaction.head(), [("agent/1", 2, "Seen", b"")])
            transaction.insert(rows, [])
            raise Stop

    with pytest.raises(Stop):
        stopped()
    assert store.head().seq == 1
    assert write(store, ("agent/2", 1), ("agent/1", 2))[0][0] == 2
    assert verify(store) == store.head()
    store.close()


@pytest.mark.parametrize("taken", [(1, "agent/2", 1), (2, "agent/1", 1)], ids=["seq", "version"])
def test_a_position_or_version_is_taken_only_once(
    place: Place, taken: tuple[int, str, int]
) -> None:
    store = place.open()
    write(store, ("agent/1", 1))
    seq, stream, version = taken
    with pytest.raises(Collision), store.transaction() as transaction:
        transaction.insert([(seq, stream, version, "Seen", b"", bytes(32))], [])
    assert store.head().seq == 1
    write(store, ("agent/1", 2))
    assert verify(store).seq == 2
    store.close()


def test_a_snapshot_replaces_the_earlier_one_and_is_found_by_its_layout_only(place: Place) -> None:
    store = place.open()
    write(store, ("agent/1", 1), ("agent/1", 2))
    store.save_snapshot("floor", "1", 1, b"one")
    store.save_snapshot("floor", "2", 2, b"two")
    store.save_snapshot("chat/1", "1", 1, b"chat")
    assert store.load_snapshot("floor", "1") is None
    assert store.load_snapshot("floor", "2") == (2, b"two")
    assert store.load_snapshot("chat/1", "1") == (1, b"chat")
    store.close()


@pytest.mark.parametrize("kind", list(PLACES))
@settings(max_examples=50, deadline=None)
@given(data=st.data())
def test_filters_find_what_a_look_at_every_row_finds(kind: str, data: st.DataObject) -> None:
    events = data.draw(
        st.lists(st.tuples(st.sampled_from(NAMES), st.sampled_from("ABC")), max_size=25)
    )
    topics = data.draw(st.lists(st.sampled_from("ABCD"), max_size=2))
    prefixes = data.draw(
        st.lists(st.sampled_from([*NAMES, "agent/", "chat/", "shift/ص"]), max_size=2)
    )
    after, limit = data.draw(st.integers(0, 26)), data.draw(st.integers(1, 26))
    versions: dict[str, int] = {}
    with tempfile.TemporaryDirectory() as folder:
        store = PLACES[kind](Path(folder)).open()
        with store.transaction() as transaction:
            numbered = []
            for stream, topic in events:
                versions[stream] = versions.get(stream, 0) + 1
                numbered.append((stream, versions[stream], topic, b""))
            rows = chained(GENESIS, numbered)
            transaction.insert(rows, [])
        found = list(store.rows(after, limit, topics, prefixes))
        store.close()
    wanted = [
        row
        for row in rows
        if row[0] > after
        and (not topics or row[3] in topics)
        and (not prefixes or row[1].startswith(tuple(prefixes)))
    ]
    assert found == wanted[:limit]


def test_the_library_reads_and_writes_it_as_one_of_its_recorders(place: Place) -> None:
    store = place.open()
    assert isinstance(store, ApplicationRecorder)
    write(store, ("agent/1", 1))
    events = [StoredEvent("agent/2", 1, "Seen", b"2"), StoredEvent("agent/1", 2, "Left", b"3")]
    assert list(store.insert_events(events) or ()) == [2, 3]
    with pytest.raises(IntegrityError):
        store.insert_events(events)
    assert list(store.select_events("agent/1", gt=1)) == [events[1]]
    found = store.select_notifications(1, 10, topics=["Seen"], inclusive_of_start=False)
    assert [(note.id, note.originator_id, note.state) for note in found] == [(2, "agent/2", b"2")]
    assert store.max_notification_id() == 3
    assert verify(store).seq == 3
    assert [row[1:3] for row in write(store, ("agent/1", 3))] == [("agent/1", 3)]
    store.close()
