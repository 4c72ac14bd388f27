"""What a newcomer does after `make run`, in a real browser, in two languages."""

import asyncio
from pathlib import Path

import pytest
from playwright.async_api import Browser, Page, expect

from tests.browser.browsing import Program, demo, person, play
from tests.browser.handset import Handset, pattern, speak, speech

LANGUAGES = ("en", "fa")
SLOTS = {"sara", "nima"}


async def pace(page: Page, speed: int) -> None:
    """Set the demo's clock: how many seconds pass in one."""
    button = page.locator(f'.play-speeds button[value="{speed}"]')
    await button.click()
    await expect(button).to_have_attribute("aria-pressed", "true")


async def newcomer(page: Page, language: str) -> Page:
    """The first page, in a language, with phones that have been greeted."""
    await speak(page, language)
    for owner in ("sara", "nima", "maryam", "reza"):
        await Handset(page, owner, language).shows("Help")
    return page


def resting(program: Program, agents: set[str]) -> list[str]:
    """Who of these began a rest, as the journal has it."""
    found = program.events("BreakStarted")
    return [event["agent"] for event in found if event["agent"] in agents]


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_rest_goes_through_its_warnings_and_ends_with_the_words_of_the_brief(
    language: str, tmp_path: Path
) -> None:
    async def story(browser: Browser) -> None:
        async with demo(tmp_path) as program, person(browser, program.origin) as somebody:
            page = await newcomer(await somebody.open("/"), language)
            sara = Handset(page, "sara", language)
            await sara.press("Rest(dnd)")
            await sara.press("Emergency")
            await pace(page, 300)
            said = speech(language)
            for number in (1, 2):
                warning = said.say("Warning {count}; {most} are allowed.", count=number, most=2)
                await sara.reads(warning.partition("؛" if language == "fa" else ";")[0])
            await pace(page, 20)
            await sara.press("Rest(dnd)")
            await sara.hears("your rest time is over")

    play(story)


@pytest.mark.parametrize("language", LANGUAGES)
def test_an_override_leaves_one_slot_and_two_who_race_for_it_in_two_browsers_get_it_once(
    language: str, tmp_path: Path
) -> None:
    async def story(browser: Browser) -> None:
        async with (
            demo(tmp_path) as program,
            person(browser, program.origin) as one,
            person(browser, program.origin) as other,
        ):
            first = await newcomer(await one.open("/"), language)
            await pace(first, 0)  # nobody else moves
            second = await newcomer(await other.open("/"), language)
            desk = await one.open("/desk")
            taken = program.slots()
            await desk.locator('a[href^="/desk/capacity"]').first.click()
            await desk.locator('input[name="capacity"]').fill(str(taken + 1))
            await desk.locator('[name="reason"]').fill("<b>cable</b> قطع شد")
            await desk.locator('form[action^="/desk/capacity"] button.main').click()
            await expect(desk.locator("#desk-floor")).to_contain_text(
                pattern(speech(language).figure(taken, taken + 1))
            )
            await expect(desk.locator("#desk-floor")).to_contain_text("<b>cable</b>")
            phones = Handset(first, "sara", language), Handset(second, "nima", language)
            for phone in phones:
                await phone.press("Rest(dnd)")
                await phone.shows("Urgent")
            await asyncio.gather(*(phone.press("Urgent") for phone in phones))
            told = [
                asyncio.ensure_future(phone.hears("All the slots are taken.")) for phone in phones
            ]
            done, waiting = await asyncio.wait(told, return_when=asyncio.FIRST_COMPLETED)
            assert len(done) == 1
            for each in waiting:
                each.cancel()
            await asyncio.gather(*told, return_exceptions=True)
            assert len(resting(program, SLOTS)) == 1
            refused = [e["agent"] for e in program.events("BreakRefused") if e["agent"] in SLOTS]
            assert len(refused) == 1

    play(story)


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_customer_is_handed_over_and_back_and_a_reload_loses_and_repeats_nothing(
    language: str, tmp_path: Path
) -> None:
    async def story(browser: Browser) -> None:
        async with (
            demo(tmp_path) as program,
            person(browser, program.origin) as one,
            person(browser, program.origin) as other,
        ):
            page = await newcomer(await one.open("/"), language)
            await expect(page.locator(".play-time")).not_to_be_empty()
            # The others' questions are done with: from here on customers are handed over again.
            await program.settled()
            reza = Handset(page, "reza", language)
            await reza.press("A person")
            handed = await program.until("HandedOver")
            agent = Handset(await other.open("/"), handed["agent"], language)
            await agent.shows("Done")
            await reza.write("مودم من روشن نمی‌شود <script>alert(1)</script>")
            await agent.reads("مودم من روشن نمی‌شود <script>alert(1)</script>")
            await page.reload()
            await agent.write("Is the power light on? روشن است؟")
            await reza.reads("Is the power light on? روشن است؟")
            await page.reload()
            await reza.reads("Is the power light on? روشن است؟")
            words = reza.log.get_by_text("مودم من روشن نمی‌شود")
            await expect(words).to_have_count(1)
            await agent.press("Done")
            await program.until("TakenBack")

    play(story)


def test_a_key_that_is_pressed_while_the_bot_speaks_is_pressed(tmp_path: Path) -> None:
    async def story(browser: Browser) -> None:
        async with demo(tmp_path) as program, person(browser, program.origin) as somebody:
            page = await newcomer(await somebody.open("/"), "en")
            sara = Handset(page, "sara", "en")
            await sara.root.get_by_role("textbox").fill("help")
            await sara.root.locator(".chat-keys button").first.hover()
            await page.mouse.down()
            await sara.root.get_by_role("textbox").dispatch_event(
                "keydown", {"key": "Enter", "bubbles": True, "cancelable": True}
            )
            told = sara.log.locator(".chat-bubble").filter(has_text="to rest, and press it again")
            await expect(told).to_have_count(2)
            await page.mouse.up()
            await sara.hears("Which rest would you like?")

    play(story)
