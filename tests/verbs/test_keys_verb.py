"""`llmtb keys`, beside a program that runs and without one."""

import asyncio
import json
from pathlib import Path

import pytest

from llmtb import cli
from llmtb.actors.centre import AddAgent
from llmtb.events.audit import MasterKeyRotated
from llmtb.events.event import Event
from llmtb.events.floor import AgentAdded
from llmtb.live import Live
from llmtb.settings import Console, Settings
from llmtb.vault.keys import Vault

FILE = Path("keys") / "master.key"


def llmtb(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str, str]:
    """Run a verb; its exit status, what it said, and what it complained of."""
    status = cli.main(arguments)
    said = capsys.readouterr()
    return status, said.out, said.err


async def started(folder: Path) -> tuple[Live, asyncio.Task[None]]:
    """A program that runs over a folder."""
    shown = asyncio.Event()
    given = Settings(console=Console(port=0))
    live = Live(given, None, folder / "x.toml", folder, show=lambda _: shown.set())
    serving = asyncio.create_task(live.serve())
    await asyncio.wait_for(shown.wait(), 30)
    return live, serving


def recorded(folder: Path, *verbs: tuple[str, ...]) -> list[Event]:
    """Let a program run over a folder with somebody on its roster, do some verbs beside it, and
    start it once more; everything that is recorded, as it can be read then.
    """

    async def main() -> list[Event]:
        live, serving = await started(folder)
        await live.house.floor(AddAgent(agent="ada", name="Ada Lovelace", by="s"))
        for verb in verbs:
            assert await asyncio.to_thread(cli.main, [*verb, "--data", str(folder)]) == 0
        live.stop()
        await serving
        live, serving = await started(folder)
        events = [each.event for each in live.house.journal.read()]
        live.stop()
        await serving
        return events

    return asyncio.run(main())


def test_the_master_key_is_exchanged_beside_the_running_program(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    events = recorded(
        tmp_path,
        ("keys", "status", "--json"),
        ("keys", "rotate", "--json"),
        ("keys", "status", "--json"),
        ("keys", "rotate"),
    )
    before, rotated, after, last = capsys.readouterr().out.splitlines()
    first, second = json.loads(before), json.loads(after)
    assert json.loads(rotated) == {"key": second["locked_by"], "keys": sum(first["keys"].values())}
    assert first["locked_by"] != second["locked_by"]
    assert first["keys"] == second["keys"] == {"profile": 1, "snapshots": 1}
    told = [event for event in events if isinstance(event, MasterKeyRotated)]
    assert told[0].key == second["locked_by"]
    assert len(told) == 2
    assert f"locked by master key {told[1].key} from now" in last
    assert [event.name for event in events if isinstance(event, AgentAdded)] == ["Ada Lovelace"]


def test_an_exchange_that_was_broken_off_before_it_was_recorded_is_recorded_at_the_next_start(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Vault, "told", lambda _: None)  # as if the program had ended before it
    events = recorded(tmp_path, ("keys", "rotate"))
    assert len([event for event in events if isinstance(event, MasterKeyRotated)]) == 1
    monkeypatch.undo()
    events = recorded(tmp_path, ("keys", "rotate"))
    assert len([event for event in events if isinstance(event, MasterKeyRotated)]) == 2


def test_keys_that_are_lost_are_told_and_abandoned(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    data = ("--data", str(tmp_path))
    for verb in ("status", "rotate", "abandon"):
        status, _, line = llmtb(capsys, "keys", verb, *data)
        assert status == 2
        assert line.count("\n") == 1
    recorded(tmp_path)
    assert llmtb(capsys, "keys", "abandon", *data)[1] == "No key is missing; nothing is changed.\n"
    (tmp_path / FILE).unlink()
    for verb in ("status", "rotate"):
        status, _, line = llmtb(capsys, "keys", verb, *data)
        assert status == 3
        assert "locked by master key" in line
        assert line.count("\n") == 1
    status, said, _ = llmtb(capsys, "keys", "abandon", *data)
    assert status == 0
    assert said.startswith("1 keys are lost")
    assert (tmp_path / "keys.db.1").exists()
    status, said, _ = llmtb(capsys, "keys", "status", *data)
    assert status == 0
    assert "1 were destroyed" in said


def test_a_key_in_the_environment_says_what_to_do(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LLMTB_MASTER_KEY", "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=")
    (tmp_path / "journal.db").touch()
    status, _, line = llmtb(capsys, "keys", "rotate", "--data", str(tmp_path))
    assert status == 3
    assert "put a new one (`head -c 32 /dev/urandom | base64`) into LLMTB_MASTER_KEY_NEXT" in line
