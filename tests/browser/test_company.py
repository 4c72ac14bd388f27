"""A company whose bot is on Telegram (the suite's MTProto server): its people sign in by it."""

import asyncio
import re
import signal
import socket
from pathlib import Path

import pytest
from playwright.async_api import Browser, expect

from llmtb.events.access import SignedIn
from llmtb.runtime.clock import WallClock
from tests.browser.browsing import person, play
from tests.browser.handset import pattern, speech
from tests.wire.living import Centre, Warp, only
from tests.wire.server import MtprotoServer
from tests.wire.test_live_crash import Process, alive, begun, write_settings

CODE = re.compile(r"/sign-in#\S+")


def free_port() -> int:
    """A port that nobody listens on now."""
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        return int(listening.getsockname()[1])


@pytest.mark.timeout(240)
def test_who_signs_in_by_the_bot_stays_through_the_death_of_the_program(tmp_path: Path) -> None:
    async def story(browser: Browser) -> None:
        clock, port = Warp(WallClock().now()), free_port()
        origin = f"http://127.0.0.1:{port}"
        async with MtprotoServer(clock=clock.seconds) as server:
            centre = Centre(tmp_path / "data", server, clock)
            write_settings(centre, port)
            await begun(centre)
            async with person(browser, origin) as maryam, person(browser, origin) as stranger:
                process = Process(centre)
                life = asyncio.create_task(process.run())
                await centre.maryam.say("/console")
                link = CODE.search((await centre.maryam.hears("/sign-in#")).text)
                assert link is not None
                page = await maryam.open(link[0])
                await expect(page.locator(".top")).to_contain_text("Maryam")
                desk = await maryam.open("/desk")
                await expect(desk.locator("#desk-floor")).to_contain_text("morning")
                chat = await maryam.open("/chat")
                await expect(chat.get_by_role("log")).to_contain_text("You are here as")
                # The link is used up, and a stranger sees nothing.
                other = await stranger.open(link[0])
                await expect(other.get_by_role("alert")).to_be_visible()
                assert (await stranger.open("/desk")).url.startswith(f"{origin}/sign-in")
                process.kill()
                assert await life == -signal.SIGKILL
                await expect(desk.locator("[data-feed-state]")).not_to_be_empty()
                await expect(chat.locator(".chat-state")).not_to_be_empty()
                async with alive(centre):
                    await centre.sara.say("/start")
                    await expect(desk.locator("[data-feed-state]")).to_be_empty()
                    box = chat.get_by_role("textbox")
                    await box.fill("/help")
                    await box.press("Enter")
                    await expect(chat.get_by_role("log")).to_contain_text(
                        pattern(speech("en").say("Rosters"))
                    )
                    await desk.reload()
                    await expect(desk.locator("#desk-floor")).to_contain_text("morning")
            signed = only(SignedIn, await centre.audit())
            assert [event.agent for event in signed] == ["supervisor"]

    play(story, seconds=220)
