"""A phone of the demo in a browser, handled as a person handles one, in any language."""

import re
from zoneinfo import ZoneInfo

from playwright.async_api import Locator, Page, expect

from llmtb.channels.conversation.words import Speech, Words

WORDS = Words.load()
ISOLATES = re.compile("[\u2066-\u2069]")


def speech(language: str) -> Speech:
    """How the pages speak."""
    return WORDS.speech(language, ZoneInfo("Asia/Tehran"))


def pattern(text: str) -> re.Pattern[str]:
    """A text, wherever marks of direction stand in it."""
    marks = "[\u2066-\u2069]*"
    return re.compile(marks.join(re.escape(c) for c in ISOLATES.sub("", text)))


class Handset:
    """One phone. speech: the language it speaks."""

    def __init__(self, page: Page, owner: str, language: str) -> None:
        self.root: Locator = page.locator(f"#phone-{owner}")
        self.log = self.root.get_by_role("log")
        self.speech = speech(language)

    async def press(self, msgid: str) -> None:
        """Press the newest button that begins with these words, in the phone's language."""
        label = re.compile("^" + pattern(self.speech.say(msgid)).pattern)
        button = self.root.get_by_role("button", name=label).last
        await button.click()

    async def shows(self, msgid: str) -> None:
        """Wait until there is a button that says this, in the phone's language."""
        name = pattern(self.speech.say(msgid))
        await expect(self.root.get_by_role("button", name=name).last).to_be_visible()

    async def write(self, text: str) -> None:
        """Write something and send it."""
        box = self.root.get_by_role("textbox")
        await box.fill(text)
        await box.press("Enter")

    async def hears(self, msgid: str) -> None:
        """Wait until it is told these words, in the phone's language."""
        await self.reads(self.speech.say(msgid))

    async def reads(self, text: str) -> None:
        """Wait until these very words stand there."""
        await expect(self.log).to_contain_text(pattern(text))


async def speak(page: Page, language: str) -> None:
    """Choose the language of the pages, and with it the phones', as a person does."""
    await page.locator(".menu summary").click()
    await page.locator(f'.menu button[value="{language}"]').click()
    await expect(page.locator("html")).to_have_attribute("lang", language)
