"""A supervisor at the desk in a browser: forms over a living page, cards, rules tried first."""

from pathlib import Path

import pytest
from playwright.async_api import Browser, Page, expect

from tests.browser.browsing import demo, person, play

LANGUAGES = ("en", "fa")
DIALOG = "dialog[open]"
TOLD = ".note.good"
DRAWN = "before => document.getElementById('desk-floor').innerHTML !== before"


async def sent(page: Page) -> None:
    """Send the form that is open, and wait for the line that says what came of it."""
    await page.locator(f"{DIALOG} button.main").click()
    await expect(page.locator(TOLD).first).to_be_visible()


@pytest.mark.parametrize("language", LANGUAGES)
def test_what_is_typed_at_the_desk_outlives_its_redrawing(language: str, tmp_path: Path) -> None:
    async def story(browser: Browser) -> None:
        async with demo(tmp_path) as program, person(browser, program.origin) as somebody:
            page = await somebody.open(f"/desk?lang={language}")
            await page.locator("a[data-key^=capacity]").first.press("Enter")
            number = page.locator(f"{DIALOG} input[name=capacity]")
            await expect(number).to_be_focused()
            await page.keyboard.type("3")
            before = await page.locator("#desk-floor").inner_html()
            await page.wait_for_function(DRAWN, arg=before)
            await expect(number).to_have_value("3")
            await page.locator(f"{DIALOG} input[name=reason]").fill("<b>rush</b>")
            await sent(page)
            override = await program.until("OverrideSet")
            assert (override["capacity"], override["reason"]) == (3, "<b>rush</b>")
            assert await page.locator("main b").count() == 0

    play(story)


def test_a_press_ends_on_what_it_began_on_however_often_the_page_is_drawn(tmp_path: Path) -> None:
    async def story(browser: Browser) -> None:
        async with demo(tmp_path) as program, person(browser, program.origin) as somebody:
            page = await somebody.open("/")
            await page.locator('.play-speeds button[value="300"]').click()
            await page.goto(f"{program.origin}/desk")
            link = page.locator("a[data-key^=capacity]").first
            for _ in range(5):
                await link.hover()
                await page.mouse.down()
                await page.wait_for_timeout(900)  # milliseconds: a hand that is not quick
                await page.mouse.up()
                await expect(page.locator(DIALOG)).to_be_visible()
                await page.keyboard.press("Escape")
                await expect(page.locator(DIALOG)).to_have_count(0)
            await page.mouse.down()
            before = await page.locator("#desk-floor").inner_html()
            await page.wait_for_function(DRAWN, arg=before)  # who never lets go sees what is true

    play(story)


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_card_is_dragged_to_another_shift_or_moved_by_keys(language: str, tmp_path: Path) -> None:
    async def story(browser: Browser) -> None:
        async with demo(tmp_path) as program, person(browser, program.origin) as somebody:
            page = await somebody.open(f"/desk/rosters?lang={language}")
            morning, night = (
                page.locator(f"[data-column={name}]") for name in ("morning", "night")
            )
            await morning.locator("[data-card]").first.drag_to(night.locator("h3"))
            await expect(page.locator(f"{DIALOG} select[name=to]")).to_have_value("night")
            await sent(page)
            moved = await program.until("ShiftAssigned", shift="night", reason="change")
            await morning.locator(".cards a").first.focus()
            await page.keyboard.press("Enter")
            await expect(page.locator(f"{DIALOG} select[name=to]")).to_be_focused()
            await page.locator(f"{DIALOG} input[value=overtime]").check()
            await page.keyboard.press("Enter")
            await expect(page.locator(DIALOG)).to_have_count(0)
            overtime = await program.until("ShiftAssigned", reason="overtime", by="owner")
            assert overtime["agent"] != moved["agent"]

    play(story)


@pytest.mark.parametrize("language", LANGUAGES)
def test_rules_are_tried_and_then_hold(language: str, tmp_path: Path) -> None:
    async def story(browser: Browser) -> None:
        async with demo(tmp_path) as program, person(browser, program.origin) as somebody:
            page = await somebody.open(f"/rules?lang={language}")
            await page.locator('[name="breaks.every"]').fill("0")
            check = page.locator('form[action="/rules/check"] button.main')
            await check.click()
            await expect(page.locator('[name="breaks.every"]')).to_have_attribute(
                "aria-invalid", "true"
            )
            await page.locator('[name="breaks.every"]').fill("۲" if language == "fa" else "2")
            await page.locator("[data-add-row=meals]").click()
            await check.click()
            await expect(page.locator("#preview-of-rules li").first).to_be_visible()
            assert not [e for e in program.events("PolicyChanged") if e["by"] == "owner"]
            apply = page.locator('form[action="/rules/apply"] button.main')
            await apply.click()
            stale = page.get_by_role("alert")
            await expect(page.locator(TOLD).or_(stale).first).to_be_visible()
            if await stale.count():  # the demo's own people changed a rule meanwhile, as it says
                await apply.click()
            await expect(page.locator(TOLD).first).to_be_visible()
            changed = await program.until("PolicyChanged", by="owner")
            assert changed["changed"] == ["breaks.every"]
            history = await somebody.open("/rules/history")
            await expect(history.get_by_text("breaks.every").first).to_be_visible()

    play(story)
