"""Does something again and again, each time in a process that kills itself a step further on.

    python -m tests.audit.mortal FOLDER DO STEPS

A step is whatever Python itself calls one: a file that is opened, renamed or removed, a database
that is connected. Prints how many there are, and then a line for each life: its number, and 0 or
the signal that ended it. Each life works in a folder of its own, FOLDER/NUMBER.
"""

import os
import shutil
import signal
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

from llmtb.audit.keeping.backing_up import Order, back_up
from llmtb.audit.keeping.rescuing import rescue
from llmtb.audit.keeping.restoring import Until, restore
from llmtb.vault.signer import Signer

AT = datetime(2026, 11, 21, 12, tzinfo=UTC)
STEPS: tuple[str, ...] = (
    "open",
    "os.rename",
    "os.remove",
    "os.mkdir",
    "os.rmdir",
    "sqlite3.connect",
)


def unheard(what: str, done: int, of: int) -> None:
    """Take no notice of how far it is."""


def a_backup(source: Path, place: Path) -> None:
    """Back up a folder of data."""
    signer = Signer("llmtb", bytes(32))
    back_up(Order(source, True, AT, "llmtb"), place / "backups", signer, unheard)


def a_restoring(source: Path, place: Path) -> None:
    """Restore from a backup."""
    restore(source, place / "data", Until(seq=20), None, unheard)


def a_rescue(source: Path, place: Path) -> None:
    """Rescue a journal."""
    rescue(source / "journal.db", place / "rescued", [], unheard)


DO: dict[str, Callable[[Path, Path], None]] = {
    "backup": a_backup,
    "restore": a_restoring,
    "rescue": a_rescue,
}


def life(work: Callable[[], None], fated: int) -> int:
    """Live in a process of its own, up to a step; returns how it ended, or how many there were."""
    reading, writing = os.pipe()
    child = os.fork()
    if not child:
        count = 0

        def step(event: str, _: object) -> None:
            nonlocal count
            if event in STEPS:
                count += 1
                if count == fated:
                    os.kill(os.getpid(), signal.SIGKILL)

        sys.addaudithook(step)
        work()
        os.write(writing, str(count).encode())
        os._exit(0)
    os.close(writing)
    with os.fdopen(reading, "rb") as told:
        count = int(told.read() or b"0")
    _, status = os.waitpid(child, 0)
    return os.WTERMSIG(status) if os.WIFSIGNALED(status) else -count


def main(folder: Path, source: Path, do: str, lives: int) -> None:
    """Count the steps, and then die at so many of them, evenly."""

    def place(name: str) -> Path:
        shutil.rmtree(folder / name, ignore_errors=True)
        (folder / name).mkdir(parents=True)
        return folder / name

    whole = place("whole")
    steps = -life(lambda: DO[do](source, whole), 0)
    sys.stdout.write(f"{steps}\n")
    for number in range(1, lives + 1):
        fated = max(1, round(steps * number / lives))
        here = place(str(number))
        ended = life(lambda here=here: DO[do](source, here), fated)  # type: ignore[misc]
        sys.stdout.write(f"{number} {fated} {ended}\n")


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]), sys.argv[3], int(sys.argv[4]))
