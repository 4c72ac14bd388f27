"""Backup, restore and rescue as the owner of the machine meets them: exit statuses and lines."""

import json
import os
import shutil
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest

from llmtb.events.stores.sqlite import SQLiteStore
from llmtb.verbs import exits
from tests.verbs.test_command_line import ROOT, llmtb, refused

DAY = ROOT / "examples" / "day-of-200.jsonl"
PAGE = 4096


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with data of a day, and a backup of them."""
    folder = tmp_path_factory.mktemp("place")
    (folder / "data").mkdir()
    assert llmtb("simulate", DAY, "--db", "data/journal.db", cwd=folder).returncode == exits.DONE
    made = llmtb("backup", "backups", "--json", cwd=folder)
    assert made.returncode == exits.DONE, made.stderr
    assert made.stderr == ""
    return folder


def backup_of(place: Path) -> Path:
    [folder] = (place / "backups").iterdir()
    return folder


def damaged(place: Path, folder: Path) -> Path:
    """The data with a page of zeros in the middle of their journal."""
    shutil.copytree(place / "data", folder / "data")
    path = folder / "data" / "journal.db"
    content = bytearray(path.read_bytes())
    middle = next(  # a page of events: a leaf of a table
        at
        for at in range(len(content) // 2 // PAGE * PAGE, len(content), PAGE)
        if content[at] == 13
    )
    content[middle : middle + PAGE] = bytes(PAGE)
    path.write_bytes(content)
    return path


def test_a_backup_is_recorded_before_it_is_made(place: Path) -> None:
    copied = llmtb("restore", backup_of(place), "--data", place / "again", cwd=place)
    assert copied.returncode == exits.DONE, copied.stderr
    with closing(SQLiteStore(place / "again" / "journal.db", read_only=True)) as store:
        assert len(store.rows(0, 10_000, ["BackupStarted"])) == 1


def test_a_restore_says_where_it_ends_and_what_it_leaves_out(place: Path, tmp_path: Path) -> None:
    backup = backup_of(place)
    events = json.loads((backup / "manifest.json").read_text())["events"]
    done = llmtb("restore", backup, "--seq", 1000, "--data", "new", cwd=tmp_path)
    assert done.returncode == exits.DONE, done.stderr
    assert done.stdout.startswith(
        "1000 events are in new, and hold; the last of them happened at 2"
    )
    assert f"{events - 1000} later events of the backup are left out." in done.stdout
    assert "forgotten after" in done.stdout
    shift = llmtb(
        "restore", backup, "--at", "2026-11-21T12:00", "--data", "noon", "--json", cwd=tmp_path
    )
    told = json.loads(shift.stdout)
    assert told["ended"] <= "2026-11-21T08:30:00Z"  # noon in Tehran, where the company is
    assert told["events"] + told["left_out"] == events


def test_what_cannot_be_done_is_a_line(place: Path, tmp_path: Path) -> None:
    backup = backup_of(place)
    for arguments, words in (
        (("backup", "there"), ["no journal here"]),
        (("checkpoint",), ["no journal here"]),
        (("restore", tmp_path, "--data", "new"), ["is no backup"]),
        (("restore", backup, "--data", "new", "--at", "noon"), ["--at noon", "2026-11-21T13:42"]),
        (("restore", backup, "--data", "new", "--seq", "0"), ["event 0", "1 to"]),
        (("rescue", "none.db", "--to", "new"), ["none.db", "no such file"]),
    ):
        refused(llmtb(*arguments, cwd=tmp_path), exits.INPUT, *words)
    assert not (tmp_path / "new").exists()
    assert not any((tmp_path / "data").iterdir())


def test_a_damaged_journal_is_told_with_what_to_do_and_rescued(place: Path, tmp_path: Path) -> None:
    path = damaged(place, tmp_path)
    before = path.read_bytes()
    refused(llmtb("backup", "backups", cwd=tmp_path), exits.DATABASE, "journal.db", "llmtb rescue")
    done = llmtb("rescue", path, "--to", "new", cwd=tmp_path)
    assert done.returncode == exits.DONE, done.stderr
    assert "damaged" in done.stdout.splitlines()[0]
    assert "lost: what happened after 2026-" in done.stdout
    assert "rescued.jsonl" in done.stdout
    filled = llmtb(
        "rescue", path, "--to", "whole", "--with", backup_of(place), "--json", cwd=tmp_path
    )
    told = json.loads(filled.stdout)
    assert (told["gaps"], told["later"]) == ([], 0)
    assert told["elsewhere"] > 0
    assert path.read_bytes() == before


def isolated(script: str, *arguments: object) -> subprocess.CompletedProcess[str]:
    unshare = ["unshare", "--user", "--map-root-user", "--mount", "sh", "-c", script, "sh"]
    return subprocess.run(
        [*unshare, *map(str, arguments)],
        capture_output=True,
        text=True,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        check=False,
        timeout=100,
    )


@pytest.fixture
def small_disk(tmp_path: Path) -> tuple[Path, str]:
    """A folder, and what makes it a disk that is too small for a journal."""
    disk = tmp_path / "disk"
    disk.mkdir()
    mount = f"mount -t tmpfs -o size=300k none {disk}"
    if isolated(mount).returncode:
        pytest.skip("this machine lets nobody but its administrator make a small disk")
    return disk, mount


@pytest.mark.parametrize("verb", ["backup", "restore", "rescue"])
def test_a_full_disk_is_a_line_and_nothing_is_left(
    place: Path, small_disk: tuple[Path, str], verb: str, tmp_path: Path
) -> None:
    disk, mount = small_disk
    arguments = {
        "backup": ("--data", place / "data", disk),
        "restore": (backup_of(place), "--data", disk / "new"),
        "rescue": (place / "data" / "journal.db", "--to", disk / "new"),
    }[verb]
    script = f'{mount} && cd {tmp_path} && "$@"; echo $?; ls -A {disk}'
    done = isolated(script, sys.executable, "-m", "llmtb", verb, *arguments)
    assert done.stdout.split() == [str(exits.STORAGE)], done.stderr
    assert len(done.stderr.splitlines()) == 1
    assert "full" in done.stderr or "No space" in done.stderr
