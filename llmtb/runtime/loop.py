"""Runs the house on a real event loop."""

import asyncio
import importlib
from collections.abc import Callable, Coroutine
from typing import Any, TypeVar

T = TypeVar("T")


def run(main: Coroutine[Any, Any, T], *, uvloop: bool = False, debug: bool | None = None) -> T:
    """Like `asyncio.run`; with `uvloop` on that faster loop.

    Raises ModuleNotFoundError if it is wanted and not installed (the extra `fast`).
    """
    factory: Callable[[], asyncio.AbstractEventLoop] | None = None
    if uvloop:
        try:
            factory = importlib.import_module("uvloop").new_event_loop
        except ModuleNotFoundError:
            main.close()
            raise
    with asyncio.Runner(debug=debug, loop_factory=factory) as runner:
        return runner.run(main)
