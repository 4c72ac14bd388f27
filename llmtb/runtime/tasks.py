"""Several things at once, none of which outlives the others."""

import asyncio
from collections.abc import Awaitable
from typing import Any


async def until_first(*works: Awaitable[Any]) -> None:
    """Run all of these until the first of them ends, as this then does; cancel the others.

    Raises what the first raises. What the others raise while they are cancelled is lost.
    """
    tasks: list[asyncio.Future[Any]] = [asyncio.ensure_future(work) for work in works]
    try:
        done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
    for task in done:
        task.result()
