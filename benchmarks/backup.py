"""Backup, restore and rescue of a large journal, against a plain copy of its file.

    python -m benchmarks.backup [--events N]

A backup and a restore copy every page, and hold every event against its hash; a rescue reads the
bytes of every page in Python, of the damaged file and of the one that fills its gap. Prints seconds
of the processor, the ratio to a plain copy that is hashed (SHA-256) meanwhile, and what is done in
a second; ends with status 1 where a target is missed.
"""

import argparse
import shutil
import sys
import tempfile
import time
from collections.abc import Callable
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random

from llmtb.audit.keeping.backing_up import Order, back_up
from llmtb.audit.keeping.backups import digest_of
from llmtb.audit.keeping.rescuing import rescue
from llmtb.audit.keeping.restoring import Until, restore
from llmtb.events.chain import chained
from llmtb.events.codec import CODEC
from llmtb.events.floor import BreakStarted
from llmtb.events.stores.sqlite import SQLiteStore
from llmtb.events.stores.store import Applied
from llmtb.vault.signer import Signer

EVENTS = 100_000
AT_ONCE = 1000  # events in one transaction
NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)
PAGE = 4096
TARGETS = {"backup": 40.0, "restore": 70.0, "rescue": 700.0}  # times the plain copy


def fill(path: Path, events: int) -> None:
    """Make a journal with so many rests of a thousand agents."""
    chance = Random(1)
    versions = [0] * 1000
    with closing(SQLiteStore(path)) as store:
        for start in range(0, events, AT_ONCE):
            changes = []
            for number in range(start, start + AT_ONCE):
                who = chance.randrange(1000)
                versions[who] += 1
                at = NOON + timedelta(seconds=number)
                event = BreakStarted(
                    at=at, by=f"a{who}", agent=f"a{who}", shift="2026-11-21/day", kind="normal",
                    due=at + timedelta(minutes=15), free=3,
                )  # fmt: skip
                topic, state = CODEC.encode(event)
                changes.append((f"agent/a{who}", versions[who], topic, state))
            with store.transaction() as transaction:
                rows = chained(transaction.head(), changes)
                commands = [Applied(f"press {row[0]}", row[0], row[0]) for row in rows]
                transaction.insert(rows, commands)


def taken(do: Callable[[], object]) -> float:
    """Seconds of the processor that something takes, whatever else the machine does."""
    began = time.process_time()
    do()
    return time.process_time() - began


def unheard(what: str, done: int, of: int) -> None:
    """Take no notice of how far it is."""


def main() -> int:
    """Time each of them once, and print how they compare."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--events", type=int, default=EVENTS)
    events = parser.parse_args().events
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        data = folder / "data"
        data.mkdir()
        journal = data / "journal.db"
        fill(journal, events)
        size = journal.stat().st_size
        print(f"{events} events, {size / 1e6:.0f} MB")
        plain = min(taken(lambda n=n: digest_of(journal, folder / f"{n}")) for n in range(3))  # type: ignore[misc]
        print(f"a plain copy, hashed   {plain:7.2f} s")
        signer = Signer("llmtb", bytes(32))
        order = Order(data, False, NOON, "llmtb")
        times = {"backup": taken(lambda: back_up(order, folder / "backups", signer, unheard))}
        [backup] = (folder / "backups").iterdir()
        times["restore"] = taken(
            lambda: restore(backup, folder / "new", Until(seq=events // 2), None, unheard)
        )
        damaged = folder / "damaged.db"
        shutil.copyfile(journal, damaged)
        with damaged.open("r+b") as file:
            file.seek(size // 2 // PAGE * PAGE)
            file.write(bytes(PAGE))
        times["rescue"] = taken(lambda: rescue(damaged, folder / "rescued", [backup], unheard))
        missed = False
        for name, seconds in times.items():
            ratio = seconds / plain
            missed |= ratio > TARGETS[name]
            print(
                f"{name:<22} {seconds:7.2f} s   {ratio:6.1f} times (target: {TARGETS[name]:.0f})"
                f"   {events / seconds:9,.0f} events/s   {size / seconds / 1e6:6.1f} MB/s"
            )
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
