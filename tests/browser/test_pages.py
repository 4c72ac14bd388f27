"""Every page in a real browser: nothing fails, nothing is asked of other hosts, all may use it."""

from pathlib import Path
from typing import Final

import pytest
from axe_playwright_python.async_playwright import Axe
from playwright.async_api import Browser, Page

from tests.browser.browsing import Person, demo, person, play
from tests.browser.handset import speak

PAGES: Final = (
    "/",
    "/board",
    "/board/wall",
    "/desk",
    "/desk/rosters",
    "/desk/history",
    "/rules",
    "/rules/history",
    "/questions",
    "/questions/agents",
    "/questions/gaps",
    "/reports",
    "/reports/{date}/night",
    "/reports/{date}/night/rebuilt",
    "/adherence",
    "/people/a001",
    "/access",
    "/chat",
    "/widget/demo",
    "/nowhere",
)
GRAVE: Final = ("serious", "critical")


async def faults_of(page: Page) -> list[str]:
    """What axe-core finds on a page that is serious or worse, with where it stands."""
    found = (await Axe().run(page)).response["violations"]
    return [
        f"{each['id']}: {node['target']} {node['html'][:120]}"
        for each in found
        if each["impact"] in GRAVE
        for node in each["nodes"][:3]
    ]


async def wrong_with(page: Page, path: str) -> list[str]:
    """What is wrong with an open page."""
    faults = await faults_of(page)
    there = await page.evaluate("performance.getEntriesByType('navigation')[0].responseStatus")
    if (there >= 400) != (path == "/nowhere"):
        faults.append(f"answers {there}")
    width = await page.evaluate("document.documentElement.scrollWidth - innerWidth")
    if width > 0:
        faults.append(f"wider than the window by {width} pixels")
    return faults


async def toured(somebody: Person, language: str, date: str) -> dict[str, list[str]]:
    """What is wrong with each page, in a language; the pages with nothing are left out."""
    page = await somebody.open("/")
    await speak(page, language)
    wrong: dict[str, list[str]] = {}
    for path in PAGES:
        page = await somebody.open(path.format(date=date))
        await page.wait_for_timeout(300)
        if await wrong_with(page, path):
            await page.wait_for_timeout(2000)  # a region that was just being drawn is no fault
            if faults := await wrong_with(page, path):
                wrong[path] = faults
        await page.close()
    return wrong


@pytest.mark.timeout(300)
@pytest.mark.parametrize(("language", "look"), [("en", "light"), ("fa", "dark")])
def test_no_page_has_a_serious_fault_for_those_who_hear_or_type_it(
    language: str, look: str, tmp_path: Path
) -> None:
    async def story(browser: Browser) -> None:
        async with (
            demo(tmp_path) as program,
            person(browser, program.origin, color_scheme=look) as somebody,
        ):
            date = (await program.until("ShiftClosed"))["shift"][:10]
            assert await toured(somebody, language, date) == {}

    play(story, seconds=280)


def test_a_fault_would_be_found() -> None:
    async def story(browser: Browser) -> None:
        page = await browser.new_page()
        await page.set_content("<main><button></button><p style='color:#999'>pale</p></main>")
        assert {fault.partition(":")[0] for fault in await faults_of(page)} == {
            "button-name",
            "color-contrast",
            "html-has-lang",
            "document-title",
        }

    play(story)
