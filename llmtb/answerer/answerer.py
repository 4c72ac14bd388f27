"""Follows the journal: every question asked is answered, withheld, or given to a person, once.

    QuestionAsked -> (the ladder) -> AnswerGiven | ChoicesOffered | AnswerWithheld -> HandedOver

Each chat has one question looked up at a time, in the order it asked; chats go side by side, an
agent with a caller on the line first. A crash at any line leads to the same commands under the
same ids, of which the second is not applied.
"""

import asyncio
import heapq
import logging
from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Final, Protocol

import msgspec

from llmtb.actors.asking import BOT, EndSession, Found, GiveAnswer, OfferChoices, Withhold
from llmtb.actors.command import Command
from llmtb.actors.desk import HandOver, TakeBack
from llmtb.answerer.known import Known, Person, Told, documents_in
from llmtb.events.chat import QuestionAsked
from llmtb.events.errors import JournalError, UnwritableEvent
from llmtb.events.record import Recorded
from llmtb.inference.answering.asked import Asked, Earlier
from llmtb.inference.errors import InferenceError
from llmtb.runtime.errors import Refused, Unanswered
from llmtb.runtime.insisting import insist
from llmtb.runtime.tasks import until_first

log = logging.getLogger(__name__)

SNAPSHOT: Final = "answerer"
LAYOUT: Final = "4"
TRANSIENT: Final = (JournalError, Unanswered)
_SAVE_EVERY: Final = 256  # events


class House(Protocol):
    """The actors; see `llmtb.app.House`."""

    async def floor(
        self, command: Command, command_id: str | None = None, seconds: float | None = None
    ) -> list[Recorded]: ...
    async def chat(
        self, chat: str, command: Command, command_id: str | None = None
    ) -> list[Recorded]: ...
    async def wake_chat(self, chat: str) -> None: ...


class Following(Protocol):
    """The journal's events as they are recorded."""

    def __aiter__(self) -> AsyncIterator[list[Recorded]]: ...
    def close(self) -> None: ...


class Log(Protocol):
    """The part of the journal that is read here."""

    @property
    def head(self) -> int: ...
    def subscribe(self, after: int) -> Following: ...
    def save_snapshot(self, key: str, layout: str, seq: int, state: bytes) -> None: ...
    def load_snapshot(self, key: str, layout: str) -> tuple[int, bytes] | None: ...


Answer = Callable[[Asked, str | None], Awaitable[Found]]
"""Takes a question through the ladder: the command that tells its chat what came of it.

Beside the question it is given the language that the chat is spoken to in. It raises
InferenceError where it cannot; what people hear is the company's, never an error's text.
"""


class Line:
    """The questions in line: of each chat one at a time, in order; agents on a call first."""

    def __init__(self) -> None:
        self._chats: dict[str, deque[tuple[int, int, QuestionAsked]]] = {}
        self._ready: list[tuple[int, int, str]] = []
        self._busy: set[str] = set()
        self._news = asyncio.Condition()

    def __len__(self) -> int:
        return sum(map(len, self._chats.values()))

    async def put(self, asked: QuestionAsked, seq: int) -> None:
        """Add a question, the `seq`-th event."""
        place = (priority_of(asked), seq, asked)
        queue = self._chats.setdefault(asked.chat, deque())
        queue.append(place)
        if len(queue) == 1 and asked.chat not in self._busy:
            async with self._news:
                heapq.heappush(self._ready, (*place[:2], asked.chat))
                self._news.notify()

    async def take(self) -> QuestionAsked:
        """The next question of a chat that has none under way; `done` must follow."""
        async with self._news:
            await self._news.wait_for(lambda: bool(self._ready))
            chat = heapq.heappop(self._ready)[2]
        self._busy.add(chat)
        asked = self._chats[chat].popleft()[2]
        if not self._chats[chat]:
            del self._chats[chat]
        return asked

    async def done(self, chat: str) -> None:
        """The chat's next question may go."""
        self._busy.discard(chat)
        queue = self._chats.get(chat)
        if queue:
            async with self._news:
                heapq.heappush(self._ready, (*queue[0][:2], chat))
                self._news.notify()


def priority_of(asked: QuestionAsked) -> int:
    """0: an agent with a caller on the line; 1: an agent; 2: a customer."""
    return 2 if asked.audience == "customer" else 0 if asked.on_call else 1


class Answerer:
    """Answers what is asked. `run` it in a task of its own.

    answer: the ladder. workers: chats that are looked up at the same time.
    known: what the journal said so far; others read it, and never change it.
    """

    def __init__(self, log: Log, house: House, answer: Answer, *, workers: int = 8) -> None:
        self._log = log
        self._house = house
        self._answer = answer
        self._workers = workers
        self._line = Line()
        self._caught_up = asyncio.Event()
        self._seen_to = 0  # the event up to which people were asked for
        self.known = Known()

    async def run(self) -> None:
        """Follow the journal until it closes, or this is cancelled."""
        self.known = self._recall()
        works = [self._work() for _ in range(self._workers)]
        await until_first(self._follow(), *works)

    # --- following -----------------------------------------------------------------------------

    async def _follow(self) -> None:
        start, saved = self._log.head, self.known.seq
        following = self._log.subscribe(saved)
        try:
            if saved >= start:
                await self._catch_up()
            async for batch in following:
                for recorded in batch:
                    await self._take(recorded)
                    if recorded.seq == start:
                        await self._catch_up()
                if self.known.seq - saved >= _SAVE_EVERY:
                    saved = self._save()
        finally:
            following.close()
            if self.known.seq > saved:
                self._save()

    async def _take(self, recorded: Recorded) -> None:
        self.known.evolve(recorded)
        if self._caught_up.is_set():
            if isinstance(recorded.event, QuestionAsked):
                await self._line.put(recorded.event, recorded.seq)
            await self._see_to_people()

    async def _catch_up(self) -> None:
        """Take up what the last run left: questions without an answer, chats without a person."""
        self._caught_up.set()
        for number, asked in enumerate(list(self.known.open.values())):
            await self._line.put(asked, number - len(self.known.open))
        await self._see_to_people()
        for chat in list(self.known.talks):
            await self._house.wake_chat(chat)

    async def _see_to_people(self) -> None:
        """Find a person for every chat that needs one, and keep what people answered."""
        for chat, person in list(self.known.people.items()):
            if person.seq > self._seen_to:
                await self._insist(None, self._hand_over(chat, person), f"person:{person.seq}")
        for chat, holder in self.known.deserted():
            # Words to an agent whom nothing reaches are words to nobody.
            away = TakeBack(chat=chat, by=BOT, reason="agent_away")
            await self._insist(None, away, f"deserted:{holder.seq}")
        for chat, seq in list(self.known.parted.items()):
            # What they asked as one of the house, or of the list, is not for who they are now.
            await self._insist(chat, EndSession(chat=chat), f"parted:{seq}")
            self.known.parted.pop(chat, None)
        for question in list(self.known.outdated):
            # What a document said that was taken out, or changed, is nobody's to choose.
            chat = question.rpartition("/")[0]
            over = Withhold(chat=chat, question=question, reason="not_chosen")
            await self._insist(chat, over, f"outdated:{question}")
            self.known.outdated.discard(question)
        self._seen_to = self.known.seq
        for question, told in list(self.known.told.items()):
            await self._keep(question, told)
            self.known.told.pop(question, None)

    def _hand_over(self, chat: str, person: Person) -> HandOver:
        return HandOver(
            chat=chat,
            reason=person.reason,
            summary=person.summary,
            question=person.question,
            among=self.known.reachable(),
        )

    async def _keep(self, question: str, told: Told) -> None:
        """A person's words answer the question, though they were told already."""
        command = GiveAnswer(
            chat=told.chat,
            question=question,
            text=told.text,
            sources=(),
            origin="person",
            by=told.by,
        )
        await self._insist(told.chat, command, f"told:{question}")

    # --- answering -----------------------------------------------------------------------------

    async def _work(self) -> None:
        await self._caught_up.wait()
        while True:
            asked = await self._line.take()
            try:
                if asked.question in self.known.open:
                    found = self._allowed(await self._look_up(asked))
                    once = f"answer:{asked.question}"
                    if not await self._insist(asked.chat, found, once):
                        await self._insist(asked.chat, _unavailable(asked), once)
            finally:
                await self._line.done(asked.chat)

    async def _look_up(self, asked: QuestionAsked) -> Found:
        chat, question = asked.chat, asked.question
        turns = tuple(
            Earlier(turn.text, turn.passages, turn.answer, next(iter(turn.titles), ""))
            for turn in self.known.turns(chat, question)
        )
        log.info("question %s: looking it up", question)
        try:
            return await self._answer(
                Asked(
                    question=question,
                    chat=chat,
                    text=asked.text,
                    language=asked.language,
                    audience=asked.audience,
                    level=asked.level,
                    on_call=asked.on_call,
                    turns=turns,
                ),
                self.known.languages.get(chat),
            )
        except InferenceError as trouble:
            log.warning("question %s: %s", question, trouble)
        except Exception:  # one question that breaks the ladder must not silence all others
            log.exception("question %s could not be looked up", question)
        return _unavailable(asked)

    def _allowed(self, found: Found) -> Found:
        """What was found, unless its document was taken out while it was looked up."""
        match found:
            case GiveAnswer():
                documents = documents_in(found.sources)
            case OfferChoices():
                documents = documents_in(choice.source for choice in found.choices)
            case Withhold():
                return found
        if not documents & self.known.gone:
            return found
        return Withhold(chat=found.chat, question=found.question, reason="unavailable")

    async def _insist(self, chat: str | None, command: Command, command_id: str) -> bool:
        """Ask until it is done: a question is answered late rather than never.

        False where it never can be.
        """

        async def ask() -> None:
            if chat is None:
                await self._house.floor(command, command_id)
            else:
                await self._house.chat(chat, command, command_id)

        final = (UnwritableEvent, Refused)
        return await insist(ask, command_id, transient=TRANSIENT, final=final)

    def _recall(self) -> Known:
        snapshot = self._log.load_snapshot(SNAPSHOT, LAYOUT)
        if snapshot is None:
            return Known()
        try:
            known = Known.decode(snapshot[1])
        except msgspec.MsgspecError:  # of another version of the program: the events are all there
            return Known()
        return known if known.seq == snapshot[0] else Known()

    def _save(self) -> int:
        self._log.save_snapshot(SNAPSHOT, LAYOUT, self.known.seq, self.known.encode())
        return self.known.seq


def _unavailable(asked: QuestionAsked) -> Withhold:
    return Withhold(chat=asked.chat, question=asked.question, reason="unavailable")
