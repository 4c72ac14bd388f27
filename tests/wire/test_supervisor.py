"""The bot stays on Telegram: whatever happens to the line, each update comes in once, in order."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from random import Random
from threading import Event
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from llmtb.channels.port import Button, Disconnected, Inline, OutMessage, Said
from llmtb.channels.telegram.folder import State
from llmtb.channels.telegram.intake import Intake
from llmtb.channels.telegram.reading import Missed, Step
from llmtb.channels.telegram.refusals import SessionInUse, SignInRefused
from llmtb.channels.telegram.supervisor import Supervisor
from llmtb.channels.telegram.sync import Sync
from llmtb.runtime import virtual
from llmtb.runtime.clock import WallClock
from tests.wire.bot import Desk, settings_for, supervised, until_connected
from tests.wire.server import MtprotoServer, Person

CHOICE = Inline(((Button("Rest", "rest"),),))
START = datetime(2026, 11, 21, tzinfo=UTC)

Story = Callable[[MtprotoServer, Supervisor, Desk, Person], Awaitable[None]]


def tell(folder: Path, story: Story, **settings: Any) -> None:
    """Plays a story with a connected bot that has taken Sara's `/start`."""

    async def main() -> None:
        desk = Desk()
        async with (
            MtprotoServer() as server,
            supervised(server, folder / "telegram", desk, **settings) as telegram,
        ):
            sara = server.person(7012345678, "Sara", language_code="fa")
            await sara.say("/start")
            await desk.takes("/start")
            await story(server, telegram, desk, sara)
            assert server.unsupported == []

    asyncio.run(main())


# What happens to the line.


def test_what_was_said_while_the_line_was_cut_comes_in(tmp_path: Path) -> None:
    async def story(server: MtprotoServer, telegram: Supervisor, desk: Desk, sara: Person) -> None:
        server.away()
        for words in ("one", "two", "three"):
            await sara.say(words)
        await server.back()
        await desk.takes("/start", "one", "two", "three")
        await telegram.send(sara.id, OutMessage(text="I am back"), 1)
        await sara.hears("I am back")
        assert telegram.statistics().losses == 1
        assert len(server.calls("auth.ImportBotAuthorization")) == 1

    tell(tmp_path, story)


def test_a_cut_is_followed_by_one_connection_and_not_by_the_librarys_own_too(
    tmp_path: Path,
) -> None:
    async def story(server: MtprotoServer, telegram: Supervisor, desk: Desk, sara: Person) -> None:
        for times in (2, 3):
            server.cut()
            await again(telegram, times)
            assert len(server.calls("help.GetConfig")) == times
        await sara.say("hello")
        await desk.takes("/start", "hello")

    tell(tmp_path, story, first_retry=0.3)


def test_what_was_said_while_the_bot_was_down_comes_in_once(tmp_path: Path) -> None:
    async def main() -> None:
        desk = Desk()
        async with MtprotoServer() as server:
            sara = server.person(1, "Sara")
            for words in ("one", "two", "three"):
                async with supervised(server, tmp_path / "telegram", desk):
                    await sara.say(f"{words}, live")
                    await desk.takes_any(len(desk.taken) + 1)
                await sara.say(f"{words}, while down")
            async with supervised(server, tmp_path / "telegram", desk):
                await desk.takes_any(6)
            said = [
                f"{number}, {when}"
                for number in ("one", "two", "three")
                for when in ("live", "while down")
            ]
            assert desk.texts == said
            assert len(desk.deliveries) == len(said)

    asyncio.run(main())


def test_a_press_that_came_while_the_line_was_cut_comes_in(tmp_path: Path) -> None:
    async def story(server: MtprotoServer, telegram: Supervisor, desk: Desk, sara: Person) -> None:
        await telegram.send(sara.id, OutMessage(text="Which?", keyboard=CHOICE), 1)
        server.away()
        await eventually(lambda: telegram.statistics().losses == 1)
        await sara.press("Rest")
        await server.back()
        await desk.takes("/start", "[rest]")

    tell(tmp_path, story)


def test_the_server_may_be_away_at_the_start(tmp_path: Path) -> None:
    async def main() -> None:
        desk = Desk()
        async with MtprotoServer() as server:
            server.away()
            async with supervised(server, tmp_path / "t", desk, connected=False) as telegram:
                await eventually(lambda: telegram.statistics().failures >= 2)
                with pytest.raises(Disconnected) as refused:
                    await telegram.send(1, OutMessage(text="hello"), 1)
                assert not refused.value.outcome_unknown
                assert telegram.statistics().condition == "away"
                await server.back()
                await asyncio.wait_for(telegram.connected(), 30)
                assert telegram.statistics().condition == "connected"

    asyncio.run(main())


def test_an_update_that_went_missing_is_found_by_the_heartbeat(tmp_path: Path) -> None:
    async def story(server: MtprotoServer, telegram: Supervisor, desk: Desk, sara: Person) -> None:
        server.hold_updates()
        await sara.say("can you hear me?")
        await desk.takes("/start", "can you hear me?")
        assert telegram.statistics().losses == 0

    tell(tmp_path, story, heartbeat=0.1)


def test_an_update_that_went_missing_is_found_by_the_next_one(tmp_path: Path) -> None:
    async def story(server: MtprotoServer, telegram: Supervisor, desk: Desk, sara: Person) -> None:
        server.hold_updates()
        await sara.say("one")
        server.release_updates()
        await sara.say("two")
        await desk.takes("/start", "one", "two")

    tell(tmp_path, story)


def test_updates_may_come_twice_and_backwards(tmp_path: Path) -> None:
    async def story(server: MtprotoServer, telegram: Supervisor, desk: Desk, sara: Person) -> None:
        server.duplicate_updates(2)
        await sara.say("one")
        await sara.say("two")
        await desk.takes("/start", "one", "two")
        server.reverse_updates(3)
        for words in ("three", "four", "five"):
            await sara.say(words)
        await desk.takes("/start", "one", "two", "three", "four", "five")
        assert desk.deliveries == desk.taken
        assert server.calls("updates.GetDifference") == []

    tell(tmp_path, story, gap=5.0)


def test_much_is_caught_up_in_slices(tmp_path: Path) -> None:
    async def story(server: MtprotoServer, telegram: Supervisor, desk: Desk, sara: Person) -> None:
        said = [f"number {number}" for number in range(50)]
        server.slice_difference(7)
        server.away()
        for words in said:
            await sara.say(words)
        await server.back()
        await desk.takes("/start", *said)
        assert len(server.calls("updates.GetDifference")) >= 50 // 7

    tell(tmp_path, story)


def test_what_the_server_has_forgotten_is_lost_but_nothing_after_it(tmp_path: Path) -> None:
    async def story(server: MtprotoServer, telegram: Supervisor, desk: Desk, sara: Person) -> None:
        server.too_long_from(3)
        server.away()
        for number in range(5):
            await sara.say(f"forgotten {number}")
        await server.back()
        await again(telegram)
        await sara.say("after")
        await desk.takes("/start", "after")
        updates = telegram.statistics().updates
        assert updates is not None
        assert updates.lost == 1

    tell(tmp_path, story)


def test_a_silent_server_is_left_and_tried_again(tmp_path: Path) -> None:
    async def story(server: MtprotoServer, telegram: Supervisor, desk: Desk, sara: Person) -> None:
        server.fall_silent()
        await eventually(lambda: telegram.statistics().losses > 0)
        server.speak()
        await sara.say("hello?")
        await desk.takes("/start", "hello?")

    tell(tmp_path, story, heartbeat=0.1, request=0.5, connecting=5.0)


# Whose session it is.


@pytest.mark.parametrize("how", ["sign_out", "forget_keys"])
def test_a_session_that_was_ended_is_begun_anew(tmp_path: Path, how: str) -> None:
    async def story(server: MtprotoServer, telegram: Supervisor, desk: Desk, sara: Person) -> None:
        getattr(server, how)()
        server.cut()
        await again(telegram)
        await sara.say("still here?")
        await desk.takes("/start", "still here?")
        await telegram.send(sara.id, OutMessage(text="always"), 1)
        assert len(server.calls("auth.ImportBotAuthorization")) == 2

    tell(tmp_path, story)


@pytest.mark.parametrize("content", [b"", b"this is no database" * 100])
def test_a_damaged_session_is_set_aside(tmp_path: Path, content: bytes) -> None:
    async def main() -> None:
        desk, folder = Desk(), tmp_path / "telegram"
        async with MtprotoServer() as server:
            sara = server.person(1, "Sara")
            async with supervised(server, folder, desk):
                pass
            session = folder / "bot-4242.session"
            session.write_bytes(content)
            await sara.say("while down")
            async with supervised(server, folder, desk):
                await desk.takes("while down")
            assert session.with_name(session.name + ".unfit").read_bytes() == content

    asyncio.run(main())


@pytest.mark.parametrize(
    ("wrong", "name"),
    [({"token": "4242:wrong"}, "ACCESS_TOKEN_INVALID"), ({"api_hash": "wrong"}, "API_ID_INVALID")],
)
def test_a_refused_sign_in_is_one_line_and_no_storm(
    tmp_path: Path, wrong: dict[str, str], name: str
) -> None:
    async def main() -> None:
        async with MtprotoServer() as server:
            settings = settings_for(server, **wrong)
            telegram = Supervisor(
                settings, tmp_path, Desk().handle, clock=WallClock(), random=Random(1)
            )
            with pytest.raises(SignInRefused, match=rf"^[^\n]*{name}[^\n]*$") as refused:
                await telegram.run()
            assert "wrong" not in str(refused.value)
            assert telegram.statistics().condition == "refused"
            assert len(server.calls("auth.ImportBotAuthorization")) == 1

    asyncio.run(main())


def test_a_flood_at_sign_in_is_waited_out(tmp_path: Path) -> None:
    async def main() -> None:
        async with MtprotoServer() as server:
            server.flood(1, method="auth.ImportBotAuthorization")
            began = asyncio.get_running_loop().time()
            async with supervised(server, tmp_path / "t", Desk()):
                assert asyncio.get_running_loop().time() - began >= 1
            assert len(server.calls("auth.ImportBotAuthorization")) == 2

    asyncio.run(main())


def test_a_session_has_one_owner(tmp_path: Path) -> None:
    async def main() -> None:
        desk = Desk()
        async with MtprotoServer() as server, supervised(server, tmp_path / "t", desk):
            second = Supervisor(
                settings_for(server),
                tmp_path / "t",
                desk.handle,
                clock=WallClock(),
                random=Random(1),
            )
            with pytest.raises(SessionInUse, match=r"^process \d+ serves this bot from [^\n]*$"):
                await second.run()

    asyncio.run(main())


# Taking responsibility.


def test_an_update_is_offered_until_it_is_taken(tmp_path: Path) -> None:
    async def story(server: MtprotoServer, telegram: Supervisor, desk: Desk, sara: Person) -> None:
        desk.fails = 2
        await sara.say("one")
        await sara.say("two")
        await desk.takes("/start", "one", "two")
        intake = telegram.statistics().intake
        assert intake is not None
        assert (intake.repeated, intake.given_up) == (2, 0)

    tell(tmp_path, story)


def test_a_crash_loses_nothing_that_was_not_taken(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """The handler of the first bot never gets to take anything; then it is simply gone."""

    async def main() -> None:
        never = asyncio.Event()
        offered = asyncio.Event()

        async def hang(_: object) -> None:
            offered.set()
            await never.wait()

        desk, folder = Desk(), tmp_path / "telegram"
        async with MtprotoServer() as server:
            settings = settings_for(server)
            sara = server.person(1, "Sara")
            first = Supervisor(settings, folder, hang, clock=WallClock(), random=Random(1))
            running = asyncio.ensure_future(first.run())
            await until_connected(first, running)
            await sara.say("one")
            await sara.say("two")
            await asyncio.wait_for(offered.wait(), 5)
            running.cancel()
            await asyncio.gather(running, return_exceptions=True)
            async with supervised(server, folder, desk):
                await desk.takes("one", "two")

    with caplog.at_level(logging.ERROR):
        asyncio.run(main())
    assert caplog.text == ""


def test_after_stop_taking_updates_wait_for_the_next_start(tmp_path: Path) -> None:
    async def main() -> None:
        desk, folder = Desk(), tmp_path / "telegram"
        async with MtprotoServer() as server:
            sara = server.person(1, "Sara")
            async with supervised(server, folder, desk) as telegram:
                await sara.say("one")
                await desk.takes("one")
                await telegram.stop_taking(1)
                await sara.say("two")
                await telegram.send(sara.id, OutMessage(text="good night"), 1)
                await sara.hears("good night")
                assert desk.texts == ["one"]
            async with supervised(server, folder, desk):
                await desk.takes("one", "two")

    asyncio.run(main())


# The order of updates, whatever the line does to it.


@dataclass
class Past:
    """A server that knows what happened, and tells of it a little at a time."""

    said: list[Said] = field(default_factory=list)

    async def state(self) -> State:
        return State(len(self.said) + 1, 1, 0)

    async def difference(self, since: State) -> Missed:
        await asyncio.sleep(0.01)
        part = self.said[since.pts - 1 : since.pts + 2]
        reached = since.pts + len(part)
        return Missed(part, {}, State(reached, 1, 0), more=reached <= len(self.said))

    def say(self, chat: int) -> Step:
        """Something new is said; the update that tells of it, should it arrive."""
        number = len(self.said) + 1
        words = Said(chat=chat, user=chat, message_id=number, text=f"{number}", at=START)
        self.said.append(words)
        return Step(number + 1, 1, update=words)


# Each thing that is said: in which chat, and after how many seconds it arrives, how often.
SPEECH = st.lists(
    st.tuples(st.integers(1, 3), st.lists(st.floats(0, 2), max_size=3)), min_size=1, max_size=12
)
FOREVER = 100.0
INSTANTS = st.lists(st.floats(0, 5), max_size=3)


@given(speech=SPEECH, cuts=INSTANTS, crashes=INSTANTS, troubles=st.integers(0, 5))
def test_whatever_is_lost_doubled_or_late_each_chat_is_heard_once_in_order(
    speech: Sequence[tuple[int, list[float]]],
    cuts: list[float],
    crashes: list[float],
    troubles: int,
) -> None:
    past, desk, kept = Past(), Desk(), [State(1, 1, 0)]
    desk.fails = troubles

    async def live(ends: list[float], until: float) -> None:
        """One life of the process; at the instants of `ends` it gets another line."""
        loop = asyncio.get_running_loop()
        intake = Intake(desk.handle, kept.append, random=Random(1), patience=300, window=3)
        sync = Sync(intake, kept[-1], gap=0.5, backlog=4)
        lines.append(sync)
        try:
            for end in [*sorted(end for end in ends if end > loop.time()), until]:
                try:
                    async with asyncio.timeout_at(min(end, until)):
                        await sync.begin(past)
                        await sync.run()
                except TimeoutError:
                    continue
        finally:
            lines.remove(sync)
            if until >= FOREVER:
                sync.compare(await past.state())
                await intake.close(60)
            else:
                for task in intake._tasks:
                    task.cancel()

    lines: list[Sync] = []

    async def main() -> None:
        loop = asyncio.get_running_loop()

        def arrive(step: Step) -> None:
            for sync in lines:
                sync.hear([step])

        for place, (chat, delays) in enumerate(speech):

            def happen(chat: int = chat, delays: list[float] = delays) -> None:
                step = past.say(chat)
                for delay in delays:
                    loop.call_later(delay, arrive, step)

            loop.call_at(place * 0.2, happen)
        for until in [*sorted(crashes), 10.0, FOREVER]:
            await live(cuts, until)

    virtual.run(main(), START)
    for chat in {chat for chat, _ in speech}:
        heard = [said.text for said in desk.taken if said.chat == chat and isinstance(said, Said)]
        assert heard == [said.text for said in past.said if said.chat == chat]
    if not cuts and not crashes:
        assert desk.deliveries == desk.taken


def test_how_far_it_came_is_kept_though_the_disk_is_slow_and_the_end_comes_at_once() -> None:
    """A bot that forgot where it began would never hear what was said while it was down."""
    kept: list[State] = []

    async def main() -> None:
        busy, state = Event(), State(1, 1, 0)
        with ThreadPoolExecutor(1) as disk:
            asyncio.get_running_loop().set_default_executor(disk)
            disk.submit(busy.wait)
            intake = Intake(Desk().handle, kept.append, random=Random(1), patience=1)
            await intake.put(None, state)
            await asyncio.sleep(0)  # it is being saved now
            closing = asyncio.create_task(intake.close(0))
            await asyncio.sleep(0)
            busy.set()
            await closing
        assert kept == [state]

    asyncio.run(main())


async def eventually(look: Callable[[], bool]) -> None:
    """Waits for something that no bell tells of."""
    for _ in range(3000):
        if look():
            return
        await asyncio.sleep(0.01)
    raise AssertionError("it did not happen within thirty seconds")


async def again(telegram: Supervisor, times: int = 2) -> None:
    """Waits for so many connections in all, and for the last of them to be of use."""
    await eventually(lambda: telegram.statistics().connections == times)
    await asyncio.wait_for(telegram.connected(), 30)
