"""What checking found: faults with their places, and what was or could not be looked at."""

import msgspec

MOST = 100  # faults that are kept; further ones are counted


class Fault(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Something that does not hold. where: in words; line and seq: where there are such."""

    where: str
    what: str
    line: int | None = None
    seq: int | None = None


class Held(msgspec.Struct, frozen=True, kw_only=True):
    """The last event up to which everything holds; at: its instant."""

    seq: int
    at: str


class Findings:
    """Gathers faults in the order in which they are met.

    more: how many were met beyond those that are kept. held: the event before the first of them,
    None where there is none before. notes: what was compared, and what could not be.
    """

    def __init__(self) -> None:
        self.faults: list[Fault] = []
        self.more = 0
        self.held: Held | None = None
        self.notes: list[str] = []

    def add(
        self, what: str, where: str, *, line: int | None = None, seq: int | None = None
    ) -> None:
        """Take in a fault."""
        if len(self.faults) < MOST:
            self.faults.append(Fault(where=where, what=what, line=line, seq=seq))
        else:
            self.more += 1

    def note(self, text: str) -> None:
        """Take in what an auditor should know beside the faults."""
        self.notes.append(text)

    @property
    def number(self) -> int:
        """How many faults were met."""
        return len(self.faults) + self.more
