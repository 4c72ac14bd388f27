"""What a timeline draws: for each shift, who was present, rested, was warned and refused, and when.

One panel is a shift; of a person there are as many as the shifts they had a part in.
"""

from collections.abc import Iterator
from datetime import datetime
from typing import Any

import msgspec

from llmtb.events.floor import MealClosed, MealOpened, ShiftClosed, ShiftOpened
from llmtb.events.ledger import Account, Ledger
from llmtb.events.record import Recorded
from llmtb.events.report import BreakLine, CapacityLine, RefusalLine, WarningLine


class Row(msgspec.Struct, frozen=True, kw_only=True):
    """One agent in a panel; what still runs ends with the panel."""

    agent: str
    present: list[tuple[datetime, datetime]]
    breaks: list[BreakLine]
    warnings: list[WarningLine]
    refusals: list[RefusalLine]


class Panel(msgspec.Struct, frozen=True, kw_only=True):
    """One shift. meals: name, from, to. resting: how many from an instant on."""

    shift: str
    starts: datetime
    ends: datetime
    rows: list[Row]
    meals: list[tuple[str, datetime, datetime]]
    capacity: list[CapacityLine]
    resting: list[tuple[datetime, int]]


class Panels:
    """Gathers the panels of one shift, or those of one person (None: everybody in it)."""

    def __init__(self, shift: str | None, person: str | None) -> None:
        self.shift = shift
        self.person = person
        self.drawn: dict[str, Panel] = {}
        self._open: dict[str, Ledger] = {}
        self._meals: dict[str, list[tuple[str, datetime, datetime | None]]] = {}
        self._last: datetime | None = None

    def note(self, recorded: Recorded) -> None:
        """Take in the next event."""
        event = recorded.event
        self._last = event.at if self._last is None else max(self._last, event.at)
        instance: str | None = getattr(event, "shift", None)
        if instance is None or self.shift not in (None, instance):
            return
        if isinstance(event, ShiftOpened):
            self._open[instance], self._meals[instance] = Ledger.begun(event), []
        elif instance in self._open:
            self._take(instance, event)

    def panels(self) -> Iterator[Panel]:
        """What was gathered, in order; a shift that is still open goes to the last event."""
        for instance, ledger in list(self._open.items()):
            self._keep(instance, ledger, self._last or ledger.ends)
        yield from sorted(self.drawn.values(), key=lambda panel: (panel.starts, panel.shift))

    def _take(self, instance: str, event: Any) -> None:
        ledger, meals = self._open[instance], self._meals[instance]
        ledger.evolve(event)
        match event:
            case MealOpened():
                meals.append((event.meal, event.at, None))
            case MealClosed() if meals:
                name, since, _ = meals[-1]
                meals[-1] = (name, since, event.at)
            case ShiftClosed():
                self._keep(instance, ledger, event.at)
                del self._open[instance], self._meals[instance]
            case _:
                pass

    def _keep(self, instance: str, ledger: Ledger, end: datetime) -> None:
        wanted = {a: b for a, b in ledger.accounts.items() if self.person in (None, a)}
        if not wanted and self.person is not None:
            return
        self.drawn[instance] = Panel(
            shift=instance,
            starts=ledger.starts,
            ends=max(end, ledger.starts),
            rows=[_row(agent, wanted[agent], end) for agent in sorted(wanted)],
            meals=[(name, since, till or end) for name, since, till in self._meals[instance]],
            capacity=ledger.capacity,
            resting=_steps(ledger, end),
        )


def _row(agent: str, account: Account, end: datetime) -> Row:
    still = [] if account.since is None else [(account.since, end)]
    return Row(
        agent=agent,
        present=[*account.present, *still],
        breaks=_breaks(account, end),
        warnings=account.warnings,
        refusals=account.refusals,
    )


def _breaks(account: Account, end: datetime) -> list[BreakLine]:
    if account.rest is None:
        return account.breaks
    kind, start, due = account.rest
    late = max(0, int((end - due).total_seconds()))
    running = BreakLine(kind=kind, start=start, due=due, end=end, ended_by="", late_seconds=late)
    return [*account.breaks, running]


def _steps(ledger: Ledger, end: datetime) -> list[tuple[datetime, int]]:
    """How many rest that hold a slot, from each instant at which the number changes."""
    lines = [b for a in ledger.accounts.values() for b in _breaks(a, end) if b.kind != "emergency"]
    moves = sorted([(b.start, 1) for b in lines] + [(b.end, -1) for b in lines])
    steps: list[tuple[datetime, int]] = [(ledger.starts, 0)]
    for at, by in moves:
        steps.append((at, steps[-1][1] + by))
    return steps
