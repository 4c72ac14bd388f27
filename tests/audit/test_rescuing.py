"""A damaged journal: what is rescued is what was written, and what is whole is rescued."""

import json
import sqlite3
from base64 import b64decode
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from llmtb.audit.keeping.rescuing import RESCUED, Rescue, rescue
from llmtb.control import Unable
from llmtb.events.chain import Row
from llmtb.events.errors import DamagedDatabase, JournalInUse
from llmtb.events.reading import verify
from llmtb.events.stores.sqlite import SQLiteStore
from tests.audit.ruins import FRAME, PAGE, Built, built, pages_of
from tests.contract.places import write

Damage = tuple[int, bytes]
"""From where on the bytes of a file are others."""


def unheard(what: str, done: int, of: int) -> None:
    """Take no notice of how far it is."""


def lay(folder: Path, file: bytes, log: bytes) -> Path:
    """Put a journal and its log into a folder."""
    path = folder / "journal.db"
    path.write_bytes(file)
    if log:
        path.with_name("journal.db-wal").write_bytes(log)
    return path


def spoilt(content: bytes, damages: list[Damage], length: int | None = None) -> bytes:
    """The bytes of a file, damaged and cut."""
    spoilt = bytearray(content)
    for start, other in damages:
        spoilt[start : start + len(other)] = other[: max(0, len(content) - start)]
    return bytes(spoilt[:length])


def lines_of(folder: Path) -> list[Row]:
    """The events behind a gap, from their lines."""
    if not (folder / RESCUED).exists():
        return []
    lines = map(json.loads, (folder / RESCUED).read_text().splitlines())
    return [
        (
            *(line["seq"], line["stream"], line["version"], line.get("topic", line["type"])),
            *(b64decode(line["state"]), bytes.fromhex(line["hash"])),
        )
        for line in lines
    ]


def saved(file: bytes, log: bytes, *others: Path) -> tuple[Rescue | None, list[Row], list[Row]]:
    """What a rescue says; what it puts into the new journal, which verifies, and into the lines."""
    with TemporaryDirectory() as scratch:
        path, target = lay(Path(scratch), file, log), Path(scratch) / "new"
        try:
            outcome = rescue(path, target, others, unheard)
        except DamagedDatabase:
            assert not target.exists()
            return None, [], []
        assert path.read_bytes() == file
        with closing(SQLiteStore(target / "journal.db")) as store:
            assert verify(store).hash.hex() == outcome.head
            joined = list(store.rows(0, 1_000_000))
        return outcome, joined, lines_of(target)


def damages(content: bytes) -> st.SearchStrategy[list[Damage]]:
    """Flipped bits, zeroed pages, and whatever else may be written over a file."""
    places = st.integers(0, len(content) - 1)
    pages = st.integers(0, len(content) // PAGE - 1)
    bits = st.builds(
        lambda at, bit: (at, bytes((content[at] ^ 1 << bit,))), places, st.integers(0, 7)
    )
    zeros = st.builds(
        lambda page, many: (page * PAGE, bytes(PAGE * many)), pages, st.integers(1, 5)
    )
    other = st.tuples(places, st.binary(min_size=1, max_size=300))
    return st.lists(bits | zeros | other, max_size=8)


def touched(content: bytes, damaged: bytes) -> set[int]:
    """The pages that are not what they were."""
    starts = range(0, len(content), PAGE)
    return {at // PAGE for at in starts if content[at : at + PAGE] != damaged[at : at + PAGE]}


BUILT = built()
PAGES = {row[0]: pages_of(row, BUILT.file) for row in BUILT.rows[: BUILT.moved]}


def test_a_name_that_is_no_text_any_more_stops_nothing() -> None:
    """The damage is in what SQLite complains with: the name of a table in its own list."""
    at = BUILT.file.index(b"CREATE TABLE commands") - 9
    _, joined, _ = saved(spoilt(BUILT.file, [(at, b"\x80")]), BUILT.log)
    assert joined == BUILT.rows


@settings(max_examples=40)
@given(st.data())
def test_what_is_rescued_was_written_and_what_is_whole_is_rescued(data: st.DataObject) -> None:
    file = spoilt(
        BUILT.file,
        data.draw(damages(BUILT.file), "file"),
        data.draw(st.none() | st.integers(0, len(BUILT.file)), "length"),
    )
    log = b""
    if with_log := data.draw(st.booleans(), "log"):
        log = spoilt(BUILT.log, data.draw(damages(BUILT.log), "log's"))
    outcome, joined, lines = saved(file, log)
    unproven = set(outcome.unproven) if outcome else set()
    assert joined == BUILT.rows[: len(joined)]
    written = {row[0]: row for row in BUILT.rows}
    assert [row for row in lines if row[0] not in unproven and row != written[row[0]]] == []
    ruined = touched(BUILT.file, file)
    whole = {seq for seq, pages in PAGES.items() if not pages & ruined}
    if with_log and log == BUILT.log:
        whole |= {row[0] for row in BUILT.rows[BUILT.moved :] if len(row[4]) < 1000}
    there = {row[0] for row in (*joined, *lines)}
    assert whole - there == set()
    if outcome:
        gaps = {seq for gap in outcome.gaps for seq in range(gap.first, gap.last + 1)}
        assert gaps == set(range(1, max(there) + 1)) - there


def test_a_journal_that_is_whole_is_copied_with_every_event_and_command() -> None:
    with TemporaryDirectory() as scratch:
        path, target = lay(Path(scratch), BUILT.file, BUILT.log), Path(scratch) / "new"
        outcome = rescue(path, target, [], unheard)
        assert (outcome.pages, outcome.gaps, outcome.later) == ([], [], 0)
        assert outcome.events == len(BUILT.rows)
        with closing(SQLiteStore(target / "journal.db")) as store:
            for command in BUILT.commands:
                assert store.applied(command.command) == range(command.first, command.last + 1)
        with closing(sqlite3.connect(target / "journal.db")) as database:
            found = database.execute("SELECT * FROM commands ORDER BY first_seq").fetchall()
        assert found == BUILT.commands


def page_of(seq: int) -> int:
    """The page on which a short event of the file lies."""
    [page] = PAGES[seq]
    return page


SHORT = [row[0] for row in BUILT.rows[5 : BUILT.moved - 5] if len(PAGES[row[0]]) == 1]


def test_it_says_which_page_is_damaged_and_what_is_lost_with_it() -> None:
    """One letter of one event is another: that event is lost, and nothing else."""
    seq = SHORT[7]
    row = BUILT.rows[seq - 1]
    at = BUILT.file.index(row[4] + row[5])
    file = spoilt(BUILT.file, [(at + len(row[4]) - 3, b"\x00")])
    outcome, joined, lines = saved(file, BUILT.log)
    assert outcome is not None
    assert [(gap.first, gap.last) for gap in outcome.gaps] == [(seq, seq)]
    assert outcome.pages == [page_of(seq) + 1]
    assert len(joined) == seq - 1
    assert lines == BUILT.rows[seq:]
    assert outcome.unproven == []  # the lost event's hash is there still


def test_what_another_copy_has_fills_the_gap(tmp_path: Path) -> None:
    lay(tmp_path, BUILT.file, BUILT.log)
    file = spoilt(BUILT.file, [(page_of(SHORT[3]) * PAGE, bytes(PAGE * 3))])
    without, joined, _ = saved(file, BUILT.log)
    assert without is not None
    assert len(joined) < len(BUILT.rows)
    outcome, joined, lines = saved(file, BUILT.log, tmp_path)
    assert outcome is not None
    assert joined == BUILT.rows
    assert lines == []
    assert outcome.elsewhere == sum(gap.last - gap.first + 1 for gap in without.gaps)


def test_two_copies_damaged_in_two_places_make_a_whole_one(tmp_path: Path) -> None:
    first, second = page_of(SHORT[3]), page_of(SHORT[-3])
    assert first != second
    lay(tmp_path, spoilt(BUILT.file, [(first * PAGE, bytes(PAGE))]), b"")
    file = spoilt(BUILT.file, [(second * PAGE, b"\xff" * PAGE)])
    _, joined, _ = saved(file, BUILT.log, tmp_path / "journal.db")
    assert joined == BUILT.rows


def test_lines_that_were_rescued_once_fill_gaps_too(tmp_path: Path) -> None:
    path = lay(tmp_path, spoilt(BUILT.file, [(page_of(SHORT[3]) * PAGE, bytes(PAGE))]), BUILT.log)
    rescue(path, tmp_path / "first", [], unheard)
    other = spoilt(BUILT.file, [(page_of(SHORT[-3]) * PAGE, bytes(PAGE))])
    _, joined, _ = saved(other, b"", tmp_path / "first" / RESCUED)
    assert joined == BUILT.rows


def test_a_copy_of_another_history_is_refused(tmp_path: Path) -> None:
    """Somebody went on from an older copy, and gives that one's later events for ours."""
    with closing(SQLiteStore(tmp_path / "other.db")) as store:
        cut = SHORT[3] - 1
        with store.transaction() as transaction:
            transaction.insert(BUILT.rows[:cut], [])
        write(store, *((f"agent/z{n}", 1) for n in range(60)))
    file = spoilt(BUILT.file, [(page_of(SHORT[3]) * PAGE, bytes(PAGE))])
    with pytest.raises(Unable, match="another history"):
        saved(file, BUILT.log, tmp_path / "other.db")


def committed_last(log: bytes) -> int:
    """Where the last commit of a log begins: behind the commit before it."""
    ends = [at for at in range(32, len(log) - FRAME + 1, FRAME) if log[at + 4 : at + 8] != bytes(4)]
    return ends[-2] + FRAME


def test_what_was_never_committed_is_not_taken_for_an_event() -> None:
    salt = BUILT.log[16:24]
    frames = [at for at in range(32, len(BUILT.log), FRAME) if BUILT.log[at + 8 : at + 16] == salt]
    log = BUILT.log[: frames[-1] + FRAME]
    start = committed_last(log)
    ends = bytearray(log)
    ends[len(log) - FRAME + 4 : len(log) - FRAME + 8] = bytes(4)  # the end of the last commit
    _, joined, lines = saved(BUILT.file, bytes(ends))
    _, before, _ = saved(BUILT.file, log[:start])
    assert joined == before
    assert len(joined) < len(BUILT.rows)
    assert lines == []


def header_lost(built: Built) -> bytes:
    return spoilt(built.file, [(0, bytes(PAGE))])


def trees_lost(built: Built) -> bytes:
    """Every inner page of every tree is gone."""
    inner = [at for at in range(PAGE, len(built.file), PAGE) if built.file[at] in (2, 5)]
    assert inner
    return spoilt(header_lost(built), [(at, bytes(PAGE)) for at in inner])


@pytest.mark.parametrize("spoil", [header_lost, trees_lost])
def test_pages_need_no_tree_to_be_read(spoil: Callable[[Built], bytes]) -> None:
    _, joined, lines = saved(spoil(BUILT), BUILT.log)
    ruined = touched(BUILT.file, spoil(BUILT))
    lost = {row[0] for row in BUILT.rows} - {row[0] for row in (*joined, *lines)}
    assert all(PAGES[seq] & ruined for seq in lost)


def test_nothing_is_made_of_what_holds_no_event(tmp_path: Path) -> None:
    (tmp_path / "journal.db").write_bytes(b"\xff" * 40_000)
    with pytest.raises(DamagedDatabase, match="not one event"):
        rescue(tmp_path / "journal.db", tmp_path / "new", [], unheard)
    with pytest.raises(Unable, match="no such file"):
        rescue(tmp_path / "none.db", tmp_path / "new", [], unheard)
    assert [path.name for path in tmp_path.iterdir()] == ["journal.db"]


def test_a_journal_that_is_written_is_not_rescued(tmp_path: Path) -> None:
    path = lay(tmp_path, BUILT.file, BUILT.log)
    with closing(SQLiteStore(path)), pytest.raises(JournalInUse):
        rescue(path, tmp_path / "new", [], unheard)
