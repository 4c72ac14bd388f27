"""Whatever is changed in a journal's file is found, unless nothing that is read changes by it."""

import sqlite3
from contextlib import closing
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from llmtb.events.stores.database import address
from replay.checking.earlier import Elsewhere
from replay.checking.findings import Findings
from replay.exits import Failed
from replay.verify import verify
from tests.replay.histories import day, journal

READ = (
    "SELECT seq, originator_id, originator_version, topic, state, hash FROM stored_events"
    " ORDER BY seq",
    "SELECT command, first_seq, last_seq FROM commands ORDER BY first_seq",
)
GUARDS = ("events_are_never_changed", "events_are_never_deleted")


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return journal(day(24), tmp_path / "journal.db")


@pytest.fixture(scope="module")
def sound(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A journal's file that nobody changes."""
    return journal(day(24), tmp_path_factory.mktemp("sound") / "journal.db")


def check(path: Path) -> Findings:
    return verify(path, None, Elsewhere()).findings


def read(path: Path) -> list[Any]:
    """All that is ever read of a journal."""
    with closing(sqlite3.connect(address(path, "ro"), uri=True)) as database:
        return [database.execute(each).fetchall() for each in READ]


@cache
def as_written() -> list[Any]:
    history = day(24)
    return [list(history.rows), list(history.commands)]


@settings(
    max_examples=700, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(anywhere=st.integers(0, 2**40))
def test_a_flipped_bit_is_found_or_changes_nothing(
    sound: Path, anywhere: int, tmp_path: Path
) -> None:
    changed = bytearray(sound.read_bytes())
    bit = anywhere % (8 * len(changed))
    changed[bit // 8] ^= 1 << bit % 8
    path = tmp_path / "journal.db"
    for each in tmp_path.iterdir():  # what SQLite left beside the one before
        each.unlink()
    path.write_bytes(changed)
    try:
        found = check(path).number
    except Failed:
        return
    assert found or read(path) == as_written()


def change(path: Path, *statements: str) -> None:
    """Change a journal as a forger would, who begins with its guards and puts them back."""
    with closing(sqlite3.connect(path, isolation_level=None)) as database:
        guards = [
            database.execute("SELECT sql FROM sqlite_schema WHERE name = ?", (name,)).fetchone()[0]
            for name in GUARDS
        ]
        for name in GUARDS:
            database.execute(f"DROP TRIGGER {name}")
        for statement in (*statements, *guards):
            database.execute(statement)


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE stored_events SET state = CAST(state || x'00' AS BLOB) WHERE seq = 12",
        "UPDATE stored_events SET originator_id = 'agent/another' WHERE seq = 12",
        "UPDATE stored_events SET originator_version = 9 WHERE seq = 12",
        "UPDATE stored_events SET topic = 'ShiftClosed' WHERE seq = 12",
        "UPDATE stored_events SET hash = zeroblob(32) WHERE seq = 12",
        "DELETE FROM stored_events WHERE seq = 12",
    ],
)
def test_a_changed_event_is_named_and_since_when(path: Path, statement: str) -> None:
    change(path, statement)
    found = check(path)
    assert {each.seq for each in found.faults} == {12}
    assert found.held is not None
    assert found.held.seq == 11


def test_an_event_that_was_put_in_is_found(path: Path) -> None:
    change(
        path,
        """INSERT INTO stored_events
        SELECT 25, originator_id || 'x', 1, topic, state, hash FROM stored_events WHERE seq = 7""",
    )
    assert [each.seq for each in check(path).faults] == [25]


@pytest.mark.parametrize(
    ("statement", "told"),
    [
        ("UPDATE commands SET last_seq = 99 WHERE first_seq = 4", "events that there are not"),
        ("UPDATE commands SET last_seq = 1 WHERE first_seq = 4", "from event 4 to 1"),
        ("UPDATE commands SET last_seq = 7 WHERE first_seq = 4", "as another did"),
        ("DROP TRIGGER events_are_never_deleted", "events_are_never_deleted is missing"),
        ("CREATE TABLE more (a)", "table more is no part of a journal"),
        (
            "CREATE TRIGGER quiet AFTER INSERT ON stored_events BEGIN SELECT 1; END",
            "trigger quiet is no part of a journal",
        ),
    ],
)
def test_what_is_around_the_events_is_checked(path: Path, statement: str, told: str) -> None:
    with closing(sqlite3.connect(path, isolation_level=None)) as database:
        database.execute(statement)
    [found] = check(path).faults
    assert told in found.what


def test_a_damaged_page_tells_which_events_cannot_be_read(tmp_path: Path) -> None:
    path = journal(day(400), tmp_path / "journal.db")
    with closing(sqlite3.connect(path)) as database:
        (size,) = database.execute("PRAGMA page_size").fetchone()
        pages = database.execute(
            "SELECT pageno FROM dbstat WHERE name = 'stored_events' AND pagetype = 'leaf'"
        ).fetchall()
    (page,) = pages[len(pages) // 2]
    with path.open("r+b") as file:
        file.seek((page - 1) * size)
        file.write(b"\xff" * size)
    found = check(path)
    lost = found.faults[0]
    assert lost.where.startswith("events ")
    assert lost.what.startswith("cannot be read")
    first, last = (int(each) for each in lost.where.removeprefix("events ").split(" to "))
    assert 1 < first < last < 400
    assert found.held is not None
    assert found.held.seq == first - 1
    with closing(sqlite3.connect(path)) as database:  # all others can
        for seq in (first - 1, last + 1):
            assert database.execute("SELECT 1 FROM stored_events WHERE seq = ?", (seq,)).fetchone()


def test_it_reads_beside_whoever_writes(path: Path) -> None:
    with closing(sqlite3.connect(path, isolation_level=None)) as writer:
        writer.execute("BEGIN IMMEDIATE")
        writer.execute("INSERT INTO commands VALUES ('later', 3, 3)")
        assert check(path).number == 0
        writer.execute("ROLLBACK")
