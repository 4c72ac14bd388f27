"""A journal is taken for the one that was signed if it is, and for nothing else."""

from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given
from hypothesis import strategies as st

from llmtb.audit.vouching.checkpoint_files import keep, name_of, newest, set_aside
from llmtb.audit.vouching.matching import Edge, Mismatch, go_on, match
from llmtb.events.chain import GENESIS, Row, chained
from llmtb.events.errors import BrokenChain
from llmtb.events.journal import Journal
from llmtb.events.merkle import Frontier
from llmtb.events.note import Checkpoint, read_vkey, signed, text_of
from llmtb.events.stores.memory import MemoryStore
from llmtb.runtime import virtual
from llmtb.vault.signer import Signer
from tests.audit.signing import NIGHT, SIGNER

EVENTS = st.lists(
    st.tuples(st.sampled_from(["a", "b"]), st.binary(max_size=2)), min_size=1, max_size=9
)
Told = list[tuple[str, bytes]]


def rows_of(events: Told) -> list[Row]:
    """A whole journal of these events, with a chain that holds."""
    versions: dict[str, int] = {}
    numbered = []
    for stream, state in events:
        versions[stream] = versions.get(stream, 0) + 1
        numbered.append((stream, versions[stream], "T", state))
    return chained(GENESIS, numbered)


def note_of(rows: list[Row], signer: Signer = SIGNER) -> str:
    frontier = Frontier()
    frontier.extend(row[5] for row in rows)
    text = text_of(Checkpoint("llmtb", len(rows), frontier.root()))
    key = read_vkey(signer.key)
    return signed(text, key.name, key.hash, signer.sign(text.encode()))


def matched(rows: list[Row], folder: Path) -> Edge:
    """What comes of a start on a journal of these rows."""

    async def main() -> Edge:
        store = MemoryStore()
        if rows:
            store.commit(rows, ())
        journal = await Journal.open(store)
        try:
            return await match(journal, SIGNER.key, folder)
        finally:
            await journal.close()

    return virtual.run(main(), NIGHT)


@given(EVENTS, st.data())
def test_a_journal_that_only_grew_matches(events: Told, data: st.DataObject) -> None:
    rows = rows_of(events)
    size = data.draw(st.integers(0, len(rows)))
    with TemporaryDirectory() as name:
        keep(Path(name), size, note_of(rows[:size]))
        edge = matched(rows, Path(name))
    frontier = Frontier()
    frontier.extend(row[5] for row in rows)
    assert (edge.head, edge.root) == ((len(rows), rows[-1][5]), frontier.root())


@given(EVENTS, EVENTS, st.data())
def test_any_rewriting_with_a_chain_that_holds_is_found(
    events: Told, others: Told, data: st.DataObject
) -> None:
    place = data.draw(st.integers(0, len(events) - 1))
    cut = data.draw(st.integers(0, len(events)))
    rewritten = data.draw(
        st.sampled_from(
            [
                events[:cut],  # the end cut off
                events[:place] + events[place + 1 :],  # one left out
                events[:place] + others[:1] + events[place:],  # one put in
                [*events[:place], events[place], *events[place:]],  # one repeated
                events[:place] + events[place:][::-1],  # in another order
                others,  # all of it
                events + others,  # nothing but more
            ]
        )
    )
    rows = rows_of(events)
    with TemporaryDirectory() as name:
        keep(Path(name), len(rows), note_of(rows))
        if rewritten[: len(events)] == events:
            assert matched(rows_of(rewritten), Path(name)).head.seq == len(rewritten)
        else:
            with pytest.raises(Mismatch) as found:
                matched(rows_of(rewritten), Path(name))
            assert name_of(len(rows)) in found.value.why
            assert "\n" not in found.value.why


@given(EVENTS, EVENTS, st.data())
def test_every_event_is_held_against_its_hash(
    events: Told, more: Told, data: st.DataObject
) -> None:
    rows = rows_of(events + more)
    place = data.draw(st.integers(0, len(rows) - 1))
    seq, stream, version, topic, state, mark = rows[place]
    rows[place] = (seq, stream, version, topic, state + b"x", mark)
    with TemporaryDirectory() as name:
        keep(Path(name), len(events), note_of(rows[: len(events)]))
        with pytest.raises(Mismatch, match=f"event {seq} does not hold"):
            matched(rows, Path(name))


@given(EVENTS, st.data())
def test_going_on_from_any_place_comes_to_the_same(events: Told, data: st.DataObject) -> None:
    rows = rows_of(events)
    place = data.draw(st.integers(0, len(rows)))

    def read(after: int, limit: int) -> list[Row]:
        return rows[after : after + limit]

    whole = go_on(read, Edge(), len(rows))
    assert go_on(read, go_on(read, Edge(), place, content=False), len(rows)) == whole
    missing = rows[:place] + rows[place + 1 :]
    if place < len(rows):
        for content in (True, False):
            with pytest.raises(BrokenChain) as broken:
                go_on(
                    lambda after, _: [r for r in missing if r[0] > after],
                    Edge(),
                    len(rows),
                    content=content,
                )
            assert broken.value.seq == place + 1


@pytest.mark.parametrize(
    ("change", "why"),
    [
        (lambda note: note.replace("llmtb", "other", 1), "did not sign|does not hold"),
        (lambda note: note_of(rows_of([("a", b"")]), Signer("llmtb", bytes(32))), "did not sign"),
        (lambda note: "", "no checkpoint"),
        (lambda note: note[:-5], "no signed note"),
        (lambda note: "\0" * 30_000, "no checkpoint|at most"),
        (lambda note: note_of(rows_of([("a", b""), ("a", b"")])), "it covers 2 events"),
    ],
)
def test_a_file_that_is_no_checkpoint_of_ours_is_not_passed_over(
    tmp_path: Path, change: object, why: str
) -> None:
    assert callable(change)
    rows = rows_of([("a", b"")])
    keep(tmp_path, 1, change(note_of(rows)))
    with pytest.raises(Mismatch, match=why) as found:
        matched(rows, tmp_path)
    assert found.value.why.startswith("the checkpoint 000000000001.checkpoint cannot be relied on")


def test_an_origin_that_was_set_anew_leaves_earlier_checkpoints_ours(tmp_path: Path) -> None:
    rows = rows_of([("a", b"")])
    keep(tmp_path, 1, note_of(rows))
    renamed = Signer("floor.example", bytes(range(32)))

    async def main() -> None:
        store = MemoryStore()
        store.commit(rows, ())
        journal = await Journal.open(store)
        assert (await match(journal, renamed.key, tmp_path)).head.seq == 1
        await journal.close()

    virtual.run(main(), NIGHT)


def test_a_checkpoint_is_written_through_no_link(tmp_path: Path) -> None:
    master, folder = tmp_path / "master.key", tmp_path / "share"
    master.write_bytes(b"secret")
    folder.mkdir()
    (folder / f"{name_of(7)}.new").symlink_to(master)
    assert keep(folder, 7, "a note").read_text("utf-8") == "a note"
    assert master.read_bytes() == b"secret"


def test_other_files_of_the_folder_are_passed_over(tmp_path: Path) -> None:
    for name in ("notes.txt", "5.checkpoint", ".000000000009.checkpoint.new"):
        (tmp_path / name).write_text("x", "utf-8")
    assert newest(tmp_path) is None
    assert newest(tmp_path / "nowhere") is None
    keep(tmp_path, 3, "three")
    keep(tmp_path, 20, "twenty")
    found = newest(tmp_path)
    assert found is not None
    assert (found.size, found.path.read_text("utf-8")) == (20, "twenty")
    assert set_aside(tmp_path, "old") == 2
    assert newest(tmp_path) is None
    assert (tmp_path / "old" / name_of(20)).read_text("utf-8") == "twenty"
    assert set_aside(tmp_path, "old") == 0
