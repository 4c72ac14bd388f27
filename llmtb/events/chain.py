"""The hash chain over everything recorded: whoever changes one event breaks every later hash.

The hash of an event is SHA-256 over, in this order,

    the 14 bytes `llmtb event 1` and a line feed
    the hash of the event before it (32 bytes; zeros before the first)
    `seq`, `stream`, `version`, `topic`, each in UTF-8 and followed by a line feed
    the stored bytes of the event, to the end

Neither a stream nor a topic holds a line feed, so no two records hash the same bytes.
A chain shows edits; that nothing was cut off its end, or all of it rewritten, shows only against
a hash that is kept somewhere else.
"""

from collections.abc import Iterable
from hashlib import sha256
from typing import NamedTuple, TypeAlias

from llmtb.events.errors import BrokenChain

BEGINNING = sha256(b"llmtb event 1\n")

Row: TypeAlias = tuple[int, str, int, str, bytes, bytes]
"""An event as it is stored: seq, stream, version, topic, state, hash."""


class Head(NamedTuple):
    """The last event of a journal: its position and its hash."""

    seq: int
    hash: bytes


GENESIS = Head(0, bytes(32))


def seal(previous: bytes, seq: int, stream: str, version: int, topic: str, state: bytes) -> bytes:
    """Return the hash of an event that follows the event with the hash `previous`."""
    hashing = BEGINNING.copy()  # twice as fast as a new one
    hashing.update(previous + f"{seq}\n{stream}\n{version}\n{topic}\n".encode() + state)
    return hashing.digest()


def chained(head: Head, events: Iterable[tuple[str, int, str, bytes]]) -> list[Row]:
    """Return the rows of events (stream, version, topic, state) that follow `head`."""
    seq, mark = head
    rows: list[Row] = []
    for stream, version, topic, state in events:
        seq += 1
        mark = seal(mark, seq, stream, version, topic, state)
        rows.append((seq, stream, version, topic, state, mark))
    return rows


def follow(
    rows: Iterable[Row], head: Head = GENESIS, versions: dict[str, int] | None = None
) -> Head:
    """Check that `rows` continue the chain after `head`; return the new head.

    versions: the latest version of each stream, kept up to date; without it versions are not
    checked, as they cannot be when the rows begin in the middle of a journal.
    Raises BrokenChain at the first event that does not fit.
    """
    expected, previous = head
    for seq, stream, version, topic, state, mark in rows:
        expected += 1
        if seq != expected:
            raise BrokenChain(expected, f"missing; event {seq} comes in its place")
        if versions is not None:
            latest = versions.get(stream, 0)
            if version != latest + 1:
                why = f"version {version} of stream {stream} follows version {latest}"
                raise BrokenChain(seq, why)
            versions[stream] = version
        if seal(previous, seq, stream, version, topic, state) != mark:
            raise BrokenChain(seq, "its hash does not match its content or the events before it")
        previous = mark
    return Head(expected, previous)
