"""From committed events to messages: follows the journal, keeps what is known, has people told.

    event recorded -> known -> notices -> queued in each chat, under `notice:SEQ:CHAT`

What is known and how far the notices have come are kept together, as one snapshot, once the
notices are queued. A crash before that leads to the same notices under the same ids, which the
chats have already: nobody is told twice, and nobody is left out.
"""

import asyncio
import logging
from collections.abc import Iterator, Sequence
from contextlib import suppress
from itertools import takewhile
from typing import Final, NamedTuple

import msgspec

from llmtb.actors.access import Unlink
from llmtb.actors.chat import QueueMessage
from llmtb.channels.conversation import planning
from llmtb.channels.conversation.house import TRANSIENT, House, Log
from llmtb.channels.conversation.known import Known
from llmtb.channels.conversation.notices import notices
from llmtb.channels.conversation.occasion import Notice, Occasion
from llmtb.channels.conversation.step import Settings
from llmtb.channels.conversation.supervisor_notices import planned
from llmtb.channels.conversation.words import Words
from llmtb.events.chat import AnswerGiven, AnswerWithheld, ChoicesOffered
from llmtb.events.errors import UnwritableEvent
from llmtb.events.floor import AgentRemoved
from llmtb.events.record import Recorded
from llmtb.runtime.clock import Clock
from llmtb.runtime.insisting import insist
from llmtb.runtime.tasks import until_first

log = logging.getLogger(__name__)

SNAPSHOT: Final = "conversation"
LAYOUT: Final = "2"
_SAVE_EVERY: Final = 256  # events
_AT_ONCE: Final = 32  # chats that are asked at one time
_LONGEST_SLEEP: Final = 60.0  # seconds; the clock may be set while nothing happens


class Queued(NamedTuple):
    """A notice and its id: as a message of its chat, and as a command."""

    id: str
    notice: Notice


class Feeder:
    """Keeps `known` up to date and has people told. `run` it in a task of its own.

    drafts: whether there is a model that drafts replies.
    known: what the journal said up to its event `seq`; others read it, and never change it.
    """

    def __init__(
        self,
        log: Log,
        house: House,
        words: Words,
        settings: Settings,
        clock: Clock,
        *,
        drafts: bool = False,
    ) -> None:
        self._log = log
        self._house = house
        self._words = words
        self._settings = settings
        self._clock = clock
        self._drafts = drafts
        self._news = asyncio.Condition()
        self._told: set[str] = set()
        self._ready = asyncio.Event()
        self.known = Known()

    async def run(self) -> None:
        """Follow the journal until it closes, or this is cancelled.

        Nobody is told anything while the journal takes nothing: that they were told is recorded.
        """
        self.known = await self._recall()
        works = [self._follow()]
        if self._log.refusal is None:
            works.append(self._watch())
        await until_first(*works)

    async def ready(self) -> None:
        """Wait until everything is known that was recorded before the start."""
        await self._ready.wait()

    async def reached(self, seq: int) -> None:
        """Wait until the event `seq` is known."""
        async with self._news:
            await self._news.wait_for(lambda: self.known.seq >= seq)

    async def change(self, since: int) -> None:
        """Wait until more is known than the events up to `since`."""
        await self.reached(since + 1)

    async def _follow(self) -> None:
        start = self._log.head
        following = self._log.subscribe(self.known.seq)
        saved, settled = self.known.seq, True
        try:
            if self.known.seq >= start:
                self._ready.set()
            async for batch in following:
                settled = False
                deliveries = [each for recorded in batch for each in self._take(recorded)]
                async with self._news:
                    self._news.notify_all()
                if self.known.seq >= start:
                    self._ready.set()
                if self._log.refusal is None:
                    await self._unlink_the_gone(batch)
                    await self._deliver(deliveries)
                _report(batch)
                settled = True
                if self.known.seq - saved >= _SAVE_EVERY:
                    saved = self._save()
        finally:
            following.close()
            if settled and self.known.seq > saved:
                self._save()

    def _take(self, recorded: Recorded) -> Iterator[Queued]:
        self.known.evolve(recorded)
        words, settings, drafts = self._words, self._settings, self._drafts
        occasion = Occasion(self.known, words, settings, recorded.event, drafts)
        try:
            told = list(notices(occasion, self._clock.now()))
        except Exception:  # one event that cannot be put into words must not silence all others
            log.exception("event %d could not be told", recorded.seq)
            return
        yield from _numbered(f"notice:{recorded.seq}", told)

    async def _unlink_the_gone(self, batch: Sequence[Recorded]) -> None:
        """Whoever was removed loses their account with it, whatever they may become later."""
        for recorded in batch:
            event = recorded.event
            if not isinstance(event, AgentRemoved) or self.known.person(event.agent) is not None:
                continue
            if self.known.access.lets_in(event.agent):
                command = Unlink(by=event.by, agent=event.agent, reason="removed")
                await self._insist(None, command, f"unlink:{recorded.seq}")

    async def _watch(self) -> None:
        """Tell what only the time brings, when it does."""
        await self._ready.wait()
        while True:
            now, known = self._clock.now(), self.known
            plans = list(planning.due(known, now))
            deliveries = [each for plan in plans for each in self._plan(plan)]
            if deliveries:
                await self._deliver(deliveries)
            self._told = {_name(plan) for plan in plans}
            look = planning.next_look(known, now)
            wait = _LONGEST_SLEEP
            if look is not None:
                wait = min(wait, self._clock.wait(look))
            try:
                async with asyncio.timeout(wait):
                    await self.change(known.seq)
            except TimeoutError:
                continue

    def _plan(self, plan: planning.Feasibility | planning.FeedLost) -> Iterator[Queued]:
        name = _name(plan)
        if name not in self._told:
            occasion = Occasion(self.known, self._words, self._settings, None)
            yield from _numbered(name, list(planned(occasion, plan)))

    async def _deliver(self, deliveries: Sequence[Queued]) -> None:
        """Have everything queued, in order in each chat, the chats side by side."""
        chats: dict[str, list[Queued]] = {}
        for each in deliveries:
            chats.setdefault(each.notice.chat, []).append(each)
        room = asyncio.Semaphore(_AT_ONCE)

        async def one_chat(queue: list[Queued]) -> None:
            async with room:
                for id_, (chat, say, _) in queue:
                    command = QueueMessage(chat=chat, draft=say.draft(id_))
                    await self._insist(chat, command, id_)

        await asyncio.gather(*(one_chat(queue) for queue in chats.values()))

    async def _insist(
        self, chat: str | None, command: QueueMessage | Unlink, command_id: str
    ) -> None:
        """Ask until it is done: an event that was not told is told late, and never skipped."""

        async def ask() -> None:
            if chat is None:
                await self._house.access(command, command_id)
            else:
                await self._house.chat(chat, command, command_id)

        await insist(ask, command_id, transient=TRANSIENT, final=(UnwritableEvent,))

    async def _recall(self) -> Known:
        """What was known at the last snapshot: from it, else from the events up to it.

        Nobody is told of those again, even where somebody was forgotten since and it is void.
        """
        snapshot = self._log.load_snapshot(SNAPSHOT, LAYOUT)
        if snapshot is not None:
            with suppress(msgspec.MsgspecError):  # of another version of the program
                known = Known.decode(snapshot[1])
                if known.seq == snapshot[0]:
                    return known
        known, told = Known(), self._log.snapshot_seq(SNAPSHOT, LAYOUT)
        for recorded in takewhile(lambda each: each.seq <= told, self._log.read()):
            known.evolve(recorded)
            if recorded.seq % _SAVE_EVERY == 0:
                await asyncio.sleep(0)
        return known

    def _save(self) -> int:
        self._log.save_snapshot(SNAPSHOT, LAYOUT, self.known.seq, self.known.encode())
        return self.known.seq


def _report(batch: Sequence[Recorded]) -> None:
    """Log what is finished, without a word of it."""
    for recorded in batch:
        if isinstance(recorded.event, AnswerGiven | AnswerWithheld | ChoicesOffered):
            log.info("finished question %s", recorded.event.question)


def _numbered(name: str, told: Sequence[Notice]) -> Iterator[Queued]:
    """The ids of the notices of one event: a second one to the same chat is number 2."""
    counts: dict[str, int] = {}
    for notice in told:
        number = counts[notice.chat] = counts.get(notice.chat, 0) + 1
        suffix = "" if number == 1 else f":{number}"
        # What somebody waits for goes before what is told to many: see `urgency`.
        first = f"reply:{name}" if notice.awaited else name
        yield Queued(f"{first}:{notice.chat}{suffix}", notice)


def _name(plan: planning.Feasibility | planning.FeedLost) -> str:
    if isinstance(plan, planning.FeedLost):
        return f"silent:{plan.last.isoformat()}"
    return f"meal:{plan.shift}:{plan.meal.name}"
