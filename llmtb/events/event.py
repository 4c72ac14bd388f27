"""The base of every event."""

from datetime import datetime

import msgspec


class Event(msgspec.Struct, frozen=True, gc=False, array_like=True, kw_only=True):
    """Something that happened, and cannot be undone.

    Events are stored by position, so a subclass only ever *appends* fields, with defaults;
    anything else is a new topic and an upcaster (`llmtb.events.codec`).

    at: the instant it happened, aware UTC, to the microsecond.
    by: the id of who or what caused it: a person, `"roster"`, `"clock"`, a feed.
    """

    at: datetime
    by: str
