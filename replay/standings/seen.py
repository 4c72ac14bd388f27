"""An event, and where it stands: what a fact that holds is traced back to."""

from typing import Generic, NamedTuple, TypeVar

from llmtb.events.event import Event

E = TypeVar("E", bound=Event, covariant=True)


class Seen(NamedTuple, Generic[E]):
    """An event of one type, at its position."""

    seq: int
    event: E
