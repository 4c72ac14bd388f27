"""Every question ends once, whoever asks, whatever fails and whenever the process ends."""

import asyncio
import random
from collections import Counter
from collections.abc import Callable, Coroutine
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from llmtb.actors.access import AcceptInvitation, Invite, digest_of
from llmtb.actors.asking import Ask, Found, GiveAnswer, Withhold
from llmtb.actors.centre import AddAgent, AssignShift
from llmtb.actors.desk import RelayWords
from llmtb.answerer.answerer import SNAPSHOT, Answerer
from llmtb.answerer.known import Known
from llmtb.app import House
from llmtb.events.chat import AnswerGiven, AnswerWithheld, Audience, QuestionAsked
from llmtb.events.desk import CallbackOpened, HandedOver
from llmtb.events.journal import Journal
from llmtb.events.reading import verify
from llmtb.events.stores.memory import MemoryStore
from llmtb.inference.answering.asked import Asked
from llmtb.inference.errors import QueueFull
from llmtb.runtime.virtual import VirtualLoop

T = TypeVar("T")
START = datetime(2026, 11, 21, 4, 50, tzinfo=UTC)  # a morning in Tehran
CODE = "a-code-of-sixteen-letters"


class Desk:
    """A house and its answerer over a journal; `ladder` says what comes of a question."""

    def __init__(self, ladder: Callable[[Asked], Coroutine[Any, Any, Found]]) -> None:
        self.store = MemoryStore()
        self.ladder = ladder

    async def begin(self, *, workers: int = 8) -> None:
        loop = asyncio.get_running_loop()
        assert isinstance(loop, VirtualLoop)
        self.journal = await Journal.open(self.store)
        self.house = await House.start(self.journal, loop.clock, random.Random(0))
        self.answerer = Answerer(
            self.journal, self.house, lambda asked, _: self.ladder(asked), workers=workers
        )
        self.running = asyncio.create_task(self.answerer.run())

    async def kill(self) -> None:
        """The end of the process, but for what the store holds."""
        self.house.crash()
        self.running.cancel()
        await asyncio.gather(self.running, return_exceptions=True)
        await self.journal.close()

    async def ask(self, chat: str, text: str, audience: Audience, on_call: bool = False) -> None:
        await self.house.chat(
            chat,
            Ask(chat=chat, text=text, audience=audience, on_call=on_call),
            f"{chat}:{text}",
        )

    async def hire(self, agent: str) -> None:
        """Somebody on the morning shift whom a message reaches."""
        await self.house.floor(AddAgent(agent=agent))
        await self.house.floor(AssignShift(agent=agent, shift="morning"))
        until = START + timedelta(days=1)
        invitation = Invite(
            by="boss", agent=agent, role="agent", code_digest=digest_of(CODE), until=until
        )
        await self.house.access(invitation)
        await self.house.access(AcceptInvitation(code_digest=digest_of(CODE), account="900"))

    def events(self, kind: type[T]) -> list[T]:
        return [each.event for each in self.journal.read() if isinstance(each.event, kind)]

    def refold(self) -> Known:
        """What the answerer should know, from the events alone."""
        known = Known()
        for recorded in self.journal.read():
            known.evolve(recorded)
        return known


async def turns(loop: VirtualLoop, count: int) -> None:
    """Wait for so many turns of the loop, or until nothing happens for a while."""
    last, over = loop.steps + count, asyncio.Event()
    loop.on_step(lambda step: over.set() if step >= last else None)
    with suppress(TimeoutError):
        async with asyncio.timeout(30):
            await over.wait()
    loop.on_step(None)


def played(story: Callable[[], Coroutine[Any, Any, None]]) -> None:
    with asyncio.Runner(loop_factory=lambda: VirtualLoop(START)) as runner:
        runner.run(story())


async def echo(asked: Asked) -> Found:
    return GiveAnswer(
        chat=asked.chat, question=asked.question, text=asked.text, sources=(), origin="faq"
    )


async def unknown(asked: Asked) -> Found:
    return Withhold(chat=asked.chat, question=asked.question, reason="nothing_found")


def test_an_agent_with_a_caller_on_the_line_comes_first_then_agents_then_customers() -> None:
    seen: list[str] = []
    gate = asyncio.Event()

    async def ladder(asked: Asked) -> Found:
        seen.append(asked.text)
        await gate.wait()
        return await echo(asked)

    async def story() -> None:
        desk = Desk(ladder)
        await desk.begin(workers=1)
        await desk.ask("1", "first", "customer")
        await asyncio.sleep(1)
        await desk.ask("2", "customer", "customer")
        await desk.ask("3", "agent", "agent")
        await desk.ask("4", "on call", "agent", on_call=True)
        await desk.ask("5", "on call too", "agent", on_call=True)
        await asyncio.sleep(1)
        gate.set()
        await asyncio.sleep(1)
        assert seen == ["first", "on call", "on call too", "agent", "customer"]
        await desk.kill()

    played(story)


@settings(max_examples=30)
@given(asks=st.lists(st.integers(1, 4), min_size=1, max_size=25), seed=st.integers(0, 99))
def test_a_chat_is_looked_up_in_order_and_never_twice_at_a_time(asks: list[int], seed: int) -> None:
    chance, busy, seen = random.Random(seed), Counter[str](), dict[str, list[str]]()

    async def ladder(asked: Asked) -> Found:
        busy[asked.chat] += 1
        assert busy[asked.chat] == 1
        seen.setdefault(asked.chat, []).append(asked.text)
        await asyncio.sleep(chance.choice((0, 0.1, 3)))
        busy[asked.chat] -= 1
        return await echo(asked)

    async def story() -> None:
        desk = Desk(ladder)
        await desk.begin(workers=3)
        for number, chat in enumerate(asks):
            await desk.ask(str(chat), str(number), "agent", on_call=number % 3 == 0)
        await asyncio.sleep(100)
        for chat in set(asks):
            assert seen[str(chat)] == [str(n) for n, each in enumerate(asks) if each == chat]
        assert desk.answerer.known.open == {}
        await desk.kill()

    played(story)


@settings(max_examples=60)
@given(
    plan=st.lists(
        st.tuples(st.integers(1, 5), st.sampled_from(["agent", "customer"]), st.booleans()),
        min_size=1,
        max_size=12,
    ),
    crashes=st.lists(st.integers(1, 120), max_size=4),
    hired=st.booleans(),
)
def test_every_question_ends_once_and_a_person_is_asked_for_once_through_crashes(
    plan: list[tuple[int, Audience, bool]], crashes: list[int], hired: bool
) -> None:
    async def ladder(asked: Asked) -> Found:
        await asyncio.sleep(0.1)
        return await (echo if asked.text.startswith("known") else unknown)(asked)

    async def story() -> None:
        desk = Desk(ladder)
        loop = asyncio.get_running_loop()
        assert isinstance(loop, VirtualLoop)
        await desk.begin()
        if hired:
            await desk.hire("sara")
        for number, (chat, audience, known) in enumerate(plan):
            text = f"{'known' if known else 'nothing'} {number}"
            await desk.ask(f"{audience}-{chat}", text, audience)
        for steps in crashes:
            await turns(loop, steps)
            await desk.kill()
            await desk.begin()
        await asyncio.sleep(60)
        asked = [each.question for each in desk.events(QuestionAsked)]
        ends = Counter(each.question for each in desk.events(AnswerGiven))
        ends += Counter(each.question for each in desk.events(AnswerWithheld))
        assert ends == Counter(asked) == Counter(dict.fromkeys(asked, 1))
        withheld = {each.question.rpartition("/")[0] for each in desk.events(AnswerWithheld)} & {
            f"customer-{chat}" for chat in range(6)
        }
        handed = Counter(each.chat for each in desk.events(HandedOver))
        handed += Counter(each.chat for each in desk.events(CallbackOpened))
        assert handed == Counter(withheld)
        assert bool(desk.events(HandedOver)) == (hired and bool(withheld))
        assert desk.answerer.known == desk.refold()
        verify(desk.store)
        await desk.kill()

    played(story)


@pytest.mark.parametrize("fault", [QueueFull("too much waits"), RuntimeError("boom"), KeyError(1)])
def test_a_question_that_breaks_the_ladder_is_told_so_and_the_others_go_on(
    fault: Exception, caplog: pytest.LogCaptureFixture
) -> None:
    async def ladder(asked: Asked) -> Found:
        if asked.text == "bad":
            raise fault
        return await echo(asked)

    async def story() -> None:
        desk = Desk(ladder)
        await desk.begin(workers=1)
        await desk.ask("1", "bad", "agent")
        await desk.ask("1", "good", "agent")
        await asyncio.sleep(10)
        assert [each.reason for each in desk.events(AnswerWithheld)] == ["unavailable"]
        assert [each.text for each in desk.events(AnswerGiven)] == ["good"]
        await desk.kill()

    played(story)


def test_an_answer_that_no_journal_can_hold_is_withheld() -> None:
    async def ladder(asked: Asked) -> Found:
        return GiveAnswer(
            chat=asked.chat, question=asked.question, text="\ud800", sources=(), origin="model"
        )

    async def story() -> None:
        desk = Desk(ladder)
        await desk.begin()
        await desk.ask("1", "anything", "agent")
        await asyncio.sleep(10)
        assert [each.reason for each in desk.events(AnswerWithheld)] == ["unavailable"]
        assert desk.answerer.known.open == {}
        await desk.kill()

    played(story)


def test_the_first_words_of_a_person_are_the_answer() -> None:
    async def story() -> None:
        desk = Desk(unknown)
        await desk.begin()
        await desk.hire("sara")
        await desk.ask("7", "Where is my invoice?", "customer")
        await asyncio.sleep(5)
        (handed,) = desk.events(HandedOver)
        assert (handed.chat, handed.agent, handed.question) == ("7", "sara", "7/1")
        assert "Where is my invoice?" in handed.summary
        for number, text in enumerate(("In your mailbox.", "Anything else?")):
            words = RelayWords(chat="7", by="sara", text=text, update=f"9:{number}")
            await desk.house.floor(words)
        await desk.kill()
        await desk.begin()
        await asyncio.sleep(5)
        (answer,) = desk.events(AnswerGiven)
        assert (answer.text, answer.origin, answer.by) == ("In your mailbox.", "person", "sara")
        assert desk.answerer.known.told == {}
        await desk.kill()

    played(story)


def test_a_snapshot_is_as_good_as_all_events() -> None:
    async def story() -> None:
        desk = Desk(unknown)
        await desk.begin()
        await desk.hire("sara")
        for number in range(4):
            await desk.ask("7", f"question {number}", "customer")
            await desk.ask("8", f"question {number}", "agent")
        await asyncio.sleep(5)
        await desk.kill()
        await desk.begin()
        await asyncio.sleep(1)
        records = list(desk.journal.read())
        for cut in range(len(records)):
            known = Known()
            for recorded in records[:cut]:
                known.evolve(recorded)
            known = Known.decode(known.encode())
            for recorded in records:  # those it knows change nothing
                known.evolve(recorded)
            assert known == desk.refold()
        await desk.kill()

    played(story)


def test_a_snapshot_of_another_form_is_passed_over() -> None:
    async def story() -> None:
        desk = Desk(echo)
        await desk.begin()
        await desk.ask("1", "one", "agent")
        await asyncio.sleep(1)
        desk.journal.save_snapshot(SNAPSHOT, "1", desk.journal.head, b"\xc1 nonsense")
        await desk.kill()
        await desk.begin()
        await desk.ask("1", "two", "agent")
        await asyncio.sleep(1)
        assert [each.text for each in desk.events(AnswerGiven)] == ["one", "two"]
        assert desk.answerer.known == desk.refold()
        await desk.kill()

    played(story)
