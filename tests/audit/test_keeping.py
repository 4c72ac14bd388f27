"""Backups and what is made of them: whole, proven, and of the moment that was asked for."""

import asyncio
import json
import os
import shutil
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from llmtb.audit.keeping.backing_up import Order, back_up
from llmtb.audit.keeping.backups import MANIFEST, manifest_of, prove
from llmtb.audit.keeping.restoring import Until, restore
from llmtb.control import Unable
from llmtb.data import open_journal
from llmtb.events.chain import Row
from llmtb.events.chat import QuestionAsked
from llmtb.events.errors import DamagedDatabase, JournalError
from llmtb.events.journal import Change, Part
from llmtb.events.personal import REDACTED
from llmtb.events.reading import verify
from llmtb.events.stores.sqlite import SQLiteStore
from llmtb.settings import Audit
from llmtb.vault.signer import Signer
from tests.audit.mortal import AT, DO, unheard

ROOT = Path(__file__).parents[2]
ENVIRONMENT = {**os.environ, "PYTHONPATH": str(ROOT)}
NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)
EVENTS = 60
SIGNER = Signer("llmtb", bytes(32))


def asked(number: int) -> Part:
    """Two questions of one command, ten seconds after those before; every third has one."""
    chat = f"c{number % 4}"
    first = number // 4 * 2
    changes = [
        Change(
            f"chat/{chat}",
            first + each + 1,
            QuestionAsked(
                at=NOON + timedelta(seconds=10 * number),
                by=chat,
                chat=chat,
                question=f"{number}.{each}",
                text=f"What is {number}?",
                language=None,
                audience="customer",
            ),
        )
        for each in (0, 1)
    ]
    return Part(changes, f"press {number}")


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of data with keys and documents."""
    folder = tmp_path_factory.mktemp("data")

    async def fill() -> None:
        held = await open_journal(folder, Audit(), {})
        for number in range(EVENTS // 2):
            await held.journal.append([asked(number)])
            held.journal.save_snapshot(f"chat/{number % 4}", "chat.1", 2 * number, b"state")
        await held.close()

    asyncio.run(fill())
    (folder / "documents").mkdir()
    for text in (b"one", b"two"):
        (folder / "documents" / f"{sha256(text).hexdigest()}.md").write_bytes(text)
    return folder


@pytest.fixture(scope="module")
def backup(data: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A backup of it."""
    folder = tmp_path_factory.mktemp("backups")
    return back_up(Order(data, True, AT, "llmtb"), folder, SIGNER, unheard)[0]


def rows_of(path: Path) -> list[Row]:
    """Every event of a journal, which verifies."""
    with closing(SQLiteStore(path, read_only=True)) as store:
        verify(store)
        return list(store.rows(0, 1_000_000))


def commands_of(path: Path) -> list[tuple[str, int, int]]:
    with closing(sqlite3.connect(path)) as database:
        return database.execute("SELECT * FROM commands ORDER BY first_seq").fetchall()


def texts_of(folder: Path) -> list[str]:
    """The questions, as far as the keys of a folder open them."""

    async def read() -> list[str]:
        held = await open_journal(folder, Audit(), {}, read_only=True)
        try:
            events = [recorded.event for recorded in held.journal.read()]
            return [event.text for event in events if isinstance(event, QuestionAsked)]
        finally:
            await held.close()

    return asyncio.run(read())


def give_keys(data: Path, folder: Path) -> None:
    """Put the master key into a folder, as its owner does."""
    (folder / "keys").mkdir()
    (folder / "keys" / "master.key").write_bytes((data / "keys" / "master.key").read_bytes())
    (folder / "keys" / "master.key").chmod(0o600)


# --- backups -----------------------------------------------------------------------------------


def test_a_backup_holds_everything_but_the_master_key(data: Path, backup: Path) -> None:
    assert backup.name == f"20261121T120000Z-{EVENTS}"
    manifest = manifest_of(backup)
    assert rows_of(backup / "journal.db") == rows_of(data / "journal.db")
    assert (manifest.events, manifest.has_keys, manifest.damaged) == (EVENTS, True, [])
    assert len([name for name in manifest.files if name.startswith("documents/")]) == 2
    prove(backup, manifest, unheard)
    secret = (data / "keys" / "master.key").read_bytes().strip()
    held = [path for path in backup.rglob("*") if path.is_file()]
    assert not any(secret in path.read_bytes() for path in held)
    assert {path.stat().st_mode & 0o077 for path in held} == {0}


def test_a_backup_without_keys_has_none(data: Path, tmp_path: Path) -> None:
    folder, manifest = back_up(Order(data, False, AT, "llmtb"), tmp_path, SIGNER, unheard)
    assert not manifest.has_keys
    assert not (folder / "keys.db").exists()


def test_a_document_that_is_damaged_is_told_and_left_out(data: Path, tmp_path: Path) -> None:
    bad = data / "documents" / f"{sha256(b'three').hexdigest()}.md"
    bad.write_bytes(b"tree")
    try:
        folder, manifest = back_up(Order(data, True, AT, "llmtb"), tmp_path, SIGNER, unheard)
    finally:
        bad.unlink()
    assert manifest.damaged == [bad.name]
    assert not (folder / "documents" / bad.name).exists()


def damaged_backups(backup: Path) -> Iterator[tuple[Path, bytes]]:
    for path in sorted(backup.rglob("*")):
        if path.is_file() and path.name != MANIFEST:
            content = bytearray(path.read_bytes())
            content[len(content) // 2] ^= 1
            yield path, bytes(content)


def test_a_backup_that_was_changed_since_is_refused_with_the_file(
    backup: Path, tmp_path: Path
) -> None:
    for path, changed in damaged_backups(backup):
        content = path.read_bytes()
        path.write_bytes(changed)
        try:
            with pytest.raises(DamagedDatabase, match=path.name):
                restore(backup, tmp_path / "new", Until(), None, unheard)
        finally:
            path.write_bytes(content)
    assert list(tmp_path.iterdir()) == []


@contextmanager
def appending(path: Path) -> Iterator[subprocess.Popen[str]]:
    """A process that writes a journal as fast as it can."""
    command = [sys.executable, "-m", "tests.events.appending", str(path)]
    with subprocess.Popen(
        command, cwd=ROOT, env=ENVIRONMENT, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
        try:
            yield process
        finally:
            process.kill()


def acknowledged(process: subprocess.Popen[str], many: int) -> int:
    """Read on until so many more events were acknowledged; the last one's position."""
    assert process.stdout is not None
    return [int(process.stdout.readline().split()[0]) for _ in range(many)][-1]


def test_a_backup_is_of_one_moment_while_another_process_writes(tmp_path: Path) -> None:
    path = tmp_path / "data" / "journal.db"
    path.parent.mkdir()
    with appending(path) as process:
        last = 0
        for number in range(3):
            before = acknowledged(process, 300)
            at = AT + timedelta(seconds=number)
            order = Order(path.parent, True, at, "llmtb")
            folder, manifest = back_up(order, tmp_path / "backups", SIGNER, unheard)
            prove(folder, manifest, unheard)
            assert manifest.events >= before > last
            last = manifest.events
            copied = rows_of(folder / "journal.db")
            with closing(SQLiteStore(path, read_only=True)) as store:
                assert store.rows(0, manifest.events) == copied
        assert acknowledged(process, 200) > 0  # and nobody was held up for good


# --- restoring ---------------------------------------------------------------------------------


@settings(max_examples=20)
@given(seq=st.integers(1, EVENTS))
def test_what_is_restored_is_the_beginning_of_what_was(
    data: Path, backup: Path, tmp_path_factory: pytest.TempPathFactory, seq: int
) -> None:
    target = tmp_path_factory.mktemp("restored") / "new"
    outcome = restore(backup, target, Until(seq=seq), None, unheard)
    assert (outcome.events, outcome.left_out) == (seq, EVENTS - seq)
    assert rows_of(target / "journal.db") == rows_of(data / "journal.db")[:seq]
    kept = [each for each in commands_of(data / "journal.db") if each[2] <= seq]
    assert commands_of(target / "journal.db") == kept
    with closing(SQLiteStore(target / "journal.db")) as store:
        assert store.load_snapshot("chat/1", "chat.1") is None
    with closing(sqlite3.connect(target / "journal.db")) as database:
        with pytest.raises(sqlite3.IntegrityError, match="never"):
            database.execute("DELETE FROM stored_events")
        assert database.execute("PRAGMA journal_mode").fetchone() == ("wal",)


def test_a_restored_folder_is_that_of_the_moment_and_goes_on(
    data: Path, backup: Path, tmp_path: Path
) -> None:
    at = NOON + timedelta(seconds=45)
    outcome = restore(backup, tmp_path / "new", Until(at=at), None, unheard)
    assert outcome.events == 10  # those of 0, 10, 20, 30 and 40 seconds
    assert outcome.ended == NOON + timedelta(seconds=40)
    give_keys(data, tmp_path / "new")
    assert texts_of(tmp_path / "new") == [f"What is {number}?" for number in range(5) for _ in "12"]

    async def go_on() -> None:
        held = await open_journal(tmp_path / "new", Audit(), {})
        with pytest.raises(JournalError, match="applied already"):
            await held.journal.append([asked(3)])
        await held.journal.append([asked(5)])
        assert held.journal.head == 12
        await held.close()

    asyncio.run(go_on())


def test_who_was_forgotten_since_stays_forgotten_with_the_newer_keys(
    data: Path, backup: Path, tmp_path: Path
) -> None:
    newer = tmp_path / "keys.db"
    with (
        closing(sqlite3.connect(data / "keys.db")) as database,
        closing(sqlite3.connect(newer)) as copy,
    ):
        database.backup(copy)
        copy.execute("UPDATE keys SET wrapped = x'' WHERE owner = 'chat/c1'")
        copy.commit()
    outcome = restore(backup, tmp_path / "new", Until(), newer, unheard)
    assert outcome.destroyed == 1
    give_keys(data, tmp_path / "new")
    texts = texts_of(tmp_path / "new")
    assert texts.count(REDACTED) == 2 * len(range(1, EVENTS // 2, 4))
    restore(backup, tmp_path / "without", Until(), None, unheard)
    give_keys(data, tmp_path / "without")
    assert REDACTED not in texts_of(tmp_path / "without")


@pytest.mark.parametrize(
    "name", ["second-factors.json", "views.db", "journal.db-wal", "llmtb.toml"]
)
def test_nothing_is_restored_but_what_backups_hold(backup: Path, tmp_path: Path, name: str) -> None:
    forged = tmp_path / "backup"
    shutil.copytree(backup, forged)
    (forged / name).write_bytes(b"{}")
    told = json.loads((forged / MANIFEST).read_bytes())
    told["files"][name] = {"size": 2, "sha256": sha256(b"{}").hexdigest()}
    (forged / MANIFEST).write_text(json.dumps(told), "utf-8")
    with pytest.raises(Unable, match="is not that of a backup"):
        restore(forged, tmp_path / "data", Until(), None, unheard)
    assert not (tmp_path / "data").exists()


def test_what_cannot_be_restored_is_said_in_a_line(backup: Path, tmp_path: Path) -> None:
    used = tmp_path / "used"
    used.mkdir()
    (used / "journal.db").touch()
    early = NOON - timedelta(seconds=1)
    for target, until, words in (
        (used, Until(), "something already"),
        (tmp_path / "new", Until(seq=EVENTS + 1), f"events 1 to {EVENTS}"),
        (tmp_path / "new", Until(seq=0), f"events 1 to {EVENTS}"),
        (tmp_path / "new", Until(at=early), "nothing had happened"),
    ):
        with pytest.raises(Unable, match=words):
            restore(backup, target, until, None, unheard)
    with pytest.raises(Unable, match="is no backup"):
        restore(tmp_path, tmp_path / "new", Until(), None, unheard)
    assert [path.name for path in tmp_path.iterdir()] == ["used"]


# --- trouble -----------------------------------------------------------------------------------

LIVES = 14


@pytest.mark.parametrize("do", ["backup", "restore", "rescue"])
def test_whatever_ends_it_nothing_half_done_is_left_and_the_next_is_right(
    do: str, data: Path, backup: Path, tmp_path: Path
) -> None:
    source = backup if do == "restore" else data
    command = [sys.executable, "-m", "tests.audit.mortal", str(tmp_path), str(source), do]
    done = subprocess.run(
        [*command, str(LIVES)], cwd=ROOT, env=ENVIRONMENT, capture_output=True, text=True,
        check=True, timeout=100,
    )  # fmt: skip
    steps, *lives = done.stdout.splitlines()
    assert int(steps) > LIVES
    ended = [int(line.split()[2]) for line in lives]
    assert ended == [signal.SIGKILL] * LIVES
    again = {"backup": "backups", "restore": "data", "rescue": "rescued"}[do]
    last = 20 if do == "restore" else EVENTS
    half = 0
    for number in range(1, LIVES + 1):
        place = tmp_path / str(number) / again
        made = list(place.glob("2*")) if do == "backup" else [place] if place.exists() else []
        for folder in made:  # it died when all was done
            assert rows_of(folder / "journal.db") == rows_of(source / "journal.db")[:last]
        if not made:
            half += 1
            DO[do](source, tmp_path / str(number))
            [folder] = place.glob("2*") if do == "backup" else [place]
            assert rows_of(folder / "journal.db") == rows_of(source / "journal.db")[:last]
            assert list(tmp_path.glob(f"{number}/**/.*")) == []
    assert half > LIVES // 2
