"""The running account of one shift, from which its report is drawn.

The floor keeps one per open shift, and a view keeps one to rebuild any past shift; both feed it
the same events in the same order, so both draw the same report, byte for byte.
"""

from collections.abc import Iterable
from datetime import datetime

import msgspec

from llmtb.events.event import Event
from llmtb.events.floor import (
    BreakEnded,
    BreakExtended,
    BreakRefused,
    BreakStarted,
    CapacityChanged,
    CheckedIn,
    CheckedOut,
    OverrideEnded,
    OverrideSet,
    ShiftClosed,
    ShiftOpened,
    WarningForgiven,
    WarningIssued,
)
from llmtb.events.report import (
    ActLine,
    AgentLines,
    BreakLine,
    CapacityLine,
    RefusalLine,
    ShiftReport,
    WarningLine,
)


class Account(msgspec.Struct):
    """One agent's part of the account; `rest` is the running break: (kind, start, due)."""

    present: list[tuple[datetime, datetime]] = []
    since: datetime | None = None
    rest: tuple[str, datetime, datetime] | None = None
    breaks: list[BreakLine] = []
    warnings: list[WarningLine] = []
    refusals: list[RefusalLine] = []
    acts: list[ActLine] = []


class Ledger(msgspec.Struct):
    """The account of one instance of a shift while it runs.

    resting: breaks running now. peak: most at once. seconds: resting agents times seconds, up to
    `moved`, when the number last changed.
    """

    shift: str
    starts: datetime
    ends: datetime
    opened: datetime
    moved: datetime
    accounts: dict[str, Account] = {}
    capacity: list[CapacityLine] = []
    acts: list[ActLine] = []
    resting: int = 0
    peak: int = 0
    seconds: float = 0.0

    @classmethod
    def begun(cls, event: ShiftOpened) -> "Ledger":
        """The account of an instance that has just opened."""
        return cls(
            shift=event.shift,
            starts=event.starts,
            ends=event.ends,
            opened=event.at,
            moved=event.at,
        )

    def evolve(self, event: Event) -> None:
        """Take in one event of this shift; what the report does not tell changes nothing."""
        match event:
            case CheckedIn():
                self._of(event.agent).since = event.at
            case CheckedOut():
                self._leave(self._of(event.agent), event.at)
            case BreakStarted():
                self._of(event.agent).rest = (event.kind, event.at, event.due)
                self._move(event.at, +1)
            case BreakExtended():
                self._extend(event)
            case BreakEnded():
                self._end(event)
            case BreakRefused():
                line = RefusalLine(at=event.at, kind=event.kind, reason=event.reason)
                self._of(event.agent).refusals.append(line)
            case WarningIssued():
                warning = WarningLine(
                    at=event.at, cause=event.cause, minute=event.minute, forgiven=False
                )
                self._of(event.agent).warnings.append(warning)
            case WarningForgiven():
                self._forgive(event)
            case CapacityChanged():
                self.capacity.append(
                    CapacityLine(
                        at=event.at,
                        capacity=event.capacity,
                        cause=event.cause,
                        present=event.present,
                    )
                )
            case OverrideSet() | OverrideEnded():
                self.acts.append(_act(event, event.reason))
            case ShiftClosed():
                self.ends = event.ends
                self._move(event.at, -self.resting)
                for account in self.accounts.values():
                    self._leave(account, event.at)
            case _:
                pass

    def report(self, rostered: Iterable[str]) -> ShiftReport:
        """The report, with a line for everyone who was rostered or had a part in the shift."""
        agents = sorted(self.accounts.keys() | set(rostered))
        reasons = [
            refusal.reason for account in self.accounts.values() for refusal in account.refusals
        ]
        duration = (self.moved - self.opened).total_seconds()
        return ShiftReport(
            shift=self.shift,
            starts=self.starts,
            ends=self.ends,
            agents=[self._lines(agent) for agent in agents],
            capacity=list(self.capacity),
            refusals={reason: reasons.count(reason) for reason in sorted(set(reasons))},
            acts=list(self.acts),
            peak_resting=self.peak,
            mean_resting=round(self.seconds / duration, 3) if duration > 0 else 0.0,
        )

    def _of(self, agent: str) -> Account:
        account = self.accounts.get(agent)
        if account is None:
            account = self.accounts[agent] = Account()
        return account

    def _move(self, at: datetime, by: int) -> None:
        self.seconds += self.resting * (at - self.moved).total_seconds()
        self.moved = at
        self.resting += by
        self.peak = max(self.peak, self.resting)

    def _leave(self, account: Account, at: datetime) -> None:
        if account.since is not None:
            account.present.append((account.since, at))
            account.since = None

    def _extend(self, event: BreakExtended) -> None:
        account = self._of(event.agent)
        if account.rest is not None:
            kind, start, _ = account.rest
            account.rest = (kind, start, event.due)
        account.acts.append(_act(event, event.reason))

    def _end(self, event: BreakEnded) -> None:
        account = self._of(event.agent)
        if account.rest is not None:
            kind, start, due = account.rest
            account.rest = None
            account.breaks.append(
                BreakLine(
                    kind=kind,
                    start=start,
                    due=due,
                    end=event.at,
                    ended_by=event.ended_by,
                    late_seconds=event.late_seconds,
                )
            )
            self._move(event.at, -1)
        if event.ended_by == "supervisor":
            account.acts.append(_act(event, event.reason))

    def _forgive(self, event: WarningForgiven) -> None:
        account = self._of(event.agent)
        for place in reversed(range(len(account.warnings))):
            if not account.warnings[place].forgiven:
                account.warnings[place] = msgspec.structs.replace(
                    account.warnings[place], forgiven=True
                )
                break
        account.acts.append(_act(event, event.reason))

    def _lines(self, agent: str) -> AgentLines:
        account = self.accounts.get(agent, Account())
        return AgentLines(
            agent=agent,
            present=list(account.present),
            breaks=list(account.breaks),
            warnings=list(account.warnings),
            refusals=list(account.refusals),
            acts=list(account.acts),
        )


def _act(event: Event, reason: str | None) -> ActLine:
    return ActLine(at=event.at, act=type(event).__name__, by=event.by, reason=reason)
