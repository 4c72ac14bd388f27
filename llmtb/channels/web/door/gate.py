"""What the door keeps while the console is served, and what it knows of one request."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from litestar import Request

from llmtb.actors.access import digest_of
from llmtb.channels.web.console import Console
from llmtb.channels.web.door.cookies import Jar
from llmtb.channels.web.door.limits import Buckets, Open, Rate
from llmtb.channels.web.door.refusals import Refusals
from llmtb.channels.web.door.seal import Seal
from llmtb.channels.web.door.second_factor import SecondFactors
from llmtb.channels.web.viewer import Viewer

STATE: Final = "passage"
ADDRESS: Final = Rate(burst=4000, per_second=200)  # one address may be a whole office
SESSION: Final = Rate(burst=300, per_second=20)
KNOCKS: Final = Rate(burst=60, per_second=0.5)  # a whole shift may sign in at one time
STREAMS: Final = 30  # open pages of one browser
STREAMS_OF_ADDRESS: Final = 5000


class Gate:
    """Limits, refusals and secrets of one console. Made on the loop that serves it.

    signs_in: whether people sign in at all. seal: for what goes out and must come back unchanged.
    arriving: held while somebody tries to sign in. sending: codes on their way.
    """

    def __init__(self, console: Console) -> None:
        self.signs_in = console.settings.sign_in and console.demo is None
        self.seal = Seal.kept(console.folder, console.new_text)
        self.second_factors = SecondFactors(console.folder)
        self.refusals = Refusals(console.house.access, console.now)
        self.arriving = asyncio.Lock()
        self.sending: set[asyncio.Task[None]] = set()
        self.addresses = Buckets(ADDRESS, _seconds)
        self.sessions = Buckets(SESSION, _seconds)
        self.knocks = Buckets(KNOCKS, _seconds)
        self.streams = Open(STREAMS)
        self.streams_of_address = Open(STREAMS_OF_ADDRESS)

    def proof(self, whose: str) -> str:
        """What the forms must bring back that are drawn for a session or a visitor."""
        return self.seal.of("form", digest_of(whose))


def _seconds() -> float:
    return asyncio.get_running_loop().time()


@dataclass(frozen=True, slots=True, kw_only=True)
class Passage:
    """One request at the door. visitor: how to speak to whoever it is, signed in or not.

    address: who calls. device: their browser, in few words. cookies: what they brought.
    """

    gate: Gate
    visitor: Viewer
    jar: Jar
    address: str
    device: str
    cookies: Mapping[str, str]

    def cookie(self, name: str) -> str:
        """A cookie by its plain name; empty if it is not there."""
        return self.cookies.get(self.jar.name(name), "")


async def passage_of(request: Request[Any, Any, Any]) -> Passage:
    """What the door found out about a request."""
    passage: Passage = request.state[STATE]
    return passage
