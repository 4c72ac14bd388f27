"""An export beside a raw dump of the same journal: `python -m benchmarks.export`.

Each ratio is the median of rounds in which both sides run in turn over the same file of a made-up
day, put end to end until there are as many events as EVENTS says:

- `llmtb export`, with what is said of people closed, against a dump by hand: a SELECT of all rows,
  each as a line of JSON with its bytes in base64, and nothing to decode, to prove or to sign;
- the same against SQLite's own dump of the file, `iterdump`;
- with what is said of people opened, and with pseudonyms, against the first;
- `llmtb import` of the export, everything checked, against the dump by hand.

The exit status is 1 if a ratio misses its target. BENCH_DIR says where to write.
"""

import os
import shutil
import sqlite3
import statistics
import sys
import tempfile
from base64 import b64encode
from collections.abc import Callable
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from time import perf_counter
from typing import Final

import msgspec

from llmtb.audit.giving.exporting import Order, export
from llmtb.audit.giving.importing import take_in
from llmtb.audit.giving.records import Records
from llmtb.audit.giving.selecting import Wanted, choose
from llmtb.data import JOURNAL_FILE, open_vault
from llmtb.events.audit import Shown
from llmtb.events.chain import chained
from llmtb.events.codec import CODEC
from llmtb.events.record import Change
from llmtb.events.stores.memory import MemoryStore
from llmtb.events.stores.sqlite import SQLiteStore
from llmtb.settings import Audit
from llmtb.simulate import simulate
from llmtb.testing.day import Day
from llmtb.vault.signer import Signer

EVENTS: Final = int(os.environ.get("EVENTS", "50000"))
ROUNDS: Final = 5
NOON: Final = datetime(2026, 11, 21, 12, tzinfo=UTC)
SIGNER: Final = Signer("llmtb", bytes(32))
SELECT: Final = "SELECT * FROM stored_events ORDER BY seq"


def journal(folder: Path) -> None:
    """Lay the days into a journal, sealed."""
    memory = MemoryStore()
    simulate(Day(1, agents=200, crashes=0).lines(), memory, lambda _: None)
    told = [(row.stream, row.event) for row in CODEC.recorded(memory.rows(0, 10_000_000))]
    versions: dict[str, int] = {}
    with closing(open_vault(folder, Audit(), {})) as vault:
        codec = CODEC.with_keys(vault)
        store = SQLiteStore(folder / JOURNAL_FILE)
        while (head := store.head()).seq < EVENTS:
            changes = []
            for stream, event in told:
                versions[stream] = versions.get(stream, 0) + 1
                changes.append(Change(stream, versions[stream], event))
            stored = codec.encode_all(changes)
            vault.settle()
            rows = [(each.stream, each.version, *kept) for each, kept in zip(changes, stored)]
            with store.transaction() as transaction:
                transaction.insert(chained(head, rows), ())
        store.close()


def dump(folder: Path, out: Path) -> None:
    """Every row as a line, and nothing else."""
    encode = msgspec.json.encode
    with closing(sqlite3.connect(folder / JOURNAL_FILE)) as database, out.open("wb") as file:
        for seq, stream, version, topic, state, mark in database.execute(SELECT):
            row = [seq, stream, version, topic, b64encode(state).decode(), mark.hex()]
            file.write(encode(row) + b"\n")


def dump_all(folder: Path, out: Path) -> None:
    """What SQLite itself makes of a file."""
    with closing(sqlite3.connect(folder / JOURNAL_FILE)) as database, out.open("w") as file:
        file.writelines(f"{line}\n" for line in database.iterdump())


def give(folder: Path, out: Path, shown: Shown) -> None:
    """Export everything."""
    with (
        Records(folder / JOURNAL_FILE) as records,
        closing(open_vault(folder, Audit(), {}, read_only=True)) as vault,
    ):
        order = Order(Wanted(), shown, CODEC.with_keys(vault), "owner", NOON, "llmtb", bytes(32))
        export(records, order, choose(records, Wanted()), out, SIGNER, lambda *_: None)


def seconds(do: Callable[[Path], object], place: Path) -> float:
    """How long it takes; what it made is taken away."""
    start = perf_counter()
    do(place)
    taken = perf_counter() - start
    shutil.rmtree(place) if place.is_dir() else place.unlink()
    return taken


def main() -> int:
    """Print the ratios; returns 1 if one misses its target."""
    with tempfile.TemporaryDirectory(dir=os.environ.get("BENCH_DIR")) as name:
        folder = Path(name) / "data"
        folder.mkdir()
        journal(folder)
        whole = Path(name) / "whole"
        give(folder, whole, "sealed")
        place = Path(name) / "out"

        def rounds(ours: Callable[[Path], object], base: Callable[[Path], object]) -> list[float]:
            return [seconds(base, place) / seconds(ours, place) for _ in range(ROUNDS)]

        def by_hand(out: Path) -> None:
            dump(folder, out)

        def taken_in(out: Path) -> None:
            take_in(whole, out / JOURNAL_FILE, SIGNER.key, lambda *_: None)

        wanted: list[tuple[str, float | None, list[float]]] = [
            (
                "export / dump by hand",
                0.15,
                rounds(lambda out: give(folder, out, "sealed"), by_hand),
            ),
            (
                "export / iterdump",
                0.2,
                rounds(lambda out: give(folder, out, "sealed"), lambda out: dump_all(folder, out)),
            ),
            (
                "opened / dump by hand",
                None,
                rounds(lambda out: give(folder, out, "opened"), by_hand),
            ),
            (
                "pseudonyms / dump by hand",
                None,
                rounds(lambda out: give(folder, out, "pseudonyms"), by_hand),
            ),
            ("import / dump by hand", None, rounds(taken_in, by_hand)),
        ]
    met = True
    for title, target, found in wanted:
        middle = statistics.median(found)
        aim = "" if target is None else f", target x{target}"
        spread = f"x{min(found):.2f} to x{max(found):.2f}"
        sys.stdout.write(f"{title}: x{middle:.2f} ({spread}{aim})\n")
        met = met and (target is None or middle >= target)
    return 0 if met else 1


if __name__ == "__main__":
    sys.exit(main())
