"""The program as it comes up: nobody is shown what is over."""

import asyncio
import re
from pathlib import Path

import httpx

from llmtb.actors.centre import AddAgent
from llmtb.channels.web.console import MOST_BEHIND
from tests.browser.browsing import demo
from tests.web.serving import Served, play

NOTE = 'class="remakes"'
OPEN = re.compile(r"/desk/capacity\?shift=(\d{4}-\d\d-\d\d/\w+)")


def test_the_first_page_after_a_start_shows_what_was_recorded_last(tmp_path: Path) -> None:
    async def main() -> None:
        async with demo(tmp_path) as program, httpx.AsyncClient(timeout=30) as http:
            page = await http.get(f"{program.origin}/desk")
            reports = await http.get(f"{program.origin}/reports")
            shown = OPEN.findall(page.text)
            opened = program.events("ShiftOpened")
            assert len(opened) > len(shown), "a day lies behind it"
            assert shown == [opened[-1]["shift"]]
            for closed in program.events("ShiftClosed"):
                assert f"/reports/{closed['shift']}" in reports.text

    asyncio.run(main())


def test_pages_say_while_what_is_past_is_still_read(tmp_path: Path) -> None:
    async def story(served: Served) -> None:
        names = (f"a{number:04}" for number in range(MOST_BEHIND + 1))
        await asyncio.gather(*(served.house.floor(AddAgent(agent=name)) for name in names))
        assert NOTE in (await served.http.get("/reports")).text
        await served.views.catch_up()
        assert NOTE not in (await served.http.get("/reports")).text

    play(tmp_path, story, feeds=False)
