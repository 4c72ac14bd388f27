"""A thousand chats ask at once, and everything is killed at any await: nobody's words are mixed.

The real conversation, house and answerer over one journal, on a virtual clock. Only the ladder is
a stub: it takes as long as chance has it, and answers with the chat and the words it was given, so
that an answer in a wrong place can be seen.
"""

import asyncio
import random
from collections import defaultdict
from collections.abc import Coroutine, Sequence
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any, NamedTuple, TypeVar

from hypothesis import example, given, settings
from hypothesis import strategies as st

from llmtb.actors.asking import Found, GiveAnswer, Withhold
from llmtb.actors.centre import SetPolicy
from llmtb.actors.chat import RecordSent
from llmtb.answerer.answerer import Answerer
from llmtb.app import House
from llmtb.channels.conversation.conversation import Conversation
from llmtb.channels.conversation.step import Settings
from llmtb.channels.port import Said
from llmtb.events.chat import AnswerGiven, AnswerWithheld, MessageQueued, QuestionAsked
from llmtb.events.errors import JournalError
from llmtb.events.reading import verify
from llmtb.events.stores.memory import MemoryStore
from llmtb.inference.answering.asked import Asked
from llmtb.projections.history import Day
from llmtb.runtime.errors import Unanswered
from llmtb.runtime.virtual import VirtualLoop
from llmtb.testing.faulty import SlowJournal
from tests.conversation.company import FakePort

T = TypeVar("T")
START = datetime(2026, 11, 21, 4, 20, tzinfo=UTC)
MOST = 1000
RULES = {"questions": {"customers": "anyone", "per_minute": 1000, "hand_over": False}}
NOTHING = "tell me nothing"


class Burst(NamedTuple):
    """Some chats ask at once. crash: after how many turns of the loop all is killed, if it is."""

    chats: int
    questions: int
    crash: int | None
    pause: float


bursts = st.builds(
    Burst,
    chats=st.integers(1, 40),
    questions=st.integers(1, 3),
    crash=st.none() | st.integers(1, 400),
    pause=st.sampled_from([0.0, 0.3, 20.0]),
)


class Town:
    """Everybody who asks, and the house that answers. chance: decides what is not drawn."""

    def __init__(self, loop: VirtualLoop, chance: random.Random) -> None:
        self.loop = loop
        self.chance = chance
        self.store = MemoryStore()
        self.wanted: dict[int, list[str]] = defaultdict(list)
        self.looked_up: list[Asked] = []
        self._sent: set[int] = set()
        self._works: list[asyncio.Task[None]] = []

    async def begin(self) -> None:
        """Open the house on what the journal holds."""
        self.journal = await SlowJournal.open(self.store)
        self.journal.delay = lambda: self.chance.choice((0.0, 0.0, 0.01, 0.2))
        self.house = House(self.journal, self.loop.clock, random.Random(0))
        await self.house.wake()
        self.conversation = Conversation(
            self.house,
            self.journal,
            _no_history,
            Settings(),
            clock=self.loop.clock,
            new_code=lambda: "x" * 22,
        )
        answerer = Answerer(self.journal, self.house, self.ladder, workers=32)
        self._works = [
            asyncio.create_task(self.conversation.run(FakePort()), name="conversation"),
            asyncio.create_task(answerer.run(), name="answerer"),
            asyncio.create_task(self._post(), name="post"),
        ]

    async def _post(self) -> None:
        """Stands in for the outbox: what is queued is sent at once."""
        async for batch in self.journal.subscribe(0):
            for recorded in batch:
                event = recorded.event
                if isinstance(event, MessageQueued) and (recorded.seq not in self._sent):
                    self._sent.add(recorded.seq)
                    sent = RecordSent(chat=event.chat, message=event.message)
                    with suppress(JournalError, Unanswered):
                        await self.house.chat(event.chat, sent)

    async def end(self) -> None:
        """Kill what runs, and close the journal."""
        self.kill()
        await asyncio.gather(*self._works, return_exceptions=True)
        await self.journal.close()

    def kill(self) -> None:
        """The end of the process, but for what the store holds."""
        self.house.crash()
        for work in self._works:
            work.cancel()

    async def ladder(self, asked: Asked, _language: str | None) -> Found:
        """The chat and its words, after a while; now and then nothing."""
        self.looked_up.append(asked)
        await asyncio.sleep(self.chance.choice((0.0, 0.05, 1.0, 4.0)))
        if asked.text.startswith(NOTHING):
            return Withhold(chat=asked.chat, question=asked.question, reason="nothing_found")
        return GiveAnswer(
            chat=asked.chat,
            question=asked.question,
            text=f"{asked.chat} said {asked.text}",
            sources=(),
            origin="extract",
        )

    async def ask(self, burst: Burst) -> None:
        """Have some chats ask; what a crash cut short is delivered again, as a channel does."""
        chats = self.chance.sample(range(1, MOST + 1), min(burst.chats, MOST))
        queues = {chat: [self._said(chat) for _ in range(burst.questions)] for chat in chats}
        taken: set[str] = set()
        tasks = self._deliver(queues, taken)
        if burst.crash is not None:
            self._kill_after(burst.crash, tasks)
        await asyncio.gather(*tasks, return_exceptions=True)
        self.loop.on_step(None)
        if burst.crash is not None:
            await self.end()
            await self.begin()
            repeated = {update for update in taken if self.chance.random() < 0.9}
            await asyncio.gather(*self._deliver(queues, repeated))
        await asyncio.sleep(burst.pause)

    def _said(self, chat: int) -> Said:
        number = len(self.wanted[chat]) + 1
        # What is refused is told in words of ours: only its number among the chat's is seen.
        text = f"{self.chance.choice(('secret', 'secret', NOTHING))} {number} of <{chat}>"
        self.wanted[chat].append(text)
        name = ("Javad", "javad")[chat % 2]
        at = self.loop.clock.now()
        return Said(chat=chat, user=chat, message_id=number, text=text, at=at, first_name=name)

    def _deliver(
        self, queues: dict[int, list[Said]], taken: set[str]
    ) -> Sequence[asyncio.Task[None]]:
        async def one_chat(queue: list[Said]) -> None:
            for said in queue:
                while said.update not in taken:
                    with suppress(JournalError, Unanswered):
                        await self.conversation.handle(said)
                        taken.add(said.update)
                    await asyncio.sleep(0.01)

        return [asyncio.create_task(one_chat(queue)) for queue in queues.values()]

    def _kill_after(self, steps: int, tasks: Sequence[asyncio.Task[None]]) -> None:
        last = self.loop.steps + steps

        def kill(step: int) -> None:
            if step >= last:
                self.loop.on_step(None)
                self.kill()
                for task in tasks:
                    task.cancel()

        self.loop.on_step(kill)

    # --- what must hold ------------------------------------------------------------------------

    async def settled(self) -> None:
        """Wait until every question has what becomes of it, and all of it is told."""
        total = sum(map(len, self.wanted.values()))
        for _ in range(300):
            told = sum(isinstance(r.event, MessageQueued) for r in self.journal.read())
            if told >= total:
                break
            await asyncio.sleep(2)
        await asyncio.sleep(30)

    def check(self) -> None:
        """Each chat asked what it asked, was answered that, once, in order, and nothing else."""
        verify(self.store)
        asked: dict[str, list[str]] = defaultdict(list)
        answered: dict[str, list[str]] = defaultdict(list)
        told: dict[str, list[str]] = defaultdict(list)
        chat_of: dict[str, str] = {}
        settled: set[str] = set()
        for recorded in self.journal.read():
            match recorded.event:
                case QuestionAsked() as event:
                    chat_of[event.question] = event.chat
                    asked[event.chat].append(event.text)
                case AnswerGiven() | AnswerWithheld() as event:
                    assert event.question not in settled, "a question was answered twice"
                    settled.add(event.question)
                    text = event.text if isinstance(event, AnswerGiven) else NOTHING
                    answered[chat_of[event.question]].append(text)
                case MessageQueued() as event:
                    told[event.chat].append(event.text)
                case _:
                    pass
        for number, texts in self.wanted.items():
            chat = str(number)
            assert asked.pop(chat) == texts
            wanted = [NOTHING if t.startswith(NOTHING) else f"{chat} said {t}" for t in texts]
            assert answered.pop(chat) == wanted
            heard = [t if " said " in t else NOTHING for t in told.pop(chat)]
            assert heard == wanted
        assert {*asked, *answered, *told} == set(), "somebody heard what nobody asked"
        for each in self.looked_up:
            for turn in each.turns:
                assert turn.question.endswith(f"<{each.chat}>"), "another's words came along"
                assert f"<{each.chat}>" in turn.answer or not turn.answer


async def _no_history(_agent: str) -> Sequence[Day]:
    return ()


def play(plan: Sequence[Burst], seed: int) -> None:
    loop = VirtualLoop(START)
    town = Town(loop, random.Random(seed))

    async def story() -> None:
        await town.begin()
        await town.house.floor(SetPolicy(policy=RULES))
        await asyncio.sleep(1)
        for burst in plan:
            await town.ask(burst)
        await town.settled()
        town.check()
        await town.end()

    _finish(loop, story())


def _finish(loop: VirtualLoop, main: Coroutine[Any, Any, T]) -> T:
    try:
        return loop.run_until_complete(main)
    finally:
        loop.run_until_complete(_cancel_all())
        loop.close()


async def _cancel_all() -> None:
    others = asyncio.all_tasks() - {asyncio.current_task()}
    for task in others:
        task.cancel()
    await asyncio.gather(*others, return_exceptions=True)


@given(plan=st.lists(bursts, min_size=1, max_size=6), seed=st.integers(0, 2**32 - 1))
@settings(max_examples=25)
def test_every_answer_reaches_the_chat_that_asked_once_and_in_order(
    plan: list[Burst], seed: int
) -> None:
    play(plan, seed)


@given(seed=st.integers(0, 2**32 - 1), crashes=st.lists(st.integers(1, 3000), max_size=2))
@example(seed=1, crashes=[700])
@settings(max_examples=2)
def test_a_thousand_chats_at_once_hold_nobody_else_s_words(seed: int, crashes: list[int]) -> None:
    play([Burst(MOST, 1, crash, 0.3) for crash in (*crashes, None)], seed)
