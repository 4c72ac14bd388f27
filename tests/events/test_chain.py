"""The chain shows every edit of what was recorded."""

from hashlib import sha256

import pytest
from hypothesis import given
from hypothesis import strategies as st

from llmtb.events.chain import GENESIS, Head, Row, chained, follow
from llmtb.events.errors import BrokenChain

WORDS = st.text("ab/é", min_size=1, max_size=4)
EVENTS = st.lists(st.tuples(WORDS, WORDS, st.binary(max_size=4)), min_size=1, max_size=8)


def rows_of(events: list[tuple[str, str, bytes]]) -> list[Row]:
    versions: dict[str, int] = {}
    numbered = []
    for stream, topic, state in events:
        versions[stream] = versions.get(stream, 0) + 1
        numbered.append((stream, versions[stream], topic, state))
    return chained(GENESIS, numbered)


@given(EVENTS)
def test_what_was_sealed_holds_and_goes_on_from_any_place(
    events: list[tuple[str, str, bytes]],
) -> None:
    rows = rows_of(events)
    last = Head(len(rows), rows[-1][5])
    assert follow(rows, GENESIS, {}) == last
    for place, row in enumerate(rows, 1):
        assert follow(rows[place:], Head(row[0], row[5])) == last


@given(EVENTS, st.data())
def test_any_edit_is_found_at_its_place(
    events: list[tuple[str, str, bytes]], data: st.DataObject
) -> None:
    rows = rows_of(events)
    place = data.draw(st.integers(0, len(rows) - 1))
    seq, stream, version, topic, state, mark = rows[place]
    edited: Row = data.draw(
        st.sampled_from(
            [
                (seq + 1, stream, version, topic, state, mark),
                (seq, stream + "a", version, topic, state, mark),
                (seq, stream, version + 1, topic, state, mark),
                (seq, stream, version, topic + "a", state, mark),
                (seq, stream, version, topic, state + b"a", mark),
                (seq, stream, version, topic, state, bytes(32)),
                (seq, stream[:-1], version, stream[-1] + topic, state, mark),
            ]
        )
    )
    unchecked: list[dict[str, int] | None] = [None, {}]
    for versions in unchecked:
        with pytest.raises(BrokenChain) as broken:
            follow([*rows[:place], edited, *rows[place + 1 :]], GENESIS, versions)
        assert broken.value.seq == seq


@given(EVENTS.filter(lambda events: len(events) > 1), st.data())
def test_a_missing_event_is_found(
    events: list[tuple[str, str, bytes]], data: st.DataObject
) -> None:
    rows = rows_of(events)
    gone = data.draw(st.integers(0, len(rows) - 2))
    with pytest.raises(BrokenChain, match="missing"):
        follow(rows[:gone] + rows[gone + 1 :])


def test_versions_of_a_stream_have_no_gap() -> None:
    rows = chained(GENESIS, [("agent/1", 1, "T", b""), ("agent/1", 3, "T", b"")])
    assert follow(rows).seq == 2
    with pytest.raises(BrokenChain, match="version 3 of stream agent/1 follows version 1"):
        follow(rows, GENESIS, {})


def test_the_hash_is_what_its_description_says() -> None:
    """An auditor can compute it with nothing but SHA-256; this must never change."""
    [first, second] = chained(
        GENESIS, [("agent/a17", 1, "WaitJoined", b"\x94"), ("agent/é", 1, "WaitLeft", b"")]
    )
    begin = b"llmtb event 1\n"
    one = sha256(begin + bytes(32) + b"1\nagent/a17\n1\nWaitJoined\n" + b"\x94").digest()
    two = sha256(begin + one + "2\nagent/é\n1\nWaitLeft\n".encode()).digest()
    assert (first[5], second[5]) == (one, two)
    assert one.hex() == "cd98123dd9c319a43ef8b4b06369a07e33be684904801aac89f78e20b550f5b6"
