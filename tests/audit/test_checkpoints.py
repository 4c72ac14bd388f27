"""What is signed is what was recorded: once a day, whenever asked, and never a broken chain."""

import asyncio
from datetime import UTC, datetime, time, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from llmtb.audit.vouching.checkpoint_files import name_of
from llmtb.audit.vouching.checkpoints import NothingToAccept, around
from llmtb.audit.vouching.matching import Mismatch, go_on, guard, match
from llmtb.events.audit import ChainBroken, CheckpointSigned, MismatchAccepted
from llmtb.events.chain import chained
from llmtb.events.codec import CODEC
from llmtb.events.errors import BrokenChain, JournalReadOnly
from llmtb.events.event import Event
from llmtb.events.merkle import Frontier
from llmtb.events.note import opened
from llmtb.runtime import virtual
from tests.audit.signing import NIGHT, SIGNER, Desk, play

TEHRAN = ZoneInfo("Asia/Tehran")
FOUR = time(4)


def signed(desk: Desk) -> list[CheckpointSigned]:
    events = (recorded.event for recorded in desk.journal.read_stream("desk/audit"))
    return [event for event in events if isinstance(event, CheckpointSigned)]


def kept(folder: Path) -> list[tuple[str, str]]:
    """The files of a folder, and what is in them."""
    return [(str(path), path.read_text("utf-8")) for path in sorted(folder.iterdir())]


def drop(path: str) -> None:
    Path(path).unlink()


def damage(desk: Desk, seq: int) -> None:
    """Change an event where it is stored."""
    rows = desk.journal._store._rows  # type: ignore[attr-defined]
    at, stream, version, topic, state, mark = rows[seq - 1]
    rows[seq - 1] = (at, stream, version, topic, state + b"x", mark)


def test_a_checkpoint_covers_all_that_was_recorded_before_it(tmp_path: Path) -> None:
    async def story(desk: Desk) -> None:
        await desk.hire(5)
        for occasion in ("asked", "export", "backup"):
            size = desk.journal.head
            frontier = Frontier()
            frontier.extend(row[5] for row in desk.journal.rows(0, size))
            told = await desk.checkpoints.sign("owner", occasion)
            checkpoint = opened(told["note"], SIGNER.key)
            assert checkpoint == ("llmtb", size, frontier.root())
            assert (told["size"], told["root"]) == (size, frontier.root().hex())
            assert Path(told["file"]) == tmp_path / name_of(size)
            assert kept(tmp_path)[-1] == (told["file"], told["note"])
            event = signed(desk)[-1]
            assert (event.size, event.root) == (size, told["root"])
            assert (event.note, event.occasion, event.by) == (told["note"], occasion, "owner")

    play(tmp_path, story)


def test_only_what_is_new_is_read(tmp_path: Path) -> None:
    async def story(desk: Desk) -> None:
        await desk.hire(20)
        edge = await match(desk.journal, SIGNER.key, tmp_path)
        desk.checkpoints = desk.fresh(edge)
        read = list[int]()
        rows = desk.journal.rows

        def counted(after: int, limit: int) -> object:
            read.append(after)
            return rows(after, limit)

        desk.journal.rows = counted  # type: ignore[method-assign, assignment]
        for _ in range(3):
            before = desk.journal.head
            await desk.hire(2)
            await desk.checkpoints.sign("owner", "asked")
            assert min(read) >= before - 1
            read.clear()

    play(tmp_path, story)


def test_a_broken_chain_is_not_signed_but_told(tmp_path: Path) -> None:
    async def story(desk: Desk) -> None:
        await desk.hire(5)
        await desk.checkpoints.sign("owner", "asked")
        await desk.hire(2)
        bad = desk.journal.head - 1
        damage(desk, bad)
        for _ in range(2):
            with pytest.raises(BrokenChain, match=f"event {bad} "):
                await desk.checkpoints.sign("owner", "asked")
        assert len(signed(desk)) == 1
        assert len(kept(tmp_path)) == 1
        events = [recorded.event for recorded in desk.journal.read_stream("desk/audit")]
        [broken] = [event for event in events if isinstance(event, ChainBroken)]
        assert broken.broken == bad

    play(tmp_path, story)


def test_what_came_before_the_last_checkpoint_was_kept_in_mind(tmp_path: Path) -> None:
    async def story(desk: Desk) -> None:
        await desk.hire(5)
        before = await match(desk.journal, SIGNER.key, tmp_path)
        desk.checkpoints = desk.fresh(before)
        await desk.checkpoints.sign("owner", "asked")
        damage(desk, 2)  # under the program's eyes: what it signs next is what it saw first
        told = await desk.checkpoints.sign("owner", "asked")
        seen = go_on(desk.journal.rows, before, told["size"])
        assert opened(told["note"], SIGNER.key) == ("llmtb", desk.journal.head - 1, seen.root)

    play(tmp_path, story)


def test_it_is_signed_every_day_at_its_time_and_once_for_days_that_were_missed(
    tmp_path: Path,
) -> None:
    async def story(desk: Desk) -> None:
        zones = [TEHRAN]
        await desk.hire()
        running = asyncio.create_task(desk.checkpoints.run(virtual.clock(), lambda: zones[0], FOUR))
        await asyncio.sleep(timedelta(hours=3, minutes=59).total_seconds())
        assert signed(desk) == []  # nothing of this journal is from before the day began
        await asyncio.sleep(timedelta(days=2).total_seconds())
        assert [event.at.astimezone(TEHRAN).isoformat()[:16] for event in signed(desk)] == [
            "2026-11-21T04:00",
            "2026-11-22T04:00",
        ]
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)
        await asyncio.sleep(timedelta(days=5).total_seconds())
        running = asyncio.create_task(desk.fresh().run(virtual.clock(), lambda: zones[0], FOUR))
        await asyncio.sleep(60)
        assert len(signed(desk)) == 3
        assert {(event.occasion, event.by) for event in signed(desk)} == {("daily", "clock")}
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)

    play(tmp_path, story)


def test_a_file_that_a_crash_left_out_is_written_at_the_next_start(tmp_path: Path) -> None:
    async def story(desk: Desk) -> None:
        await desk.hire()
        told = await desk.checkpoints.sign("owner", "asked")
        drop(told["file"])
        running = asyncio.create_task(desk.fresh().run(virtual.clock(), lambda: TEHRAN, FOUR))
        await asyncio.sleep(1)
        assert kept(tmp_path)[-1] == (told["file"], told["note"])
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)

    play(tmp_path, story)


def test_a_folder_that_cannot_be_written_is_tried_again(tmp_path: Path) -> None:
    folder = tmp_path / "share"
    folder.write_text("not mounted", "ascii")

    async def story(desk: Desk) -> None:
        await desk.hire()
        with pytest.raises(OSError, match="share"):
            await desk.fresh().sign("owner", "asked")
        await asyncio.sleep(timedelta(hours=5).total_seconds())
        running = asyncio.create_task(desk.fresh().run(virtual.clock(), lambda: TEHRAN, FOUR))
        await asyncio.sleep(90)
        folder.unlink()
        await asyncio.sleep(90)
        assert {path.name for path in folder.iterdir()} >= {name_of(signed(desk)[-1].size)}
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)

    play(folder, story)


def test_a_journal_that_does_not_match_takes_nothing_until_its_owner_says_why(
    tmp_path: Path,
) -> None:
    async def story(desk: Desk) -> None:
        await desk.hire(5)
        first = await desk.checkpoints.sign("owner", "asked")
        with pytest.raises(NothingToAccept):
            await desk.checkpoints.accept("owner", "no reason")
        damage_hash(desk, 3)
        assert await guard(desk.journal, SIGNER.key, tmp_path) is None
        assert desk.journal.refusal is not None
        head = desk.journal.head
        for asked in (desk.hire(), desk.fresh().sign("owner", "asked")):
            with pytest.raises((JournalReadOnly, Mismatch)):
                await asked
        await desk.house.wake()
        assert desk.journal.head == head
        told = await desk.fresh().accept("owner", "an honest mistake")
        event = next(
            each.event
            for each in desk.journal.read(head)
            if isinstance(each.event, MismatchAccepted)
        )
        assert event.note == first["note"]
        assert (event.size, event.why) == (head, told["why"])
        assert (event.reason, event.by) == ("an honest mistake", "owner")
        aside = tmp_path / f"set-aside-{head + 1}" / name_of(first["size"])
        assert aside.read_text("utf-8") == first["note"]
        assert opened(told["note"], SIGNER.key).size == head + 1
        assert (await match(desk.journal, SIGNER.key, tmp_path)).head.seq == desk.journal.head
        await desk.hire()
        await desk.fresh().sign("owner", "asked")

    def damage_hash(desk: Desk, seq: int) -> None:
        rows = desk.journal._store._rows  # type: ignore[attr-defined]
        rows[seq - 1] = (*rows[seq - 1][:5], bytes(32))

    play(tmp_path, story)


def forge(desk: Desk, *events: Event) -> None:
    """Append to the journal what the program never recorded, with a chain that holds."""
    store = desk.journal._store
    versions = sum(1 for _ in desk.journal.read_stream("desk/audit"))
    told = [("desk/audit", number, *CODEC.encode(event)) for number, event in enumerate(events, 1)]
    rows = chained(store.head(), [(s, versions + n, topic, state) for s, n, topic, state in told])
    store.commit(rows, ())  # type: ignore[attr-defined]
    desk.journal._feed.advance(rows[-1][0])


@pytest.mark.parametrize("running", [False, True])
@pytest.mark.parametrize("signs_too", [False, True])
def test_going_on_cannot_be_forged_by_whoever_writes_the_journal_alone(
    tmp_path: Path, running: bool, signs_too: bool
) -> None:
    async def story(desk: Desk) -> None:
        await desk.hire(5)
        told = await desk.checkpoints.sign("owner", "asked")
        size = desk.journal.head
        forged: list[Event] = [
            MismatchAccepted(at=NIGHT, by="owner", size=size, why="", note="", reason="")
        ]
        if signs_too:
            note = told["note"]
            forged.append(
                CheckpointSigned(
                    at=NIGHT, by="clock", size=size + 1, root="", note=note, occasion="daily"
                )
            )
        forge(desk, *forged)
        found = size + (2 if signs_too and not running else 1)
        for checkpoints in [desk.checkpoints if running else desk.fresh()] * 2:
            with pytest.raises(Mismatch, match=f"event {found} "):
                await checkpoints.sign("clock", "daily")
        damage(desk, 3)  # what would not be looked at again
        with pytest.raises(Mismatch):
            await match(desk.journal, SIGNER.key, tmp_path)
        await desk.fresh().accept("owner", "somebody else wrote this")
        await match(desk.journal, SIGNER.key, tmp_path)

    play(tmp_path, story)


@given(
    st.integers(946_684_800, 2_208_988_800).map(
        lambda seconds: datetime.fromtimestamp(seconds, UTC)
    ),
    st.sampled_from(["Asia/Tehran", "America/Sao_Paulo", "Europe/Lisbon", "Pacific/Apia"]),
    st.times(),
)
def test_a_time_of_the_day_comes_round(now: datetime, zone: str, at: time) -> None:
    at = at.replace(second=0, microsecond=0, fold=0)
    due, following = around(now, ZoneInfo(zone), at)
    assert due <= now < following
    assert timedelta(0) < following - due <= timedelta(hours=49)
    assert around(following, ZoneInfo(zone), at)[0] == following
