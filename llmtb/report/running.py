"""The report of a shift that still runs, as it would be if all of it stopped at an instant."""

from collections.abc import Iterable
from datetime import datetime
from typing import Final

import msgspec

from llmtb.events.ledger import Account, Ledger
from llmtb.events.report import BreakLine, ShiftReport

RUNNING: Final = "running"
"""What a break that has not ended is said to have been ended by."""


def so_far(ledger: Ledger, rostered: Iterable[str], now: datetime) -> ShiftReport:
    """The report up to `now`: who is here stays until then, and so does who rests.

    The ledger is left as it is. Once the shift is closed, this is its report.
    """
    account: Ledger = msgspec.msgpack.decode(msgspec.msgpack.encode(ledger), type=Ledger)
    for each in account.accounts.values():
        _stop(each, now)
    gone = (max(now, account.moved) - account.moved).total_seconds()
    account.seconds += account.resting * gone
    account.moved = max(now, account.moved)
    return account.report(rostered)


def _stop(account: Account, now: datetime) -> None:
    if account.rest is not None:
        kind, start, due = account.rest
        end = max(start, now)
        late = max(0, int((end - due).total_seconds()))
        line = BreakLine(
            kind=kind, start=start, due=due, end=end, ended_by=RUNNING, late_seconds=late
        )
        account.breaks.append(line)
    if account.since is not None:
        account.present.append((account.since, max(account.since, now)))
