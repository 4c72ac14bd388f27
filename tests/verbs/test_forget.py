"""`llmtb forget`: asked first, done whole, by the program that runs or where nothing does."""

import asyncio
import json
from pathlib import Path

import httpx
import pytest

from llmtb.channels.web.door.second_factor import FactorsDamaged
from llmtb.data import JOURNAL_FILE
from llmtb.inference.remembering import remembered
from llmtb.live import Live
from llmtb.settings import Console, Settings
from llmtb.verbs import exits
from llmtb.verbs.exits import Failed
from llmtb.verbs.forget import forget
from tests.audit import company
from tests.audit.company import NAMES, StillClock, secret
from tests.verbs.test_command_line import llmtb, refused
from tests.verbs.test_console import running


async def begin(folder: Path) -> None:
    """A company that has begun."""
    async with company.records(folder, StillClock()) as archive:
        await company.begin(archive.house)
        await company.say(archive.house, "ava", 1)
        await company.say(archive.house, "ben", 2)


def test_a_program_that_runs_forgets_and_goes_on(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    asyncio.run(begin(tmp_path))
    worked_out: list[str] = []
    remember = remembered(8)(worked_out.append)

    async def story(live: Live) -> None:
        house, url = live.house, live.url
        remember(secret("ava", 1))
        async with asyncio.timeout(20):
            while not (tmp_path / "control.sock").exists():  # noqa: ASYNC110
                await asyncio.sleep(0.01)
        await asyncio.to_thread(forget, (None, tmp_path), "ava", "asked", True, True)
        told = json.loads(capsys.readouterr().out)
        assert (told["person"], told["here"], told["chats"]) == ("ava", True, 1)
        everything = company.bytes_in(tmp_path)
        assert NAMES["ava"].encode() not in everything
        assert secret("ava", 1).encode() not in everything
        async with asyncio.timeout(20):
            while live.house is house or not await answers(live.url):  # noqa: ASYNC110
                await asyncio.sleep(0.05)
        assert live.url == url
        remember(secret("ava", 1))
        assert len(worked_out) == 2, "what was made of her words was kept in memory"
        told_now = company.words_in(list(live.house.journal.read()))
        assert NAMES["ava"] not in told_now
        assert secret("ben", 2) in told_now
        await company.say(live.house, "ben", 3)
        with pytest.raises(Failed, match="nobody is known as 'zoe'"):
            await asyncio.to_thread(forget, (None, tmp_path), "zoe", None, True, True)

    running(tmp_path, story)


async def answers(url: str) -> bool:
    """Whether the console is there."""
    async with httpx.AsyncClient() as http:
        try:
            return (await http.get(f"{url}api/v1/health/live")).status_code < 500
        except httpx.TransportError:
            return False


def test_it_is_not_done_unasked(tmp_path: Path) -> None:
    asyncio.run(begin(tmp_path))
    refused(llmtb("forget", "ava", "--data", ".", cwd=tmp_path), exits.INPUT, "say --yes")
    assert (tmp_path / JOURNAL_FILE).exists()


def test_it_says_first_what_goes_and_what_stays(tmp_path: Path) -> None:
    asyncio.run(begin(tmp_path))
    done = llmtb("forget", "ava", "--data", ".", "--yes", cwd=tmp_path)
    assert done.returncode == 0
    assert "names, dates of hire, devices: in 1 event" in done.stderr
    assert "removed from it first" in done.stderr
    assert done.stdout == "ava is forgotten.\n"
    again = llmtb("forget", "ava", "--data", ".", "--yes", cwd=tmp_path)
    assert again.returncode == 0  # safe to be asked again


def test_a_damaged_file_of_second_factors_is_told_and_once_away_the_rest_is_done(
    tmp_path: Path,
) -> None:
    asyncio.run(begin(tmp_path))
    factors = tmp_path / "second-factors.json"
    factors.write_text('{"ava": {"secr', "utf-8")
    done = llmtb("forget", "ava", "--data", ".", "--yes", cwd=tmp_path)
    assert done.returncode == exits.DATABASE
    assert "second-factors.json: is damaged" in done.stderr.splitlines()[-1]
    assert "Traceback" not in done.stderr
    refused(llmtb("keys", "rotate", "--data", ".", cwd=tmp_path), exits.DATABASE, "move it away")
    factors.unlink()
    done = llmtb("checkpoint", "--data", ".", cwd=tmp_path)  # whatever opens the data does the rest
    assert done.returncode == 0, done.stderr
    assert secret("ava", 1).encode() not in company.bytes_in(tmp_path)


def test_a_start_with_a_damaged_file_of_second_factors_says_so(tmp_path: Path) -> None:
    (tmp_path / "second-factors.json").write_bytes(b"\x00\x01")

    async def main() -> None:
        live = Live(Settings(console=Console(port=0)), None, tmp_path / "x.toml", tmp_path)
        with pytest.raises(FactorsDamaged, match="put back a copy"):
            await live.serve()

    asyncio.run(main())
