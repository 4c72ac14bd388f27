"""What the API keeps between requests: paces, places, the last answers, the figures."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from typing import Any, Final

from litestar import Litestar
from litestar.connection import ASGIConnection

from llmtb.channels.web.api.figures import Figures
from llmtb.channels.web.api.limits import Pace, Room
from llmtb.channels.web.api.once import Once
from llmtb.channels.web.api.readiness import Readiness
from llmtb.channels.web.console import Console
from llmtb.channels.web.door.refusals import Refusals
from llmtb.runtime.clock import Clock, WallClock

PER_SECOND, BURST = 50.0, 100  # requests of one key
FAILURES_A_SECOND, FAILURES = 1.0, 30  # of one address
MOST_ASKING: Final = 16
MOST_EXPORTS: Final = 8


class Exchange:
    """What serves other systems, for one console.

    Its paces are by the loop's time: the demo's clock may be stopped.
    arrival: the clock by which signed reports are fresh: the machine's, where the console's own is
    only played. pace: of those with a key; strangers: of addresses without one.
    refused: has it recorded how many were turned away.
    """

    def __init__(self, console: Console) -> None:
        self.console = console
        self.arrival: Clock = console.clock if console.demo is None else WallClock()
        self.pace = Pace(PER_SECOND, BURST, _seconds)
        self.strangers = Pace(FAILURES_A_SECOND, FAILURES, _seconds)
        self.asking = Room(MOST_ASKING, "questions are answered")
        self.exports = Room(MOST_EXPORTS, "exports are read")
        self.once = Once()
        self.figures = Figures(console)
        self.readiness = Readiness(console)
        self.refused = Refusals(console.house.access, console.now)

    @asynccontextmanager
    async def counting(self, _: Litestar) -> AsyncIterator[None]:
        """Count what happens for as long as the server runs."""
        task = asyncio.create_task(self.figures.run(), name="figures")
        try:
            yield
        finally:
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task
            await self.refused.close()


def exchange_of(connection: ASGIConnection[Any, Any, Any, Any]) -> Exchange:
    """The exchange, for guards; handlers are given it."""
    exchange: Exchange = connection.app.state.exchange
    return exchange


def _seconds() -> float:
    return asyncio.get_running_loop().time()
