"""What is said about people is sealed where it stands, and opened by their keys alone."""

import asyncio
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from llmtb.events.codec import CODEC, PUBLISHED, Codec
from llmtb.events.errors import UnreadableEvent
from llmtb.events.event import Event
from llmtb.events.floor import BreakExtended
from llmtb.events.journal import Change, Journal, Part
from llmtb.events.personal import plan_of
from llmtb.events.sealing import EXTENSION, Sealed, is_sealed, parts_of
from llmtb.events.stores.memory import MemoryStore
from llmtb.events.stores.sqlite import SQLiteStore
from llmtb.vault.keys import Vault
from tests.events.samples import example
from tests.events.strategies import events
from tests.vault.vaults import NOON, sealing, seeded, vault_in
from tests.vault.words import said, sealed_of, texts

PERSONAL = [kind for kind in PUBLISHED if plan_of(kind) is not None]
STREAMS = st.sampled_from(["agent/ada", "chat/4711", "shift/2026-11-21/day", "desk/roster"])


@pytest.fixture(scope="module")
def vault(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Vault]:
    """One vault for all the events of this module."""
    opened = vault_in(tmp_path_factory.mktemp("vault"))
    yield opened
    opened.close()


def stored(codec: Codec, event: Event, stream: str = "agent/ada", version: int = 1) -> bytes:
    """The bytes of an event at a place."""
    [(_, state)] = codec.encode_all([Change(stream, version, event)])
    return state


def read(
    codec: Codec, kind: type[Event], state: bytes, stream: str = "agent/ada", version: int = 1
) -> Event:
    """The event of these bytes at a place."""
    [recorded] = codec.recorded([(1, stream, version, kind.__name__, state, b"")])
    return recorded.event


@pytest.mark.parametrize("kind", PUBLISHED, ids=lambda kind: kind.__name__)
@settings(max_examples=8)
@given(data=st.data(), stream=STREAMS)
def test_every_event_comes_back_whole(
    vault: Vault, kind: type[Event], data: st.DataObject, stream: str
) -> None:
    event = data.draw(events(kind))
    state = stored(sealing(vault), event, stream)
    assert is_sealed(state) == bool(sealed_of(event, stream))
    assert read(sealing(vault), kind, state, stream) == event


@pytest.mark.parametrize("kind", PERSONAL, ids=lambda kind: kind.__name__)
@settings(max_examples=8)
@given(data=st.data(), stream=STREAMS)
def test_without_keys_the_words_alone_are_missing(
    vault: Vault, kind: type[Event], data: st.DataObject, stream: str
) -> None:
    event = data.draw(events(kind))
    blind = read(CODEC, kind, stored(sealing(vault), event, stream), stream)
    hidden = {each.path for each in sealed_of(event, stream)}
    for before, after in zip(said(event, stream), said(blind, stream), strict=True):
        assert before[:3] == after[:3]
        blank = before.mark.blank if before.mark is not None and before.path in hidden else None
        assert after.value == (before.value if blank is None else blank)


@pytest.mark.parametrize("kind", PERSONAL, ids=lambda kind: kind.__name__)
@settings(max_examples=8)
@given(data=st.data())
def test_when_somebody_is_forgotten_their_words_alone_are_blank(
    vault: Vault, kind: type[Event], data: st.DataObject
) -> None:
    event = data.draw(events(kind))
    owners = sorted({each.owner for each in sealed_of(event, "agent/ada")})
    forgotten = data.draw(st.sampled_from(owners)) if owners else "agent/nobody"
    codec = sealing(vault)
    state = stored(codec, event)
    vault.destroy([forgotten], vault.retire([forgotten]))
    after = {each.path: each for each in said(read(codec, kind, state), "agent/ada")}
    for each in said(event, "agent/ada"):
        hidden = each.mark is not None and each.value is not None and each.owner == forgotten
        assert after[each.path].value == (each.mark.blank if each.mark and hidden else each.value)


@pytest.mark.parametrize("kind", PERSONAL, ids=lambda kind: kind.__name__)
def test_the_stored_bytes_tell_nothing_of_the_words(vault: Vault, kind: type[Event]) -> None:
    event: Event = example(kind, full=True)
    state = stored(sealing(vault), event)
    words = {text for each in sealed_of(event, "agent/ada") for text in texts(each.value)}
    known = {
        text for each in said(event, "agent/ada") if each.mark is None for text in texts(each.value)
    }
    assert [text for text in words - known if text.encode() in state] == []
    assert words


SWAPPED = BreakExtended(
    at=NOON, by="s1", agent="ada", shift="2026-11-21/day", due=NOON, reason="her child is ill"
)


@pytest.mark.parametrize(
    ("stream", "version", "topic"),
    [("agent/ben", 1, "BreakExtended"), ("agent/ada", 2, "BreakExtended")],
)
def test_an_event_opens_nowhere_but_at_its_place(
    vault: Vault, stream: str, version: int, topic: str
) -> None:
    state = stored(sealing(vault), SWAPPED)
    assert sealing(vault).unsealed((1, "agent/ada", 1, "BreakExtended", state, b""))
    with pytest.raises(UnreadableEvent, match="not the one that was sealed here"):
        sealing(vault).recorded([(1, stream, version, topic, state, b"")])


def test_words_cannot_be_put_into_another_event(vault: Vault) -> None:
    codec = sealing(vault)
    other = parts_of(stored(codec, msgspec.structs.replace(SWAPPED, reason="she asked"), version=2))
    mine = parts_of(stored(codec, SWAPPED))
    with pytest.raises(UnreadableEvent):
        read(codec, BreakExtended, packed(Sealed(mine.event, other.boxes)))


@given(data=st.data())
def test_any_bit_of_a_box_that_is_flipped_is_found(vault: Vault, data: st.DataObject) -> None:
    codec = sealing(vault)
    mine = parts_of(stored(codec, SWAPPED))
    part = data.draw(st.sampled_from(["nonce", "ciphertext", "commitment"]))
    old: bytes = getattr(mine.boxes[0], part)
    bit = data.draw(st.integers(0, len(old) * 8 - 1))
    new = bytearray(old)
    new[bit // 8] ^= 1 << bit % 8
    box = msgspec.structs.replace(mine.boxes[0], **{part: bytes(new)})
    with pytest.raises(UnreadableEvent):
        read(codec, BreakExtended, packed(Sealed(mine.event, [box])))


@given(cut=st.integers(0, 11))
def test_a_box_that_was_cut_short_is_found(vault: Vault, cut: int) -> None:
    codec = sealing(vault)
    mine = parts_of(stored(codec, SWAPPED))
    for part in ("nonce", "ciphertext", "commitment"):
        short = getattr(mine.boxes[0], part)[:cut]
        box = msgspec.structs.replace(mine.boxes[0], **{part: short})
        with pytest.raises(UnreadableEvent):
            read(codec, BreakExtended, packed(Sealed(mine.event, [box])))


@pytest.mark.parametrize("boxes", [0, 2])
def test_boxes_too_few_or_too_many_are_found_or_opened_in_no_wrong_place(
    vault: Vault, boxes: int
) -> None:
    codec = sealing(vault)
    mine = parts_of(stored(codec, SWAPPED))
    with pytest.raises(UnreadableEvent):
        read(codec, BreakExtended, packed(Sealed(mine.event, mine.boxes * boxes)))


def packed(sealed: Sealed) -> bytes:
    """The stored bytes of a sealed event."""
    inner = msgspec.msgpack.encode(sealed)
    return msgspec.msgpack.encode(msgspec.msgpack.Ext(EXTENSION, inner))


def test_one_seed_gives_one_journal(tmp_path: Path) -> None:
    async def log(folder: Path, seed: int) -> list[bytes]:
        vault = vault_in(folder, seeded(seed))
        store = MemoryStore()
        journal = await Journal.open(store, codec=sealing(vault))
        for version in range(1, 4):
            await journal.append([Part([Change("agent/ada", version, SWAPPED)])])
        await journal.close()
        vault.close()
        return [row[4] for row in store.rows(0, 10)]

    def made(name: str, seed: int) -> list[bytes]:
        (tmp_path / name).mkdir()
        return asyncio.run(log(tmp_path / name, seed))

    first, again, other = made("a", 1), made("b", 1), made("c", 2)
    assert first == again
    assert len(set(first) | set(other)) == 6


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE snapshots SET seq = 2 WHERE key = 'chat/1'",
        "UPDATE snapshots SET layout = replace(layout, 'v1', 'v2')",
        "UPDATE OR REPLACE snapshots SET key = 'chat/1' WHERE key = 'chat/2'",
    ],
    ids=["renumbered", "of another layout", "of another actor"],
)
def test_a_snapshot_that_was_moved_is_none(tmp_path: Path, change: str) -> None:
    async def main() -> None:
        vault = vault_in(tmp_path)
        path = tmp_path / "journal.db"
        journal = await Journal.open(SQLiteStore(path), codec=sealing(vault))
        event = example(BreakExtended, full=True)
        await journal.append([Part([Change("agent/ada", each, event) for each in (1, 2)])])
        for key in ("chat/1", "chat/2"):
            journal.save_snapshot(key, "v1", 1, b"state of " + key.encode())
        await journal.close()
        for changed in (False, True):
            if changed:
                with closing(sqlite3.connect(path)) as database, database:
                    assert database.execute(change).rowcount
            journal = await Journal.open(SQLiteStore(path), codec=sealing(vault))
            found = journal.load_snapshot("chat/1", "v1") or journal.load_snapshot("chat/1", "v2")
            assert found == (None if changed else (1, b"state of chat/1"))
            await journal.close()
        vault.close()

    asyncio.run(main())
