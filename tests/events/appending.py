"""A process that appends to a journal until it is killed or its disk is full.

Prints `ready`, then one line `seq command` for each acknowledged event, at once.
"""

import asyncio
import sys
from datetime import UTC, datetime

from llmtb.events.errors import StorageFailed
from llmtb.events.floor import WaitJoined
from llmtb.events.journal import Change, Journal, Part
from llmtb.events.stores.sqlite import SQLiteStore

NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)
ACTORS = 8


def tell(*words: object) -> None:
    """Write a line, at once."""
    sys.stdout.write(" ".join(map(str, words)) + "\n")
    sys.stdout.flush()


async def act(journal: Journal, stream: str) -> None:
    """Append one or two events at a time to one stream, going on where it ends."""
    version = sum(1 for _ in journal.read_stream(stream))
    while True:
        count = 1 + version % 2
        changes = [
            Change(stream, version + n, WaitJoined(at=NOON, by="a", agent="a", shift="d"))
            for n in range(1, count + 1)
        ]
        command = f"{stream}:{version}"
        try:
            [events] = await journal.append([Part(changes, command)])
        except StorageFailed as error:
            tell("failed", error)
            return
        version += count
        for recorded in events:
            tell(recorded.seq, command)


async def main(path: str) -> None:
    """Append with several actors at once."""
    journal = await Journal.open(SQLiteStore(path))
    tell("ready")
    await asyncio.gather(*(act(journal, f"agent/{number}") for number in range(ACTORS)))
    tell("head", journal.head)
    await journal.close()


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1]))
