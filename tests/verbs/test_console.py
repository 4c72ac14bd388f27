"""`llmtb console link`, and starts that would let strangers in."""

import asyncio
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest

from llmtb.live import Live
from llmtb.settings import Console, Settings
from llmtb.verbs import exits
from llmtb.verbs.console import link
from llmtb.verbs.exits import Failed
from tests.verbs.test_command_line import llmtb, refused
from tests.web.visiting import post


def running(folder: Path, story: Callable[[Live], Any]) -> None:
    """A story with a program that runs over a folder."""

    async def main() -> None:
        shown = asyncio.Event()
        settings = Settings(console=Console(port=0))
        live = Live(settings, None, folder / "x.toml", folder, show=lambda _: shown.set())
        serving = asyncio.create_task(live.serve())
        await asyncio.wait_for(shown.wait(), 20)
        try:
            await story(live)
        finally:
            live.stop()
            await serving

    asyncio.run(main())


def test_the_owner_appoints_the_first_admin_and_lets_them_in(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    place = (None, tmp_path)
    nobody = {"agent": None, "role": None, "forget_second_factor": False}

    async def asked(as_json: bool = True, **request: Any) -> None:
        form = {**nobody, **request}
        async with asyncio.timeout(20):
            while not (tmp_path / "control.sock").exists():  # noqa: ASYNC110
                await asyncio.sleep(0.01)
        await asyncio.to_thread(link, place, form, as_json)

    async def story(live: Live) -> None:
        with pytest.raises(Failed, match="nobody supervises yet"):
            await asked()
        with pytest.raises(Failed, match="nobody who signs in"):
            await asked(agent="maryam")
        with pytest.raises(Failed, match="not a request"):
            await asked(agent="a b")
        await asked(agent="maryam", role="admin")
        first = json.loads(capsys.readouterr().out)
        assert first["agent"] == "maryam"
        await asked(as_json=False, forget_second_factor=True)
        told = capsys.readouterr()
        address, _, code = told.out.strip().partition("/sign-in#")
        assert "maryam" in told.err
        assert code not in told.err
        async with httpx.AsyncClient(base_url=address) as http:
            void = await post(http, "/sign-in", "/sign-in", code=first["link"].partition("#")[2])
            assert void.status_code == 400
            assert (await post(http, "/sign-in", "/sign-in", code=code)).is_redirect
            assert (await http.get("/access")).status_code == 200

    running(tmp_path, story)


def test_where_nothing_runs_it_says_so(tmp_path: Path) -> None:
    refused(llmtb("console", "link", cwd=tmp_path), exits.INPUT, "llmtb run")


def test_strangers_are_not_let_in_by_a_start(tmp_path: Path) -> None:
    anywhere = "0.0.0.0"  # noqa: S104
    refused(llmtb("run", "--host", anywhere, cwd=tmp_path), exits.INPUT, "[console]", "bot")
    lines = '[telegram]\ntoken = "1:x"\napi_id = 1\napi_hash = "x"\n[console]\nsign_in = false\n'
    file = tmp_path / "llmtb.toml"
    file.touch(mode=0o600)
    file.write_text(lines, encoding="utf-8")
    refused(llmtb("run", "--host", anywhere, cwd=tmp_path), exits.INPUT, "sign_in")
    assert not (tmp_path / "data" / "journal.db").exists()
