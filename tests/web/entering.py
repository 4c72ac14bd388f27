"""Coming in at the console as people do: by links, by digits, with an authenticator."""

import asyncio
import re
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import httpx
import pyotp

from llmtb.actors.access import digest_of
from llmtb.actors.signing_in import OfferSignIn
from llmtb.events.access import (
    RequestsRefused,
    SecondFactorSet,
    SignedOut,
)
from llmtb.settings import Console as Settings
from tests.conversation.company import FakePort
from tests.web.serving import Served, play
from tests.web.visiting import post, token_in

SIGNED = Settings(port=0, sign_in=True)
FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:130.0) Gecko/20100101 Firefox/130.0"
MARYAM, SARA = 77, 88
Story = Callable[[Served], Awaitable[None]]


def company(folder: Path, story: Story, **given: Any) -> None:
    """A story with a supervisor and an agent who have the bot, where people sign in."""

    async def told(served: Served) -> None:
        await served.hire("maryam", "supervisor", account=str(MARYAM))
        await served.hire("sara", account=str(SARA))
        await story(served)

    play(folder, told, **{"settings": SIGNED, **given})


def browser(served: Served) -> httpx.AsyncClient:
    """Another browser, with cookies of its own."""
    return httpx.AsyncClient(
        base_url=served.url, timeout=20, headers={"user-agent": FIREFOX, "accept": "text/html"}
    )


async def enter(served: Served, http: httpx.AsyncClient, agent: str = "maryam") -> httpx.Response:
    """Sign in by a link."""
    code = served.secret(16)
    offer = OfferSignIn(agent=agent, offer=digest_of(code), way="link", by=agent)
    await served.house.access(offer)
    await served.seen()
    return await post(http, "/sign-in", "/sign-in", code=code, back="/account")


def reasons(served: Served, kind: type[SignedOut] | type[RequestsRefused]) -> list[str]:
    """Why sessions ended, or requests were turned away."""
    return [e.reason for e in served.events(kind) if isinstance(e, SignedOut | RequestsRefused)]


async def until(true: Callable[[], object]) -> None:
    """Wait for something that follows."""
    async with asyncio.timeout(30):
        while not true():  # noqa: ASYNC110  nothing tells of it
            await asyncio.sleep(0.01)


async def refused(served: Served, reason: str) -> None:
    """Wait until it is recorded that something was turned away."""
    await until(lambda: reason in reasons(served, RequestsRefused))


async def code_for(port: FakePort, chat: int, sent: int = 1) -> str:
    """The six digits that arrived in a chat."""
    await until(lambda: len(port.chats.get(chat, [])) >= sent)
    found = re.search(r"\d{6}", port.chats[chat][-1].text)
    assert found is not None
    return found[0]


async def set_factor(served: Served, http: httpx.AsyncClient) -> pyotp.TOTP:
    """Have a person who is signed in set up an authenticator."""
    shown = await post(http, "/account", "/account/second-factor/new")
    secret = re.search(r"<code dir=\"ltr\">([A-Z2-7]{32})</code>", shown.text)
    sealed = re.search(r'name="sealed" value="([^"]+)"', shown.text)
    assert secret is not None
    assert sealed is not None
    totp = pyotp.TOTP(secret[1])
    fields = {"token": token_in(shown.text), "sealed": sealed[1]}
    wrong = await http.post("/account/second-factor", data={**fields, "code": "abc"})
    assert wrong.status_code == 400
    assert secret[1] in wrong.text, "the same secret, to try again"
    forged = {**fields, "sealed": sealed[1][:-1] + "x", "code": totp.at(served.clock.now())}
    assert (await http.post("/account/second-factor", data=forged)).is_redirect
    assert not served.events(SecondFactorSet)
    right = {**fields, "code": totp.at(served.clock.now())}
    assert (await http.post("/account/second-factor", data=right)).is_redirect
    assert len(served.events(SecondFactorSet)) == 1
    return totp
