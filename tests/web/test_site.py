"""The console as a whole: it is served, it comes back, and it says so when it cannot."""

import asyncio
import html
import re
from pathlib import Path

import pytest

from llmtb.channels.web.page import PLACES, STATIC, Place, static
from tests.web.serving import Served, lines_of, play
from tests.web.visiting import token_in


def test_the_first_page_leads_to_the_board(tmp_path: Path) -> None:
    async def story(served: Served) -> None:
        first = await served.http.get("/")
        assert first.is_redirect
        shown = await served.http.get(first.headers["location"])
        assert shown.status_code == 200
        assert '<html lang="en" dir="ltr">' in shown.text

    play(tmp_path, story)


def test_static_files_are_kept_by_browsers_under_an_address_of_their_content(
    tmp_path: Path,
) -> None:
    async def story(served: Served) -> None:
        for file in sorted(STATIC.iterdir()):
            got = await served.http.get(static(file.name))
            assert got.content == file.read_bytes()
            assert "immutable" in got.headers["cache-control"]
        for bad in ("/static/000000000000/base.css", "/static/x/..%2f..%2fsite.py", "/static/x/y"):
            assert (await served.http.get(bad)).status_code == 404

    play(tmp_path, story)


def test_what_is_not_there_is_said_in_a_page(tmp_path: Path) -> None:
    async def story(served: Served) -> None:
        missing = await served.http.get("/nowhere")
        assert missing.status_code == 404
        assert "There is no such page." in missing.text

    play(tmp_path, story)


@pytest.mark.parametrize("place", PLACES, ids=lambda place: place.path)
def test_every_page_that_the_head_leads_to_is_there(place: Place, tmp_path: Path) -> None:
    async def story(served: Served) -> None:
        assert (await served.http.get(place.path)).status_code == 200

    play(tmp_path, story)


def test_a_page_that_was_open_goes_on_after_the_server_died(tmp_path: Path) -> None:
    async def story(served: Served) -> None:
        async with served.http.stream("GET", "/board/feed") as stream:
            events = lines_of(stream)
            first = [await anext(events) for _ in range(2)]
            dying = asyncio.create_task(served.restart())
            async for _ in events:
                pass  # up to its end: a page would connect again now
            await dying
        async with served.http.stream("GET", "/board/feed") as stream:
            again = lines_of(stream)
            assert [(await anext(again))[0] for _ in range(2)] == [event for event, _, _ in first]

    play(tmp_path, story)


def test_a_choice_of_language_leads_back_to_the_page_it_was_made_on(tmp_path: Path) -> None:
    async def story(served: Served) -> None:
        found = await served.http.get("/questions", params={"range": "week", "lang": "fa"})
        assert _back(found.text) == "/questions?range=week"
        own = {"token": token_in(found.text)}
        faulty = await served.http.post("/rules/check", data=own | {"breaks.every": "none"})
        assert faulty.status_code == 400
        chosen = own | {"language": "pt", "back": _back(faulty.text)}
        again = await served.http.post("/language", data=chosen)
        assert (again.status_code, again.headers["location"]) == (303, "/rules")
        assert (await served.http.get("/rules")).status_code == 200

    play(tmp_path, story)


def _back(page: str) -> str:
    """Where a page's choice of language leads."""
    (back,) = re.findall(r'name="back" value="([^"]*)"', page)
    return html.unescape(back)
