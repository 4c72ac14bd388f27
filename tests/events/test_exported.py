"""A line of an export says what the published language says, and the stored bytes beside it."""

import json
from datetime import UTC, datetime

from hypothesis import given
from hypothesis import strategies as st

from llmtb.events.codec import CODEC, PUBLISHED
from llmtb.events.errors import UnwritableEvent
from llmtb.events.exported import END, TAIL, Line, Places, base64, line_of
from llmtb.events.floor import CheckedIn
from llmtb.events.merkle import leaf
from llmtb.events.published import line
from llmtb.events.record import Recorded
from tests.events.strategies import events

NIGHT = datetime(2026, 11, 21, 22, 30, tzinfo=UTC)
HEAD = ("seq", "at", "stream", "version", "type", "by")


@given(kind=st.sampled_from(PUBLISHED), data=st.data())
def test_a_line_says_what_is_published(kind: type, data: st.DataObject) -> None:
    event = data.draw(events(kind))
    try:
        topic, state = CODEC.encode(event)
    except UnwritableEvent:
        return
    row = (7, "agent/sara", 3, topic, state, bytes(32))
    stored, boxes = CODEC.as_stored(row)
    written, mark = line_of(row, stored, boxes)
    read = json.loads(written)
    told = {name: read[name] for name in (*HEAD, "cause") if name in read} | read["payload"]
    assert told == json.loads(line(Recorded(7, "agent/sara", 3, stored, bytes(32))))
    assert [base64(read["state"]), read["hash"]] == [state, bytes(32).hex()]
    assert read["leaf"] == mark.hex() == leaf(written[:-TAIL]).hex()


def test_a_line_holds_its_places_in_order() -> None:
    event = CheckedIn(at=NIGHT, by="roster", agent="sara", shift="2026-11-21/morning")
    topic, state = CODEC.encode(event)
    row = (7, "agent/sara", 3, topic, state, bytes(32))
    places = Places(("press-1", 7, 8), bytes(32), [b"\x01" * 32])
    written, _ = line_of(row, CODEC.as_stored(row)[0], [b"salt and words", None], places)
    assert written.endswith(b'"}\n')
    assert written[-TAIL:].startswith(END)
    read = json.loads(written)
    del read["leaf"]
    assert list(read) == [
        *HEAD,
        *("payload", "state", "opened", "command", "previous", "proof", "hash"),
    ]
    assert set(read) <= set(Line.__struct_fields__)
