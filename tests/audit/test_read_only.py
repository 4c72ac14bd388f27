"""A journal that is not the one that was signed: the program says so, and changes nothing."""

import asyncio
import json
import os
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Awaitable, Callable
from contextlib import closing
from pathlib import Path
from random import Random
from typing import Any

import httpx
import pytest

from llmtb import cli, control
from llmtb.actors.centre import AddAgent
from llmtb.app import House
from llmtb.audit.vouching.checkpoints import Checkpoints
from llmtb.control import Unable
from llmtb.data import open_journal
from llmtb.events.audit import (
    BackupStarted,
    CheckpointSigned,
    ExportStarted,
    PersonForgotten,
)
from llmtb.events.chain import GENESIS, Row, chained, follow
from llmtb.events.codec import CODEC
from llmtb.events.note import opened
from llmtb.events.record import Change, Recorded
from llmtb.live import Live
from llmtb.runtime.clock import WallClock
from llmtb.settings import Audit, Console, Models, Settings
from llmtb.verbs import exits
from tests.audit.signing import NIGHT
from tests.verbs.test_command_line import ROOT
from tests.web.visiting import post

ROWS = "SELECT seq, originator_id, originator_version, topic, state, hash FROM stored_events"
TRIGGERS = "SELECT name, sql FROM sqlite_schema WHERE type = 'trigger'"
OTHER = "of the journal are not those that the checkpoint"


def rows_in(folder: Path) -> list[Row]:
    with closing(sqlite3.connect(folder / "journal.db")) as file:
        return file.execute(f"{ROWS} ORDER BY seq").fetchall()


def rewrite(folder: Path, rows: list[Row]) -> None:
    """Put these events in place of all there are, with a chain that holds."""
    with closing(sqlite3.connect(folder / "journal.db")) as file, file:
        triggers = file.execute(TRIGGERS).fetchall()
        for name, _ in triggers:
            file.execute(f"DROP TRIGGER {name}")
        file.execute("DELETE FROM stored_events")
        rewritten = chained(GENESIS, [(row[1], row[2], row[3], row[4]) for row in rows])
        file.executemany("INSERT INTO stored_events VALUES (?, ?, ?, ?, ?, ?)", rewritten)
        for _, sql in triggers:
            file.execute(sql)


def without_one(folder: Path) -> None:
    """Somebody was never there."""
    rewrite(folder, [row for row in rows_in(folder) if row[1] != "agent/a2"])


def cut_short(folder: Path) -> None:
    """The last hours never were."""
    rewrite(folder, rows_in(folder)[:-4])


async def _begin(folder: Path) -> None:
    held = await open_journal(folder, Audit(), {})
    assert held.signing is not None
    house = House(held.journal, WallClock(), Random(1))
    for number in range(5):
        await house.floor(AddAgent(agent=f"a{number}", name=f"Agent {number}"))
    await Checkpoints(house, held.signing).sign("owner", "asked")
    await house.stop()
    await held.close()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Data of a company whose journal was signed."""
    folder = tmp_path / "data"
    folder.mkdir()
    asyncio.run(_begin(folder))
    return folder


class Verbs:
    """The verbs of the command line over a folder, in this process."""

    def __init__(self, folder: Path, said: pytest.CaptureFixture[str]) -> None:
        self._folder = folder
        self._said = said

    def do(self, *words: object) -> tuple[int, str, str]:
        """Do what a verb says: its exit status, its output, its errors."""
        status = cli.main([*map(str, words), "--data", str(self._folder)])
        said = self._said.readouterr()
        return status, said.out, said.err

    def refused(self, status: int, word: str, *words: object) -> None:
        """Do what a verb says, which it does not do."""
        told, _, line = self.do(*words)
        assert (told, len(line.splitlines())) == (status, 1), line
        assert word in line


def checkpoint(verbs: Verbs, *words: object) -> dict[str, Any]:
    status, output, errors = verbs.do("checkpoint", "--json", *words)
    assert status == exits.DONE, errors
    told: dict[str, Any] = json.loads(output)
    assert Path(told["file"]).read_text("utf-8") == told["note"]
    assert opened(told["note"], told["key"]).size == told["size"]
    return told


def serving(folder: Path, story: Callable[[Live, httpx.AsyncClient], Awaitable[None]]) -> None:
    """A story with the program over a folder, with no bot and nobody who signs in."""

    async def main() -> None:
        shown = asyncio.Event()
        settings = Settings(
            console=Console(port=0, sign_in=False), models=Models(folder=str(folder / "none"))
        )
        live = Live(settings, None, folder / "x.toml", folder, show=lambda _: shown.set())
        serving = asyncio.create_task(live.serve())
        try:
            await asyncio.wait_for(shown.wait(), 30)
            async with httpx.AsyncClient(base_url=live.url, timeout=30) as http:
                await story(live, http)
        finally:
            live.stop()
            await serving

    asyncio.run(main())


def hide(folder: Path, seq: int) -> None:
    """Leave every event as it was signed, and one of them out of the index of streams."""
    with closing(sqlite3.connect(folder / "journal.db", isolation_level=None)) as file:
        [(table,)] = file.execute("SELECT sql FROM sqlite_schema WHERE name = 'stored_events'")
        file.execute(table.replace("stored_events", "other", 1))
        file.execute("INSERT INTO other SELECT * FROM stored_events WHERE seq != ?", (seq,))
        file.execute("PRAGMA writable_schema = ON")
        file.execute(
            "UPDATE sqlite_schema SET rootpage = (SELECT rootpage FROM sqlite_schema"
            " WHERE name = 'sqlite_autoindex_other_1')"
            " WHERE name = 'sqlite_autoindex_stored_events_1'"
        )
        file.execute("DELETE FROM sqlite_schema WHERE tbl_name = 'other'")


def test_an_event_that_is_there_but_not_found_in_its_stream_is_a_mismatch(folder: Path) -> None:
    stream, version = next((row[1], row[2]) for row in rows_in(folder) if row[0] == 2)

    async def opened_again() -> tuple[str | None, bool]:
        held = await open_journal(folder, Audit(), {})
        found = any(each.version == version for each in held.journal.read_stream(stream))
        why = held.journal.refusal
        await held.close()
        return why, found

    assert asyncio.run(opened_again()) == (None, True)
    hide(folder, 2)
    why, found = asyncio.run(opened_again())
    assert not found
    assert why is not None
    assert "journal.db is damaged: row 2 missing from index" in why


def test_a_trigger_that_keeps_events_from_the_disk_is_a_mismatch(folder: Path) -> None:
    with closing(sqlite3.connect(folder / "journal.db")) as file, file:
        file.execute(
            "CREATE TRIGGER kept BEFORE INSERT ON stored_events"
            " WHEN NEW.topic = 'PersonForgotten' BEGIN SELECT RAISE(IGNORE); END"
        )

    async def refusal() -> str | None:
        held = await open_journal(folder, Audit(), {})
        await held.close()
        return held.journal.refusal

    why = asyncio.run(refusal())
    assert why is not None
    assert "kept is missing or no part of a journal" in why


@pytest.mark.parametrize("tamper", [without_one, cut_short])
def test_verbs_that_write_are_refused_until_the_owner_goes_on(
    folder: Path, tamper: Callable[[Path], None], capsys: pytest.CaptureFixture[str]
) -> None:
    verbs = Verbs(folder, capsys)
    first = checkpoint(verbs)
    tamper(folder)
    before = rows_in(folder)
    (folder / "list.csv").write_text("account,level\n1,1\n", "utf-8")
    why = "the journal"
    verbs.refused(exits.DATABASE, why, "checkpoint")
    verbs.refused(exits.DATABASE, why, "customers", folder / "list.csv")
    assert verbs.do("keys", "status")[0] == verbs.do("report", "--json")[0] == exits.DONE
    assert rows_in(folder) == before
    told = checkpoint(verbs, "--accept", "we know what happened")
    assert told["size"] == len(before) + 1
    aside = folder / "checkpoints" / f"set-aside-{len(before) + 1}"
    assert (aside / Path(first["file"]).name).read_text("utf-8") == first["note"]
    assert checkpoint(verbs)["size"] == len(before) + 2
    verbs.refused(exits.INPUT, "matches", "checkpoint", "--accept", "again")
    follow(rows_in(folder), GENESIS, {})


def test_the_program_serves_what_there_is_and_changes_nothing(folder: Path) -> None:
    without_one(folder)
    before = rows_in(folder)

    async def story(live: Live, http: httpx.AsyncClient) -> None:
        for path in ("/board", "/desk", "/reports", "/rules", "/board/wall"):
            page = await http.get(path, follow_redirects=True)
            assert page.status_code == 200, path
            assert "the records do not match what was signed" in page.text, path
            assert OTHER in page.text, path
        assert (await http.get("/readyz")).status_code == 503
        person = {"what": "add", "agent": "mallory", "name": "Mallory", "role": "agent"}
        done = await post(http, "/desk", "/desk/people", **person)
        assert done.status_code == 503
        for request in (
            {"do": "checkpoint", "by": "owner"},
            {"do": "console_link", "agent": "a1", "role": "admin"},
            {"do": "record_backup", "by": "owner", "keys": True},
        ):
            with pytest.raises(Unable) as unable:
                await control.ask(folder, request, _unheard)
            assert unable.value.status == exits.DATABASE
            assert OTHER in str(unable.value)
        assert live.house.journal.head == len(before)
        accept = {"do": "accept", "by": "owner", "reason": "we know"}
        await control.ask(folder, accept, _unheard)
        async with asyncio.timeout(30):
            while await _still_closed(http):  # noqa: ASYNC110
                await asyncio.sleep(0.05)
        assert (await post(http, "/desk", "/desk/people", **person)).status_code == 303

    serving(folder, story)
    assert rows_in(folder)[: len(before)] == before
    follow(rows_in(folder), GENESIS, {})


def test_what_leaves_as_a_whole_is_signed_for_the_auditors_first(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    verbs = Verbs(folder, capsys)
    assert verbs.do("export", "--out", folder.parent / "given")[0] == exits.DONE
    assert verbs.do("backup", folder.parent / "kept")[0] == exits.DONE

    async def recorded() -> list[Recorded]:
        held = await open_journal(folder, Audit(), {})
        try:
            return list(held.journal.read_stream("desk/audit"))
        finally:
            await held.close()

    first, *others = asyncio.run(recorded())
    assert [type(each.event) for each in others[::2]] == [ExportStarted, BackupStarted]
    events = [each.event for each in (first, *others[1::2])]
    signed = [event for event in events if isinstance(event, CheckpointSigned)]
    assert [event.occasion for event in signed] == ["asked", "export", "backup"]
    assert [event.size for event in signed[1:]] == [each.seq for each in others[::2]]
    kept = sorted((folder / "checkpoints").glob("*.checkpoint"))
    assert [file.read_text("utf-8") for file in kept] == [event.note for event in signed]


def test_a_forged_event_destroys_no_words(folder: Path) -> None:
    async def readable() -> bool:
        held = await open_journal(folder, Audit(), {})
        try:
            assert held.vault is not None
            return held.vault.readable("agent/a1")
        finally:
            await held.close()

    forged = PersonForgotten(
        at=NIGHT, by="owner", person="a1", owners=["agent/a1"], upto=1000, texts=[], reason="forged"
    )
    rows = rows_in(folder)
    [(topic, state)] = CODEC.encode_all([Change("desk/audit", 1, forged)])
    rewrite(folder, [*rows[:-1], (0, "desk/audit", 1, topic, state, b"")])
    (folder / "checkpoints" / "000000000099.checkpoint").write_text("none of ours", "utf-8")
    assert asyncio.run(readable())
    (folder / "checkpoints" / "000000000099.checkpoint").unlink()
    assert not asyncio.run(readable())  # what nothing contradicts is taken for what it says


def test_a_verb_killed_at_any_step_leaves_a_checkpoint_whole_or_not_there(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    kept = folder / "checkpoints"
    for step in ("recording", "recorded", "written", "named"):
        died = subprocess.run(
            [sys.executable, "-m", "tests.audit.dying", step, "checkpoint", "--data", str(folder)],
            cwd=ROOT,
            env={**os.environ, "COVERAGE_PROCESS_START": ""},
            capture_output=True,
            timeout=60,
            check=False,
        )
        assert died.returncode == -signal.SIGKILL, (step, died.stderr)
        key = asyncio.run(_key(folder))
        for file in kept.glob("*.checkpoint"):
            assert opened(file.read_text("utf-8"), key).size == int(file.stem)
        checkpoint(Verbs(folder, capsys))
    follow(rows_in(folder), GENESIS, {})


async def _still_closed(http: httpx.AsyncClient) -> bool:
    """Whether nothing can be changed yet; everything is opened anew meanwhile."""
    try:
        return "do not match" in (await http.get("/board")).text
    except httpx.TransportError:
        return True


async def _key(folder: Path) -> str:
    held = await open_journal(folder, Audit(), {})
    assert held.signing is not None
    assert held.journal.refusal is None
    await held.close()
    return held.signing.signer.key


def _unheard(text: str, *, piece: bool = False) -> None:
    """Nobody waits for notes about how far it is."""
