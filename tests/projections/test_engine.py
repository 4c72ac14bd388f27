"""Views are made of events, each taken in once, whatever happens to the file or its feeder."""

import asyncio
import shutil
import sqlite3
import stat
from collections.abc import Callable, Mapping
from contextlib import closing
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import aiosqlite
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from llmtb.events.event import Event
from llmtb.events.floor import AgentAdded, stream_of
from llmtb.events.journal import Change, Journal, Part
from llmtb.events.record import Recorded
from llmtb.events.stores.memory import MemoryStore
from llmtb.projections import engine
from llmtb.projections.database import ViewsUnusable, reading
from llmtb.projections.engine import Views
from llmtb.projections.history import History
from llmtb.projections.people import People
from llmtb.projections.projection import Read, Write
from llmtb.projections.shift_report import ShiftReports, latest_reports
from tests.projections.logs import OPENING, Tape, example, logs, recorded
from tests.projections.rows import all_views, feed, made_at_once, positions, rows_of

sizes = st.lists(st.integers(1, 40), min_size=1, max_size=5)
LUNCH = recorded(example("lunch.jsonl"))


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "views" / "views.db"


@given(logs(), sizes, st.lists(st.integers(0, 200), max_size=3))
@settings(max_examples=25, deadline=None)
def test_rows_do_not_depend_on_how_the_events_came(
    log: list[Event], sizes: list[int], stops: list[int]
) -> None:
    events = recorded(log)
    with TemporaryDirectory() as folder:
        path = Path(folder, "views.db")
        for stop in sorted(stops):
            asyncio.run(feed(path, Tape(events[:stop], sizes)))
        asyncio.run(feed(path, Tape(events, sizes)))
        assert positions(path) == {len(events)}
        assert rows_of(path) == made_at_once(Path(folder, "at-once.db"), events)


@given(logs(), sizes)
@settings(max_examples=10, deadline=None)
def test_a_rebuild_gives_the_same_rows(log: list[Event], sizes: list[int]) -> None:
    events = recorded(log)

    async def twice(path: Path) -> tuple[object, object, list[tuple[int, int]]]:
        seen: list[tuple[int, int]] = []
        views = await Views.open(path, all_views(), Tape(events, sizes))
        await views.catch_up()
        before = rows_of(path)
        views.rebuild()
        assert views.behind == len(events)
        await views.catch_up(lambda position, head: seen.append((position, head)))
        await views.close()
        return before, rows_of(path), seen

    with TemporaryDirectory() as folder:
        before, after, seen = asyncio.run(twice(Path(folder, "views.db")))
    assert before == after
    assert seen == sorted(seen)
    assert seen[-1] == (len(events), len(events))


class Statements:
    """Calls back around every statement that is run through aiosqlite."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.count = 0
        self.around: Callable[[int], object] = lambda count: None
        for name in ("execute", "executemany", "execute_fetchall"):
            monkeypatch.setattr(aiosqlite.Connection, name, self._wrapped(name))

    def _wrapped(self, name: str) -> Callable[..., Any]:
        # aiosqlite's methods are plain functions that return something to await
        run = getattr(aiosqlite.Connection, name)

        def counted(connection: aiosqlite.Connection, *arguments: Any) -> Any:
            self.count += 1
            self.around(self.count)
            return run(connection, *arguments)

        return counted


def test_a_kill_at_any_statement_leaves_rows_and_position_together(
    file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What lies on the disk at an instant is what a kill at that instant would leave."""
    statements, left = Statements(monkeypatch), tmp_path / "left"

    def keep(count: int) -> None:
        if file.exists():
            copy = left / f"{count:04}"
            copy.mkdir(parents=True)
            for part in file.parent.iterdir():
                if not part.name.endswith("-shm"):  # memory, not disk
                    shutil.copy(part, copy)

    statements.around = keep
    asyncio.run(feed(file, Tape(LUNCH, [5, 1, 11])))
    keep(9999)
    statements.around = lambda count: None
    expected = {0: made_at_once(tmp_path / "0.db", [])}
    last = 0
    copies = sorted(left.iterdir())
    for copy in copies:
        path = copy / file.name
        with closing(sqlite3.connect(path)) as database:
            begun = database.execute("SELECT count(*) FROM sqlite_schema").fetchone() != (0,)
        if begun and (found := positions(path)):
            [position] = found
            assert last <= position
            last = position
            if position not in expected:
                at_once = tmp_path / f"{position}.db"
                expected[position] = made_at_once(at_once, LUNCH[:position])
            assert rows_of(path) == expected[position]
    assert last == len(LUNCH)
    assert len(expected) > 5
    for copy in copies[::7]:
        asyncio.run(feed(copy / file.name, Tape(LUNCH)))
        assert rows_of(copy / file.name) == expected[len(LUNCH)]


def test_a_cancellation_at_any_statement_does_no_harm(
    file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    statements = Statements(monkeypatch)

    async def run(cancel_at: int) -> bool:
        views = await Views.open(file, all_views(), Tape(LUNCH, [9]))
        feeding = asyncio.create_task(views.run())
        statements.count = 0
        statements.around = lambda count: cancel_at == count and feeding.cancel()
        [outcome] = await asyncio.gather(feeding, return_exceptions=True)
        statements.around = lambda count: None
        await views.close()
        return outcome is None

    finished = 0
    for cancel_at in range(1, 200):
        finished += asyncio.run(run(cancel_at))
        assert positions(file) <= set(range(len(LUNCH) + 1))
        if finished > 3:
            break
    assert finished > 3
    assert rows_of(file) == made_at_once(tmp_path / "at-once.db", LUNCH)


def test_who_wrote_an_event_reads_it(file: Path) -> None:
    async def main() -> None:
        journal = await Journal.open(MemoryStore())
        people = People()
        views = await Views.open(file, [people], journal)
        feeding = asyncio.create_task(views.run())
        for number in range(20):
            name = f"a{number}"
            event = AgentAdded(
                at=OPENING, by="boss", agent=name, name=name, role="agent", hired_on=None
            )
            [[written]] = await journal.append([Part([Change(stream_of(event), 1, event)])])
            await views.reached(written.seq)
            assert views.behind == 0
            async with views.snapshot() as read:
                assert await read("SELECT count(*) FROM people") == [(number + 1,)]
            assert people.names[name] == name
        await journal.close()
        await feeding
        with pytest.raises(ViewsUnusable, match="not fed"):
            await views.reached(21)
        await views.close()

    asyncio.run(main())


def test_who_waits_in_vain_is_told(file: Path) -> None:
    async def main() -> None:
        views = await Views.open(file, [People()], Tape(LUNCH))
        waiting = asyncio.create_task(views.reached(len(LUNCH) + 1))
        await views.run()
        with pytest.raises(ViewsUnusable, match="not fed"):
            await waiting
        await views.close()

    asyncio.run(main())


def test_views_are_readable_by_their_owner_only(file: Path) -> None:
    async def seen() -> set[int]:
        views = await Views.open(file, all_views(), Tape(LUNCH))
        try:
            return {stat.S_IMODE(each.stat().st_mode) for each in file.parent.iterdir()}
        finally:
            await views.close()

    assert asyncio.run(seen()) == {0o600}


def test_a_snapshot_stays_as_it_is(file: Path) -> None:
    async def main() -> None:
        views = await Views.open(file, all_views(), Tape(LUNCH))
        async with views.snapshot() as read:
            before = await read("SELECT count(*) FROM people")
            await views.catch_up()
            assert await read("SELECT count(*) FROM people") == before == [(0,)]
        async with views.snapshot() as read:
            assert await read("SELECT count(*) FROM people") != before
        await views.close()

    asyncio.run(main())


def test_whoever_leaves_while_they_read_does_no_harm_to_the_next(file: Path) -> None:
    """A page that is closed ends its reading at any step, also at the first."""

    async def main() -> None:
        views = await Views.open(file, all_views(), Tape(LUNCH))
        await views.catch_up()

        async def look() -> None:
            async with views.snapshot() as read:
                await latest_reports(read, 1)

        try:
            for turns in range(12):
                leaving = asyncio.create_task(look())
                for _ in range(turns):
                    await asyncio.sleep(0)
                leaving.cancel()
                await asyncio.gather(leaving, return_exceptions=True)
                await look()
        finally:
            await views.close()

    asyncio.run(main())


def test_a_new_version_of_a_view_is_made_again_and_the_others_are_not(file: Path) -> None:
    seen: list[int] = []

    class Newer(History):
        version = 2
        tables: Mapping[str, str] = {**History.tables, "history_notes": "(note TEXT) STRICT"}

    class Watched(People):
        def apply(self, recorded: Recorded) -> None:
            seen.append(recorded.seq)
            super().apply(recorded)

    asyncio.run(feed(file, Tape(LUNCH[:10]), [Watched(), History()]))
    asyncio.run(feed(file, Tape(LUNCH), [Watched(), Newer()]))
    assert seen == list(range(1, len(LUNCH) + 1))
    rows = rows_of(file)
    assert rows["history_notes"] == []
    assert rows["history_breaks"]
    asyncio.run(feed(file, Tape(LUNCH), [Watched(), History()]))
    assert "history_notes" not in rows_of(file)


@pytest.mark.parametrize("length", [5, len(LUNCH)])
def test_rows_from_another_journal_are_made_again(file: Path, tmp_path: Path, length: int) -> None:
    other = recorded(example("late-and-crash.jsonl"))
    asyncio.run(feed(file, Tape(other)))
    asyncio.run(feed(file, Tape(LUNCH[:length])))
    assert rows_of(file) == made_at_once(tmp_path / "at-once.db", LUNCH[:length])


def _junk(path: Path, offset: int, length: int) -> None:
    with path.open("r+b") as data:
        data.seek(offset)
        data.write(b"\xa5" * length)


@pytest.mark.parametrize(
    "harm",
    [
        lambda path: _junk(path, 0, 100),
        lambda path: _junk(path, 100, 3000),
        lambda path: _junk(path, 4096, 20_000),
        lambda path: path.write_bytes(path.read_bytes()[:5000]),
        lambda path: path.write_bytes(b"not a database, but long enough to be one" * 1000),
    ],
)
def test_a_damaged_file_is_set_aside_and_made_again(
    file: Path, tmp_path: Path, harm: Callable[[Path], None]
) -> None:
    asyncio.run(feed(file, Tape(LUNCH)))
    expected = rows_of(file)
    harm(file)
    harmed = file.read_bytes()
    asyncio.run(feed(file, Tape(LUNCH)))
    assert rows_of(file) == expected
    assert (file.parent / "views.db.aside-1").read_bytes() == harmed


def test_damage_found_while_running_is_mended(file: Path, tmp_path: Path) -> None:
    tape = Tape(LUNCH, [10])

    async def harm(turn: int) -> None:
        if turn == 2:
            tape.before_batch = None
            with closing(sqlite3.connect(file)) as database, database:
                database.execute("CREATE TABLE anything (a)")  # whoever cached pages reads again
            with closing(sqlite3.connect(file)) as database:
                database.execute("PRAGMA wal_checkpoint(TRUNCATE)")
            _junk(file, 4096, 20_000)

    async def main() -> None:
        views = await Views.open(file, all_views(), tape)
        tape.before_batch = harm
        await views.run()
        assert views.statistics().failures == 1
        assert views.statistics().failure is None
        await views.close()

    asyncio.run(main())
    assert rows_of(file) == made_at_once(tmp_path / "at-once.db", LUNCH)


def test_a_file_that_is_gone_is_made_again(file: Path) -> None:
    asyncio.run(feed(file, Tape(LUNCH[:20])))
    expected = rows_of(file)
    file.unlink()
    asyncio.run(feed(file, Tape(LUNCH[:20])))
    assert rows_of(file) == expected


def test_rows_that_make_no_sense_are_made_again(file: Path) -> None:
    asyncio.run(feed(file, Tape(LUNCH)))
    expected = rows_of(file)
    with closing(sqlite3.connect(file)) as database, database:
        database.execute("UPDATE capacity SET state = '{'")
        database.execute("UPDATE people SET role = 'king'")
    asyncio.run(feed(file, Tape(LUNCH)))
    assert rows_of(file) == expected


def test_tables_that_somebody_dropped_are_made_again(file: Path) -> None:
    asyncio.run(feed(file, Tape(LUNCH)))
    expected = rows_of(file)
    with closing(sqlite3.connect(file)) as database:
        database.execute("DROP TABLE people")
    asyncio.run(feed(file, Tape(LUNCH)))
    assert rows_of(file) == expected


def test_a_database_of_another_program_is_not_touched(file: Path) -> None:
    file.parent.mkdir()
    with closing(sqlite3.connect(file)) as database:
        database.execute("CREATE TABLE theirs (a)")
    before = file.read_bytes()
    with pytest.raises(ViewsUnusable, match="another program's database") as raised:
        asyncio.run(feed(file, Tape(LUNCH)))
    assert "\n" not in str(raised.value)
    assert file.read_bytes() == before


def test_a_place_that_cannot_hold_views_is_named(tmp_path: Path) -> None:
    (tmp_path / "views").write_text("a file where the folder should be")
    with pytest.raises(ViewsUnusable, match="cannot be kept there") as raised:
        asyncio.run(feed(tmp_path / "views" / "views.db", Tape(LUNCH)))
    assert "\n" not in str(raised.value)


def _full() -> sqlite3.OperationalError:
    error = sqlite3.OperationalError("database or disk is full")
    error.sqlite_errorcode = sqlite3.SQLITE_FULL
    return error


def test_a_full_disk_is_waited_out(
    file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(engine, "TRY_AGAIN", 0.0)
    statements, failing = Statements(monkeypatch), {3, 20, 21, 22, 23, 40, 55}

    def fail(count: int) -> None:
        if count in failing:
            raise _full()

    async def main() -> None:
        views = await Views.open(file, all_views(), Tape(LUNCH, [9]))
        statements.count, statements.around = 0, fail
        await views.run()
        assert views.statistics().failures > 3
        assert views.statistics().failure is None
        await views.close()

    asyncio.run(main())
    statements.around = lambda count: None
    assert rows_of(file) == made_at_once(tmp_path / "at-once.db", LUNCH)


def test_whoever_catches_up_hears_that_the_disk_is_full(
    file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    statements = Statements(monkeypatch)

    def fail(count: int) -> None:
        raise _full()

    async def main() -> None:
        views = await Views.open(file, all_views(), Tape(LUNCH))
        statements.around = fail
        with pytest.raises(ViewsUnusable, match="disk is full"):
            await views.catch_up()
        statements.around = lambda count: None
        assert views.behind == len(LUNCH)
        assert views.statistics().failure == "database or disk is full"
        await views.catch_up()
        assert views.behind == 0
        await views.close()

    asyncio.run(main())


class Faulty(People):
    """A view with a fault in it."""

    name = "faulty"
    tables: Mapping[str, str] = {"faulty": "(a INTEGER PRIMARY KEY) STRICT"}

    def writes(self) -> list[Write]:
        return [Write("INSERT INTO faulty (a) VALUES (?)", [(1,), (1,)])]

    async def restore(self, read: Read) -> None:
        pass


def test_a_fault_in_a_view_ends_the_feeding_instead_of_going_round_for_ever(file: Path) -> None:
    with pytest.raises(sqlite3.IntegrityError):
        asyncio.run(feed(file, Tape(LUNCH), [Faulty()]))
    assert positions(file) == {0}


def test_two_who_feed_the_same_views_cannot_count_twice(file: Path, tmp_path: Path) -> None:
    async def main() -> None:
        tape = Tape(LUNCH, [10])
        one = await Views.open(file, all_views(), tape)
        two = await Views.open(file, all_views(), Tape(LUNCH, [7]))

        async def overtake(turn: int) -> None:
            if turn == 2:
                await two.run()

        tape.before_batch = overtake
        with pytest.raises(ViewsUnusable, match="somebody else"):
            await one.run()
        await one.close()
        await two.close()

    asyncio.run(main())
    assert rows_of(file) == made_at_once(tmp_path / "at-once.db", LUNCH)


def test_views_that_share_a_name_or_a_table_are_refused(file: Path) -> None:
    class Other(People):
        name = "other"

    for pair in ([People(), People()], [People(), Other()]):
        with pytest.raises(ValueError, match="share"):
            asyncio.run(feed(file, Tape(LUNCH), pair))


def test_another_process_reads_the_views(file: Path) -> None:
    async def main() -> list[str]:
        async with reading(file) as read:
            return [headline.shift for headline in await latest_reports(read)]

    with pytest.raises(ViewsUnusable, match="llmtb rebuild"):
        asyncio.run(main())
    events = recorded(example("day-of-200.jsonl"))
    asyncio.run(feed(file, Tape(events, [1000]), [ShiftReports()]))
    assert asyncio.run(main()) == [
        "2026-11-21/evening",
        "2026-11-21/morning",
        "2026-11-21/night",
    ]
