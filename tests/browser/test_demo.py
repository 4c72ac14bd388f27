"""What a newcomer sees after `make run`, in a real browser."""

from pathlib import Path

from playwright.async_api import Browser, expect

from tests.browser.browsing import demo, person, play


def test_the_demo_shows_a_living_floor(tmp_path: Path) -> None:
    async def story(browser: Browser) -> None:
        async with demo(tmp_path) as program, person(browser, program.origin) as newcomer:
            page = await newcomer.open("/board")
            await expect(page.locator("main")).to_contain_text("morning")
            await page.screenshot(path="/tmp/shot.png")

    play(story)
