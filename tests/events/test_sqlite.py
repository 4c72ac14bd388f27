"""The journal's file: who may open it, what is found out about it, and what survives."""

import asyncio
import os
import random
import shutil
import sqlite3
import stat
import subprocess
import sys
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest
from eventsourcing.sqlite import SQLiteConnection

from llmtb.events.errors import (
    BadDatabase,
    DamagedDatabase,
    ForeignDatabase,
    JournalError,
    JournalInUse,
    NewerDatabase,
    StorageFailed,
)
from llmtb.events.journal import Journal, Part
from llmtb.events.reading import read, verify
from llmtb.events.stores.sqlite import CHECKED, SQLiteStore
from tests.contract.places import change, write

ROOT = Path(__file__).parents[2]
APPENDING = [sys.executable, str(Path(__file__).with_name("appending.py"))]
ENVIRONMENT = {"PYTHONPATH": str(ROOT), "PATH": os.environ["PATH"]}


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Return where the journal of a test is."""
    return tmp_path / "journal.db"


def filled(path: Path, events: int = 20) -> None:
    """Make a journal with some events."""
    with closing(SQLiteStore(path)) as store:
        write(store, *((f"agent/{n % 3}", n // 3 + 1) for n in range(events)))


def meddle(path: Path, *statements: str) -> None:
    """Change a database behind the journal's back."""
    with closing(sqlite3.connect(path, isolation_level=None)) as database:
        for statement in statements:
            database.execute(statement)
        database.execute("PRAGMA wal_checkpoint(TRUNCATE)")


def test_a_journal_is_readable_by_its_owner_only(path: Path) -> None:
    filled(path)
    assert {stat.S_IMODE(file.stat().st_mode) for file in path.parent.iterdir()} == {0o600}


def test_every_commit_waits_for_the_disk(path: Path) -> None:
    with closing(SQLiteStore(path)) as store, store.datastore.transaction(commit=True) as cursor:
        cursor.execute("PRAGMA synchronous")
        assert cursor.fetchone()[0] == 2  # FULL
        cursor.execute("PRAGMA journal_mode")
        assert cursor.fetchone()[0] == "wal"


def test_a_journal_has_one_owner_and_any_number_of_readers(path: Path) -> None:
    filled(path)
    with closing(SQLiteStore(path)):
        with pytest.raises(JournalInUse, match=r"in use by process \d+"):
            SQLiteStore(path)
        with closing(SQLiteStore(path, read_only=True)) as reader:
            assert verify(reader).seq == 20
            with pytest.raises(StorageFailed, match="reading only"):
                write(reader, ("agent/9", 1))
    with closing(SQLiteStore(path)) as store:
        assert store.head().seq == 20


def test_a_journal_of_an_earlier_version_is_brought_up_to_date(path: Path) -> None:
    filled(path)
    meddle(path, "DROP INDEX commands_again")
    with closing(SQLiteStore(path)) as store:
        assert store.unsound() is None
        assert store.head().seq == 20


def test_a_flipped_bit_in_the_commands_is_no_sound_journal(path: Path) -> None:
    filled(path)
    meddle(path, "INSERT INTO commands VALUES ('press-123456', 3, 4)")
    content = path.read_bytes()
    path.write_bytes(content.replace(b"press-123456", b"press-123457", 1))
    with closing(SQLiteStore(path)) as store:
        assert "commands_again" in (store.unsound() or "")


def test_a_reader_makes_no_journal(path: Path) -> None:
    with pytest.raises(BadDatabase, match="no journal"):
        SQLiteStore(path, read_only=True)
    assert list(path.parent.iterdir()) == []


def test_events_are_never_changed_or_deleted_even_with_sql(path: Path) -> None:
    filled(path)
    for statement in ("UPDATE stored_events SET topic = 'x'", "DELETE FROM stored_events"):
        with pytest.raises(sqlite3.IntegrityError, match="never"):
            meddle(path, statement)


def text(path: Path) -> None:
    path.write_text("once upon a time there was a call centre" * 50)


def other_program(path: Path) -> None:
    meddle(path, "CREATE TABLE stored_events (originator_id TEXT)")


def newer(path: Path) -> None:
    filled(path)
    meddle(path, "PRAGMA user_version = 2")


def no_table(path: Path) -> None:
    filled(path)
    meddle(path, "DROP TABLE commands")


def edited(path: Path) -> None:
    filled(path)
    changed = "UPDATE stored_events SET state = X'00' WHERE seq = 7"
    meddle(path, "DROP TRIGGER events_are_never_changed", changed)


def cut(path: Path) -> None:
    filled(path)
    deleted = "DELETE FROM stored_events WHERE seq = 7"
    meddle(path, "DROP TRIGGER events_are_never_deleted", deleted)


def scribbled(path: Path) -> None:
    filled(path)
    meddle(path)
    content = bytearray(path.read_bytes())
    content[4096:] = b"\xff" * (len(content) - 4096)
    path.write_bytes(content)


def halved(path: Path) -> None:
    filled(path, 500)
    meddle(path)
    with path.open("r+b") as file:
        file.truncate(path.stat().st_size // 2)


def folder(path: Path) -> None:
    path.mkdir()


def nowhere(path: Path) -> None:
    path.parent.rmdir()


@pytest.mark.parametrize(
    ("spoil", "error"),
    [
        (text, ForeignDatabase),
        (other_program, ForeignDatabase),
        (newer, NewerDatabase),
        (no_table, DamagedDatabase),
        (edited, DamagedDatabase),
        (cut, DamagedDatabase),
        (scribbled, DamagedDatabase),
        (halved, DamagedDatabase),
        (folder, BadDatabase),
        (nowhere, BadDatabase),
    ],
)
def test_a_file_that_is_no_sound_journal_is_refused_in_one_line_and_left_alone(
    path: Path, spoil: Callable[[Path], None], error: type[JournalError]
) -> None:
    spoil(path)
    before = path.read_bytes() if path.is_file() else None
    with pytest.raises(error) as refusal:
        SQLiteStore(path)
    assert type(refusal.value) is error
    assert str(path) in str(refusal.value)
    assert len(str(refusal.value).splitlines()) == 1
    assert before == (path.read_bytes() if path.is_file() else None)
    if path.is_file():  # whoever refused it does not hold on to it
        with pytest.raises(error):
            SQLiteStore(path)


def test_a_change_deep_in_the_past_is_found_by_verifying(path: Path) -> None:
    filled(path, CHECKED + 50)
    edit = "UPDATE stored_events SET originator_id = 'agent/x' WHERE seq = 3"
    meddle(path, "DROP TRIGGER events_are_never_changed", edit)
    with closing(SQLiteStore(path)) as store, pytest.raises(JournalError, match="event 3 does not"):
        verify(store)


def test_an_empty_file_becomes_a_journal(path: Path) -> None:
    path.touch()
    filled(path)
    with closing(SQLiteStore(path)) as store:
        assert store.head().seq == 20


def test_a_name_with_signs_in_it_is_only_a_name(tmp_path: Path) -> None:
    path = tmp_path / "a?mode=memory#b%20c d.db"
    filled(path)
    assert path.is_file()
    with closing(SQLiteStore(path)) as store:
        assert store.head().seq == 20


def limit(store: SQLiteStore, pages: int) -> None:
    """Let the file grow no further than so many pages: SQLite then says that the disk is full."""
    with store.datastore.transaction(commit=True) as cursor:
        cursor.execute(f"PRAGMA max_page_count = {pages}")


def test_a_full_disk_fails_appends_until_there_is_room_again(path: Path) -> None:
    async def fill(journal: Journal) -> None:
        while True:
            await journal.append([hundred(journal.head)])

    def hundred(head: int) -> Part:
        return Part([change("agent/a", head + n) for n in range(1, 101)], f"press {head}")

    async def scene() -> None:
        store = SQLiteStore(path)
        journal = await Journal.open(store)
        subscription = journal.subscribe(0)
        limit(store, 20)
        with pytest.raises(StorageFailed, match="disk is full") as failure:
            await fill(journal)
        version = journal.head
        assert not failure.value.unknown
        assert version > 0
        assert version == verify(store).seq
        # A failure renews the connections; the limit was the old one's, so there is room again.
        [events] = await journal.append([hundred(version)])
        assert [recorded.seq for recorded in events] == list(range(version + 1, version + 101))
        while subscription.position < journal.head:
            await anext(subscription)
        assert verify(store).seq == version + 100
        await journal.close()

    asyncio.run(scene())


@pytest.mark.parametrize("took_effect", [True, False])
def test_a_commit_that_reports_an_error_is_looked_after(
    path: Path, monkeypatch: pytest.MonkeyPatch, took_effect: bool
) -> None:
    commit = SQLiteConnection.commit
    failing = iter([False, True, False, True])

    def commit_badly(connection: SQLiteConnection) -> None:
        fails = next(failing, False)
        if took_effect or not fails:
            commit(connection)
        if fails:
            raise sqlite3.OperationalError("disk I/O error")

    async def scene() -> None:
        journal = await Journal.open(SQLiteStore(path))
        monkeypatch.setattr(SQLiteConnection, "commit", commit_badly)
        written = 0
        failures = []
        for number in range(6):
            part = Part([change("agent/a", written + 1)], f"press {number}")
            [outcome] = await asyncio.gather(journal.append([part]), return_exceptions=True)
            if isinstance(outcome, BaseException):
                failures.append(outcome)
            else:
                written += 1
                assert outcome[0][0].seq == written
        assert all(isinstance(each, StorageFailed) and not each.unknown for each in failures)
        assert written == (6 if took_effect else 4)
        assert len(list(journal.read())) == written
        await journal.close()

    asyncio.run(scene())


def test_a_really_full_disk_loses_nothing_that_was_acknowledged(tmp_path: Path) -> None:
    disk = tmp_path / "disk"
    disk.mkdir()
    mount = f"mount -t tmpfs -o size=600k none {disk}"
    fill, free = f"head -c 200k /dev/zero > {disk}/other", f"rm {disk}/other"
    script = f'{mount} && {fill} && "$@" && {free} && "$@"'
    isolated = ["unshare", "--user", "--map-root-user", "--mount"]
    if subprocess.run([*isolated, "sh", "-c", mount], capture_output=True, check=False).returncode:
        pytest.skip("this machine lets nobody but its administrator make a small disk")
    done = subprocess.run(
        [*isolated, "sh", "-c", script, "sh", *APPENDING, f"{disk}/journal.db"],
        env=ENVIRONMENT,
        capture_output=True,
        text=True,
        check=True,
    )
    first, second = done.stdout.split("ready\n")[1:]
    for output in (first, second):
        assert "the disk is full; make room" in output
        assert "not known" not in output
    before, after = (
        [int(line.split()[0]) for line in output.splitlines() if line[0].isdigit()]
        for output in (first, second)
    )
    assert sorted(before + after) == list(range(1, len(before + after) + 1))
    assert min(after) == max(before) + 1


@pytest.mark.skipif(not shutil.which("kill"), reason="needs POSIX signals")
def test_whatever_was_acknowledged_before_a_kill_is_there(path: Path) -> None:
    lots = random.Random(7)
    acknowledged: dict[int, str] = {}
    for _ in range(6):
        process = subprocess.Popen(
            [*APPENDING, str(path)], env=ENVIRONMENT, stdout=subprocess.PIPE, text=True
        )
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
        for _ in range(lots.randrange(120)):
            seq, command = process.stdout.readline().split()
            acknowledged[int(seq)] = command
        process.kill()
        for line in process.stdout:
            if line.endswith("\n"):
                seq, command = line.split()
                acknowledged[int(seq)] = command
        process.stdout.close()
        process.wait()
        with closing(SQLiteStore(path)) as store:
            head = verify(store)  # no gap, no break, every stream contiguous
            assert head.seq >= max(acknowledged, default=0)
            for recorded in read(store):
                command = acknowledged.get(recorded.seq, "")
                applied = store.applied(command) if command else None
                assert not command or (applied is not None and recorded.seq in applied)
    assert len(acknowledged) > 50
