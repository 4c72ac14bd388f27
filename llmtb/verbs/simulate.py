"""`llmtb simulate`: a scenario on a virtual clock, every event as a line of JSON."""

import sys
from collections.abc import Iterable
from contextlib import ExitStack
from pathlib import Path

from llmtb.cli import DATABASE, DONE, INPUT, STORAGE, Failed
from llmtb.events.errors import JournalError, StorageFailed
from llmtb.events.journal import Recorded
from llmtb.events.published import line
from llmtb.events.stores.memory import MemoryStore
from llmtb.events.stores.sqlite import SQLiteStore
from llmtb.scenario import ScenarioError
from llmtb.simulate import simulate


def simulate_file(file: str, db: Path | None) -> int:
    """Play a scenario file (`-`: standard input) and print its events. Raises Failed."""
    out = sys.stdout.buffer

    def tell(recorded: Recorded) -> None:
        out.write(line(recorded))

    try:
        with ExitStack() as stack:
            lines: Iterable[bytes] = (
                sys.stdin.buffer if file == "-" else stack.enter_context(Path(file).open("rb"))
            )
            simulate(lines, MemoryStore() if db is None else SQLiteStore(db), tell)
    except ScenarioError as error:
        raise Failed(INPUT, f"{file}, {error}") from error
    except StorageFailed as error:
        raise Failed(STORAGE, str(error)) from error
    except JournalError as error:
        raise Failed(DATABASE, str(error)) from error
    except BrokenPipeError:
        raise
    except OSError as error:
        raise Failed(INPUT, f"{file}: {error.strerror}") from error
    finally:
        out.flush()
    return DONE
