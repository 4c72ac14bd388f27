"""Shows on a terminal how far a verb is, and about how long it will still take."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import msgspec
from rich.console import Console
from rich.progress import Progress

from llmtb.audit.keeping.journals import Tell


@contextmanager
def shown() -> Iterator[Tell]:
    """What takes how far it is: what is done, how much of it, of how much (0: nobody knows)."""
    console = Console(stderr=True)
    with Progress(console=console, transient=True, disable=not console.is_terminal) as bar:
        doing = ""
        task = bar.add_task("", total=None)

        def tell(what: str, done: int, of: int) -> None:
            nonlocal doing
            if what != doing:
                doing = what
                bar.reset(task, description=what, total=None)
            bar.update(task, completed=done, total=of or None)

        yield tell


def say(outcome: Any, lines: list[str], as_json: bool) -> None:
    """Print what came of it: as a line of JSON, or in words."""
    if as_json:
        sys.stdout.write(msgspec.json.encode(outcome).decode() + "\n")
    else:
        sys.stdout.writelines(f"{line}\n" for line in lines)
