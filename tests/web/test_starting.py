"""The program as it comes up: nobody is shown what is over."""

import asyncio
import re
from pathlib import Path

import httpx

from tests.browser.browsing import demo

OPEN = re.compile(r"/desk/capacity\?shift=(\d{4}-\d\d-\d\d/\w+)")


def test_the_first_page_after_a_start_shows_what_was_recorded_last(tmp_path: Path) -> None:
    async def main() -> None:
        async with demo(tmp_path) as program, httpx.AsyncClient(timeout=30) as http:
            page = await http.get(f"{program.origin}/desk")
            shown = OPEN.findall(page.text)
            opened = program.events("ShiftOpened")
            assert len(opened) > len(shown), "a day lies behind it"
            assert shown == [opened[-1]["shift"]]

    asyncio.run(main())
