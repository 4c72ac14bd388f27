"""Says any event there is, and whom and what it is about."""

from collections.abc import Iterator
from typing import Final

from llmtb.events.event import Event
from llmtb.events.record import Recorded
from replay.speech import Speech
from replay.telling.chats import CHATS
from replay.telling.doors import ACCESS, AUDIT, KNOWLEDGE
from replay.telling.floor import FLOOR
from replay.telling.teller import Tellers

TELLERS: Final[Tellers] = {**FLOOR, **CHATS, **KNOWLEDGE, **ACCESS, **AUDIT}
"""For each published type of event, what says it."""


def told(event: Event, speech: Speech) -> str:
    """What happened, as a sentence without its full stop; ids stay as they are spelt."""
    return TELLERS[type(event)](event, speech)


def people_of(event: Event) -> Iterator[str]:
    """The ids of those whom an event is about, or who caused it."""
    yield event.by
    for name in ("agent", "person", "of"):
        held = getattr(event, name, None)
        if isinstance(held, str):
            yield held
    yield from getattr(event, "agents", ())


def chat_of(recorded: Recorded) -> str | None:
    """The chat that an event is about; None if it is about none."""
    chat: str | None = getattr(recorded.event, "chat", None)
    if chat is None and recorded.stream.startswith("chat/"):
        return recorded.stream.removeprefix("chat/")
    return chat
