"""How a verb ends: the exit statuses, and the failures that lead to them."""

DONE, FAULT, INPUT, DATABASE, STORAGE, REFUSED, MODEL, INTERRUPTED = 0, 1, 2, 3, 4, 5, 6, 130

EXIT = {
    DONE: "done",
    FAULT: "a fault of the program itself; the line names the file that has the details",
    INPUT: "what was given cannot be used: a verb, a setting, a line of a scenario, a shift",
    DATABASE: "the database cannot be used: foreign, damaged, newer, or in use by another process",
    STORAGE: "the disk failed: it is full, or cannot be written",
    REFUSED: "Telegram refuses the bot's token or its api id and hash",
    MODEL: "a model is missing, damaged, unknown or refused, or cannot be fetched",
    INTERRUPTED: "interrupted from the keyboard; everything acknowledged is kept",
}


class Failed(Exception):
    """A verb cannot go on: the exit status, and one line for the person."""

    def __init__(self, status: int, line: str) -> None:
        super().__init__(line)
        self.status = status
