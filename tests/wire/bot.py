"""The product's own bot on the suite's Telegram: its settings, its connection, who listens."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from random import Random
from typing import Any

from llmtb.channels.port import Pressed, Said
from llmtb.channels.telegram.folder import Folder
from llmtb.channels.telegram.gateway import Gateway
from llmtb.channels.telegram.settings import PublicKey, TelegramSettings
from llmtb.channels.telegram.supervisor import Supervisor
from llmtb.runtime.clock import WallClock
from tests.wire.server import MtprotoServer
from tests.wire.server.bell import PATIENCE, Bell


def settings_for(server: MtprotoServer, **other: Any) -> TelegramSettings:
    """What a bot of this server is told; impatient, so that tests are quick."""
    usual: dict[str, Any] = {
        "token": server.bot_token,
        "api_id": server.api_id,
        "api_hash": server.api_hash,
        "server": server.address,
        "public_key": PublicKey.from_pem(server.public_key.pem),
        "first_retry": 0.05,
        "last_retry": 0.2,
        "request": 2.0,
        "gap": 0.1,
        "per_second": 1000.0,
        "per_chat_second": 100.0,
    }
    return TelegramSettings(**{**usual, **other})


class Desk:
    """Who takes what people do; `taken` has each update once, `deliveries` each time it came."""

    def __init__(self) -> None:
        self.deliveries: list[Said | Pressed] = []
        self.taken: list[Said | Pressed] = []
        self.fails = 0
        self._ids: set[str] = set()
        self._bell = Bell()

    async def handle(self, update: Said | Pressed) -> None:
        """Takes an update, unless it is made to fail."""
        if self.fails:
            self.fails -= 1
            raise OSError("the disk is full")
        self.deliveries.append(update)
        if update.update not in self._ids:
            self._ids.add(update.update)
            self.taken.append(update)
        self._bell.ring()

    @property
    def texts(self) -> list[str]:
        """What was said and pressed, in order, each once."""
        return [done.text if isinstance(done, Said) else f"[{done.token}]" for done in self.taken]

    async def takes(self, *texts: str) -> None:
        """Waits until exactly this was taken in all."""
        await self._bell.until(
            lambda: self.texts == list(texts) or None,
            PATIENCE,
            lambda: f"{self.texts} were taken, not {list(texts)}",
        )

    async def takes_any(self, times: int) -> None:
        """Waits until so many were taken in all."""
        await self._bell.until(
            lambda: len(self.taken) >= times or None,
            PATIENCE,
            lambda: f"{len(self.taken)} were taken, not {times}",
        )


@asynccontextmanager
async def opened(server: MtprotoServer, folder: Path, **other: Any) -> AsyncIterator[Gateway]:
    """One connection, with nothing around it."""
    settings = settings_for(server, **other)
    with Folder(folder, settings.bot) as owned:
        gateway = await Gateway.open(settings, owned, WallClock())
        try:
            await gateway.state()
            yield gateway
        finally:
            await gateway.close()


@asynccontextmanager
async def supervised(
    server: MtprotoServer, folder: Path, desk: Desk, *, connected: bool = True, **other: Any
) -> AsyncIterator[Supervisor]:
    """A bot that mends itself; stopped as the product stops it."""
    settings = settings_for(server, **other)
    telegram = Supervisor(settings, folder, desk.handle, clock=WallClock(), random=Random(1))
    running = asyncio.ensure_future(telegram.run())
    try:
        if connected:
            await until_connected(telegram, running)
        yield telegram
        await telegram.stop_taking(PATIENCE)
        await telegram.stop()
        await running
    finally:
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)


async def until_connected(telegram: Supervisor, running: "asyncio.Future[None]") -> None:
    """Waits for the connection; raises what ended `running` instead, if something did."""
    async with asyncio.timeout(PATIENCE):
        connected = asyncio.ensure_future(telegram.connected())
        ends: set[asyncio.Future[None]] = {running, connected}
        try:
            await asyncio.wait(ends, return_when=asyncio.FIRST_COMPLETED)
        finally:
            connected.cancel()
        if running.done():
            running.result()
