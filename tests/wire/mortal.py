"""A bot in a process of its own, that kills itself at a given step: `python -m tests.wire.mortal`.

It tells the one person it knows three things, the last with a file, and asks back whatever she
says. Both are queued under command ids, so that a later life queues nothing again. A life with
no step to die at ends when everything was sent.
"""

import asyncio
import json
import os
import signal
import sys
from pathlib import Path
from random import Random
from typing import Any

from llmtb.actors.chat import Draft, QueueMessage, RecordFailed, RecordSent
from llmtb.app import House
from llmtb.channels.port import Attached, Attachment, OutMessage, Pressed, Said
from llmtb.channels.telegram.channel import TelegramChannel
from llmtb.channels.telegram.gateway import Gateway
from llmtb.channels.telegram.settings import PublicKey, TelegramSettings, read_server
from llmtb.events.chat import MessageSent
from llmtb.events.journal import Journal
from llmtb.events.stores.sqlite import SQLiteStore
from llmtb.runtime.clock import WallClock

PERSON = "7012345678"
MESSAGES = 13  # three of its own, and two answers in each of five lives


class Fate:
    """Kills the process at the given step, when it has come the given number of times."""

    def __init__(self, step: str, number: int) -> None:
        self._step = step
        self._left = number

    def comes_to(self, step: str) -> None:
        if step == self._step:
            self._left -= 1
            if self._left == 0:
                os.kill(os.getpid(), signal.SIGKILL)


async def main(told: dict[str, Any]) -> None:
    """Lives until everything was sent, or until the fated step."""
    fate = Fate(told["step"], told["number"])
    folder = Path(told["folder"])
    settings = TelegramSettings(
        token=told["token"],
        api_id=told["api_id"],
        api_hash=told["api_hash"],
        server=read_server(told["server"]),
        public_key=PublicKey.from_pem(told["public_key"]),
        per_chat_second=100.0,
    )
    journal = await Journal.open(SQLiteStore(folder / "journal.db"))
    house = House(journal, WallClock(), Random(1))

    async def queue(command_id: str, text: str, file: Attached | None = None) -> None:
        draft = Draft(message=command_id, text=text, attachment=file)
        await house.chat(PERSON, QueueMessage(chat=PERSON, draft=draft), command_id)

    async def handle(update: Said | Pressed) -> None:
        if isinstance(update, Said):
            await queue(update.update, f"{update.text}?")

    async def record(command: RecordSent | RecordFailed) -> None:
        await house.chat(command.chat, command)
        fate.comes_to("after record")

    async def draw(attached: Attached) -> Attachment:
        return Attachment(f"{attached.shift}.{attached.form}", bytes(100_000))

    plain = Gateway.send

    async def send(self: Gateway, chat: int, message: OutMessage, random_id: int) -> int:
        fate.comes_to("before send")
        remote = await plain(self, chat, message, random_id)
        fate.comes_to("after send")
        return remote

    Gateway.send = send  # type: ignore[method-assign]
    channel = TelegramChannel(
        settings,
        folder / "telegram",
        journal,
        handle,
        record,
        draw,
        clock=WallClock(),
        random=Random(1),
    )
    running = asyncio.ensure_future(channel.run())
    await channel.port.connected()
    file = Attached(shift="morning", form="xlsx", language="en")
    for number in range(1, 4):
        await queue(f"queued {number}", f"queued {number}", file if number == 3 else None)
    arrived = 0
    async for batch in journal.subscribe(0):
        arrived += sum(isinstance(recorded.event, MessageSent) for recorded in batch)
        if arrived == MESSAGES:
            break
    await channel.stop()
    await running
    await house.stop()
    await journal.close()


if __name__ == "__main__":
    asyncio.run(main(json.loads(sys.argv[1])))
