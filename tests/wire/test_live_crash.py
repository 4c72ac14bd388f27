"""The bot as a process of its own: killed at any step, refused, and started twice."""

import asyncio
import os
import signal
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from llmtb.events.floor import BreakEnded, BreakStarted, WarningIssued
from llmtb.runtime.clock import WallClock
from llmtb.verbs.exits import DATABASE, DONE, REFUSED
from tests.wire.living import Centre, Warp, offers, only
from tests.wire.server import Message, MtprotoServer, Person

ROOT = Path(__file__).parents[2]
GRANTING = ["press", "BreakStarted", "MessageQueued", "sending", "sent", "MessageSent"]
ENDING = ["BreakEnded", "sent"]
REACHED = 60.0  # seconds within which a new process serves and has caught up


class Process:
    """`llmtb run` as people start it, or with a clock ahead and a step that it dies at."""

    def __init__(self, centre: Centre, step: str = "") -> None:
        self._centre = centre
        ahead = centre.clock.ahead.total_seconds()
        fated = ["tests.wire.fated", step, str(ahead)]
        self._module = fated if step or abs(ahead) > 1 else ["llmtb", "run"]
        self.errors = ""

    async def run(self) -> int:
        """Start it and wait for its end; its exit status. Ended with it if cancelled."""
        centre, pyrogram2 = self._centre, "pyrogram-2.0.106"
        paths = [str(ROOT), *(path for path in sys.path if path.endswith(pyrogram2))]
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", *self._module),
            cwd=centre.folder.parent,
            env={**os.environ, "PYTHONPATH": os.pathsep.join(paths), "PYTHONUNBUFFERED": ""},
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
        )
        self.kill = process.kill
        self.terminate = process.terminate
        assert process.stdout is not None
        assert process.stderr is not None
        try:
            _, errors = await asyncio.gather(self._show(process.stdout), process.stderr.read())
            self.errors = errors.decode()
            return await process.wait()
        finally:
            if process.returncode is None:
                process.kill()
                await process.wait()

    async def _show(self, output: asyncio.StreamReader) -> None:
        async for line in output:
            if b"?start=" in line:
                self._centre.show(line.decode())


@asynccontextmanager
async def alive(centre: Centre, step: str = "") -> AsyncIterator[Process]:
    """A process that is asked to end, and does in peace, when this is over; if it still lives."""
    process = Process(centre, step)
    running = asyncio.create_task(process.run())
    try:
        yield process
        process.terminate()
        assert await running == DONE, process.errors
    finally:
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)


def write_settings(centre: Centre, port: int = 0, **telegram: str) -> None:
    """A settings file for a bot on this server, with one shift that lasts all day from now on.

    port: of the console; 0 takes a free one.
    """
    server, folder = centre.server, centre.folder.parent
    (folder / "server.pem").write_text(server.public_key.pem)
    given = {
        "token": server.bot_token,
        "api_hash": server.api_hash,
        "server": "{}:{}".format(*server.address),
        "server_key": "server.pem",
        **telegram,
    }
    hour = (centre.clock.now() - timedelta(hours=1)).astimezone(ZoneInfo("Asia/Tehran")).hour
    lines = [
        f'shifts = [{{name = "morning", start = "{hour:02}:00", end = "{hour:02}:00"}}]',
        "[telegram]",
        f"api_id = {server.api_id}",
        "per_chat_second = 100.0",
        *(f'{key} = "{value}"' for key, value in given.items()),
        "[models]",
        'folder = "no-models"',
        "[console]",
        f"port = {port}",
    ]
    (folder / "llmtb.toml").write_text("\n".join(lines))
    (folder / "llmtb.toml").chmod(0o600)


def with_processes(folder: Path, story: Callable[[Centre], Awaitable[None]]) -> None:
    """Play a story in a centre whose clock is the machine's, at first."""

    async def scene() -> None:
        clock = Warp(WallClock().now())
        async with MtprotoServer(clock=clock.seconds) as server:
            centre = Centre(folder / "data", server, clock)
            write_settings(centre)
            await story(centre)

    asyncio.run(scene())


async def insist(person: Person, label: str, on: Message, told: str) -> Message:
    """Press a button, and again after a while, as people do when nothing happens."""
    for _ in range(10):
        await person.press(label, on=on)
        try:
            return await person.hears(told, within=REACHED / 12)
        except AssertionError:
            continue
    raise AssertionError(f"{person.first_name} pressed {label} in vain")


async def rests(person: Person, normal: str, granted: str) -> None:
    """Ask for a rest until it is granted, whatever happens to the bot meanwhile."""
    await person.say("Rest(dnd)")
    menu = await person.hears(where=offers(normal), within=REACHED)
    await insist(person, normal, menu, granted)


async def deaths(centre: Centre, steps: Sequence[str]) -> None:
    """Let the bot live again and again, each time up to the next step."""
    for step in steps:
        died = await asyncio.wait_for(Process(centre, step).run(), REACHED)
        assert died == -signal.SIGKILL, f"not killed at {step}"


async def begun(centre: Centre) -> None:
    """Everybody has come in, and the bot is killed."""
    first = Process(centre)
    life = asyncio.create_task(first.run())
    await centre.begin()
    first.kill()
    assert await life == -signal.SIGKILL


def test_a_bot_killed_at_every_step_goes_on_with_the_day(tmp_path: Path) -> None:
    async def story(centre: Centre) -> None:
        await begun(centre)
        async with asyncio.TaskGroup() as group:
            group.create_task(rests(centre.sara, "عادی", "۱۵ دقیقه، تا"))
            await deaths(centre, GRANTING)
        await centre.sara.say("Rest(dnd)")
        await deaths(centre, ENDING)
        async with alive(centre):
            await centre.sara.hears("زمان استراحت شما", within=REACHED)
            await rests(centre.nima, "Normal", "15 minutes, until")
            await centre.nima.say("Rest(dnd)")
            await centre.nima.hears("your rest time is over")
        events = await centre.audit()
        assert len(only(BreakStarted, events)) == len(only(BreakEnded, events)) == 2

    with_processes(tmp_path, story)


def test_warnings_that_fell_due_while_the_bot_was_dead_come_once_in_their_minute(
    tmp_path: Path,
) -> None:
    async def story(centre: Centre) -> None:
        maryam, sara = centre.maryam, centre.sara
        await begun(centre)
        life = asyncio.create_task((process := Process(centre)).run())
        await rests(sara, "عادی", "۱۵ دقیقه، تا")
        await sara.say("/id")
        await sara.hears(str(sara.id))
        process.kill()
        await life
        centre.clock.ahead += timedelta(minutes=25)
        for _ in range(2):  # whoever starts once more is told nothing more
            async with alive(centre):
                await sara.say("/id")
                await sara.hears(str(sara.id), within=REACHED)
        async with alive(centre):
            await sara.say("Rest(dnd)")
            await sara.hears("دقیقه دیر برگشتید", within=REACHED)
        for minute, digit in ((1, "۱"), (3, "۳")):
            hers = [each for each in sara.chat if f"شما {digit} دقیقه از استراحت" in each.text]
            told = [each for each in maryam.chat if f"is {minute} minute" in each.text]
            assert (len(hers), len(told)) == (1, 1)
        events = await centre.audit()
        due = only(BreakStarted, events)[0].due
        warned = [(warning.minute, warning.at - due) for warning in only(WarningIssued, events)]
        assert warned == [(1, timedelta(minutes=1)), (3, timedelta(minutes=3))]

    with_processes(tmp_path, story)


def test_a_refused_token_is_one_line_and_a_status(tmp_path: Path) -> None:
    async def story(centre: Centre) -> None:
        write_settings(centre, token="4242:of-somebody-else")  # noqa: S106  nobody's
        process = Process(centre)
        assert await asyncio.wait_for(process.run(), REACHED) == REFUSED
        line = process.errors.splitlines()[-1]
        assert line.startswith("llmtb: Telegram refuses the bot's token")
        assert "of-somebody-else" not in process.errors
        assert "Traceback" not in process.errors

    with_processes(tmp_path, story)


def test_a_second_process_on_the_same_data_is_one_line_and_a_status(tmp_path: Path) -> None:
    async def story(centre: Centre) -> None:
        async with alive(centre):
            await centre.first_code()
            second = Process(centre)
            assert await asyncio.wait_for(second.run(), REACHED) == DATABASE
            assert len(second.errors.splitlines()) == 1
            assert "in use" in second.errors
            await centre.maryam.say(f"/start {await centre.first_code()}")
            await centre.maryam.hears("You are here as")

    with_processes(tmp_path, story)
