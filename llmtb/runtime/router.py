"""What a sender knows of an actor: its kind and its key, and nothing of where it lives.

`llmtb.runtime.system.System` is the router of one process. A router over several processes
gives references that send the message on; no sender has to change for it.
"""

from typing import Any, Protocol


class Ref(Protocol):
    """A reference to one actor, which exists as soon as it is written to."""

    @property
    def kind(self) -> str: ...

    @property
    def key(self) -> str: ...

    def tell(self, message: object) -> bool:
        """Sends a message; False if it was refused, and went to the dead letters."""
        ...

    async def ask(
        self,
        message: object,
        timeout: float | None = None,  # noqa: ASYNC109 - it travels with the message
    ) -> Any:
        """Sends a message and returns the reply, within `timeout` seconds.

        An ask made while a message is handled inherits what time that one has left, if it is less.
        Raises MailboxFull, DeadlineExceeded, Stopped, or what the actor raises.
        """
        ...


class Router(Protocol):
    """Finds actors."""

    def ref(self, kind: str, key: str) -> Ref:
        """Returns a reference. Raises KeyError for a kind that nobody registered."""
        ...
