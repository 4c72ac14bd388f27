"""A real headless Chromium, Debian's, and the program as people start it.

Every page that is opened is held to this: no error in its console, nothing that its own policy
forbids, and no request to any other host.
"""

import asyncio
import os
import shutil
import signal
import sys
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager, closing
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import urlsplit

from playwright.async_api import (
    Browser,
    BrowserContext,
    ConsoleMessage,
    Page,
    async_playwright,
    expect,
)

from llmtb.events.published import publish
from llmtb.events.reading import read
from llmtb.events.stores.sqlite import SQLiteStore

T = TypeVar("T")
ROOT = Path(__file__).parents[2]
PATIENCE = 30.0  # seconds for a page to come to what is awaited, on a busy machine
expect.set_options(timeout=PATIENCE * 1000)
# What the browser says of a server that was killed on purpose, or of a request that was refused.
EXPECTED = ("net::ERR_", "Failed to load resource")


class Person:
    """Somebody at a browser of their own. faults: what the pages did wrong."""

    def __init__(self, context: BrowserContext, origin: str) -> None:
        self.context = context
        self.origin = origin
        self.faults: list[str] = []
        context.set_default_timeout(PATIENCE * 1000)

    async def open(self, path: str = "/") -> Page:
        """A page of the console, in a new tab."""
        page = await self.context.new_page()
        page.on("pageerror", lambda error: self.faults.append(f"{path}: {error}"))
        page.on("console", lambda message: self._heard(path, message))
        page.on("request", lambda request: self._asked(path, request.url))
        await page.goto(self.origin + path)
        return page

    def _heard(self, path: str, message: ConsoleMessage) -> None:
        if message.type == "error" and not any(each in message.text for each in EXPECTED):
            self.faults.append(f"{path}: {message.text}")

    def _asked(self, path: str, url: str) -> None:
        parts = urlsplit(url)
        if parts.scheme in ("http", "https") and parts.hostname != urlsplit(self.origin).hostname:
            self.faults.append(f"{path}: asks {url}")


@asynccontextmanager
async def chromium() -> AsyncIterator[Browser]:
    """The browser; its people are told apart by contexts of their own."""
    path = shutil.which("chromium")
    assert path, "tools/browser installs Chromium"
    async with async_playwright() as playwright:
        sandbox = ["--no-sandbox"] if os.geteuid() == 0 else []
        browser = await playwright.chromium.launch(executable_path=path, args=sandbox)
        try:
            yield browser
        finally:
            await browser.close()


@asynccontextmanager
async def person(browser: Browser, origin: str, **look: Any) -> AsyncIterator[Person]:
    """Somebody with a browser of their own; look: of Playwright's contexts, such as `locale`."""
    context = await browser.new_context(**look)
    somebody = Person(context, origin)
    try:
        yield somebody
    finally:
        await context.close()
    assert somebody.faults == []


class Program:
    """`llmtb run` in a process of its own, in a folder; start and end it as often as wanted."""

    def __init__(self, folder: Path, *arguments: str) -> None:
        self.folder = folder
        self._arguments = arguments
        self._process: asyncio.subprocess.Process | None = None
        self.port = 0
        self.origin = ""

    async def start(self) -> None:
        """Start it, and wait until it serves."""
        command = (sys.executable, "-m", "llmtb", "run", "--data", str(self.folder))
        self._process = await asyncio.create_subprocess_exec(
            *command,
            *("--port", str(self.port)),
            *self._arguments,
            cwd=self.folder,
            env={**os.environ, "PYTHONPATH": str(ROOT)},
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.DEVNULL,
        )
        assert self._process.stdout is not None
        async with asyncio.timeout(PATIENCE):
            async for line in self._process.stdout:
                if line.startswith(b"The console: "):
                    self.origin = line.decode().split(": ", 1)[1].strip().rstrip("/")
                    break
        self.port = int(self.origin.rpartition(":")[2])

    def events(self, type_: str) -> list[dict[str, Any]]:
        """What the journal of the demo holds of one type, in the published language."""
        with closing(SQLiteStore(self.folder / "example" / "journal.db", read_only=True)) as store:
            whole = (publish(recorded) for recorded in read(store))
            return [event for event in whole if event["type"] == type_]

    async def until(self, type_: str, **fields: Any) -> dict[str, Any]:
        """Wait until the journal holds an event of a type with these fields; the latest one."""
        found: list[dict[str, Any]] = []
        async with asyncio.timeout(PATIENCE):
            while not found:
                found = [e for e in self.events(type_) if fields.items() <= e.items()]
                await asyncio.sleep(0.1)
        return found[-1]

    async def settled(self) -> None:
        """Wait until the demo's first questions are done with."""
        async with asyncio.timeout(PATIENCE):
            while len(self._switches()) < 2:  # noqa: ASYNC110  another process writes them
                await asyncio.sleep(0.1)

    def _switches(self) -> list[dict[str, Any]]:
        key = ["questions.hand_over"]
        return [e for e in self.events("PolicyChanged") if e["changed"] == key]

    def slots(self) -> int:
        """How many ordinary breaks run now."""
        ended = {e["agent"]: e["seq"] for e in self.events("BreakEnded")}
        started = [e for e in self.events("BreakStarted") if e["kind"] != "emergency"]
        return len([e for e in started if e["seq"] > ended.get(e["agent"], 0)])

    async def end(self, number: signal.Signals = signal.SIGTERM) -> int:
        """End it by a signal; its exit status."""
        assert self._process is not None
        if self._process.returncode is None:
            self._process.send_signal(number)
        async with asyncio.timeout(PATIENCE):
            await self._process.communicate()
        assert self._process.returncode is not None
        return self._process.returncode


@asynccontextmanager
async def demo(folder: Path) -> AsyncIterator[Program]:
    """The demo, as `make run` starts it."""
    program = Program(folder)
    await program.start()
    try:
        yield program
    finally:
        await program.end()


def play(story: Callable[[Browser], Coroutine[Any, Any, T]], seconds: float = 110) -> T:
    """Have a story happen in a browser, in no more than so many seconds."""

    async def main() -> T:
        async with asyncio.timeout(seconds), chromium() as browser:
            return await story(browser)

    return asyncio.run(main())
