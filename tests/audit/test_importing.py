"""A journal is made of a whole export that holds, and of nothing else."""

import asyncio
import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from llmtb.audit.giving.importing import Imported, take_in
from llmtb.control import Unable
from llmtb.data import JOURNAL_FILE
from llmtb.events.errors import AlreadyApplied, ForeignDatabase, JournalInUse
from llmtb.events.exported import CHECKPOINT, END, EVENTS, MANIFEST, SIGNED, TAIL
from llmtb.events.floor import CheckedIn
from llmtb.events.journal import Change, Journal, Part
from llmtb.events.merkle import leaf
from llmtb.events.stores.sqlite import SQLiteStore
from llmtb.vault.signer import Signer
from tests.audit.given_out import NOON, OURS, Said, give, keep, kept, tables
from tests.audit.test_exporting import STORY

FILES = (EVENTS, MANIFEST, CHECKPOINT, SIGNED)


@pytest.fixture(scope="module")
def out(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An export that holds."""
    place = tmp_path_factory.mktemp("export") / "out"
    with kept(STORY) as folder:
        give(folder, place)
    return place


def taken(export: Path, into: Path, key: str | None = None) -> Imported:
    return take_in(export, into / JOURNAL_FILE, key, lambda *_: None)


def nothing_in(folder: Path) -> bool:
    return not [each for each in folder.iterdir() if not each.name.endswith(".lock")]


def test_a_repeated_command_is_still_refused(out: Path, tmp_path: Path) -> None:
    taken(out, tmp_path)
    assert asyncio.run(_again(tmp_path)) == range(4, 5)


async def _again(folder: Path) -> range:
    journal = await Journal.open(SQLiteStore(folder / JOURNAL_FILE))
    event = CheckedIn(at=NOON, by="roster", agent="new", shift="d")
    try:
        with pytest.raises(AlreadyApplied) as refusal:
            await journal.append([Part([Change("agent/new", 1, event)], "press-1")])
        await journal.append([Part([Change("agent/new", 1, event)], "press-2")])
        return refusal.value.seqs
    finally:
        await journal.close()


@settings(max_examples=60)
@given(file=st.sampled_from(FILES), place=st.floats(0, 1, exclude_max=True), bit=st.integers(0, 7))
def test_any_bit_that_was_changed_is_found(
    tmp_path_factory: pytest.TempPathFactory, out: Path, file: str, place: float, bit: int
) -> None:
    folder = tmp_path_factory.mktemp("changed")
    bad = Path(shutil.copytree(out, folder / "bad"))
    data = bytearray((bad / file).read_bytes())
    data[int(place * len(data))] ^= 1 << bit
    (bad / file).write_bytes(data)
    (folder / "data").mkdir()
    with pytest.raises(Unable):
        taken(bad, folder / "data", OURS.key)
    assert nothing_in(folder / "data")


def without(line: int) -> Callable[[list[bytes]], list[bytes]]:
    return lambda lines: lines[:line] + lines[line + 1 :]


@pytest.mark.parametrize(
    "change",
    [
        without(0),
        without(3),
        without(-1),
        lambda lines: [*lines[:2], lines[1], *lines[2:]],
        lambda lines: [lines[1], lines[0], *lines[2:]],
        lambda _: [],
        lambda lines: [*lines[:-1], lines[-1][:-9]],
    ],
)
def test_lines_that_were_moved_are_found(
    out: Path, tmp_path: Path, change: Callable[[list[bytes]], list[bytes]]
) -> None:
    bad = Path(shutil.copytree(out, tmp_path / "bad"))
    lines = (bad / EVENTS).read_bytes().splitlines(keepends=True)
    (bad / EVENTS).write_bytes(b"".join(change(lines)))
    (tmp_path / "data").mkdir()
    with pytest.raises(Unable):
        taken(bad, tmp_path / "data")
    assert nothing_in(tmp_path / "data")


def test_an_export_that_another_signed_is_refused(out: Path, tmp_path: Path) -> None:
    with pytest.raises(Unable, match="did not sign it"):
        taken(out, tmp_path, Signer("llmtb", b"\x02" * 32).key)


@pytest.mark.parametrize(
    ("shown", "wanted", "words"),
    [
        ("pseudonyms", {}, "ids were replaced"),
        ("opened", {"first": 2}, "does not begin"),
        ("opened", {"person": "sara"}, "alone"),
        ("opened", {"stream": "chat/4711"}, "alone"),
    ],
)
def test_what_is_not_the_whole_is_refused(
    tmp_path: Path, shown: str, wanted: dict[str, object], words: str
) -> None:
    with kept(STORY) as folder:
        give(folder, tmp_path / "out", shown, **wanted)  # type: ignore[arg-type]
    with pytest.raises(Unable, match=words):
        taken(tmp_path / "out", tmp_path)
    assert not (tmp_path / JOURNAL_FILE).exists()


def test_the_beginning_of_a_journal_is_enough_but_no_half_of_a_command(tmp_path: Path) -> None:
    checked = CheckedIn(at=NOON, by="roster", agent="a", shift="d")
    said = [Said("one", [("agent/a", checked)]), Said("two", [("agent/a", checked)] * 2)]
    with kept(said) as folder:
        give(folder, tmp_path / "one", last=1)
        give(folder, tmp_path / "half", last=2)
        assert taken(tmp_path / "one", tmp_path).events == 1
        with pytest.raises(Unable, match="up to event 3"):
            taken(tmp_path / "half", tmp_path / "other")


def test_a_journal_with_events_is_left_alone_and_an_empty_one_filled(
    out: Path, tmp_path: Path
) -> None:
    SQLiteStore(tmp_path / JOURNAL_FILE).close()
    assert taken(out, tmp_path).events == 8
    before = tables(tmp_path)
    with pytest.raises(Unable, match="has 8 events"):
        taken(out, tmp_path)
    assert tables(tmp_path) == before
    keep(tmp_path, [Said("later", [("agent/x", CheckedIn(at=NOON, by="r", agent="x", shift="d"))])])


def test_a_journal_in_use_and_other_files_are_left_alone(out: Path, tmp_path: Path) -> None:
    store = SQLiteStore(tmp_path / JOURNAL_FILE)
    with pytest.raises(JournalInUse):
        taken(out, tmp_path)
    store.close()
    (tmp_path / JOURNAL_FILE).write_bytes(b"a photo" * 1000)
    with pytest.raises(ForeignDatabase):
        taken(out, tmp_path)
    assert (tmp_path / JOURNAL_FILE).read_bytes() == b"a photo" * 1000


def test_lines_that_are_nested_without_end_are_refused(out: Path, tmp_path: Path) -> None:
    deep = b'{"a":' * 100_000 + b"1" + b"}" * 100_000
    for name, wrong in (
        (EVENTS, b'"payload":{'),
        (MANIFEST, b'"types": {'),
    ):
        copy = tmp_path / name
        shutil.copytree(out, copy)
        text = (copy / name).read_bytes()
        assert wrong in text
        put = wrong + b'"deep":' + deep + b","
        changed = text.replace(wrong, put, 1)
        if name == EVENTS:
            first, *rest = changed.splitlines(keepends=True)
            body = first[:-TAIL]
            changed = b"".join([body, END, leaf(body).hex().encode(), b'"}\n', *rest])
        (copy / name).write_bytes(changed)
        with pytest.raises(Unable, match=name):
            taken(copy, tmp_path / "data")


def test_what_is_no_export_is_told_in_a_line(tmp_path: Path) -> None:
    (tmp_path / MANIFEST).write_text(json.dumps({"format": "another"}), encoding="utf-8")
    for place in (tmp_path / "nothing", tmp_path):
        with pytest.raises(Unable) as refusal:
            taken(place, tmp_path / "data")
        assert "\n" not in str(refusal.value)
