"""The auditors' tool beside a plain reading of the same file: `python benchmarks/verifying.py`.

Each ratio is the median of rounds in which both sides run in turn over the same events, those of a
made-up day of AGENTS people:

- `verify` of an export, against reading each line as JSON, its bytes from base64 and its event;
- `verify` of the journal itself, against a bare SELECT and the decoding of each row;
- replaying all views (their `apply` alone) from either, against the same readings.

Then the seconds that it takes, and the memory at its peak for the day once and four times over,
which is the same. The exit status is 1 if a ratio misses its target. BENCH_DIR says where to write.
"""

import os
import resource
import sqlite3
import statistics
import subprocess
import sys
import tempfile
from base64 import b64decode
from collections.abc import Callable
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from time import perf_counter
from typing import Final

import msgspec

from llmtb.audit.giving.exporting import Order, export
from llmtb.audit.giving.records import Records
from llmtb.audit.giving.selecting import Wanted, choose
from llmtb.events.chain import chained
from llmtb.events.codec import CODEC
from llmtb.events.exported import EVENTS
from llmtb.events.record import Change
from llmtb.events.stores.memory import MemoryStore
from llmtb.events.stores.sqlite import SQLiteStore
from llmtb.projections.catalogue import projections
from llmtb.simulate import simulate
from llmtb.testing.day import Day
from llmtb.vault.signer import Signer
from replay.checking.earlier import Elsewhere
from replay.reading.source import open_source
from replay.verify import verify

AGENTS: Final = int(os.environ.get("AGENTS", "1000"))
ROUNDS: Final = 5
NOON: Final = datetime(2026, 11, 21, 12, tzinfo=UTC)
SIGNER: Final = Signer("llmtb", bytes(32))
SELECT: Final = """SELECT seq, originator_id, originator_version, topic, state, hash
    FROM stored_events ORDER BY seq"""


def lay(path: Path, times: int) -> int:
    """Lay a day into a journal, several times over; returns how many events there are."""
    memory = MemoryStore()
    simulate(Day(1, agents=AGENTS, crashes=0).lines(), memory, lambda _: None)
    told = [(row.stream, row.event) for row in CODEC.recorded(memory.rows(0, 10_000_000))]
    versions: dict[str, int] = {}
    with closing(SQLiteStore(path)) as store:
        for _ in range(times):
            changes = []
            for stream, event in told:
                versions[stream] = versions.get(stream, 0) + 1
                changes.append(Change(stream, versions[stream], event))
            kept = CODEC.encode_all(changes)
            rows = [(each.stream, each.version, *one) for each, one in zip(changes, kept)]
            with store.transaction() as transaction:
                transaction.insert(chained(store.head(), rows), ())
        return store.head().seq


def give(journal: Path, out: Path) -> None:
    """Export everything."""
    with Records(journal) as records:
        order = Order(Wanted(), "sealed", CODEC, "owner", NOON, "llmtb", bytes(32))
        export(records, order, choose(records, Wanted()), out, SIGNER, lambda *_: None)


def read_lines(out: Path) -> None:
    """Read an export plainly."""
    with (out / EVENTS).open("rb") as file:
        for text in file:
            line = msgspec.json.decode(text)
            CODEC.decode(line.get("topic") or line["type"], b64decode(line["state"]))


def read_rows(journal: Path) -> None:
    """Read a journal plainly."""
    with closing(sqlite3.connect(journal)) as database:
        for _, _, _, topic, state, _ in database.execute(SELECT):
            CODEC.decode(topic, state)


def check(path: Path) -> None:
    """Verify it; it holds."""
    with Elsewhere() as elsewhere:
        if verify(path, SIGNER.key, elsewhere).findings.number:
            raise ValueError(f"{path} does not hold")


def replay(path: Path) -> None:
    """Feed all views."""
    views = projections()
    with open_source(path) as source:
        for number, recorded in enumerate(source.events()):
            for view in views:
                view.apply(recorded)
                if number % 1000 == 0:
                    view.writes()  # which are not written anywhere


def seconds(do: Callable[[Path], None], path: Path) -> float:
    """How long it takes."""
    start = perf_counter()
    do(path)
    return perf_counter() - start


def peak(path: Path) -> float:
    """The memory at its peak, in MiB, of a process that verifies it."""
    command = [sys.executable, __file__, "peak", str(path)]
    ended = subprocess.run(command, check=True, capture_output=True, text=True)  # noqa: S603
    return float(ended.stdout)


def main() -> int:
    """Print the ratios; returns 1 if one misses its target."""
    if sys.argv[1:2] == ["peak"]:
        check(Path(sys.argv[2]))
        print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)
        return 0
    missed = 0
    with tempfile.TemporaryDirectory(dir=os.environ.get("BENCH_DIR")) as name:
        journal, long = Path(name) / "journal.db", Path(name) / "long.db"
        out, long_out = Path(name) / "out", Path(name) / "long"
        count = lay(journal, 1)
        lay(long, 4)
        give(journal, out)
        give(long, long_out)
        pairs: list[tuple[str, Path, Callable[[Path], None], Callable[[Path], None], float]] = [
            ("verify an export / read it", out, check, read_lines, 0.12),
            ("verify a journal / read it", journal, check, read_rows, 0.15),
            ("replay an export / read it", out, replay, read_lines, 0.1),
            ("replay a journal / read it", journal, replay, read_rows, 0.05),
        ]
        for title, path, ours, plain, target in pairs:
            rounds = [(seconds(plain, path), seconds(ours, path)) for _ in range(ROUNDS)]
            middle = statistics.median(one / other for one, other in rounds)
            taken = statistics.median(other for _, other in rounds)
            missed += middle < target
            said = f"x{middle:.2f} (target x{target}), {taken:.2f} s for {count} events"
            print(f"{title}: {said}", flush=True)
        for title, once, four in (("export", out, long_out), ("journal", journal, long)):
            print(f"peak memory, {title}: {peak(once):.0f} MiB; four times: {peak(four):.0f} MiB")
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
