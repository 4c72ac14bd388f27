"""Several streams in one, each part as it comes."""

import asyncio
from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing


async def merged(streams: Sequence[AsyncGenerator[bytes]]) -> AsyncGenerator[bytes]:
    """The parts of all streams, each whole; it ends with the last of them.

    Whoever is slow is waited for: a stream goes on when its part has been taken.
    """
    parts: asyncio.Queue[bytes | None] = asyncio.Queue(1)

    async def pump(stream: AsyncGenerator[bytes]) -> None:
        async with aclosing(stream):
            async for part in stream:
                await parts.put(part)
        await parts.put(None)

    tasks = [asyncio.create_task(pump(stream)) for stream in streams]
    try:
        running = len(tasks)
        while running:
            part = await parts.get()
            if part is None:
                running -= 1
            else:
                yield part
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
