"""What goes into the journal and what comes out of it."""

from collections.abc import Sequence
from typing import NamedTuple

import msgspec

from llmtb.events.event import Event


class Change(msgspec.Struct, frozen=True, gc=False):
    """One event to be recorded, as the given version (1-based, without gaps) of its stream."""

    stream: str
    version: int
    event: Event


class Part(NamedTuple):
    """The changes of one command.

    command: the id under which the command is applied at most once; None does not ask for that.
    """

    changes: Sequence[Change]
    command: str | None = None


class Recorded(msgspec.Struct, frozen=True, gc=False):
    """An event that is in the journal for good.

    seq: its position in the whole journal, from 1 without gaps.
    version: its position in its stream, from 1 without gaps.
    hash: 32 bytes that seal this event and every one before it (`llmtb.events.chain`).

    An old event that is read as several newer ones gives several of these with one seq.
    """

    seq: int
    stream: str
    version: int
    event: Event
    hash: bytes
