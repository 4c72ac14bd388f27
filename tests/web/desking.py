"""A desk with people at it: who is signed in, what their forms hold, a floor with some on it."""

import asyncio
import re
import threading
from collections.abc import AsyncIterator, Coroutine, Iterator
from contextlib import asynccontextmanager, contextmanager
from datetime import timedelta
from html import unescape
from pathlib import Path
from typing import Any, TypeVar

import httpx

from llmtb.actors.access import digest_of
from llmtb.actors.signing_in import OfferSignIn, SignIn
from llmtb.settings import Console as Settings
from tests.web.serving import SHIFT, Served, serving
from tests.web.visiting import token_in

T = TypeVar("T")
SIGNED = Settings(port=0, sign_in=True)
LUNCH = {"name": "lunch", "shift": "morning", "start": "12:00", "end": "14:00"}


@asynccontextmanager
async def signed_in(served: Served, agent: str) -> AsyncIterator[httpx.AsyncClient]:
    """A browser at which somebody is signed in; its token goes with every request."""
    code, token = f"code of {agent}", f"token of {agent}"
    await served.house.access(
        OfferSignIn(agent=agent, offer=digest_of(code), way="code", by="test")
    )
    until = served.clock.now() + timedelta(hours=1)
    await served.house.access(
        SignIn(
            offer=digest_of(code),
            session=digest_of(token),
            until=until,
            second_factor=False,
            device="test",
        )
    )
    await served.seen()
    cookies = {"session": token}
    async with httpx.AsyncClient(base_url=served.url, cookies=cookies, timeout=20) as http:
        http.headers["x-token"] = token_in((await http.get("/board")).text)
        yield http


async def at_hand(served: Served) -> None:
    """Have the company's own client bring the token back, where nobody signs in."""
    served.http.headers["x-token"] = token_in((await served.http.get("/board")).text)


async def staff(served: Served, agents: int = 6) -> None:
    """A supervisor, an auditor, and agents a0, a1, … present in the morning."""
    await served.hire("maryam", "supervisor")
    await served.hire("omid", "auditor")
    for number in range(agents):
        await served.hire(f"a{number}")
        await served.roster(f"a{number}")
    served.clock.on(minutes=2)
    async with asyncio.timeout(30):
        while SHIFT not in served.console.known.floor.shifts:  # noqa: ASYNC110  it opens by itself
            await asyncio.sleep(0.01)
    await served.seen()


def fields(html: str, action: str) -> dict[str, str]:
    """What a form of a page holds as it was drawn, as a browser would send it back."""
    form = re.search(rf'<form[^>]*action="{re.escape(action)}".*?</form>', html, re.DOTALL)
    assert form is not None, f"no form leads to {action}"
    found = {}
    for tag in re.findall(r"<input[^>]*>", form[0]):
        name, value = re.search(r'name="([^"]*)"', tag), re.search(r'value="([^"]*)"', tag)
        chosen = ('type="radio"' not in tag and 'type="checkbox"' not in tag) or " checked" in tag
        if name and chosen:
            found[unescape(name[1])] = unescape(value[1]) if value else ""
    for select in re.finditer(r'<select name="([^"]*)".*?</select>', form[0], re.DOTALL):
        options = re.findall(r'<option value="([^"]*)"( selected)?', select[0])
        if options:
            marked = [value for value, selected in options if selected] or [options[0][0]]
            found[unescape(select[1])] = unescape(marked[0])
    return found


class Running:
    """A served company on a loop of its own, for tests that try many things with one."""

    def __init__(self, folder: Path, **given: Any) -> None:
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()
        self._serving = serving(folder, **given)
        self.served = self.do(self._serving.__aenter__())

    def do(self, work: Coroutine[Any, Any, T]) -> T:
        """Have something done there, and wait for it."""
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(60)

    def close(self) -> None:
        """End it."""
        self.do(self._serving.__aexit__(None, None, None))
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()


@contextmanager
def running(folder: Path, **given: Any) -> Iterator[Running]:
    """A served company for as long as this lasts."""
    company = Running(folder, **given)
    try:
        yield company
    finally:
        company.close()
