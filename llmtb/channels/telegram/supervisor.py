"""Keeping the bot on Telegram: one owner, a fresh connection whenever one ends, no storm of them.

telegram = Supervisor(settings, folder, handle, clock=clock, random=random)
serving = asyncio.create_task(telegram.run())
await telegram.connected()
await telegram.send(chat, message, random_id)     # a `Port`, at all times
await telegram.stop_taking(within=10.0)
await telegram.stop()
"""

import asyncio
import logging
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Mapping, Sequence
from pathlib import Path
from random import Random
from typing import Literal, NamedTuple

from llmtb.channels.port import Disconnected, Flooded, OutMessage
from llmtb.channels.telegram.folder import Folder
from llmtb.channels.telegram.gateway import Gateway
from llmtb.channels.telegram.intake import Handle, Intake, IntakeStatistics
from llmtb.channels.telegram.refusals import TelegramRefused
from llmtb.channels.telegram.settings import TelegramSettings
from llmtb.channels.telegram.sync import Sync, SyncStatistics
from llmtb.runtime.clock import Clock
from llmtb.runtime.tasks import until_first

log = logging.getLogger(__name__)

Condition = Literal["starting", "connected", "away", "refused", "stopped"]
Connect = Callable[[TelegramSettings, Folder, Clock], Awaitable[Gateway]]

_STEADY = 30.0  # seconds after which a connection counts as a good one
_REMEMBERED = 4096  # own messages whose ids a difference told


class SupervisorStatistics(NamedTuple):
    """How the bot is connected.

    condition: `connected` is the good one; `away` means that it is being tried again, `refused`
    that it is not. connections, losses: how often one was made, and ended against our will.
    failures: attempts that made none. updates, intake: see there; None before the first connection.
    """

    condition: Condition
    connections: int
    losses: int
    failures: int
    updates: SyncStatistics | None
    intake: IntakeStatistics | None


class Supervisor:
    """A `Port` to Telegram that mends itself. `run` it in a task of its own.

    folder: where the session is kept. handle: takes responsibility for what people do, see
    `Handle`. random: spreads the attempts. connect: makes a connection.
    """

    def __init__(
        self,
        settings: TelegramSettings,
        folder: Path,
        handle: Handle,
        *,
        clock: Clock,
        random: Random,
        connect: Connect = Gateway.open,
    ) -> None:
        self._settings = settings
        self._folder = Folder(folder, settings.bot)
        self._handle = handle
        self._clock = clock
        self._random = random
        self._connect = connect
        self._gateway: Gateway | None = None
        self._intake: Intake | None = None
        self._sync: Sync | None = None
        self._connected = asyncio.Event()
        self._stopping = asyncio.Event()
        self._condition: Condition = "starting"
        self._name: str | None = None
        self._sent: OrderedDict[int, int] = OrderedDict()
        self._connections = self._losses = self._failures = 0

    async def run(self) -> None:
        """Serve until `stop`.

        Raises SignInRefused or SessionInUse, each a line for people; then it is of no use to run
        again before the settings have changed, and everything else of the house can go on.
        """
        try:
            with self._folder as folder:
                settings = self._settings
                self._intake = Intake(
                    self._handle, folder.save, random=self._random, patience=settings.patience
                )
                self._sync = Sync(
                    self._intake, folder.load(), gap=settings.gap, known=self._remember
                )
                try:
                    await self._serve_again_and_again(folder)
                finally:
                    await self._intake.close(0)
        except TelegramRefused:
            self._condition = "refused"
            raise
        self._condition = "stopped"

    async def connected(self) -> None:
        """Wait until there is a connection and what was missed has been fetched."""
        await self._connected.wait()

    async def stop_taking(self, within: float) -> None:
        """Take no more updates; wait up to `within` seconds until the house has taken the rest.

        Sending still works. What arrives from now on is fetched after the next start.
        """
        if self._intake is not None:
            await self._intake.close(within)

    async def stop(self) -> None:
        """Close the connection and let `run` return."""
        self._stopping.set()

    def statistics(self) -> SupervisorStatistics:
        """Return how the bot is connected."""
        return SupervisorStatistics(
            condition=self._condition,
            connections=self._connections,
            losses=self._losses,
            failures=self._failures,
            updates=self._sync.statistics() if self._sync else None,
            intake=self._intake.statistics() if self._intake else None,
        )

    # The port: whatever connection there is, or Disconnected.

    @property
    def name(self) -> str | None:
        """See `Port.name`."""
        return self._name

    async def send(self, chat: int, message: OutMessage, random_id: int) -> int:
        """See `Port.send`. What a difference told of meanwhile is not sent again."""
        known = self._sent.pop(random_id, None)
        if known is not None:
            return known
        return await self._port().send(chat, message, random_id)

    async def edit(self, chat: int, message_id: int, message: OutMessage) -> None:
        """See `Port.edit`."""
        await self._port().edit(chat, message_id, message)

    async def answer(self, query_id: str, text: str = "", *, alert: bool = False) -> None:
        """See `Port.answer`."""
        await self._port().answer(query_id, text, alert=alert)

    async def pin(self, chat: int, message_id: int) -> None:
        """See `Port.pin`."""
        await self._port().pin(chat, message_id)

    async def unpin(self, chat: int, message_id: int) -> None:
        """See `Port.unpin`."""
        await self._port().unpin(chat, message_id)

    async def delete(self, chat: int, message_id: int) -> None:
        """See `Port.delete`."""
        await self._port().delete(chat, message_id)

    async def offer_commands(self, commands: Mapping[str, Sequence[tuple[str, str]]]) -> None:
        """See `Port.offer_commands`."""
        await self._port().offer_commands(commands)

    def _port(self) -> Gateway:
        if self._gateway is None:
            raise Disconnected
        return self._gateway

    # Keeping it up.

    async def _serve_again_and_again(self, folder: Folder) -> None:
        clock = asyncio.get_running_loop().time
        attempts = 0
        while not self._stopping.is_set():
            began, wait = clock(), 0.0
            try:
                await until_first(self._serve(folder), self._stopping.wait())
            except Flooded as flood:
                wait, reason = flood.seconds, "it asks for patience"
            except Disconnected as end:
                reason = str(end)
            except TelegramRefused:
                raise
            except Exception as failure:
                # Whatever the library or the disk came up with, a new connection may do without.
                log.exception("the connection to Telegram failed in an unknown way")
                reason = type(failure).__name__
            else:
                return
            if clock() - began > _STEADY:
                attempts = 0
            wait = max(wait, self._backoff(attempts))
            level = logging.INFO if attempts else logging.WARNING
            log.log(level, "Telegram is away: %s; trying again in %.1f s", reason, wait)
            attempts += 1
            self._condition = "away"
            await until_first(asyncio.sleep(wait), self._stopping.wait())

    async def _serve(self, folder: Folder) -> None:
        """Make one connection and serve it until it ends: then Disconnected says why."""
        try:
            gateway = await self._connect(self._settings, folder, self._clock)
        except (Disconnected, Flooded):
            self._failures += 1
            raise
        self._connections += 1
        self._name = gateway.name or self._name
        try:
            await until_first(
                self._follow(gateway), self._listen_to_heart(gateway), self._notice_end(gateway)
            )
        except Disconnected:
            self._losses += 1
            raise
        finally:
            self._connected.clear()
            self._gateway = None
            await gateway.close()

    async def _follow(self, gateway: Gateway) -> None:
        """Catch up, open the way out, and pass updates on."""
        assert self._sync is not None  # noqa: S101
        gateway.listen(self._sync.hear)
        await self._sync.begin(gateway)
        log.info("Telegram is connected, as @%s", self._name)
        self._condition = "connected"
        self._gateway = gateway
        self._connected.set()
        await self._sync.run()

    async def _listen_to_heart(self, gateway: Gateway) -> None:
        """Ask now and then how far the updates are: whether one went missing, and all is alive."""
        while True:
            await asyncio.sleep(self._settings.heartbeat)
            try:
                state = await gateway.state()
            except Flooded:
                continue
            if self._sync is not None and self._sync.compare(state):
                log.info("updates are missing; fetching them")

    async def _notice_end(self, gateway: Gateway) -> None:
        raise Disconnected(await gateway.lost())

    def _remember(self, sent: dict[int, int]) -> None:
        self._sent.update(sent)
        while len(self._sent) > _REMEMBERED:
            self._sent.popitem(last=False)

    def _backoff(self, attempts: int) -> float:
        wait = min(self._settings.first_retry * 2.0 ** min(attempts, 30), self._settings.last_retry)
        return wait * self._random.uniform(0.5, 1.0)
