"""`llmtb simulate`: a scenario on a virtual clock, every event as a line of JSON."""

import sys
from collections.abc import Iterable
from contextlib import ExitStack
from pathlib import Path

from llmtb.events.journal import Recorded
from llmtb.events.published import line
from llmtb.events.stores.memory import MemoryStore
from llmtb.events.stores.sqlite import SQLiteStore
from llmtb.scenario import ScenarioError
from llmtb.simulate import simulate
from llmtb.verbs.exits import DONE, INPUT, Failed
from llmtb.verbs.place import failures


def simulate_file(file: str, db: Path | None) -> int:
    """Play a scenario file (`-`: standard input) and print its events. Raises Failed."""
    out = sys.stdout.buffer

    def tell(recorded: Recorded) -> None:
        out.write(line(recorded))

    try:
        with failures(), ExitStack() as stack:
            lines = _lines(file, stack)
            simulate(lines, MemoryStore() if db is None else SQLiteStore(db), tell)
    except ScenarioError as error:
        raise Failed(INPUT, f"{file}, {error}") from error
    finally:
        out.flush()
    return DONE


def _lines(file: str, stack: ExitStack) -> Iterable[bytes]:
    if file == "-":
        return sys.stdin.buffer
    try:
        return stack.enter_context(Path(file).open("rb"))
    except OSError as error:
        raise Failed(INPUT, f"{file}: {error.strerror}") from error
