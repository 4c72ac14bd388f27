"""How many rested at once, and of how many, over a shift."""

from datetime import datetime
from typing import NamedTuple

from llmtb.events.report import ShiftReport


class Level(NamedTuple):
    """From an instant on: ordinary breaks and emergency breaks running, and the capacity.

    capacity: None before the first number of the shift, where it was opened in its middle.
    """

    at: datetime
    ordinary: int
    emergency: int
    capacity: int | None


def levels(report: ShiftReport) -> list[Level]:
    """The level wherever it changed, from the shift's start to its end, both included.

    A shift that was closed after its end, because nothing was running then, ends with its breaks.
    """
    moves: list[tuple[datetime, int, int, int | None]] = [(report.starts, 0, 0, None)]
    for lines in report.agents:
        for rest in lines.breaks:
            ordinary = int(rest.kind != "emergency")
            moves.append((rest.start, ordinary, 1 - ordinary, None))
            moves.append((rest.end, -ordinary, ordinary - 1, None))
    moves += [(line.at, 0, 0, line.capacity) for line in report.capacity]
    found: dict[datetime, Level] = {}
    ordinary, emergency = 0, 0
    capacity: int | None = None
    for at, more, urgent, number in sorted(moves, key=lambda move: move[0]):
        ordinary, emergency = ordinary + more, emergency + urgent
        capacity = capacity if number is None else number
        found[at] = Level(at, ordinary, emergency, capacity)
    last = max(report.ends, *found)
    found[last] = Level(last, ordinary, emergency, capacity)
    return list(found.values())
