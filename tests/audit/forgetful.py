"""Forgets somebody again and again, each time in a process that kills itself a step further on.

    python -m tests.audit.forgetful FOLDER SOURCE PERSON LIVES

A step is what Python itself calls one, see `tests.audit.mortal`, and everything that is asked of
the actors and of the keys: before it, and after it. Prints what `mortal` prints.
"""

import asyncio
import functools
import inspect
import shutil
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from llmtb.app import House
from llmtb.events.stores.sqlite import SQLiteStore
from llmtb.vault.keys import Vault
from llmtb.vault.store import KeyStore
from tests.audit import company, mortal
from tests.audit.company import StillClock

STEP = "llmtb.step"


def stepping(kind: type[Any], *names: str) -> None:
    """Have a step before and after each call of some methods."""
    for name in names:
        setattr(kind, name, _stepped(getattr(kind, name)))


def _stepped(method: Callable[..., Any]) -> Callable[..., Any]:
    if inspect.iscoroutinefunction(method):

        @functools.wraps(method)
        async def later(*given: Any, **named: Any) -> Any:
            sys.audit(STEP)
            done = await method(*given, **named)
            sys.audit(STEP)
            return done

        return later

    @functools.wraps(method)
    def now(*given: Any, **named: Any) -> Any:
        sys.audit(STEP)
        done = method(*given, **named)
        sys.audit(STEP)
        return done

    return now


def main(folder: Path, source: Path, person: str, lives: int) -> None:
    """Count the steps, and then die at so many of them, evenly."""
    mortal.STEPS = (*mortal.STEPS, STEP)
    stepping(House, "floor", "access", "chat", "audit", "stop")
    stepping(Vault, "retire", "settle", "renew_snapshots", "destroy", "destroy_days", "note")
    stepping(KeyStore, "clean")
    stepping(SQLiteStore, "save_snapshot", "close")

    def work(name: str) -> Callable[[], None]:
        shutil.rmtree(folder / name, ignore_errors=True)
        shutil.copytree(source, folder / name)
        return lambda: asyncio.run(forget(folder / name, person))

    steps = -mortal.life(work("whole"), 0)
    sys.stdout.write(f"{steps}\n")
    for number in range(1, lives + 1):
        fated = max(1, round(steps * number / lives))
        ended = mortal.life(work(str(number)), fated)
        sys.stdout.write(f"{number} {fated} {ended}\n")


async def forget(folder: Path, person: str) -> None:
    """Forget somebody, with views that are there before."""
    await company.forget(folder, StillClock(), person)


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]), sys.argv[3], int(sys.argv[4]))
