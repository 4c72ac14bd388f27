"""How `python -m replay` ends: the exit statuses, and the failures that lead to them."""

import os
import sys

DONE, FAULT, INPUT, BROKEN, INTERRUPTED = 0, 1, 2, 3, 130

EXIT = {
    DONE: "done: what was checked holds, what was compared is the same",
    FAULT: "a fault of the program itself",
    INPUT: "what was given cannot be used: a verb, a file, a key, an instant, a name",
    BROKEN: "it does not hold: changed, damaged or not whole; or the two that were compared differ",
    INTERRUPTED: "interrupted from the keyboard",
}


def judged(text: str, status: int) -> int:
    """Say what was found; returns the status, also where nobody read to the end."""
    try:
        sys.stdout.write(text)
        sys.stdout.flush()
    except BrokenPipeError:
        unread()
    return status


def unread() -> None:
    """Who read our output has seen enough; Python would complain once more at its end."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


class Failed(Exception):
    """A verb cannot go on: the exit status, and one line for the person."""

    def __init__(self, status: int, line: str) -> None:
        super().__init__(line)
        self.status = status
