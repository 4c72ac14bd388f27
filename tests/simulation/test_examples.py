"""The examples that we ship play, and a crash between any two lines of them changes nothing."""

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from llmtb.events.published import publish
from llmtb.events.stores.memory import MemoryStore
from llmtb.simulate import simulate

EXAMPLES = sorted(Path("examples").glob("*.jsonl"))
SHORT = [path for path in EXAMPLES if path.stat().st_size < 10_000]


def events_of(lines: list[bytes]) -> list[dict[str, object]]:
    events: list[dict[str, object]] = []
    simulate(lines, MemoryStore(), lambda recorded: events.append(publish(recorded)))
    return events


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
def test_an_example_plays(path: Path) -> None:
    events = events_of(path.read_bytes().splitlines())
    assert [event["seq"] for event in events] == list(range(1, len(events) + 1))
    assert events == sorted(events, key=lambda event: str(event["at"]))
    assert {"BreakStarted", "CapacityChanged"} <= {event["type"] for event in events}


@given(data=st.data())
@settings(max_examples=25)
def test_a_crash_loses_nothing_and_repeats_nothing(data: st.DataObject) -> None:
    lines = data.draw(st.sampled_from(SHORT)).read_bytes().splitlines()
    place = data.draw(st.integers(1, len(lines)))
    at = lines[place - 1].split(b'"at":"')[1][:25]
    crashed = [*lines[:place], b'{"at":"%s","do":"crash"}' % at, *lines[place:]]
    assert events_of(crashed) == events_of(lines)
