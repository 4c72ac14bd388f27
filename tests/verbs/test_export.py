"""Giving records out and taking them in, as people do it: with the program, killed or running."""

import json
import os
import resource
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest

from llmtb import cli
from llmtb.audit.giving.importing import take_in
from llmtb.audit.giving.records import Records
from llmtb.data import JOURNAL_FILE
from llmtb.events.audit import ExportStarted
from llmtb.events.codec import CODEC
from llmtb.events.stores.sqlite import SQLiteStore
from llmtb.verbs import exits
from tests.audit.given_out import OURS, day, give, holds, kept, tables, vault_of
from tests.audit.test_exporting import STORY

ROOT = Path(__file__).parents[2]
LIVES = 15


def told(capsys: pytest.CaptureFixture[str], *arguments: object) -> dict[str, object]:
    assert cli.main([*map(str, arguments), "--json"]) == exits.DONE, capsys.readouterr().err
    said: dict[str, object] = json.loads(capsys.readouterr().out)
    return said


def refused(
    capsys: pytest.CaptureFixture[str], status: int, words: str, *arguments: object
) -> None:
    assert cli.main([*map(str, arguments)]) == status
    said = capsys.readouterr().err
    assert words in said
    assert len(said.splitlines()) == 1


def test_the_journal_says_that_it_was_exported_and_the_export_does_not(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = day(tmp_path)
    count = len(tables(folder)[0])
    said = told(capsys, "export", "--data", folder, "--out", tmp_path / "out", "--sealed")
    assert (said["events"], said["last"], said["shown"]) == (count, count, "sealed")
    with closing(SQLiteStore(folder / JOURNAL_FILE, read_only=True)) as store:
        [event] = CODEC.decode(*store.rows(count, 10)[0][3:5])
    assert isinstance(event, ExportStarted)
    assert (event.first, event.last, event.shown, event.by) == (1, count, "sealed", "owner")
    again = told(
        capsys, "import", tmp_path / "out", "--data", tmp_path / "new", "--key", said["key"]
    )
    assert (again["events"], again["keys"]) == (count, False)
    assert tables(tmp_path / "new")[0] == tables(folder)[0][:count]


@pytest.mark.parametrize("most", [8 << 10, 40 << 10])
def test_a_full_disk_is_one_line_and_leaves_nothing(tmp_path: Path, most: int) -> None:
    give(day(tmp_path), tmp_path / "export")
    plain = {key: value for key, value in os.environ.items() if not key.startswith("COVERAGE")}
    said = subprocess.run(
        [sys.executable, "-m", "llmtb", "import", "export", "--data", "new"],
        cwd=tmp_path,
        env=plain | {"PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        timeout=100,
        check=False,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (most, most)),
    )
    assert said.returncode == exits.STORAGE, said.stderr
    assert len(said.stderr.splitlines()) == 1
    assert not (tmp_path / "new" / JOURNAL_FILE).exists()


def test_what_was_not_read_to_its_end_does_not_complain_later() -> None:
    with kept(STORY) as folder:
        with Records(folder / JOURNAL_FILE) as records:
            reading = records.commands(1, 1000)
            next(reading)
        reading.close()  # type: ignore[attr-defined]


def test_a_stretch_is_asked_for_by_position_day_or_time(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = day(tmp_path)
    ends = {
        ("10", "12"): (10, 12),
        ("2026-11-21", "2026-11-21T00:00"): (1, None),
        ("2026-11-21T00:00:00+03:30", "2026-11-20T20:30Z"): (1, None),
    }
    for number, ((first, last), (begins, over)) in enumerate(ends.items()):
        out = tmp_path / f"out-{number}"
        said = told(capsys, "export", "--data", folder, "--out", out, "--from", first, "--to", last)
        assert said["first"] == begins
        assert over is None or said["last"] == over
        assert holds(out, str(said["key"]))
        capsys.readouterr()


def test_what_cannot_be_exported_is_told_in_a_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = day(tmp_path)
    count = len(tables(folder)[0])
    export = ("export", "--data", folder, "--out", tmp_path / "out")
    refused(capsys, exits.INPUT, "yesterday", *export, "--from", "yesterday")
    refused(capsys, exits.INPUT, "9999-12-31", *export, "--to", "9999-12-31")
    refused(capsys, exits.INPUT, "nobody is known", *export, "--person", "nobody")
    refused(capsys, exits.INPUT, "1000 characters", *export, "--stream", "x" * 1001)
    refused(capsys, exits.INPUT, "no journal", "export", "--data", tmp_path / "empty")
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "mine").touch()
    refused(capsys, exits.INPUT, "already", *export)
    assert len(tables(folder)[0]) == count, "it was recorded, though nothing was given out"


def test_an_export_is_made_beside_a_program_that_writes(tmp_path: Path) -> None:
    folder, said = tmp_path / "data", tmp_path / "said"
    folder.mkdir()
    with vault_of(folder), said.open("wb") as told:
        writer = subprocess.Popen(
            [sys.executable, ROOT / "tests" / "events" / "appending.py", folder / JOURNAL_FILE],
            stdout=told,
            env={**os.environ, "PYTHONPATH": str(ROOT)},
        )
    try:
        while said.read_bytes().count(b"\n") < 3000 and writer.poll() is None:
            os.sched_yield()
        manifests = [give(folder, tmp_path / name) for name in ("first", "second")]
        assert writer.poll() is None
    finally:
        writer.kill()
        writer.wait()
    assert 2990 < manifests[0].events < manifests[1].events
    for name, manifest in zip(("first", "second"), manifests):
        assert holds(tmp_path / name)
        journal = tmp_path / "new" / name / JOURNAL_FILE
        take_in(tmp_path / name, journal, OURS.key, lambda *_: None)
        assert tables(journal.parent)[0] == tables(folder)[0][: manifest.events]


def test_whatever_kills_it_it_can_be_done_again(tmp_path: Path) -> None:
    folder = day(tmp_path)
    done = subprocess.run(
        [sys.executable, "-m", "tests.audit.mortal_giving", tmp_path, folder, str(LIVES)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    lives = [line.split() for line in done.stdout.splitlines()]
    assert len(lives) == 2 * LIVES
    assert all(int(ended) == 9 for _, _, ended in lives)
    journal = tables(folder)
    finished = 0
    for do, name, _ in lives:
        here = tmp_path / name
        if do == "export":
            finished += (here / "out").exists()
            if not (here / "out").exists():
                give(folder, here / "out")
            assert holds(here / "out")
            left = {each.name for each in here.iterdir() if not each.name.endswith(".lock")}
            assert left == {"out"}
        else:
            if not (here / JOURNAL_FILE).exists():
                take_in(tmp_path / "out", here / JOURNAL_FILE, OURS.key, lambda *_: None)
            assert tables(here) == journal
    assert finished < LIVES
