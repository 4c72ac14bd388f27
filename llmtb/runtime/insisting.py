"""Asking until it is done: what must happen happens late rather than never."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from typing import Final

log = logging.getLogger(__name__)

_FIRST_WAIT: Final = 0.1
_LAST_WAIT: Final = 5.0


async def insist(
    ask: Callable[[], Awaitable[object]],
    name: str,
    *,
    transient: tuple[type[Exception], ...],
    final: tuple[type[Exception], ...],
) -> bool:
    """Ask again after each `transient` trouble, at longer and longer intervals (0.1 to 5 s).

    name: for the log. final: what makes it hopeless, also where `transient` holds it. Returns
    whether it was done.
    """
    wait = _FIRST_WAIT
    while True:
        try:
            await ask()
        except final as fault:
            log.error("%s was not taken: %s", name, fault)
            return False
        except transient as trouble:
            log.warning("%s waits: %s", name, trouble)
        else:
            return True
        await asyncio.sleep(wait)
        wait = min(wait * 2, _LAST_WAIT)
