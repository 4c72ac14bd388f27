"""Puts the house together: the journal, the actors that write to it, the way to ask them."""

import random
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, cast

from llmtb.actors.access import AccessBehaviour
from llmtb.actors.audit import AuditBehaviour
from llmtb.actors.chat import ChatBehaviour
from llmtb.actors.command import Command
from llmtb.actors.floor import FLOOR_TOPICS, FloorBehaviour
from llmtb.actors.knowledge import KnowledgeBehaviour
from llmtb.events.access import STREAM as ACCESS_STREAM
from llmtb.events.audit import STREAM as AUDIT_STREAM
from llmtb.events.errors import AlreadyApplied, JournalReadOnly
from llmtb.events.event import Event
from llmtb.events.journal import Change, Journal, Part, Recorded
from llmtb.events.knowledge import STREAM as KNOWLEDGE_STREAM
from llmtb.runtime.actor import Context
from llmtb.runtime.behaviour import Envelope, Forms
from llmtb.runtime.clock import Clock
from llmtb.runtime.persistent import PersistentActor
from llmtb.runtime.system import System

FORMS: Forms[Event, Change, Part] = Forms(Change, Part, AlreadyApplied)
CENTRE = "centre"  # the key of the actors of which there is one
IDLE = 600.0  # seconds after which a chat leaves memory


class House:
    """The actors of one centre over its journal.

    A crash drops them all without notice; another house on the same journal goes on.
    """

    def __init__(self, journal: Journal, clock: Clock, chance: random.Random) -> None:
        self.journal = journal
        self.clock = clock
        self.system = System(clock, chance=chance)
        # The floor serves the whole centre: its mailbox takes a press of everybody at once.
        self.system.register("floor", self._floor, capacity=20_000)
        self.system.register("access", self._access)
        self.system.register("knowledge", self._knowledge)
        self.system.register("audit", self._audit)
        self.system.register("chat", self._chat, passivate_after=IDLE)

    @classmethod
    async def start(cls, journal: Journal, clock: Clock, chance: random.Random) -> "House":
        """A house whose floor has recovered, and caught up with what fell due meanwhile.

        Raises what the recovery raises: a JournalError, for one.
        """
        house = cls(journal, clock, chance)
        await house.wake()
        return house

    async def wake(self) -> None:
        """Have the floor decide what is due by now, though nobody asks for anything.

        Where nothing can be recorded no actor comes to life: none could keep what it decides.
        """
        if self.journal.refusal is None:
            await self.system.wake("floor", CENTRE)

    async def floor(
        self, command: Command, command_id: str | None = None, seconds: float | None = None
    ) -> list[Recorded]:
        """The events of a command on the floor; none if it changes nothing.

        The same id is applied once. Raises Refused, Unanswered, or a JournalError.
        """
        return await self._ask("floor", CENTRE, command, command_id, seconds)

    async def access(self, command: Command, command_id: str | None = None) -> list[Recorded]:
        """The events of a command on who may come in; see `floor`."""
        return await self._ask("access", CENTRE, command, command_id, None)

    async def chat(
        self, chat: str, command: Command, command_id: str | None = None
    ) -> list[Recorded]:
        """The events of a command on a chat; see `floor`."""
        return await self._ask("chat", chat, command, command_id, None)

    async def knowledge(self, command: Command, command_id: str | None = None) -> list[Recorded]:
        """The events of a command on the library; see `floor`."""
        return await self._ask("knowledge", CENTRE, command, command_id, None)

    async def audit(self, command: Command, command_id: str | None = None) -> list[Recorded]:
        """The events of a command on the audit; see `floor`."""
        return await self._ask("audit", CENTRE, command, command_id, None)

    async def wake_chat(self, chat: str) -> None:
        """Have a chat decide what is due by now: its session may be over."""
        if self.journal.refusal is None:
            await self.system.wake("chat", chat)

    async def stop(self) -> None:
        """Have the actors finish what they were told, and stop them; the journal stays open."""
        await self.system.stop()

    def crash(self) -> None:
        """Drop every actor on the spot, as the end of the process would."""
        self.system.crash()

    async def _ask(
        self, kind: str, key: str, command: Command, command_id: str | None, seconds: float | None
    ) -> list[Recorded]:
        if self.journal.refusal is not None:
            raise JournalReadOnly(self.journal.refusal)
        envelope = Envelope(command, command_id)
        reply: Any = await self.system.ref(kind, key).ask(envelope, seconds)
        return cast("list[Recorded]", reply)

    def _floor(self, context: Context) -> PersistentActor[Any, Any, Event, Change, Part]:
        topics = sorted(FLOOR_TOPICS)

        def read(after: int, _: Mapping[str, int]) -> Iterable[Recorded]:
            return self.journal.read(after, topics=topics)

        return self._actor(context, FloorBehaviour(), read)

    def _access(self, context: Context) -> PersistentActor[Any, Any, Event, Change, Part]:
        return self._actor(context, AccessBehaviour(), self._reader([ACCESS_STREAM]))

    def _knowledge(self, context: Context) -> PersistentActor[Any, Any, Event, Change, Part]:
        return self._actor(context, KnowledgeBehaviour(), self._reader([KNOWLEDGE_STREAM]))

    def _audit(self, context: Context) -> PersistentActor[Any, Any, Event, Change, Part]:
        return self._actor(context, AuditBehaviour(), self._reader([AUDIT_STREAM]))

    def _chat(self, context: Context) -> PersistentActor[Any, Any, Event, Change, Part]:
        stream = f"chat/{context.key}"
        return self._actor(context, ChatBehaviour(context.key), self._reader([stream]))

    def _reader(self, streams: Sequence[str]) -> Any:
        def read(_: int, versions: Mapping[str, int]) -> Iterable[Recorded]:
            for stream in streams:
                yield from self.journal.read_stream(stream, versions.get(stream, 0))

        return read

    def _actor(
        self, context: Context, behaviour: Any, read: Any
    ) -> PersistentActor[Any, Any, Event, Change, Part]:
        return PersistentActor(context, behaviour, self.journal, FORMS, read)
