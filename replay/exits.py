"""How `python -m replay` ends: the exit statuses, and the failures that lead to them."""

DONE, FAULT, INPUT, BROKEN, INTERRUPTED = 0, 1, 2, 3, 130

EXIT = {
    DONE: "done: what was checked holds, what was compared is the same",
    FAULT: "a fault of the program itself",
    INPUT: "what was given cannot be used: a verb, a file, a key, an instant, a name",
    BROKEN: "it does not hold: changed, damaged or not whole; or the two that were compared differ",
    INTERRUPTED: "interrupted from the keyboard",
}


class Failed(Exception):
    """A verb cannot go on: the exit status, and one line for the person."""

    def __init__(self, status: int, line: str) -> None:
        super().__init__(line)
        self.status = status
