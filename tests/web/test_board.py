"""The board as people see it: the floor's numbers, in their language, and nobody's name unasked."""

import asyncio
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from html import unescape
from pathlib import Path
from random import Random
from typing import Any
from zoneinfo import ZoneInfo

import httpx
import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from llmtb.actors.agent import CheckOut, StartBreak
from llmtb.actors.centre import AddAgent, ReportLoad, SetPolicy
from llmtb.actors.shift import OverrideCapacity
from llmtb.channels.conversation.known import Known
from llmtb.channels.conversation.words import ascii_digits, plain
from llmtb.channels.web.board.drawing import MOST_SHIFTS, regions, shown_as
from tests.projections.logs import NAMES, Play
from tests.web.serving import SHIFT, WORDS, Served, lines_of, play

TEHRAN = ZoneInfo("Asia/Tehran")
HOSTILE = '<script>alert("1")</script>'
LANGUAGES = list(WORDS.languages)
languages = st.sampled_from(LANGUAGES)


@st.composite
def plays(draw: st.DrawFn, names: str | None = None) -> Play:
    """Floors in the middle of anything; names: what the company has the wall tell."""
    chance, play = Random(draw(st.integers(0, 2**32))), Play()
    if names is not None:
        play.do(play.now, SetPolicy(policy={"wall.names": names}))
    for name in NAMES:
        play.do(play.now, AddAgent(agent=name, name=f"{name.title()} {HOSTILE}"))
    for _ in range(draw(st.integers(0, 80))):
        play.go_on(chance)
    play.until(play.now + timedelta(seconds=draw(st.integers(0, 200))))
    return play


def board(play: Play, language: str, most: int | None = None) -> str:
    known = Known(floor=play.state)
    return "".join(regions(known, WORDS.speech(language, TEHRAN), play.now, most=most).values())


def tiles(html: str, name: str) -> list[str]:
    """What the tiles of a name say, without marks; its digits are those of a keyboard."""
    parts = re.findall(
        rf'<section class="[^"]*" data-tile="{name}">(.*?)</section>', html, re.DOTALL
    )
    return [ascii_digits(re.sub("[\u2068\u2069]", "", unescape(part))) for part in parts]


def figure(tile: str) -> str:
    """The number of a tile."""
    found = re.search(r'<p class="figure"><bdi>(.*?)</bdi>', tile)
    assert found is not None, tile
    return found[1]


# --- what is drawn -----------------------------------------------------------------------------


@given(plays(), languages)
def test_the_numbers_are_those_of_the_floor(play: Play, language: str) -> None:
    html, floor = board(play, language), play.state
    shifts = floor.in_order()
    staffed = sum(len(shift.present) - len(shift.breaks) for shift in shifts)
    assert figure(tiles(html, "staffed")[0]) == str(staffed)
    assert [figure(tile) for tile in tiles(html, "rests")] == [
        f"{shift.resting}/{shift.capacity}" for shift in shifts
    ]
    assert [figure(tile) for tile in tiles(html, "late")] == [
        str(sum(rest.due < play.now for rest in shift.breaks.values())) for shift in shifts
    ]
    load = floor.centre.figures(play.now)
    waiting = load.waiting if load is not None else None
    assert figure(tiles(html, "waiting")[0]) == ("–" if waiting is None else str(waiting))
    assert (figure(tiles(html, "level")[0]) == "–") == (load is None)
    for tile, shift in zip(tiles(html, "agents"), shifts, strict=True):
        counts = [int(n) for n in re.findall(r"<dd>(\d+)</dd>", tile)]
        rostered = set(floor.centre.roster.on(shift.instance))
        assert sum(counts) == len(shift.present | rostered)


@given(plays(names="none"), languages)
def test_nobody_is_named_unless_the_company_has_it_so(play: Play, language: str) -> None:
    html = board(play, language)
    for id_ in play.state.centre.roster.people:
        assert re.search(rf"\b{re.escape(id_)}\b", html) is None
    assert "lift was stuck" not in html, "what a supervisor wrote may name people, too"
    for person in play.state.centre.roster.people.values():
        person.name = "Somebody Else"
    assert board(play, language) == html


@given(plays(names="full"), languages)
def test_names_are_told_escaped_where_the_company_has_it_so(play: Play, language: str) -> None:
    html = board(play, language)
    assert "<script" not in html
    assert [tag for tag in re.findall(r"<(\w+)", html) if tag in ("img", "iframe", "a")] == []
    resting = {name for shift in play.state.shifts.values() for name in shift.breaks}
    for name in resting:
        words = play.state.centre.roster.people[name].name.split()[0]
        assert words in unescape(html)


@given(plays(names="initials"), languages)
def test_initials_tell_no_whole_name(play: Play, language: str) -> None:
    html = unescape(board(play, language))
    for person in play.state.centre.roster.people.values():
        assert person.name not in html


@given(st.text())
def test_initials_are_short_and_of_one_line(name: str) -> None:
    shown = shown_as(name, "initials")
    assert 1 <= len(shown) <= 5
    assert plain(shown) == shown


@given(plays(), languages)
def test_a_state_is_told_by_word_and_by_shape(play: Play, language: str) -> None:
    """Whoever sees no colours reads the badge: its class draws a shape, its text says it."""
    html = board(play, language)
    states = re.findall(
        r'class="tile (good|warn|bad|calm)".*?class="badge (\w+)">([^<]+)</span>', html, re.DOTALL
    )
    assert len(states) >= 4
    assert all(tile == badge and word.strip() for tile, badge, word in states)


@given(plays(), languages)
def test_a_wall_shows_no_more_shifts_than_fit(play: Play, language: str) -> None:
    assert len(tiles(board(play, language, most=MOST_SHIFTS), "rests")) <= MOST_SHIFTS
    if play.state.shifts:
        assert len(tiles(board(play, language, most=1), "rests")) == 1


@given(plays())
def test_persian_is_drawn_in_persian_digits(play: Play) -> None:
    text = re.sub(r"<[^>]*>", " ", board(play, "fa"))
    known = Known(floor=play.state)
    shifts = known.floor.in_order()
    own = {shift.name for shift in shifts}
    own |= {shift.meal.name for shift in shifts if shift.meal is not None}
    assert [word for word in re.findall(r"[0-9A-Za-z]+", unescape(text)) if word not in own] == []


# --- as it is served ---------------------------------------------------------------------------


@asynccontextmanager
async def watched(served: Served, path: str = "/board/feed") -> AsyncIterator[AsyncIterator[Any]]:
    """The events of a stream of the board: name and data."""
    async with (
        httpx.AsyncClient(base_url=served.url, timeout=20) as http,
        http.stream("GET", path) as response,
    ):
        assert response.headers["content-type"].startswith("text/event-stream")
        assert "content-encoding" not in response.headers

        async def events() -> AsyncIterator[Any]:
            async for name, data, _ in lines_of(response):
                yield name, msgspec.json.decode(data)

        yield events()


async def region(events: AsyncIterator[Any], id_: str, text: str) -> int:
    """Read until a region holds a text; how many events that took."""
    read = 0
    async for name, data in events:
        read += 1
        if name == "region" and data["id"] == id_ and text in ascii_digits(data["html"]):
            return read
    raise AssertionError(f"{id_} never said {text!r}")


async def opened(served: Served, *agents: str) -> None:
    """The morning shift with these agents on it."""
    for agent in agents:
        await served.hire(agent)
        await served.roster(agent)
    served.clock.on(minutes=5)
    async with asyncio.timeout(30):
        while SHIFT not in served.console.known.floor.shifts:
            await served.conversation.feeder.change(served.console.known.seq)
    await served.seen()


def test_the_page_is_there_in_every_language_and_look(tmp_path: Path) -> None:
    async def story(served: Served) -> None:
        await opened(served, "sara", "nima")
        for path in ("/board", "/board/wall", "/board?wall"):
            answer = await served.http.get(path)
            assert answer.status_code == 200
            html = answer.text
            assert ("<header" in html) == (path == "/board")
            assert "/board/wall/feed" in html or path == "/board"
            assert tiles(html, "rests")
            for asset in re.findall(r'(?:src|href)="(/static/[^"]+)"', html):
                got = await served.http.get(asset)
                assert got.status_code == 200
                assert "immutable" in got.headers["cache-control"]
                plain = await served.http.get(asset, headers={"Accept-Encoding": "identity"})
                assert "content-encoding" not in plain.headers
                assert plain.content == got.content

    play(tmp_path, story)


def test_a_change_reaches_an_open_page(tmp_path: Path) -> None:
    async def story(served: Served) -> None:
        await opened(served, "sara", "nima")
        async with watched(served) as events, watched(served, "/board/wall/feed") as wall:
            await region(events, "board-shifts", "0/1")
            await region(wall, "board-shifts", "0/1")
            await served.do(StartBreak(agent="sara", kind="normal"))
            # The very next pictures tell it: nothing else is sent before, but beats.
            assert await region(events, "board-shifts", "1/1") <= 4
            assert await region(wall, "board-shifts", "1/1") <= 4

    play(tmp_path, story)


def test_a_page_of_before_a_crash_gets_everything_anew(tmp_path: Path) -> None:
    async def story(served: Served) -> None:
        await opened(served, "sara", "nima")
        async with watched(served) as events:
            await region(events, "board-shifts", "0/1")
            await served.do(StartBreak(agent="sara", kind="normal"))
            await served.restart()
        await served.seen()
        async with watched(served) as events:
            await region(events, "board-shifts", "1/1")

    play(tmp_path, story)


def test_why_the_number_is_what_it_is(tmp_path: Path) -> None:
    async def story(served: Served) -> None:
        await served.hire("maryam", "supervisor")
        await opened(served, "sara", "nima")
        assert "1 of every 5 present: 0" in (await served.http.get("/board")).text
        assert "never fewer than 1" in (await served.http.get("/board")).text
        override = OverrideCapacity(by="maryam", shift=SHIFT, capacity=0, reason="Sara is ill")
        await served.do(override)
        html = (await served.http.get("/board")).text
        assert "set by hand until 16:00" in html
        assert "Sara" not in html
        await served.rules({"wall": {"names": "full"}})
        assert "set by hand until 16:00: Sara is ill" in (await served.http.get("/board")).text

    play(tmp_path, story)


def test_old_figures_are_said_to_be_old(tmp_path: Path) -> None:
    async def story(served: Served) -> None:
        await opened(served, "sara", "nima")
        assert "No figures of the calls" in (await served.http.get("/board")).text
        await served.do(
            ReportLoad(calls=10, aht_seconds=60.0, waiting=3, longest_wait_seconds=75.0)
        )
        html = (await served.http.get("/board")).text
        assert "Figures of 08:04" in html
        assert "longest: 1:15" in html
        async with watched(served) as events:
            await region(events, "board-feed", "Figures of")
            served.clock.on(minutes=2)
            await region(events, "board-feed", "the phone system is silent since 08:04")
        html = (await served.http.get("/board")).text
        assert figure(tiles(html, "waiting")[0]) == figure(tiles(html, "level")[0]) == "–"

    play(tmp_path, story)


def test_who_leaves_the_page_is_not_drawn_for(tmp_path: Path) -> None:
    async def story(served: Served) -> None:
        await opened(served, "sara", "nima")
        async with watched(served) as events:
            await region(events, "board-shifts", "0/1")
            assert served.console.hub.watching == 1
        async with asyncio.timeout(30):
            while served.console.hub.watching:  # noqa: ASYNC110  the server says no word of it
                await asyncio.sleep(0.01)

    play(tmp_path, story)


@pytest.mark.parametrize("name", [HOSTILE, "جواد \u202eRTL", "a" * 60])
def test_no_name_breaks_the_page(tmp_path: Path, name: str) -> None:
    async def story(served: Served) -> None:
        await served.hire("mallory", name=name)
        await opened(served, "sara")
        await served.roster("mallory")
        await served.rules({"wall": {"names": "full"}})
        await served.do(StartBreak(agent="mallory", kind="normal"))
        await served.do(CheckOut(agent="sara"))
        html = (await served.http.get("/board/wall")).text
        assert "<script>alert" not in html
        assert "\u202e" not in html

    play(tmp_path, story)
