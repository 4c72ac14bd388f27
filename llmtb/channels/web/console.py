"""What every page stands on: the house, what is known of it, the views, and the ways out."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Final, NamedTuple, Protocol

import numpy as np
import numpy.typing as npt

from llmtb.channels.conversation.feeder import Feeder
from llmtb.channels.conversation.house import House
from llmtb.channels.conversation.known import Known
from llmtb.channels.conversation.words import Words
from llmtb.channels.port import Port, Pressed, Said
from llmtb.channels.web.feed import Hub
from llmtb.channels.web.window.window import Pages
from llmtb.events.codec import CODEC, Codec
from llmtb.events.floor import Role
from llmtb.events.journal import Journal
from llmtb.projections.engine import Views
from llmtb.runtime.clock import Clock
from llmtb.settings import Console as Settings

Handle = Callable[[Said | Pressed], Awaitable[None]]
"""Takes responsibility for what somebody wrote or pressed; see `Conversation.handle`."""

Serve = Callable[[Mapping[str, Any]], Awaitable[Any]]
"""Has a request of `llmtb.library.requests` done; raises Unserved."""

Embed = Callable[[Sequence[str]], Awaitable[npt.NDArray[np.float32]]]
"""The meaning of texts: vectors of length one, shape (texts, dimensions). Raises Unserved."""


MOST_BEHIND: Final = 1000  # events that the views may lack before it is said


class Unserved(Exception):
    """Something that was asked of the library cannot be done: one line for a person."""


class Phone(NamedTuple):
    """A pretended phone of the demo: whose, which chat it shows, and what its owner is."""

    owner: str
    chat: int
    role: Role


class Demo(Protocol):
    """The demo that runs: its clock can be paused and hurried, its phones are anybody's."""

    speed: float
    """How many seconds pass in one; 0 stands still."""

    @property
    def phones(self) -> Sequence[Phone]: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Console:
    """The running house as pages see it.

    house: takes commands. journal: what was recorded. feeder: follows it; its `known` is what the
    floor, the chats and access are now. views: closed shifts, histories, questions.
    handle: takes what is written and pressed in pages. serve: the library. embed: the encoder.
    port: the way out to every channel; pages: to the chats in pages. folder: of the data.
    hub: keeps pages up to date. new_text: a fresh secret of so many bytes, fit for a link.
    codec: reads what the folder's journal holds, with its keys.
    demo: the demo, if this is one: nobody signs in, and nothing in it is real.
    """

    house: House
    journal: Journal
    feeder: Feeder
    views: Views
    words: Words
    settings: Settings
    language: str
    clock: Clock
    handle: Handle
    port: Port
    pages: Pages
    serve: Serve
    embed: Embed
    hub: Hub
    folder: Path
    new_text: Callable[[int], str]
    codec: Codec = CODEC
    demo: Demo | None = None

    @property
    def known(self) -> Known:
        """The floor, the chats and access, as of the last event that was followed."""
        return self.feeder.known

    @property
    def remakes(self) -> bool:
        """Whether what is past is still read, so that closed shifts may be missing."""
        return self.views.behind > MOST_BEHIND

    def now(self) -> datetime:
        """The instant that holds."""
        return self.clock.now()
