"""Planned against actual in pages: who sees whom, live, and as the report has it afterwards."""

import asyncio
import re
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from xml.etree import ElementTree

import msgspec
import pytest

from llmtb.actors.access import digest_of
from llmtb.actors.agent import StartBreak
from llmtb.actors.signing_in import OfferSignIn, SignIn
from llmtb.channels.conversation.words import Speech
from llmtb.channels.web.reports.days import closed as closed_shifts
from llmtb.channels.web.reports.showing import share
from llmtb.settings import Console as Settings
from tests.web.serving import SHIFT, WORDS, Served, lines_of, play
from tests.web.test_reports import HOSTILE, REPORT, a_shift, cells, page

SIGNED_IN = Settings(port=0, sign_in=True)


async def enter(served: Served, agent: str) -> None:
    """Be somebody from now on."""
    offer, token = digest_of(f"offer {agent}"), f"session of {agent}".encode().hex()
    until = served.clock.now() + timedelta(days=1)
    await served.house.access(OfferSignIn(agent=agent, offer=offer, way="link", by="test"))
    session = digest_of(token)
    await served.house.access(
        SignIn(offer=offer, session=session, until=until, second_factor=True, device="test")
    )
    await served.seen()
    served.http.cookies.clear()
    served.http.cookies.set("session", token)


async def people(served: Served) -> None:
    await a_shift(served)
    await served.hire("omid", "auditor")


async def status(served: Served, path: str) -> int:
    return (await served.http.get(path)).status_code


def shares(html: str) -> dict[str, list[str]]:
    """By agent, the last three columns: adherence, conformance, shrinkage."""
    agents = re.findall(r'<tr data-agent="([^"]+)"', html)
    rows = [row for row in cells(html) if len(row) >= 10]
    heads = [row for row in rows if row[0] == "Agent"]
    told = [row for row in rows if row not in heads]
    return {agent: row[-3:] for agent, row in zip(agents, told)}


def test_agents_see_themselves_and_nobody_else(tmp_path: Path) -> None:
    async def story(served: Served) -> None:
        await people(served)
        await enter(served, "sara")
        own = await page(served, "/adherence/me?date=2026-11-21")
        assert list(shares(own)) == ["sara"]
        assert await status(served, "/people/sara") == 200
        for path in ("/people/ali", "/adherence", "/reports", REPORT, f"{REPORT}/files/csv"):
            assert await status(served, path) == 403, path
        for path in ("/adherence/feed", f"{REPORT}/rebuilt", "/people/nobody"):
            assert await status(served, path) == 403, path
        assert "/people/ali" not in own

    play(tmp_path, story, settings=SIGNED_IN)


def test_auditors_read_the_reports_and_supervisors_the_people_too(tmp_path: Path) -> None:
    async def story(served: Served) -> None:
        await people(served)
        for agent, person in (("omid", 403), ("maryam", 200)):
            await enter(served, agent)
            for path in ("/reports", REPORT, "/adherence", f"{REPORT}/files/xlsx"):
                assert await status(served, path) == 200, path
            assert await status(served, "/people/ali") == person
        served.http.cookies.clear()
        for path in ("/reports", "/adherence", "/adherence/me", "/people/ali"):
            assert await status(served, path) in (302, 303, 307, 401), path

    play(tmp_path, story, settings=SIGNED_IN)


def test_supervisors_see_the_worst_first_and_auditors_the_order_of_ids(tmp_path: Path) -> None:
    async def story(served: Served) -> None:
        await people(served)
        path, found = "/adherence?date=2026-11-21", {}
        for agent in ("omid", "maryam"):
            await enter(served, agent)
            html = await page(served, path)
            morning = html[html.index('aria-label="morning') :]
            found[agent] = list(shares(morning))
        assert found["omid"] == sorted(found["omid"])
        assert found["maryam"] == ["sara", "ali", "نیما"]

    play(tmp_path, story, settings=SIGNED_IN)


def test_past_figures_are_those_of_the_report(tmp_path: Path) -> None:
    async def story(served: Served) -> None:
        await a_shift(served)
        async with served.views.snapshot() as read:
            looked = await closed_shifts(read, "2026-11-21", WORDS, "en")
        [morning] = [each for each in looked if each.shift == SHIFT]
        html = await page(served, "/adherence?date=2026-11-21")
        shown = shares(html[html.index('aria-label="morning') :])
        speech = morning.document.speech
        assert isinstance(speech, Speech)
        for each in morning.every:
            parts = (each.adherence, each.conformance, each.shrinkage)
            assert shown[each.lines.agent] == [share(speech, part) for part in parts]
            assert each.planned == timedelta(hours=8)
            rests = sum((rest.end - rest.start for rest in each.lines.breaks), timedelta())
            assert each.resting + each.late == rests
        assert shown["نیما"] == ["100%", "100%", "0%"]

    play(tmp_path, story)


async def drawn_with(events: AsyncIterator[tuple[str, str, str]], words: str) -> str:
    """The next drawing of the shifts that holds some words."""
    async for event, data, _ in events:
        if event == "region":
            region = msgspec.json.decode(data)
            if region["id"] == "shifts" and words in region["html"]:
                return str(region["html"])
    raise AssertionError("the stream has ended")


def test_open_pages_follow_the_shift_that_runs(tmp_path: Path) -> None:
    async def story(served: Served) -> None:
        await a_shift(served, over=False)
        async with asyncio.timeout(20), served.http.stream("GET", "/adherence/feed") as stream:
            events = lines_of(stream)
            html = await drawn_with(events, "at rest")
            assert next(iter(shares(html))) == "ali"  # who was late comes first
            await served.do(StartBreak(agent="ali", kind="emergency"))
            assert "at rest" in await drawn_with(events, "emergency 08")

    play(tmp_path, story)


@pytest.mark.parametrize("language", ["en", "fa", "id", "pt", "zh"])
def test_names_stay_names_in_pages_and_pictures(language: str, tmp_path: Path) -> None:
    async def story(served: Served) -> None:
        await a_shift(served)
        served.http.cookies.set("language", language)
        paths = (REPORT, "/adherence", "/adherence?date=2026-11-21", "/people/ali", "/reports")
        for path in (*paths, "/adherence/me", f"{REPORT}/rebuilt"):
            html = await page(served, path)
            assert f'<html lang="{language}"' in html
            for picture in re.findall(r"<svg.*?</svg>", html, re.DOTALL):
                ElementTree.fromstring(picture)  # noqa: S314  we wrote it
        assert HOSTILE.replace("<", "&lt;").replace(">", "&gt;") in await page(served, REPORT)
        assert " style=" not in await page(served, REPORT)

    play(tmp_path, story)
