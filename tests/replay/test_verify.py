"""An auditor checks a journal with a tool that needs nothing of the running system."""

import os
import sqlite3
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import msgspec
import pytest

from llmtb.events.chain import GENESIS, chained
from llmtb.events.exported import line_of
from llmtb.events.floor import PolicyChanged
from llmtb.events.stores.sqlite import SQLiteStore
from llmtb.simulate import simulate
from llmtb.testing.day import Day
from replay.__main__ import main
from replay.exits import BROKEN, DONE, INPUT

ROOT = Path(__file__).parents[2]


def journal_of_a_day(folder: Path) -> Path:
    path = folder / "journal.db"
    simulate(Day(1, agents=10, crashes=0).lines(), SQLiteStore(path), lambda _: None)
    return path


def test_a_sound_journal_holds(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = journal_of_a_day(tmp_path)
    assert main(["verify", str(path)]) == DONE
    assert "hold" in capsys.readouterr().out


@pytest.mark.parametrize("verb", ["verify", "stats"])
@pytest.mark.parametrize("begins", [b"\xff\xd8\xff\xe0\0\x10JFIF\n", bytes(4096) + b"\n"])
def test_a_picture_is_no_export_of_many_faults(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], begins: bytes, verb: str
) -> None:
    path = tmp_path / "any"
    path.write_bytes(begins * 9)
    assert main([verb, str(path)]) == INPUT
    said = capsys.readouterr()
    assert (said.out, said.err.count("\n")) == ("", 1)


@pytest.mark.parametrize("form", [[], ["--json"]], ids=str)
def test_the_status_says_it_where_nobody_reads_to_the_end(tmp_path: Path, form: list[str]) -> None:
    path = tmp_path / "events.jsonl"
    path.write_text("no event\n" * 3)
    reader, writer = os.pipe()
    os.close(reader)
    with os.fdopen(writer, "wb") as closed:
        ended = subprocess.run(
            [sys.executable, "-m", "replay", "verify", str(path), *form],
            cwd=ROOT,
            stdout=closed,
            stderr=subprocess.PIPE,
            timeout=60,
            check=False,
        )
    assert (ended.returncode, ended.stderr) == (BROKEN, b"")


@pytest.mark.parametrize(
    "wrong",
    [
        "UPDATE stored_events SET state = CAST(state || x'00' AS BLOB) WHERE seq = 40",
        "UPDATE stored_events SET originator_id = 'agent/another' WHERE seq = 40",
        "DELETE FROM stored_events WHERE seq = 40",
    ],
)
def test_one_changed_event_is_found(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], wrong: str
) -> None:
    path = journal_of_a_day(tmp_path)
    database = sqlite3.connect(path)
    guards = database.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall()
    for (guard,) in guards:  # who forges a log begins with its guards
        database.execute(f'DROP TRIGGER "{guard}"')
    database.execute(wrong)
    database.commit()
    database.close()
    assert main(["verify", str(path)]) == BROKEN
    assert "event 40" in capsys.readouterr().out


def test_what_is_no_journal_is_told_in_a_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["verify", str(tmp_path / "nothing.db")]) == INPUT
    assert len(capsys.readouterr().err.splitlines()) == 1


@pytest.mark.parametrize("depth", [500, 900, 100_000])
def test_a_state_that_is_nested_without_end_is_told_like_any_other_that_cannot_be_read(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], depth: int
) -> None:
    path = tmp_path / "events.jsonl"
    at = datetime(2026, 11, 21, tzinfo=UTC)
    state = b"\x93" + msgspec.msgpack.encode(at) + b"\xa1b" + b"\x81\xa1a" * depth + b"\x80"
    row = chained(GENESIS, [("desk/policy", 1, "PolicyChanged", state)])[0]
    event = PolicyChanged(at=at, by="b", policy={}, changed=[])
    line, _ = line_of(row, event, ())
    path.write_bytes(line)
    assert main(["verify", str(path)]) == BROKEN
    assert "line 1 (event 1): its state cannot be read" in capsys.readouterr().out


def test_nothing_at_all_does_not_pass_for_what_holds(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "events.jsonl").touch()
    assert main(["verify", str(tmp_path / "events.jsonl")]) == INPUT
    assert capsys.readouterr().err.endswith("is empty; there is no event in it\n")
