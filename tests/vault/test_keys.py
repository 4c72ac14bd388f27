"""Keys are made at once, kept before they count, and once destroyed found nowhere."""

import sqlite3
import threading
from collections.abc import Iterator
from contextlib import closing
from datetime import date, timedelta
from pathlib import Path
from shutil import copyfile

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from llmtb.events.errors import DamagedDatabase, JournalError, StorageFailed
from llmtb.events.sealing import Box
from llmtb.vault.keys import KEPT, KeyMissing, Vault
from tests.vault.vaults import NOON, PLACE, WORDS, vault_in

CHANGES = {
    "id": "UPDATE keys SET id = 99 WHERE id = ?",
    "owner": "UPDATE keys SET owner = 'agent/ben' WHERE id = ?",
    "kind": "UPDATE keys SET kind = 'messages' WHERE id = ?",
    "day": "UPDATE keys SET day = '2026-11-22' WHERE id = ?",
    "wrapped": "UPDATE keys SET wrapped = zeroblob(60) WHERE id = ?",
    "gone": "DELETE FROM keys WHERE id = ?",
}


@pytest.fixture
def vault(tmp_path: Path) -> Iterator[Vault]:
    """A vault in the folder of the test."""
    opened = vault_in(tmp_path)
    yield opened
    opened.close()


def sealed(vault: Vault, owner: str = "agent/ada", days: int = 0, words: bytes = WORDS) -> Box:
    """Words of somebody, as a message of a day."""
    return vault.seal(owner, "messages", NOON + timedelta(days=days), PLACE, words)


def told(vault: Vault, box: Box) -> bytes | None:
    """What a box says, without its salt."""
    opened = vault.open(box, PLACE)
    return None if opened is None else opened[16:]


def locked(folder: Path) -> dict[int, bytes]:
    """By id, what the file holds of each key."""
    with closing(sqlite3.connect(folder / "keys.db")) as database:
        return dict(database.execute("SELECT id, wrapped FROM keys").fetchall())


def test_words_are_opened_before_their_key_is_kept_and_after(vault: Vault, tmp_path: Path) -> None:
    box = sealed(vault)
    assert box.key not in locked(tmp_path)
    assert told(vault, box) == WORDS
    vault.settle()
    assert box.key in locked(tmp_path)
    vault.close()
    again = vault_in(tmp_path)
    assert told(again, box) == WORDS
    again.close()


def test_each_person_sort_of_words_and_day_has_a_key_of_its_own(vault: Vault) -> None:
    keys = {
        vault.seal(owner, kind, NOON + timedelta(days=day), PLACE, WORDS).key
        for owner in ("agent/ada", "agent/ben", "chat/4711")
        for kind in ("profile", "messages")
        for day in (0, 1, 1)
    }
    assert len(keys) == 3 * (1 + 2)


def test_the_day_is_that_in_utc(vault: Vault, tmp_path: Path) -> None:
    box = vault.seal("agent/ada", "messages", NOON, PLACE, WORDS)
    vault.settle()
    assert vault.expire("messages", date(2026, 11, 21), box.key) == 0
    assert vault.expire("messages", date(2026, 11, 22), box.key) == 1
    assert told(vault, box) is None


def test_a_key_that_is_destroyed_is_found_nowhere(vault: Vault, tmp_path: Path) -> None:
    boxes = [sealed(vault, days=day) for day in range(3)] + [sealed(vault, "agent/ben")]
    vault.settle()
    kept = locked(tmp_path)
    gone = [kept[box.key] for box in boxes[:3]]
    upto = vault.retire(["agent/ada"])
    later = sealed(vault)
    assert vault.destroy(["agent/ada"], upto) == 3
    assert vault.destroy(["agent/ada"], upto) == 0
    for file in tmp_path.iterdir():
        if file.is_file():
            content = file.read_bytes()
            assert [key for key in gone if key in content or key[12:44] in content] == []
    assert [told(vault, box) for box in (*boxes, later)] == [None, None, None, WORDS, WORDS]
    assert vault.readable("agent/ada")
    assert vault.destroy(["agent/ada"], later.key) == 1
    assert not vault.readable("agent/ada")
    vault.close()
    again = vault_in(tmp_path)
    assert [told(again, box) for box in (*boxes, later)] == [None, None, None, WORDS, None]
    assert sealed(again).key > later.key
    again.close()


OWNERS = st.sampled_from(["agent/ada", "agent/a\0", "agent/a", "chat/4711", 'chat/"', "chat/%"])
SEALED = st.lists(st.tuples(OWNERS, st.integers(0, 3)), min_size=1, max_size=8)


@settings(max_examples=20)
@given(entries=SEALED, owners=st.sets(OWNERS), days=st.sets(st.tuples(OWNERS, st.integers(0, 3))))
def test_what_is_destroyed_is_what_was_asked_for(
    tmp_path_factory: pytest.TempPathFactory,
    entries: list[tuple[str, int]],
    owners: set[str],
    days: set[tuple[str, int]],
) -> None:
    vault = vault_in(tmp_path_factory.mktemp("vault"))
    boxes = [(owner, day, sealed(vault, owner, day)) for owner, day in entries]
    upto = vault.retire(owners)
    vault.destroy(owners, upto)
    texts = [f"{owner} {(NOON + timedelta(days=day)).date()}" for owner, day in days]
    vault.destroy_days(texts, upto)
    for owner, day, box in boxes:
        gone = owner in owners or (owner, day) in days
        assert told(vault, box) == (None if gone else WORDS)
    vault.close()


def test_the_keys_that_no_disk_took_wait_for_the_next_try(vault: Vault, tmp_path: Path) -> None:
    vault.settle()
    limit(vault, 1)
    many = [sealed(vault, f"agent/{number}") for number in range(400)]
    for _ in range(2):
        with pytest.raises(StorageFailed, match=r"keys\.db: the disk is full; make room"):
            vault.settle()
        limit(vault, 1)
    assert told(vault, many[0]) == WORDS
    limit(vault, 10_000)
    vault.settle()
    assert {box.key for box in many} <= locked(tmp_path).keys()


def limit(vault: Vault, pages: int) -> None:
    """Let the file grow to so many pages, and no further, as a full disk would."""
    vault._store._connection().execute(f"PRAGMA max_page_count = {pages}")


def test_more_keys_than_are_kept_at_hand_are_all_opened(vault: Vault) -> None:
    boxes = [sealed(vault, f"agent/{number}") for number in range(KEPT + 10)]
    vault.settle()
    assert told(vault, boxes[0]) == WORDS
    assert told(vault, boxes[-1]) == WORDS
    assert sealed(vault, "agent/0").key > boxes[-1].key  # its key made room: it gets another


def test_snapshots_are_void_once_their_key_is_renewed(vault: Vault, tmp_path: Path) -> None:
    wrapped = vault.wrap(b"state of ada", PLACE)
    assert b"ada" not in wrapped
    assert vault.unwrap(wrapped, PLACE) == b"state of ada"
    vault.close()
    again = vault_in(tmp_path)
    assert again.unwrap(wrapped, PLACE) == b"state of ada"
    assert again.unwrap(wrapped[:-1], PLACE) is None
    assert again.unwrap(b"", PLACE) is None
    again.renew_snapshots()
    assert again.unwrap(wrapped, PLACE) is None
    assert again.unwrap(again.wrap(b"", PLACE), PLACE) == b""
    again.close()


@pytest.mark.parametrize("change", CHANGES)
def test_a_key_that_was_tampered_with_is_never_taken_for_destroyed(
    tmp_path: Path, change: str
) -> None:
    vault = vault_in(tmp_path)
    box = vault.seal("agent/ada", "reasons", NOON, PLACE, WORDS)
    vault.settle()
    vault.close()
    with closing(sqlite3.connect(tmp_path / "keys.db")) as database:
        database.execute(CHANGES[change], (box.key,))
        database.commit()
    again = vault_in(tmp_path)
    with pytest.raises(DamagedDatabase, match=rf"keys\.db: key {box.key} is .*; put the right"):
        again.open(box, PLACE)
    again.close()


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, list[tuple[Box, bytes | None]]]:
    """A folder with keys, some of them destroyed, and what their boxes say."""
    folder = tmp_path_factory.mktemp("whole")
    vault = vault_in(folder)
    boxes = [sealed(vault, f"agent/{number}") for number in range(60)]
    vault.destroy([f"agent/{number}" for number in range(0, 60, 7)], boxes[-1].key)
    told_of = [(box, told(vault, box)) for box in boxes]
    vault.close()
    return folder, told_of


@settings(max_examples=100)
@given(data=st.data())
def test_any_flipped_bit_of_the_file_is_harmless_or_found(
    tmp_path_factory: pytest.TempPathFactory,
    whole: tuple[Path, list[tuple[Box, bytes | None]]],
    data: st.DataObject,
) -> None:
    folder, boxes = whole
    content = bytearray((folder / "keys.db").read_bytes())
    content[data.draw(st.integers(0, len(content) - 1))] ^= 1 << data.draw(st.integers(0, 7))
    scratch = tmp_path_factory.mktemp("flipped")
    (scratch / "keys").mkdir()
    copyfile(folder / "keys" / "master.key", scratch / "keys" / "master.key")
    (scratch / "keys" / "master.key").chmod(0o600)
    (scratch / "keys.db").write_bytes(content)
    try:
        vault = vault_in(scratch, read_only=True)
    except JournalError:
        return
    for box, words in boxes:
        try:
            assert told(vault, box) == words
        except JournalError as found:
            assert "\n" not in str(found)  # noqa: PT017 - it may be found or not
    vault.close()


def test_two_threads_open_while_a_third_seals_and_keeps(vault: Vault) -> None:
    boxes = [sealed(vault, f"agent/{number}") for number in range(50)]
    wrong: list[bytes | None] = []
    done = threading.Event()

    def opening() -> None:
        while not done.is_set():
            wrong.extend(said for box in list(boxes) if (said := told(vault, box)) != WORDS)

    threads = [threading.Thread(target=opening) for _ in range(2)]
    for thread in threads:
        thread.start()
    for number in range(300):
        boxes.append(sealed(vault, f"chat/{number}"))
        if number % 50 == 0:
            vault.settle()
    done.set()
    for thread in threads:
        thread.join()
    assert wrong == []


def test_who_only_reads_writes_nothing_and_sees_what_is_destroyed(
    vault: Vault, tmp_path: Path
) -> None:
    box = sealed(vault)
    vault.settle()
    reader = vault_in(tmp_path, read_only=True)
    late = sealed(vault, "agent/ben")
    vault.settle()
    assert told(reader, late) == WORDS
    vault.destroy(["agent/ada"], box.key)
    assert told(reader, box) is None
    sealed(reader)
    with pytest.raises(StorageFailed, match="opened for reading only"):
        reader.settle()
    with pytest.raises(KeyMissing):
        reader.open(sealed(vault, "agent/new"), PLACE)
    reader.close()
