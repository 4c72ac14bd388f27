"""What senders rely on, whatever happens to the actors: order, once, and nothing silent."""

import asyncio
import gc
from collections import defaultdict
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import NamedTuple

import pytest
from hypothesis import given
from hypothesis import strategies as st

from llmtb.runtime import virtual
from llmtb.runtime.actor import Actor, Context
from llmtb.runtime.errors import DeadlineExceeded, MailboxFull, Refused, Stopped, Unanswered
from llmtb.runtime.mailbox import TURN
from llmtb.runtime.supervision import Backoff, Failure
from llmtb.runtime.system import System

START = datetime(2026, 3, 1, 8, 0, tzinfo=UTC)


class Note(NamedTuple):
    """A numbered message of a sender, and what it has its receiver do."""

    sender: int
    number: int
    work: float = 0  # seconds
    outcome: str = "done"


class Broken(Exception):
    """A fault in an actor."""


@dataclass
class Log:
    """What the actors did."""

    handled: dict[str, list[Note]] = field(default_factory=lambda: defaultdict(list))
    started: int = 0
    ended: int = 0
    failures: list[Failure] = field(default_factory=list)


class Clerk(Actor):
    """Notes what it gets; works, refuses or breaks as it is told to."""

    def __init__(self, key: str, log: Log) -> None:
        self.key = key
        self.log = log
        self.busy = False

    async def started(self) -> None:
        await asyncio.sleep(0.01)
        self.log.started += 1

    async def receive(self, message: Note) -> int:
        assert not self.busy
        self.busy = True
        self.log.handled[self.key].append(message)
        if message.work:
            await asyncio.sleep(message.work)
        self.busy = False
        if message.outcome == "refuse":
            raise Refused(message.number)
        if message.outcome == "break":
            raise Broken(message.number)
        return message.number

    async def stopped(self) -> None:
        await asyncio.sleep(0.02)
        self.log.ended += 1


def office(
    log: Log, *, capacity: int = 1024, idle: float | None = None, backoff: Backoff | None = None
) -> System:
    system = System(virtual.clock(), report=log.failures.append)

    def factory(context: Context) -> Actor:
        return Clerk(context.key, log)

    system.register("clerk", factory, capacity=capacity, passivate_after=idle, supervision=backoff)
    return system


class Sending(NamedTuple):
    """One thing a sender does: after a wait, it tells or asks one of the clerks."""

    wait: float
    key: str
    work: float
    outcome: str
    patience: float | None  # None: it tells


sendings = st.builds(
    Sending,
    wait=st.sampled_from([0.0, 0.0, 0.0, 0.001, 0.3, 2.0]),
    key=st.sampled_from(["ada", "bea"]),
    work=st.sampled_from([0.0, 0.0, 0.01, 0.5]),
    outcome=st.sampled_from(["done", "done", "done", "refuse", "break"]),
    patience=st.sampled_from([None, None, 0.05, 1.0, 60.0]),
)


class Sent(NamedTuple):
    key: str
    note: Note
    fate: str


async def _send(system: System, sender: int, plan: list[Sending], sent: list[Sent]) -> None:
    """Carries a plan out and notes the fate of each message as its sender knows it."""
    asks: list[asyncio.Task[None]] = []
    for number, sending in enumerate(plan):
        await asyncio.sleep(sending.wait)
        note = Note(sender, number, sending.work, sending.outcome)
        ref = system.ref("clerk", sending.key)
        if sending.patience is None:
            fate = "told" if ref.tell(note) else "dead"
            sent.append(Sent(sending.key, note, fate))
            continue

        async def ask(
            key: str = sending.key, note: Note = note, patience: float = sending.patience
        ) -> None:
            try:
                reply = await system.ref("clerk", key).ask(note, timeout=patience)
            except (Refused, Broken, Unanswered) as error:
                sent.append(Sent(key, note, type(error).__name__))
            else:
                sent.append(Sent(key, note, "answered" if reply == note.number else "wrong"))

        asks.append(asyncio.create_task(ask()))
        await asyncio.sleep(0)  # an ask is sent as soon as its task begins
    await asyncio.gather(*asks)


@given(
    plans=st.lists(st.lists(sendings, max_size=15), min_size=1, max_size=3),
    capacity=st.sampled_from([1, 2, 1024]),
    idle=st.sampled_from([None, 0.1, 1.0]),
    restarts=st.sampled_from([None, 1]),
    end=st.sampled_from([None, 0.0, 0.4, 3.0]),
)
def test_every_message_is_handled_once_in_order_or_visibly_not(
    plans: list[list[Sending]],
    capacity: int,
    idle: float | None,
    restarts: int | None,
    end: float | None,
) -> None:
    """Over recoveries, passivation, restarts, a stop at any time, with and without a drain."""
    log, sent = Log(), list[Sent]()

    async def main() -> System:
        system = office(log, capacity=capacity, idle=idle, backoff=Backoff(restarts=restarts))
        senders = [
            asyncio.create_task(_send(system, number, plan, sent))
            for number, plan in enumerate(plans)
        ]
        if end is not None:
            await asyncio.sleep(end)
            await system.stop(drain=end / 2)
        await asyncio.gather(*senders)
        await system.stop(drain=1000)
        return system

    system = virtual.run(main(), START)
    dead = {(letter.key, letter.message) for letter in system.dead_letters.latest}
    assert len(dead) == system.dead_letters.count
    handled = {(key, note) for key, notes in log.handled.items() for note in notes}

    for key, notes in log.handled.items():
        assert len(set(notes)) == len(notes), "twice"
        for sender in range(len(plans)):
            numbers = [note.number for note in notes if note.sender == sender]
            assert numbers == sorted(numbers), f"{key} got them out of order"
    for key, note, fate in sent:
        place = (key, note)
        match fate:
            case "told":
                assert (place in handled) != (place in dead)
            case "dead":
                assert place in dead
                assert place not in handled
            case "answered" | "Refused" | "Broken":
                assert place in handled
            case "MailboxFull":
                assert place not in handled
            case "DeadlineExceeded" | "Stopped":
                pass  # it may have been in hand already
            case _:
                pytest.fail(fate)
    statistics = system.statistics()
    assert statistics.actors == {"clerk": 0}
    assert statistics.waiting == statistics.busy == statistics.restarting == 0
    assert statistics.refused >= sum(fate in {"dead", "MailboxFull"} for *_, fate in sent)


@given(st.integers(min_value=1, max_value=5), st.integers(min_value=0, max_value=10))
def test_a_full_mailbox_says_so(capacity: int, more: int) -> None:
    log = Log()

    async def main() -> None:
        system = office(log, capacity=capacity)
        ref = system.ref("clerk", "ada")
        taken = [ref.tell(Note(0, number)) for number in range(capacity + more)]
        assert taken == [True] * capacity + [False] * more
        with pytest.raises(MailboxFull):
            await ref.ask(Note(1, 0), timeout=1)
        assert [letter.message.number for letter in system.dead_letters.latest] == list(
            range(capacity, capacity + more)
        )
        assert system.statistics().refused == more + 1
        await asyncio.sleep(1)
        assert await ref.ask(Note(1, 1)) == 1
        await system.stop()

    virtual.run(main(), START)
    assert len(log.handled["ada"]) == capacity + 1


def test_an_expired_ask_is_never_executed() -> None:
    log = Log()

    async def main() -> None:
        system = office(log)
        ref = system.ref("clerk", "ada")
        ref.tell(Note(0, 0, work=5))
        with pytest.raises(DeadlineExceeded):
            await ref.ask(Note(0, 1), timeout=4.9)
        asker = asyncio.create_task(ref.ask(Note(0, 2)))
        await asyncio.sleep(0)
        asker.cancel()
        assert await ref.ask(Note(0, 3), timeout=60) == 3
        assert system.statistics().expired == 2
        await system.stop()

    virtual.run(main(), START)
    assert [note.number for note in log.handled["ada"]] == [0, 3]


class Middle(Actor):
    """Passes what it is asked on to a clerk, after some work of its own."""

    def __init__(self, context: Context) -> None:
        self.context = context

    async def receive(self, message: float) -> object:
        await asyncio.sleep(message)
        clerk = self.context.router.ref("clerk", "ada")
        begun = self.context.clock.now()
        try:
            return await clerk.ask(Note(0, 0, work=100), timeout=30)
        except DeadlineExceeded:
            return (self.context.clock.now() - begun).total_seconds()


@pytest.mark.parametrize(("work", "inherited"), [(4, 6), (9, 1)])
def test_the_deadline_travels(work: float, inherited: float) -> None:
    async def main() -> None:
        system = office(Log())
        system.register("middle", Middle)
        middle = system.ref("middle", "m")
        before = virtual.clock().now()
        with pytest.raises(DeadlineExceeded):
            await middle.ask(work, timeout=10)
        assert (virtual.clock().now() - before).total_seconds() == 10
        # Another ask, with more time than the inner one wants, is not bound by the first.
        assert await middle.ask(0, timeout=500) == 30
        middle.tell(0.0)
        await system.stop(drain=1000)

    async def inner() -> None:
        system = office(Log())
        waits: list[float] = []

        class Watching(Middle):
            async def receive(self, message: float) -> object:
                waits.append(await super().receive(message))  # type: ignore[arg-type]
                return None

        system.register("middle", Watching)
        with pytest.raises(DeadlineExceeded):
            await system.ref("middle", "m").ask(work, timeout=10)
        await asyncio.sleep(1)
        assert waits == [inherited]
        await system.stop()

    virtual.run(main(), START)
    virtual.run(inner(), START)


def test_what_is_told_has_no_deadline() -> None:
    waits: list[float] = []

    class Watching(Middle):
        async def receive(self, message: float) -> object:
            waits.append(await super().receive(message))  # type: ignore[arg-type]
            return None

    async def main() -> None:
        system = office(Log())
        system.register("middle", Watching)
        middle = system.ref("middle", "m")
        asked = asyncio.create_task(middle.ask(0, timeout=10))
        await asyncio.sleep(0)
        middle.tell(0)
        with pytest.raises(DeadlineExceeded):
            await asked
        await asyncio.sleep(50)
        await system.stop()

    virtual.run(main(), START)
    assert waits == [10, 30]


def test_answered_asks_do_not_pile_up_until_their_deadlines() -> None:
    async def main() -> None:
        system = office(Log())
        for number in range(1000):
            await system.ref("clerk", "ada").ask(Note(0, number), timeout=3600)
        assert len(system.expiry) < 200
        await system.stop()
        assert len(system.expiry) == 0

    virtual.run(main(), START)


def test_actors_leave_the_loop_to_others() -> None:
    class Restless(Actor):
        def __init__(self, context: Context) -> None:
            self.ref = context.ref

        async def receive(self, message: object) -> None:
            self.ref.tell(message)

    async def main() -> None:
        system = System(virtual.clock())
        system.register("restless", Restless)
        system.ref("restless", "r").tell("on")
        for _ in range(100):
            await asyncio.sleep(0)
        assert 50 < system.statistics().messages <= 100
        system.crash()

    virtual.run(main(), START)


def test_a_busy_actor_leaves_the_others_their_turns() -> None:
    order: list[str] = []

    class Talker(Actor):
        def __init__(self, key: str) -> None:
            self.key = key

        async def receive(self, message: object) -> None:
            order.append(self.key)

    async def main() -> None:
        system = System(virtual.clock())
        system.register("talker", lambda context: Talker(context.key), capacity=10_000)
        for number in range(10 * TURN):
            system.ref("talker", "busy").tell(number)
        system.ref("talker", "meek").tell(0)
        await system.stop()

    virtual.run(main(), START)
    assert order.index("meek") <= TURN


def test_an_actor_that_waits_holds_nobody_up() -> None:
    log = Log()

    async def main() -> None:
        errors: list[object] = []
        virtual.loop().set_exception_handler(lambda _, context: errors.append(context))
        system = office(log)
        for key in ("ada", "bea", "cai"):
            await system.ref("clerk", key).ask(Note(0, 0))
        before = virtual.clock().now()
        for key in ("ada", "bea", "cai"):
            assert system.ref("clerk", key).tell(Note(0, 1, work=10))
        await asyncio.sleep(1)
        assert await system.ref("clerk", "dan").ask(Note(0, 0), timeout=1) == 0
        await system.stop(drain=60)
        assert (virtual.clock().now() - before).total_seconds() == pytest.approx(10, abs=0.2)
        gc.collect()
        assert errors == []

    virtual.run(main(), START)
    assert all(len(log.handled[key]) == 2 for key in ("ada", "bea", "cai"))


def test_a_stop_drains_also_what_actors_ask_each_other() -> None:
    log = Log()

    async def main() -> None:
        system = office(log)

        class Asking(Middle):
            async def receive(self, message: float) -> object:
                await asyncio.sleep(message)
                return await self.context.router.ref("clerk", "ada").ask(Note(0, 7))

        system.register("middle", Asking)
        asked = asyncio.create_task(system.ref("middle", "m").ask(1.0))
        await asyncio.sleep(0.5)
        stopping = asyncio.create_task(system.stop(drain=5))
        await asyncio.sleep(0)
        assert not system.ref("clerk", "ada").tell(Note(1, 0))
        with pytest.raises(Stopped):
            await system.ref("clerk", "ada").ask(Note(1, 1))
        assert await asked == 7
        await stopping

    virtual.run(main(), START)
    assert [note.number for note in log.handled["ada"]] == [7]
    assert log.ended == log.started == 1


def test_dead_letters_are_bounded_and_told() -> None:
    told: list[object] = []

    async def main() -> None:
        system = System(virtual.clock(), undelivered=told.append, keep=3)
        system.register("clerk", lambda context: Clerk(context.key, Log()))
        await system.stop()
        for number in range(5):
            assert not system.ref("clerk", "ada").tell(Note(0, number))
        assert [letter.message.number for letter in system.dead_letters.latest] == [2, 3, 4]
        assert system.dead_letters.count == system.statistics().dead_letters == len(told) == 5

    virtual.run(main(), START)
