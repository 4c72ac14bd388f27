"""An export with pseudonyms tells what happened, and of nobody who it was."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from llmtb.audit.giving.pseudonyms import KEPT, Pseudonyms
from llmtb.events.codec import CODEC, PUBLISHED
from llmtb.events.event import Event
from replay.reading.source import open_source
from tests.audit.given_out import day, everything, give, kept
from tests.audit.test_exporting import STORY, lines
from tests.events.samples import example

MARK = " – né"  # every text of an example ends so


def texts(name: str, told: Any) -> Iterator[tuple[str, str]]:
    """Every text, with the name of the field that it stands in."""
    if isinstance(told, str):
        yield name, told
    elif isinstance(told, dict):
        for key, each in told.items():
            yield name, key
            yield from texts(name if name in KEPT else key, each)
    elif isinstance(told, list):
        for each in told:
            yield from texts(name, each)


@pytest.mark.parametrize("full", [True, False])
@pytest.mark.parametrize("kind", PUBLISHED, ids=lambda kind: kind.__name__)
def test_of_any_event_only_what_is_named_is_told(kind: type[Event], full: bool) -> None:
    event = example(kind, full=full)
    topic, state = CODEC.encode(event)
    row = (1, f"agent/sara{MARK}", 1, topic, state, bytes(32))
    line, _ = Pseudonyms(b"k" * 32).line(row, event)
    told = json.loads(line)
    assert [
        (name, text) for name, text in texts("", told) if MARK in text and name not in KEPT
    ] == []
    assert {"state", "hash", "opened", "command", "previous", "proof"}.isdisjoint(told)


@pytest.mark.parametrize("full", [True, False])
@pytest.mark.parametrize("kind", PUBLISHED, ids=lambda kind: kind.__name__)
def test_any_event_can_be_asked_about(kind: type[Event], full: bool, tmp_path: Path) -> None:
    event = example(kind, full=full)
    topic, state = CODEC.encode(event)
    line, _ = Pseudonyms(b"k" * 32).line((1, "agent/sara", 1, topic, state, bytes(32)), event)
    path = tmp_path / "events.jsonl"
    path.write_bytes(line)
    with open_source(path) as source:
        (read,) = source.events()
    assert type(read.event) is kind
    assert read.event.at == event.at


def test_nobody_is_found_in_a_day(tmp_path: Path) -> None:
    folder = day(tmp_path)
    give(folder, tmp_path / "out", "pseudonyms")
    data = everything(tmp_path / "out").decode()
    known = {"maryam", "Maryam", "lift", "cable", *(f"a{n:03}" for n in range(1, 11))}
    assert known.isdisjoint(re.findall(r"\w+", data))
    give(folder, tmp_path / "opened")
    assert len(lines(tmp_path / "opened")) == len(lines(tmp_path / "out"))


def test_words_and_ids_of_a_story_are_gone_and_who_did_what_is_not(tmp_path: Path) -> None:
    with kept(STORY) as folder:
        give(folder, tmp_path / "out", "pseudonyms")
        give(folder, tmp_path / "one", "pseudonyms", person="sara")
    for name in ("out", "one"):
        data = everything(tmp_path / name).decode()
        assert not re.search(r"sara|nima|boss|4711|4712|parcel|bill|cable|Rad|press", data)
    told = lines(tmp_path / "out")
    sara = told[0]["payload"]["agent"]
    assert told[0]["stream"] == f"agent/{sara}"
    assert told[6]["by"] == sara
    assert told[7]["payload"]["agents"] == [sara]
    assert told[2]["payload"]["account"] == told[3]["payload"]["chat"]


def test_the_same_id_is_another_in_another_export() -> None:
    first, second = Pseudonyms(b"a" * 32), Pseudonyms(b"b" * 32)
    assert first.of("sara") == first.of("sara") != second.of("sara")
    assert first.stream("agent/sara") == f"agent/{first.of('sara')}"
    assert first.stream("shift/2026-11-21/day") == "shift/2026-11-21/day"
    assert first.of("clock") == "clock"


def test_who_reported_the_calls_is_named_alike_wherever_it_stands(tmp_path: Path) -> None:
    give(day(tmp_path), tmp_path / "out", "pseudonyms")
    told = [each for each in lines(tmp_path / "out") if each["type"] == "LoadReported"]
    assert told
    assert all(each["payload"]["source"] == each["by"] for each in told)
