"""The reports of shifts, drawn again from nothing but the events."""

from collections.abc import Iterable, Iterator

from llmtb.events.event import Event
from llmtb.events.floor import ShiftOpened, ShiftReported
from llmtb.events.ledger import Ledger
from llmtb.events.report import ShiftReport
from llmtb.events.roster import Roster


def reports_again(events: Iterable[Event]) -> Iterator[ShiftReport]:
    """Every shift's report, drawn again from the ledger and the roster that the events give."""
    roster, ledgers = Roster(), dict[str, Ledger]()
    for event in events:
        shift = getattr(event, "shift", None)
        if isinstance(event, ShiftOpened):
            ledgers[event.shift] = Ledger.begun(event)
        elif isinstance(event, ShiftReported):
            yield ledgers.pop(event.shift).report(roster.on(event.shift))
        elif shift in ledgers:
            ledgers[shift].evolve(event)
        roster.evolve(event)
