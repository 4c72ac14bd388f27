"""What says what happened: a function for each type of event."""

from collections.abc import Callable, Mapping
from typing import Any, TypeAlias

from llmtb.events.event import Event
from replay.speech import Speech

Teller: TypeAlias = Callable[[Any, Speech], str]
"""Says an event in a sentence without its full stop; instants in the zone of the speech."""
Tellers: TypeAlias = Mapping[type[Event], Teller]
