"""The bot in a process of its own that may kill itself: `python -m tests.wire.fated STEP AHEAD`.

It is `llmtb run`, in the folder it stands in, with a clock that is AHEAD seconds ahead. At the
first STEP it dies on the spot, as by kill -9: `press` (one has come), `sending`, `sent` (a message
has reached the server), or the name of an event that is committed and known to nobody yet.
"""

import os
import signal
import sys
from datetime import datetime, timedelta
from typing import Any

from llmtb import cli, live
from llmtb.channels.conversation.talk import Talk
from llmtb.channels.port import OutMessage, Pressed
from llmtb.channels.telegram.gateway import Gateway
from llmtb.events.journal import Journal
from llmtb.runtime.clock import WallClock


class Ahead(WallClock):
    """A clock that is ahead of the machine's."""

    by = timedelta()

    def now(self) -> datetime:
        """The instant it shows."""
        return super().now() + self.by


def die_at(step: str) -> None:
    """Have the process end at the first such step."""

    def comes_to(here: str) -> None:
        if here == step:
            os.kill(os.getpid(), signal.SIGKILL)

    take, append, send = Talk.handle, Journal.append, Gateway.send

    async def handle(self: Talk, update: Any) -> None:
        if isinstance(update, Pressed):
            comes_to("press")
        await take(self, update)

    async def commit(self: Journal, *given: Any, **more: Any) -> Any:
        recorded = await append(self, *given, **more)
        for part in recorded:
            for each in part:
                comes_to(type(each.event).__name__)
        return recorded

    async def deliver(self: Gateway, chat: int, message: OutMessage, random_id: int) -> int:
        comes_to("sending")
        number = await send(self, chat, message, random_id)
        comes_to("sent")
        return number

    Talk.handle = handle  # type: ignore[method-assign]
    Journal.append = commit  # type: ignore[method-assign]
    Gateway.send = deliver  # type: ignore[method-assign]


if __name__ == "__main__":
    die_at(sys.argv[1])
    Ahead.by = timedelta(seconds=float(sys.argv[2]))
    setattr(live, "WallClock", Ahead)  # noqa: B010  it is not live's to give away
    sys.exit(cli.main(["run"]))
