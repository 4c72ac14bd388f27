"""The event-sourced actor: it decides, has the events committed, and only then replies.

    def factory(context: Context) -> PersistentActor[...]:
        return PersistentActor(context, Behaviour(), journal, forms, read)

Each turn takes what has gathered in the mailbox, in rounds:

1. Time: every instant that fell due up to now is decided first, each at its own instant.
2. Commands: each is decided on the state that the one before it left.
3. All their events go to the journal in one append.
4. When that is committed, everybody gets their answer: the events of their command.

If the append fails, what was decided is thrown away: the state is recovered from the journal, and
each command is decided and appended once more by itself, so that only the guilty one fails.
"""

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final, Generic

from llmtb.runtime.actor import BatchActor, Context
from llmtb.runtime.behaviour import (
    Behaviour,
    Change,
    Command,
    Envelope,
    Event,
    Forms,
    Journal,
    Part,
    Read,
    Recorded,
    State,
)
from llmtb.runtime.errors import Refused
from llmtb.runtime.mailbox import Letter
from llmtb.runtime.memory import Keeper, Memory

RETRY: Final = timedelta(seconds=1)  # until what fell due is tried again if it was not recorded


class Due:
    """The timer's message: an instant has come."""


DUE: Final = Due()


class DecisionFault(RuntimeError):
    """A behaviour broke its contract; nothing of the decision was recorded."""


@dataclass(slots=True)
class Decided:
    """What became of one command before the commit.

    part: the place of its events in the append; None if there are none.
    error: a refusal, or a fault, that it gets instead.
    """

    letter: Letter
    command_id: str | None
    part: int | None = None
    error: Exception | None = None


@dataclass(slots=True)
class Round(Generic[Part]):
    """What goes to the journal in one append, and who waits for it."""

    parts: list[Part] = field(default_factory=list)
    decided: list[Decided] = field(default_factory=list)


class PersistentActor(BatchActor, Generic[State, Command, Event, Change, Part]):
    """Takes commands, plain or as `Envelope`; a reply is the list of the recorded events.

    forms: how the journal is written to. read: reads the actor's own events.
    snapshot_every: events between snapshots; None: never.

    A new actor whose journal is empty begins with `elapse` at the present instant.
    Beside Refused and what a faulty behaviour raises, an asker gets what the journal raises.
    """

    def __init__(
        self,
        context: Context,
        behaviour: Behaviour[State, Command, Event],
        journal: Journal[Part, Event],
        forms: Forms[Event, Change, Part],
        read: Read[Event],
        *,
        snapshot_every: int | None = 1000,
    ) -> None:
        name = f"{context.ref.kind}/{context.key}"
        self._context = context
        self._behaviour = behaviour
        self._journal = journal
        self._forms = forms
        self._every = snapshot_every
        self._elapse = behaviour.elapse()
        self._keeper = Keeper(name, behaviour, journal, read, context.report)
        self._memory = Memory(behaviour.initial())
        self._dirty = False  # the memory holds what will not be in the journal
        self._horizon: datetime | None = None  # up to here, time has been decided
        self._next: datetime | None = None  # what falls due then,
        self._next_known = False  # if that was asked since the state changed
        self._armed: datetime | None = None  # what the timer is set to
        self._held = False  # what fell due could not be recorded

    @property
    def state(self) -> State:
        """The state as the actor sees it; at rest, exactly what is in the journal."""
        return self._memory.state

    async def started(self) -> None:
        await self._recover()
        await self.receive_batch(deque())

    async def receive_batch(self, batch: deque[Letter]) -> None:
        self._held = False
        await self._take(batch)
        while batch:
            await self._take(batch)
        self._arm()

    async def stopped(self) -> None:
        if self._every is not None and self._memory.unsaved:
            self._keeper.save(self._memory)

    async def _recover(self) -> None:
        self._memory = await self._keeper.recover()
        self._horizon = self._memory.last
        self._next_known = False
        self._dirty = False

    # --- a round -------------------------------------------------------------------------------

    async def _take(self, batch: deque[Letter], *, alone: bool = False) -> None:
        """One round, with as much of the batch as it can take.

        alone: it is the second try of one command, or of time itself.
        """
        round_ = self._decide_all(batch)
        failure = await self._append(round_)
        if failure is None:
            if self._dirty:
                await self._recover()
            return
        await self._recover()
        if alone:
            self._give_up(round_, failure)
            return
        letters = [decided.letter for decided in round_.decided]
        for letter in letters:
            await self._take(deque((letter,)), alone=True)
        if not letters:
            await self._take(deque(), alone=True)

    def _decide_all(self, batch: deque[Letter]) -> Round[Part]:
        """Decides what fell due, then the commands, up to one that spoils the state."""
        now = self._context.clock.now()
        if self._horizon is not None and now < self._horizon:
            now = self._horizon
        round_: Round[Part] = Round()
        self._let_pass(now, round_.parts)
        while batch and not self._dirty:
            letter = batch.popleft()
            if letter.message is DUE:
                self._armed = None
            elif not letter.given_up:
                self._decide_one(letter, now, round_)
        return round_

    def _decide_one(self, letter: Letter, now: datetime, round_: Round[Part]) -> None:
        message = letter.message
        command, command_id = message if type(message) is Envelope else (message, None)
        decided = Decided(letter, command_id)
        round_.decided.append(decided)
        try:
            changes = self._decide(command, now)
        except Exception as error:  # noqa: BLE001 - the asker gets it, faults are reported
            decided.error = error
        else:
            if changes:
                decided.part = len(round_.parts)
                round_.parts.append(self._forms.part(changes, command_id))

    def _decide(self, command: Command, now: datetime) -> list[Change]:
        """Decides one command, and evolves the state by it."""
        memory, behaviour, change = self._memory, self._behaviour, self._forms.change
        versions = memory.versions
        changes: list[Change] = []
        try:
            for event in behaviour.decide(memory.state, command, now):
                stream = behaviour.stream(event)
                version = versions[stream] = versions.get(stream, 0) + 1
                changes.append(change(stream, version, event))
                memory.state = behaviour.evolve(memory.state, event)
        except Exception as error:
            self._dirty = bool(changes)
            if changes and isinstance(error, Refused):
                raise DecisionFault("refused after an event was yielded") from error
            raise
        if changes:
            self._next_known = False
        return changes

    async def _append(self, round_: Round[Part]) -> Exception | None:
        """Commits a round and answers; returns why it could not be committed."""
        memory = self._memory
        recorded: Sequence[Sequence[Recorded[Event]]] = ()
        if round_.parts:
            try:
                recorded = await self._journal.append(round_.parts)
            except Exception as error:  # noqa: BLE001 - tried again, then the asker gets it
                return error
            last = recorded[-1][-1]
            memory.seq, memory.last = last.seq, last.event.at
            memory.unsaved += sum(map(len, recorded))
        for decided in round_.decided:
            if decided.part is None:
                self._answer_eventless(decided)
            else:
                decided.letter.answer(recorded[decided.part])
        if self._every is not None and memory.unsaved >= self._every and not self._dirty:
            self._keeper.save(memory)
        return None

    def _answer_eventless(self, decided: Decided) -> None:
        """Answers a command that led to nothing: because it was applied before, perhaps."""
        letter, error = decided.letter, decided.error
        if error is not None and not isinstance(error, Refused):
            self._context.report(error)
            letter.fail(error)
            return
        earlier: Sequence[Recorded[Event]] | None = None
        if decided.command_id is not None:
            try:
                earlier = self._journal.applied(decided.command_id)
            except Exception as unread:  # noqa: BLE001 - the asker gets it
                error = unread
        if earlier is None and error is not None:
            letter.fail(error)
        else:
            letter.answer(list(earlier or ()))

    def _give_up(self, round_: Round[Part], failure: Exception) -> None:
        """The second try has failed as well."""
        repeated = isinstance(failure, self._forms.repeated)
        self._held = not repeated
        if not round_.decided:
            self._context.report(failure)
        for decided in round_.decided:
            if repeated:
                self._answer_eventless(Decided(decided.letter, decided.command_id))
            else:
                decided.letter.fail(failure)

    # --- time ----------------------------------------------------------------------------------

    def _let_pass(self, now: datetime, parts: list[Part]) -> None:
        """Decides every instant that falls due up to `now`. What it raises fails the actor."""
        if self._elapse is not None:
            if self._horizon is None:
                self._fire(self._elapse, now, parts)
            while (instant := self._due()) is not None and instant <= now:
                self._fire(self._elapse, instant, parts)
        self._horizon = now

    def _fire(self, elapse: Command, instant: datetime, parts: list[Part]) -> None:
        self._horizon = instant
        self._next_known = False
        try:
            changes = self._decide(elapse, instant)
        except Refused as refusal:
            raise DecisionFault("time was refused to pass") from refusal
        if changes:
            parts.append(self._forms.part(changes, None))

    def _due(self) -> datetime | None:
        """The next instant at which something falls due."""
        if not self._next_known:
            horizon = self._horizon
            self._next = self._behaviour.due(self._memory.state, horizon)
            if self._next is not None and horizon is not None and self._next <= horizon:
                raise DecisionFault(f"due at {self._next}, which is not after {horizon}")
            self._next_known = True
        return self._next

    def _arm(self) -> None:
        """Sets the one timer to the next instant at which something falls due."""
        if self._elapse is None:
            return
        due = self._due()
        if due is not None and self._held:
            due = max(due, self._context.clock.now() + RETRY)
        if due == self._armed:
            return
        self._armed = due
        if due is None:
            self._context.timers.cancel("due")
        else:
            self._context.timers.set("due", due, DUE)
