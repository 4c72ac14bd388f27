"""What sealing costs: appending and reading with keys and without, in one run.

python benchmarks/sealing.py
"""

import asyncio
import secrets
import sys
import tempfile
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from time import perf_counter

from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from llmtb.events.chat import MessageQueued
from llmtb.events.codec import CODEC, Codec
from llmtb.events.journal import Change, Journal, Part
from llmtb.events.stores.sqlite import SQLiteStore
from llmtb.vault.keys import Vault
from llmtb.vault.master import Masters

PEOPLE = 1000
EACH = 20  # messages a person
TOGETHER = 200  # appends that wait for one commit
BEGIN = datetime(2026, 11, 21, tzinfo=UTC)
TEXT = (
    "Your break is over in three minutes. Two of two are resting; the next slot is free at 13:40."
)
SEAL_TARGET = 6.0  # sealing with a warm key, to the bare encryption alone
TARGETS = {"append": 2.5, "read": 15.0}  # with keys to without, of nothing but people's words


def message(person: int, number: int) -> Change:
    """The n-th message to somebody."""
    event = MessageQueued(
        at=BEGIN + timedelta(minutes=number),
        by="bot",
        chat=str(person),
        message=f"{person}-{number}",
        text=TEXT,
    )
    return Change(f"chat/{person}", number, event)


async def appended(path: Path, codec: Codec) -> float:
    """Seconds that appending everything takes."""
    journal = await Journal.open(SQLiteStore(path), codec=codec)
    changes = [message(person, n) for n in range(1, EACH + 1) for person in range(PEOPLE)]
    began = perf_counter()
    for start in range(0, len(changes), TOGETHER):
        some = changes[start : start + TOGETHER]
        await asyncio.gather(*(journal.append([Part([change])]) for change in some))
    took = perf_counter() - began
    await journal.close()
    return took


async def read(path: Path, codec: Codec) -> float:
    """Seconds that reading everything takes."""
    journal = await Journal.open(SQLiteStore(path, read_only=True), codec=codec)
    began = perf_counter()
    assert sum(1 for _ in journal.read()) == PEOPLE * EACH
    took = perf_counter() - began
    await journal.close()
    return took


def each(count: int, work: Callable[[], object]) -> float:
    """Microseconds that one call takes, the best of five runs."""

    def run() -> float:
        began = perf_counter()
        for _ in range(count):
            work()
        return (perf_counter() - began) / count * 1e6

    return min(run() for _ in range(5))


async def main(folder: Path) -> bool:
    """Measure, print, and say whether the targets are met."""
    masters = Masters(folder, "", {}, secrets.token_bytes)
    vault = Vault.at(folder / "keys.db", masters, secrets.token_bytes)
    sealing = CODEC.with_keys(vault)
    words, place = TEXT.encode(), b"chat/1\n1\nMessageQueued\n0"
    cipher, nonce = AESGCM(bytes(32)), bytes(12)
    bare = each(20_000, lambda: cipher.encrypt(nonce, words, place))
    sealed = each(20_000, lambda: vault.seal("chat/1", "messages", BEGIN, place, words))
    box = vault.seal("chat/1", "messages", BEGIN, place, words)
    opened = each(20_000, lambda: vault.open(box, place))
    plain, closed = (folder / name for name in ("plain.db", "sealed.db"))
    figures = {}
    for name, work in (("append", appended), ("read", read)):
        without, with_ = await work(plain, CODEC), await work(closed, sealing)
        blind = await work(closed, CODEC) if name == "read" else None
        figures[name] = with_ / without
        rate = PEOPLE * EACH / with_
        print(f"{name:8} with keys {with_:.2f} s ({rate:,.0f} events/s), without {without:.2f} s")
        if blind is not None:
            print(f"{'':8} sealed, but without its keys {blind:.2f} s")
    began = perf_counter()
    count = await asyncio.to_thread(vault.exchange)
    rotated = (perf_counter() - began) / count * 1e6
    vault.close()
    target = f"(target: at most {SEAL_TARGET})"
    print(f"\nseal     {sealed:5.1f} µs, x{sealed / bare:.1f} of encrypting alone {target}")
    print(f"open     {opened:5.1f} µs")
    print(f"rotate   {rotated:5.1f} µs a key, of {count} keys")
    for name, ratio in figures.items():
        target = f"(target: at most {TARGETS[name]})"
        print(f"{name:8} x{ratio:.2f} of what it takes without keys {target}")
    return sealed / bare <= SEAL_TARGET and all(figures[name] <= TARGETS[name] for name in TARGETS)


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as scratch:
        sys.exit(not asyncio.run(main(Path(scratch))))
