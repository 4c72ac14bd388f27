"""`python -m replay verify FILE`: does every event of a journal hold, in its place and order?"""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from llmtb.events.errors import JournalError
from llmtb.events.reading import verify
from llmtb.events.stores.sqlite import SQLiteStore

HOLDS, BROKEN = 0, 3


def main(arguments: Sequence[str] | None = None) -> int:
    """Check a journal and say so in one line; returns 0 if it holds, 3 if it does not."""
    parser = argparse.ArgumentParser(prog="python -m replay", description=__doc__)
    parser.add_argument("verb", choices=["verify"])
    parser.add_argument("file", type=Path, metavar="FILE", help="a journal.db")
    options = parser.parse_args(arguments)
    try:
        store = SQLiteStore(options.file, read_only=True)
        try:
            head = verify(store)
        finally:
            store.close()
    except JournalError as error:
        sys.stderr.write(f"replay: {error}\n")
        return BROKEN
    sys.stdout.write(f"{head.seq} events hold; the last one's hash is {head.hash.hex()}\n")
    return HOLDS


if __name__ == "__main__":
    sys.exit(main())
