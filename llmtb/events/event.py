"""The base of every event."""

from datetime import datetime
from typing import Annotated, TypeAlias

import msgspec

Instant: TypeAlias = Annotated[datetime, msgspec.Meta(tz=True)]
"""An aware instant; a naive one is nobody's time, and is neither written nor read."""


class Event(msgspec.Struct, frozen=True, gc=False, array_like=True, kw_only=True):
    """Something that happened, and cannot be undone.

    Events are stored by position, so a subclass only ever *appends* fields, with defaults;
    anything else is a new topic and an upcaster (`llmtb.events.codec`).

    at: the instant it happened, aware UTC, to the microsecond.
    by: the id of who or what caused it: a person, `"roster"`, `"clock"`, a feed.
    """

    at: Instant
    by: str
