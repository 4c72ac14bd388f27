"""Gives records out and takes them in, in processes that kill themselves a step further on.

    python -m tests.audit.mortal_giving FOLDER DATA LIVES

Prints a line for each life: what it did, in which folder, and the signal that ended it.
"""

import sys
from collections.abc import Callable
from pathlib import Path

from llmtb.audit.giving.importing import take_in
from llmtb.data import JOURNAL_FILE
from tests.audit.given_out import OURS, give
from tests.audit.mortal import life


def main(folder: Path, data: Path, lives: int) -> None:
    """Count the steps of each, and then die at so many of them, evenly."""
    out = folder / "out"
    give(data, out)

    def exporting(place: Path) -> None:
        give(data, place / "out")

    def importing(place: Path) -> None:
        take_in(out, place / JOURNAL_FILE, OURS.key, lambda *_: None)

    for name, do in {"export": exporting, "import": importing}.items():
        tried = folder / f"{name}-whole"
        tried.mkdir()
        steps = -life(_life(do, tried), 0)
        for number in range(1, lives + 1):
            here = folder / f"{name}-{number}"
            here.mkdir()
            fated = max(1, round(steps * number / lives))
            ended = life(_life(do, here), fated)
            sys.stdout.write(f"{name} {here.name} {ended}\n")


def _life(do: Callable[[Path], None], here: Path) -> Callable[[], None]:
    return lambda: do(here)


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]), int(sys.argv[3]))
