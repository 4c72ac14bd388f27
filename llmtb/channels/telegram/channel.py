"""Telegram as the house has it: the connection, what comes in by it, and the outbox that uses it.

channel = TelegramChannel(settings, folder, journal, handle, record, attachments,
                          clock=clock, random=random)
running = asyncio.create_task(channel.run())
...
await channel.stop()
await running
"""

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path
from random import Random
from typing import NamedTuple

from llmtb.actors.chat import RecordFailed, RecordSent
from llmtb.channels.port import Attachments
from llmtb.channels.telegram.intake import Handle
from llmtb.channels.telegram.outbox import Outbox, OutboxStatistics, Urgency
from llmtb.channels.telegram.settings import TelegramSettings
from llmtb.channels.telegram.supervisor import Supervisor, SupervisorStatistics
from llmtb.events.journal import Journal
from llmtb.runtime.clock import Clock
from llmtb.runtime.tasks import until_first

Record = Callable[[RecordSent | RecordFailed], Awaitable[object]]
"""Asks the chat's actor to record what became of a message; returns when it is in the journal."""


class TelegramStatistics(NamedTuple):
    """Both halves of the channel; see there."""

    connection: SupervisorStatistics
    outbox: OutboxStatistics


class TelegramChannel:
    """One bot on Telegram.

    folder: where its session is kept. handle: takes responsibility for what people do, see
    `Handle`. record: see `Record`. attachments: draws the files that messages name. urgency: see
    `Urgency`. port: the way out, at all times.
    """

    def __init__(
        self,
        settings: TelegramSettings,
        folder: Path,
        journal: Journal,
        handle: Handle,
        record: Record,
        attachments: Attachments,
        *,
        clock: Clock,
        random: Random,
        urgency: Urgency = lambda queued: 0,
    ) -> None:
        self._patience = settings.flush
        self._journal = journal
        self.port = Supervisor(settings, folder, handle, clock=clock, random=random)
        self._outbox = Outbox(
            journal,
            self.port,
            _ChatReceipts(record),
            attachments,
            settings,
            connected=self.port.connected,
            clock=clock,
            random=random,
            urgency=urgency,
        )

    async def run(self) -> None:
        """Serve until `stop`.

        While the journal takes nothing, nothing that is queued there is sent: it could not be
        recorded that it was.

        Raises SignInRefused or SessionInUse, each a line for people: then Telegram is not served,
        and what is to be sent waits in the journal, but nothing else need stop.
        """
        works = [self.port.run()]
        if self._journal.refusal is None:
            works.append(self._outbox.run())
        await until_first(*works)

    async def stop(self) -> None:
        """Take no more updates, send what can still be sent in time, and let `run` return."""
        loop = asyncio.get_running_loop()
        end = loop.time() + self._patience
        await self.port.stop_taking(self._patience)
        if self._journal.refusal is None and self.port.statistics().condition == "connected":
            await self._outbox.flush(end - loop.time())
        await self.port.stop()

    def statistics(self) -> TelegramStatistics:
        """Return how the channel is doing."""
        return TelegramStatistics(self.port.statistics(), self._outbox.statistics())


class _ChatReceipts:
    """Receipts as commands to the chat's actor, which records the same thing only once."""

    def __init__(self, record: Record) -> None:
        self._record = record

    async def sent(self, chat: str, message: str, remote: int | None) -> None:
        await self._record(RecordSent(chat=chat, message=message, remote=remote))

    async def failed(self, chat: str, message: str, error: str) -> None:
        await self._record(RecordFailed(chat=chat, message=message, error=error))
