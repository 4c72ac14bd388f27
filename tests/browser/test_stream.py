"""A text that is being written into a chat, seen in a real browser through a reload and a death.

The model is stood in for by a `Scribe` that writes when it is told to; real ones have tests of
their own. House, journal, server, pages and browser are real.
"""

import asyncio
from collections.abc import AsyncIterator
from itertools import count
from pathlib import Path

from playwright.async_api import Browser, expect

from llmtb.events.chat import DraftWritten
from tests.browser.browsing import person, play
from tests.browser.handset import Handset
from tests.conversation.ladder import Ladder
from tests.web.chatting import Phones, with_phones
from tests.web.serving import serving


class Scribe:
    """Writes a numbered word now and then, for as long as it is let."""

    model = "scribe:by-hand"

    def __init__(self) -> None:
        self.enough = asyncio.Event()

    async def draft(self, question: str, text: str) -> AsyncIterator[str]:
        """The words: w1 w2 w3 …"""
        for number in count(1):
            yield f"w{number} "
            await asyncio.sleep(0.2)
            if self.enough.is_set():
                return


def test_a_reload_in_the_middle_of_a_stream_goes_on_where_it_is(tmp_path: Path) -> None:
    async def story(browser: Browser) -> None:
        scribe = Scribe()
        given = {"demo": Phones(), "answer": Ladder(), "drafting": scribe}
        async with serving(tmp_path, **given) as served:  # type: ignore[arg-type]
            await with_phones(served)
            async with person(browser, served.url) as agent:
                page = await agent.open("/")
                sara = Handset(page, "sara", "en")
                await sara.shows("Ask me!")
                await sara.press("Ask me!")
                await sara.hears("please ask your question")
                await sara.write("how do I reset it?")
                await sara.press("Draft a reply")
                await sara.reads("Draft, not checked by anybody:")
                await sara.reads("w1 w2 w3 ")
                await page.reload()
                await sara.reads("w1 w2 w3 w4")
                scribe.enough.set()
                await served.until(DraftWritten)
                [draft] = served.events(DraftWritten)
                assert isinstance(draft, DraftWritten)
                await sara.reads(draft.text.strip())
                drafts = sara.log.get_by_text("Draft, not checked by anybody:")
                await expect(drafts).to_have_count(1)

    play(story)


def test_a_page_says_that_it_is_cut_off_and_goes_on_without_gap_or_repetition(
    tmp_path: Path,
) -> None:
    async def story(browser: Browser) -> None:
        async with serving(tmp_path, demo=Phones(), answer=Ladder()) as served:
            await with_phones(served)
            async with person(browser, served.url) as visitor:
                page = await visitor.open("/")
                board = await visitor.open("/board/wall")
                reza = Handset(page, "reza", "en")
                await reza.shows("Ask me!")
                await reza.write("first question")
                await reza.reads("site-1 asked: first question")
                await served.shut(crash=True)
                await expect(board.locator("html.stale")).to_have_count(1)
                await reza.write("asked while it was dead")
                await served.open()
                await expect(board.locator("html.stale")).to_have_count(0)
                await reza.reads("site-1 asked: asked while it was dead")
                for text in ("site-1 asked: first question", "asked: asked while it was dead"):
                    await expect(reza.log.get_by_text(text)).to_have_count(1)

    play(story)
