"""Two histories are compared, and one is counted, without anything of the running system."""

import json
from pathlib import Path

import msgspec
import pytest

from replay.__main__ import main
from replay.checking.versions import Versions
from replay.exits import BROKEN, DONE
from replay.reading.source import open_source
from tests.replay.histories import History, day, events_of_a_day, export, journal, recorded

LENGTH = 40


def asked(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, dict[str, object]]:
    status = main([*arguments, "--json"])
    return status, json.loads(capsys.readouterr().out)


def without(place: int) -> History:
    events = events_of_a_day()[:LENGTH]
    return recorded([*events[:place], *events[place + 1 :]])


def test_an_export_and_its_journal_are_the_same(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    whole = export(day(LENGTH)).into(tmp_path / "export")
    kept = journal(day(LENGTH), tmp_path / "journal.db")
    assert asked(capsys, "diff", str(whole), str(kept))[0] == DONE
    with open_source(whole) as one, open_source(kept) as other:
        assert list(one.rows()) == list(other.rows())


def test_where_two_histories_part_is_told(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    one = journal(day(LENGTH), tmp_path / "one.db")
    other = journal(without(LENGTH - 1), tmp_path / "other.db")
    status, found = asked(capsys, "diff", str(one), str(other))
    assert status == BROKEN
    assert (found["same"], found["prefix"], found["only_a"]) == (LENGTH - 1, LENGTH - 1, 1)


def test_by_meaning_one_that_is_left_out_is_one_difference(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    events = events_of_a_day()[:LENGTH]
    last = {stream: at for at, (stream, _) in enumerate(events)}  # nothing comes after it there
    place = min(last.values())
    one = journal(day(LENGTH), tmp_path / "one.db")
    other = journal(without(place), tmp_path / "other.db")
    _, found = asked(capsys, "diff", str(one), str(other), "--meaning")
    counts = found["same"], found["only_a"], found["only_b"], found["changed"]
    assert counts == (LENGTH - 1, 1, 0, 0)


def test_words_are_read_where_an_export_shows_them(tmp_path: Path) -> None:
    for opened in (True, False):
        path = export(day(LENGTH), opened=opened).into(tmp_path / str(opened))
        with open_source(path) as source:
            texts = [each.event.text for each in source.events() if hasattr(each.event, "text")]
        assert (texts == ["Where is it? ¿Qué?"] * 3) == opened


def test_everything_is_counted(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = export(day(LENGTH)).into(tmp_path / "export")
    status, found = asked(capsys, "stats", str(path))
    manifest = msgspec.json.decode(export(day(LENGTH)).manifest)
    assert status == DONE
    assert (found["events"], found["types"]) == (LENGTH, manifest["types"])
    assert main(["stats", str(path)]) == DONE
    assert "questions: 3" in capsys.readouterr().out


def test_versions_are_known_however_many_there_are() -> None:
    versions = Versions(most=3)
    for turn in range(1, 4):
        for stream in "abcdefg":
            assert versions[stream] == turn - 1
            versions[stream] = turn
            assert len(versions.recent) <= 3
    assert versions["h"] == 0
    versions.close()
