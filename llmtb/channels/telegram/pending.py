"""What is still to be sent, as the journal tells it.

It is a fold of three events. Its snapshot lies in the journal beside the events, so a start reads
what is waiting and the few events since, be there a thousand events or a million; a view of its
own would be a second database with a second position, to tell the same.
"""

from collections.abc import Iterator
from typing import Final

import msgspec

from llmtb.channels.port import channel_of
from llmtb.events.chat import MessageFailed, MessageQueued, MessageSent
from llmtb.events.record import Recorded

SNAPSHOT: Final = "outbox/telegram"
LAYOUT: Final = "1"

Key = tuple[str, str]


class Waiting(msgspec.Struct, frozen=True):
    """A message that was queued as event `seq` and not yet settled."""

    seq: int
    event: MessageQueued


class Pending:
    """The unsettled messages of this channel's chats, the oldest first."""

    def __init__(self, waiting: list[Waiting] | None = None) -> None:
        self._waiting: dict[Key, Waiting] = {
            (one.event.chat, one.event.message): one for one in waiting or []
        }

    def __iter__(self) -> Iterator[Waiting]:
        return iter(self._waiting.values())

    def __len__(self) -> int:
        return len(self._waiting)

    def evolve(self, recorded: Recorded) -> Waiting | Key | None:
        """Take in an event; return the message that it queued, or the key of one it settled."""
        event = recorded.event
        match event:
            case MessageQueued():
                key = event.chat, event.message
                if key in self._waiting or channel_of(event.chat) != "telegram":
                    return None
                self._waiting[key] = Waiting(recorded.seq, event)
                return self._waiting[key]
            case MessageSent() | MessageFailed():
                key = event.chat, event.message
                return key if self._waiting.pop(key, None) is not None else None
            case _:
                return None

    def encode(self) -> bytes:
        """The snapshot."""
        return msgspec.msgpack.encode(list(self))

    @classmethod
    def decode(cls, state: bytes) -> "Pending":
        """Read a snapshot; raises msgspec.DecodeError when it is none."""
        return cls(msgspec.msgpack.decode(state, type=list[Waiting]))
