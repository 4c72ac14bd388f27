"""The journal beside what it stands on: `python -m benchmarks.journal`.

Three ratios, all at `synchronous = FULL`, each the median of rounds in which both sides run in
turn on the same disk, so that a machine that slows down slows both:

- appends of 200 actors, one event each, against the library's `Application.save`;
- appends of 200 actors, five events each, against a bare `executemany` that makes, encodes and
  writes as many of the same rows a commit, into the same table, but with nothing to decide, to
  hash or to answer;
- reading everything with `journal.read`, against a bare SELECT and the decoding of each row.

The time of an fsync is printed before and after: on a slow disk the journal gains, because its
appends share one. The exit status is 1 if a ratio misses its target. BENCH_DIR says where to
write.
"""

import asyncio
import os
import sqlite3
import statistics
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from time import perf_counter
from typing import NamedTuple
from uuid import UUID

import msgspec
from eventsourcing.application import Application
from eventsourcing.domain import Aggregate, event

from llmtb.events.codec import CODEC
from llmtb.events.floor import BreakStarted
from llmtb.events.journal import Change, Journal, Part
from llmtb.events.stores.database import LAYOUT
from llmtb.events.stores.sqlite import SQLiteStore

ACTORS = 200
ROUNDS = 9
NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)
ANY_HASH = bytes(32)


class Ratio(NamedTuple):
    """How many times as fast the product is as the other side, round by round.

    target: None for a figure that is only worth knowing.
    """

    name: str
    target: float | None
    rounds: list[float]

    def report(self) -> tuple[str, bool]:
        """Return the line to print, and whether the target is met."""
        middle = statistics.median(self.rounds)
        met = self.target is None or middle >= self.target
        spread = f"({min(self.rounds):.2f} to {max(self.rounds):.2f})"
        target = "no target" if self.target is None else f"target x{self.target:.2f}"
        verdict = "" if self.target is None else "ok" if met else "MISSED"
        return f"{self.name:58s} x{middle:6.2f}  {spread:16s}  {target}  {verdict}".rstrip(), met


def rested(number: int) -> BreakStarted:
    """Return an event of the kind there are most of."""
    return BreakStarted(
        at=NOON,
        by="a17",
        agent="a17",
        shift="2026-11-21/morning",
        kind="normal",
        due=NOON + timedelta(seconds=number),
        free=2,
    )


class Agent(Aggregate):
    """An agent as the library's own aggregate."""

    @event("Added")
    def __init__(self) -> None:
        self.due = NOON

    @event("BreakStarted")
    def start_break(self, by: str, shift: str, kind: str, due: datetime, free: int) -> None:
        """Record the same facts as `rested` does."""
        self.due = due


class Bench:
    """One folder, with fresh files for each round."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._files = 0

    def file(self) -> Path:
        """Return the path of a file that does not exist yet."""
        self._files += 1
        return self._folder / f"{self._files}.db"

    def fsync(self) -> float:
        """Return the seconds that one write and fsync of a page takes."""
        times = []
        with self.file().open("wb", buffering=0) as file:
            for _ in range(50):
                start = perf_counter()
                file.write(b"x" * 4096)
                os.fsync(file.fileno())
                times.append(perf_counter() - start)
        return statistics.median(times)

    def saving(self, count: int = 400) -> float:
        """Return the events per second of `Application.save`, one event each."""
        environment = {
            "PERSISTENCE_MODULE": "eventsourcing.sqlite",
            "SQLITE_DBNAME": str(self.file()),
        }
        with closing(Application[UUID](env=environment)) as application:
            agents = [Agent() for _ in range(50)]
            application.save(*agents)
            start = perf_counter()
            for number in range(count):
                agent = agents[number % len(agents)]
                due = NOON + timedelta(seconds=number)
                agent.start_break("a17", "2026-11-21/morning", "normal", due, 2)
                application.save(agent)
            return count / (perf_counter() - start)

    def appending(self, each: int, count: int, *, commands: bool = False) -> float:
        """Return the events per second of `count` appends of `each` events by every actor."""

        async def actor(journal: Journal, number: int) -> None:
            stream = f"agent/{number}"
            for turn in range(count):
                first = turn * each + 1
                changes = [
                    Change(stream, version, rested(version))
                    for version in range(first, first + each)
                ]
                command = f"telegram:{number}:{turn}" if commands else None
                await journal.append([Part(changes, command)])

        async def actors() -> float:
            journal = await Journal.open(SQLiteStore(self.file()))
            start = perf_counter()
            await asyncio.gather(*(actor(journal, number) for number in range(ACTORS)))
            seconds = perf_counter() - start
            await journal.close()
            return ACTORS * count * each / seconds

        return asyncio.run(actors())

    def inserting(self, commits: int, rows: int) -> float:
        """Return the events per second of a bare `executemany` of `rows` events a commit."""
        with closing(sqlite3.connect(self.file(), isolation_level=None)) as database:
            database.execute("PRAGMA journal_mode = WAL")
            database.execute("PRAGMA synchronous = FULL")
            for statement in LAYOUT:
                database.execute(statement)
            encode = msgspec.msgpack.Encoder().encode
            start = perf_counter()
            for commit in range(commits):
                database.execute("BEGIN")
                first = commit * rows + 1
                batch = (
                    (
                        first + row,
                        f"agent/{row // 5}",
                        commit * 5 + row % 5 + 1,
                        "BreakStarted",
                        encode(rested(row)),
                        ANY_HASH,
                    )
                    for row in range(rows)
                )
                database.executemany("INSERT INTO stored_events VALUES (?, ?, ?, ?, ?, ?)", batch)
                database.execute("COMMIT")
            return commits * rows / (perf_counter() - start)

    def reading(self, path: Path) -> float:
        """Return the events per second that `journal.read` yields."""

        async def read() -> float:
            journal = await Journal.open(SQLiteStore(path))
            start = perf_counter()
            count = sum(1 for _ in journal.read())
            seconds = perf_counter() - start
            await journal.close()
            return count / seconds

        return asyncio.run(read())

    def selecting(self, path: Path) -> float:
        """Return the events per second of a bare SELECT and the decoding of each row."""
        readers = CODEC.readers
        statement = """SELECT seq, originator_id, originator_version, topic, state
            FROM stored_events ORDER BY seq"""
        with closing(sqlite3.connect(path)) as database:
            start = perf_counter()
            count = 0
            for _, _, _, topic, state in database.execute(statement):
                readers[topic](state)
                count += 1
            return count / (perf_counter() - start)


def compare(ours: Callable[[], float], theirs: Callable[[], float]) -> Iterator[float]:
    """Yield one ratio a round; who goes first changes with every round."""
    ours(), theirs()  # unmeasured: the first round pays for imports and cold caches
    for number in range(ROUNDS):
        if number % 2:
            speed = ours()
            yield speed / theirs()
        else:
            other = theirs()
            yield ours() / other


def fill(path: Path) -> None:
    """Make a journal of 40,000 events."""

    async def append() -> None:
        journal = await Journal.open(SQLiteStore(path))
        for turn in range(200):
            changes = [Change(f"agent/{n}", turn + 1, rested(n)) for n in range(ACTORS)]
            await journal.append([Part(changes)])
        await journal.close()

    asyncio.run(append())


def measured(bench: Bench) -> Iterator[Ratio]:
    """Yield the ratios, one after the other."""
    crowd = f"append, {ACTORS} actors x"
    one = compare(lambda: bench.appending(1, 30), bench.saving)
    yield Ratio(f"{crowd} 1 event / Application.save", 10, list(one))

    def raw() -> float:
        return bench.inserting(30, 5 * ACTORS)

    five = compare(lambda: bench.appending(5, 30), raw)
    yield Ratio(f"{crowd} 5 events / raw executemany", 0.5, list(five))
    commands = compare(lambda: bench.appending(5, 30, commands=True), raw)
    yield Ratio(f"{crowd} 5 events and a command id / the same", None, list(commands))
    written = bench.file()
    fill(written)
    replay = compare(lambda: bench.reading(written), lambda: bench.selecting(written))
    yield Ratio("journal.read / raw SELECT + decode", 0.6, list(replay))


def main() -> int:
    """Print the ratios; return the exit status."""
    missed = 0
    with tempfile.TemporaryDirectory(dir=os.environ.get("BENCH_DIR")) as folder:
        bench = Bench(Path(folder))
        print(f"one page written and fsynced: {bench.fsync() * 1e6:.0f} us", flush=True)
        for ratio in measured(bench):
            line, met = ratio.report()
            missed += not met
            print(line, flush=True)
        print(f"one page written and fsynced: {bench.fsync() * 1e6:.0f} us")
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
