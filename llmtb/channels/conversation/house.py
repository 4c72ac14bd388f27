"""What the conversation needs of the house: to ask its actors, and to look into its journal."""

from collections.abc import AsyncIterator, Iterator, Sequence
from typing import Final, Protocol

from llmtb.actors.access import AcceptInvitation, Invite, Unlink
from llmtb.actors.asking import Ask, Choose, EndSession, Rate, RecordDraft, StartSession
from llmtb.actors.command import Command
from llmtb.actors.signing_in import OfferSignIn
from llmtb.events.errors import JournalError
from llmtb.events.record import Recorded
from llmtb.runtime.errors import Unanswered

AskingCommand = StartSession | EndSession | Ask | Choose | Rate | RecordDraft
"""What people want of Ask me!, each in their own chat."""

TRANSIENT: Final = (JournalError, Unanswered)
"""What an actor raises when asking again later may help."""


PATIENCE: Final = 10.0
"""Seconds for the floor to answer; a press is answered within those, or asked for again."""


class House(Protocol):
    """The actors. The same id is applied once, and answered the same each time.

    Each may raise Refused, and what TRANSIENT lists.
    """

    async def floor(
        self, command: Command, command_id: str | None = None, seconds: float | None = None
    ) -> list[Recorded]:
        """The events of a command on the floor."""
        ...

    async def access(self, command: Command, command_id: str | None = None) -> list[Recorded]:
        """The events of a command on who may come in."""
        ...

    async def chat(
        self, chat: str, command: Command, command_id: str | None = None
    ) -> list[Recorded]:
        """The events of a command on a chat."""
        ...


class Drafting(Protocol):
    """A model that drafts replies for agents."""

    @property
    def model(self) -> str:
        """The model's identity."""
        ...

    def draft(self, question: str, text: str) -> AsyncIterator[str]:
        """The pieces of a draft for a question (its id, its text), as they are written.

        Raises InferenceError; at its end Unsupported, where the documents do not bear it out.
        """
        ...


class Following(Protocol):
    """The journal's events as they are recorded: an `async for` over batches."""

    position: int

    def __aiter__(self) -> AsyncIterator[list[Recorded]]: ...
    def close(self) -> None: ...


class Log(Protocol):
    """The part of the journal that the conversation reads."""

    @property
    def head(self) -> int: ...
    @property
    def refusal(self) -> str | None: ...
    def applied(self, command: str) -> Sequence[Recorded] | None: ...
    def subscribe(self, after: int) -> Following: ...
    def save_snapshot(self, key: str, layout: str, seq: int, state: bytes) -> None: ...
    def load_snapshot(self, key: str, layout: str) -> tuple[int, bytes] | None: ...
    def snapshot_seq(self, key: str, layout: str) -> int: ...
    def read(self) -> Iterator[Recorded]: ...


async def ask(house: House, command: Command, command_id: str) -> list[Recorded]:
    """Ask whichever actor a command is for."""
    if isinstance(command, Invite | AcceptInvitation | Unlink | OfferSignIn):
        return await house.access(command, command_id)
    if isinstance(command, AskingCommand):
        return await house.chat(command.chat, command, command_id)
    return await house.floor(command, command_id, PATIENCE)
