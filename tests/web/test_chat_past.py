"""Where in a long stream an event stands is found by few reads, and exactly."""

from collections.abc import Iterator
from datetime import UTC, datetime

from hypothesis import given
from hypothesis import strategies as st

from llmtb.channels.web.window.past import PAGE, stream_of, version_at
from llmtb.events.chat import LanguageChosen
from llmtb.events.record import Recorded

AT = datetime(2026, 11, 21, 8, tzinfo=UTC)
CHAT = "site-1"
EVENT = LanguageChosen(at=AT, by="test", chat=CHAT, language="en")


class Stream:
    """A stream whose events stand at `seqs`. reads: how often it was asked."""

    def __init__(self, seqs: list[int]) -> None:
        self._events = [
            Recorded(seq, stream_of(CHAT), version, EVENT, b"")
            for version, seq in enumerate(seqs, 1)
        ]
        self.reads = 0

    def read_stream(self, stream: str, after: int = 0) -> Iterator[Recorded]:
        self.reads += 1
        return iter(self._events[after:] if stream == stream_of(CHAT) else [])


gaps = st.lists(st.integers(1, 5), max_size=40)


@given(gaps, st.integers(0, 40), st.data())
def test_the_version_that_a_stream_had_at_an_event(
    steps: list[int], times: int, data: st.DataObject
) -> None:
    seqs: list[int] = []
    for step in steps * times:
        seqs.append((seqs[-1] if seqs else 0) + step)
    stream = Stream(seqs)
    asked = data.draw(st.integers(0, (seqs[-1] if seqs else 0) + 3))
    expected = sum(seq <= asked for seq in seqs)
    assert version_at(stream, stream_of(CHAT), asked) == expected
    assert stream.reads <= 2 * max(1, len(seqs) // PAGE).bit_length() + 3
