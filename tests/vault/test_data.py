"""A folder of data is opened with the keys that are its own, or not at all."""

import asyncio
from collections.abc import Callable
from pathlib import Path

import pytest

from llmtb.data import KEYS_FILE, abandon_keys, open_journal
from llmtb.events.errors import JournalError
from llmtb.events.floor import BreakExtended
from llmtb.events.journal import Change, Part
from llmtb.events.personal import REDACTED
from llmtb.settings import Audit
from tests.vault.vaults import NOON

WHY = "her child is ill"


def extended(folder: Path, *agents: str) -> None:
    """Record that somebody's break was made longer, and why."""

    async def write() -> None:
        held = await open_journal(folder, Audit(), {})
        for agent in agents:
            stream = f"agent/{agent}"
            version = 1 + sum(1 for _ in held.journal.read_stream(stream))
            event = BreakExtended(at=NOON, by="s", agent=agent, shift="x", due=NOON, reason=WHY)
            await held.journal.append([Part([Change(stream, version, event)])])
        await held.close()

    asyncio.run(write())


def reasons(folder: Path, *, read_only: bool = False) -> list[str]:
    """What the breaks were made longer for."""

    async def read() -> list[str]:
        held = await open_journal(folder, Audit(), {}, read_only=read_only)
        events = [recorded.event for recorded in held.journal.read()]
        await held.close()
        return [event.reason for event in events if isinstance(event, BreakExtended)]

    return asyncio.run(read())


def refusal(folder: Path) -> str:
    """Why it is opened neither for writing nor for reading: one line."""
    with pytest.raises(JournalError) as writing:
        reasons(folder)
    with pytest.raises(JournalError) as reading:
        reasons(folder, read_only=True)
    assert str(writing.value) == str(reading.value)
    assert "\n" not in str(writing.value)
    return str(writing.value)


def test_words_are_read_again_and_nothing_of_them_lies_in_the_journal(tmp_path: Path) -> None:
    extended(tmp_path, "ada", "ben", "ada")
    assert reasons(tmp_path) == reasons(tmp_path, read_only=True) == [WHY] * 3
    for file in tmp_path.glob("journal.db*"):
        assert WHY.encode() not in file.read_bytes()


def lost(folder: Path, _: Path) -> None:
    (folder / KEYS_FILE).unlink()


def emptied(folder: Path, _: Path) -> None:
    (folder / KEYS_FILE).write_bytes(b"")


def anothers(folder: Path, other: Path) -> None:
    for name in (KEYS_FILE, "keys/master.key"):
        (other / name).replace(folder / name)


def locked(folder: Path, other: Path) -> None:
    (other / "keys/master.key").replace(folder / "keys/master.key")


def no_store(folder: Path, _: Path) -> None:
    (folder / KEYS_FILE).write_bytes(b"no database, only text, and more of it than a header has")


@pytest.mark.parametrize(
    ("harm", "line"),
    [
        (lost, "is missing, and journal.db needs it; put the right file back, or see `llmtb keys"),
        (emptied, "is missing, and journal.db needs it"),
        (anothers, "is not of this journal: a box of words is not the one that was sealed here"),
        (locked, "locked by master key"),
        (no_store, "is not a database"),
    ],
)
def test_keys_that_are_not_there_are_told_and_may_be_abandoned(
    tmp_path: Path, harm: Callable[[Path, Path], None], line: str
) -> None:
    own, other = tmp_path / "own", tmp_path / "other"
    for folder in (own, other):
        folder.mkdir()
        extended(folder, "ada", "ben")
    assert abandon_keys(own, Audit(), {}) == 0
    assert reasons(own) == [WHY] * 2
    harm(own, other)
    assert line in refusal(own)
    assert abandon_keys(own, Audit(), {}) == 2
    assert reasons(own) == [REDACTED] * 2
    extended(own, "ada")
    assert reasons(own) == [REDACTED] * 2 + [WHY]
    assert abandon_keys(own, Audit(), {}) == 0
    assert (own / f"{KEYS_FILE}.1").exists() == (harm not in {lost, emptied})


def test_keys_of_an_older_copy_are_told_and_those_they_have_stay(tmp_path: Path) -> None:
    extended(tmp_path, "ada")
    older = (tmp_path / KEYS_FILE).read_bytes()
    extended(tmp_path, "ben")
    (tmp_path / KEYS_FILE).write_bytes(older)
    assert "is not in it, but the journal needs it; put the right file back" in refusal(tmp_path)
    assert abandon_keys(tmp_path, Audit(), {}) == 1
    extended(tmp_path, "cid")
    assert reasons(tmp_path) == [WHY, REDACTED, WHY]


def test_a_journal_without_words_needs_no_keys_to_be_read(tmp_path: Path) -> None:
    async def read() -> None:
        held = await open_journal(tmp_path, Audit(), {})
        await held.close()
        (tmp_path / KEYS_FILE).unlink()
        reader = await open_journal(tmp_path, Audit(), {}, read_only=True)
        assert reader.vault is None
        await reader.close()

    asyncio.run(read())


def test_keys_stay_where_they_are_while_the_master_key_cannot_be_used(tmp_path: Path) -> None:
    extended(tmp_path, "ada")
    (tmp_path / "keys" / "master.key").chmod(0o644)
    with pytest.raises(JournalError):
        abandon_keys(tmp_path, Audit(), {})
    (tmp_path / "keys" / "master.key").chmod(0o600)
    assert reasons(tmp_path) == [WHY]
