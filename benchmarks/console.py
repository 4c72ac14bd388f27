"""Five hundred open boards and a thousand chats on one process: how long its loop is held up.

    python -m benchmarks.console [--boards N] [--chats N] [--seconds N] [--uvloop]

A process serves the demo, whose floor is busy, while another opens the streams and reads them. A
capacity is set by hand again and again: how long until the last board shows it. Prints each figure
with its target; ends with status 1 where one is missed.
"""

import argparse
import asyncio
import gzip
import json
import logging
import re
import resource
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable, Sequence
from datetime import UTC, datetime
from itertools import count
from pathlib import Path
from typing import NamedTuple
from urllib.parse import urlencode

from llmtb.actors.shift import OverrideCapacity
from llmtb.data import JOURNAL_FILE
from llmtb.live import Live
from llmtb.playground import Playground, play_past
from llmtb.runtime.errors import Refused
from llmtb.runtime.loop import run
from llmtb.settings import Console, Models, Settings
from llmtb.testing.day import ZONE

BOARDS, CHATS, SECONDS = 500, 1000, 10.0
ROUNDS = 3
GAP_P99 = 20.0  # milliseconds
LATENCY = 1.0  # seconds from the command to the last board
FIRST_PAINT = 100_000  # bytes
TICK = 0.002  # seconds between two looks at the loop
TALK = 0.5  # seconds between the words of two visitors
EVERY = 0.5  # seconds between two settings of the capacity
AT_ONCE = 50  # connections that are opened at one time
PATIENCE = 60.0  # seconds for each stage
FILES = 8192
BUSY = 0.5  # of a processor: as much it takes while it starts
LANGUAGES = ("en", "fa", "id", "pt", "zh")
PATHS = ("/board/feed", "/board/wall/feed")
FORM = "Content-Type: application/x-www-form-urlencoded"
WORDS = (
    "Where is my parcel?",
    "How do I return a modem?",
    "¿Cuánto cuesta?",
    "قیمت مودم چقدر است؟",
)
SEQ = re.compile(rb"^id: (\d+)$", re.MULTILINE)
ASSET = re.compile(r'(?:src|href)="(/static/[^"]+)"')


# --- the process that serves -------------------------------------------------------------------


class Told(NamedTuple):
    """What the serving process measured.

    gaps: how much later than asked for its loop came back, in ms; own: how much of each the loop
    itself computed. asked: events, and when each was asked for. bytes, cpu: its memory, and its
    share of a processor.
    """

    gaps: list[float]
    own: list[float]
    asked: list[tuple[int, float]]
    bytes: int
    cpu: float


async def _gaps(seconds: float) -> list[tuple[float, float]]:
    """How much later than asked for the loop came back, and what it computed itself, in ms."""
    gaps, end = [], time.monotonic() + seconds
    while (before := time.monotonic()) < end:
        computed = time.thread_time()
        await asyncio.sleep(TICK)
        late = time.monotonic() - before - TICK
        gaps.append((late * 1000, (time.thread_time() - computed) * 1000))
    return gaps


async def _set_capacity(live: Live, seconds: float) -> list[tuple[int, float]]:
    """Set the capacity of the morning again and again: the events, and when each was asked for."""
    asked, end, number = [], time.monotonic() + seconds, 0
    while time.monotonic() < end:
        number += 1
        command = OverrideCapacity(
            by="maryam", shift="morning", capacity=20 + number % 2, reason="a benchmark"
        )
        begun = time.monotonic()
        try:
            recorded = await live.house.floor(command)
        except Refused:
            recorded = []
        if recorded:
            asked.append((recorded[-1].seq, begun))
        await asyncio.sleep(EVERY)
    return asked


async def _measure(live: Live, seconds: float) -> Told:
    begun = time.process_time()
    gaps, asked = await asyncio.gather(_gaps(seconds), _set_capacity(live, seconds))
    late, own = (list(each) for each in zip(*gaps))
    return Told(late, own, asked, _memory(), (time.process_time() - begun) / seconds)


def _memory() -> int:
    """Bytes that this process holds now."""
    pages = int(Path("/proc/self/statm").read_text("ascii").split()[1])
    return pages * resource.getpagesize()


async def _serve(folder: Path) -> None:
    """Serve the demo; a line on stdin is for how many seconds to measure, and is answered."""
    today = datetime.now(UTC).astimezone(ZONE).date()
    # Without models: what they compute is measured elsewhere, and would be measured here as noise.
    models = Models(folder=str(folder / "models"))
    settings = Settings(console=Console(port=0, sign_in=False), models=models)
    demo = Playground(today, "en", asyncio.get_running_loop())
    live = Live(settings, None, folder / "none.toml", folder, show=lambda _: None, demo=demo)
    serving = asyncio.ensure_future(live.serve())
    while not getattr(live, "url", ""):
        await asyncio.wait([serving], timeout=0.05)
        if serving.done():
            serving.result()
    print(live.url, flush=True)
    while line := await asyncio.to_thread(sys.stdin.readline):
        told = await _measure(live, float(line)) if float(line) else Told([], [], [], _memory(), 0)
        print(json.dumps(told._asdict()), flush=True)
    live.stop()
    await serving


# --- the process that watches ------------------------------------------------------------------


class Client:
    """Opens streams of a server and notes when each event of a board came.

    arrivals: for each board, when it first heard of which event, in order.
    """

    def __init__(self, url: str) -> None:
        host, _, port = url.removeprefix("http://").rstrip("/").partition(":")
        self.host, self.port = host, int(port)
        self.arrivals: list[list[tuple[int, float]]] = []
        self.streams: list[asyncio.Task[None]] = []
        self.lost = 0
        self._number = 0
        self.visitors: list[Sequence[str]] = []
        self.said = 0

    async def ask(
        self, method: str, path: str, headers: Sequence[str] = (), body: bytes = b""
    ) -> tuple[bytes, bytes]:
        """One request on a connection of its own: the head and the body, as they came."""
        reader, writer = await self._open(method, path, (*headers, "Connection: close"), body)
        whole = await reader.read()
        writer.close()
        head, _, rest = whole.partition(b"\r\n\r\n")
        return head + b"\r\n\r\n", rest

    async def board(self, number: int) -> None:
        """Open one more board, as others do: in one of the languages, on a wall or not."""
        language, path = LANGUAGES[number % 5], PATHS[number % 2]
        reader = await self._stream(path, (f"Accept-Language: {language}",))
        heard: list[tuple[int, float]] = []
        self.arrivals.append(heard)
        await self._follow(reader, heard)

    async def chat(self, number: int) -> None:
        """Open one more chat of a visitor, who has just come."""
        origin = (f"Origin: http://{self.host}:{self.port}", "Sec-Fetch-Site: same-origin")
        body = json.dumps({"language": LANGUAGES[number % 5], "by_page": True}).encode()
        kind = ("Content-Type: application/json", "X-Visitor: ")
        head, answer = await self.ask("POST", "/widget/session", (*origin, *kind), body)
        assert b" 200 " in head.splitlines()[0], head + answer
        visitor = (*origin, f"X-Visitor: {json.loads(answer)['token']}")
        await self._follow(await self._stream("/widget/stream", visitor), None)
        self.visitors.append(visitor)

    async def talk(self, seconds: float) -> None:
        """Have one visitor after another write, and be answered."""
        end = time.monotonic() + seconds
        for number in count():
            if time.monotonic() > end or not self.visitors:
                return
            headers = (*self.visitors[number % len(self.visitors)], FORM)
            words = WORDS[number % len(WORDS)]
            body = urlencode({"nonce": 2**40 + number, "text": words}).encode()
            head, answer = await self.ask("POST", "/widget/say", headers, body)
            assert re.match(rb"HTTP/1.1 20\d ", head), head + answer
            self.said += 1
            await asyncio.sleep(TALK)

    async def open(self, one: Callable[[int], Awaitable[None]], n: int) -> None:
        """Open so many, a few at a time."""
        room = asyncio.Semaphore(AT_ONCE)

        async def each(number: int) -> None:
            async with room:
                await one(number)

        async with asyncio.timeout(PATIENCE):
            await asyncio.gather(*map(each, range(n)))

    async def close(self) -> None:
        """Leave every stream."""
        for stream in self.streams:
            stream.cancel()
        await asyncio.gather(*self.streams, return_exceptions=True)

    async def _stream(self, path: str, headers: Sequence[str]) -> asyncio.StreamReader:
        reader, writer = await self._open("GET", path, headers)
        head = await reader.readuntil(b"\r\n\r\n")
        assert b" 200 " in head.splitlines()[0], head
        reader.writer = writer  # type: ignore[attr-defined]  # lives as long as it is read
        return reader

    async def _follow(
        self, reader: asyncio.StreamReader, heard: list[tuple[int, float]] | None
    ) -> None:
        first = await reader.read(65536)
        assert first, "the stream ended at once"

        async def follow() -> None:
            last = 0
            while chunk := await reader.read(65536):
                if heard is not None and (seqs := SEQ.findall(chunk)):
                    last = max(last, *map(int, seqs))
                    heard.append((last, time.monotonic()))
            self.lost += 1

        self.streams.append(asyncio.create_task(follow()))

    async def _open(
        self, method: str, path: str, headers: Sequence[str], body: bytes = b""
    ) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        self._number += 1
        # Each from an address of its own: one address is not let to have so many.
        here = (f"127.1.{self._number // 250 % 250}.{self._number % 250 + 1}", 0)
        reader, writer = await asyncio.open_connection(self.host, self.port, local_addr=here)
        lines = [f"{method} {path} HTTP/1.1", f"Host: {self.host}:{self.port}", *headers]
        if body:
            lines.append(f"Content-Length: {len(body)}")
        writer.write("\r\n".join([*lines, "", ""]).encode() + body)
        return reader, writer


class Server:
    """The serving process, as the watching one sees it."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self._process = process

    async def line(self) -> str:
        """The next line that it says."""
        assert self._process.stdout is not None
        async with asyncio.timeout(PATIENCE):
            line = await self._process.stdout.readline()
        assert line, "the server ended"
        return line.decode().strip()

    async def measure(self, seconds: float) -> Told:
        """Have it measure for so long; 0: only its memory."""
        assert self._process.stdin is not None
        self._process.stdin.write(f"{seconds}\n".encode())
        async with asyncio.timeout(seconds + PATIENCE):
            return Told(**json.loads(await self.line()))

    async def settled(self) -> None:
        """Wait until it has read its documents and its models, which it does once."""
        async with asyncio.timeout(PATIENCE):
            while (await self.measure(2.0)).cpu > BUSY:
                pass

    async def end(self) -> None:
        """Have it end."""
        assert self._process.stdin is not None
        self._process.stdin.close()
        try:
            async with asyncio.timeout(PATIENCE):
                await self._process.wait()
        except TimeoutError:
            self._process.kill()


async def first_paint(client: Client) -> int:
    """Bytes over the wire, heads included, until a board can be seen for the first time."""
    accept = ("Accept-Encoding: gzip",)
    total = 0
    for path in ("/board", "/board/wall"):
        head, body = await client.ask("GET", path, accept)
        page = gzip.decompress(body) if b"gzip" in head else body
        size = len(head) + len(body)
        for asset in sorted(set(ASSET.findall(page.decode()))):
            size += sum(map(len, await client.ask("GET", asset, accept)))
        total = max(total, size)
    return total


def latencies(
    asked: Sequence[tuple[int, float]], boards: Sequence[Sequence[tuple[int, float]]]
) -> list[float]:
    """For each event, the seconds until the last of the boards had heard of it."""
    found = []
    for seq, at in asked:
        arrived = [next((t for s, t in board if s >= seq), float("inf")) for board in boards]
        found.append(max(arrived, default=float("inf")) - at)
    return found


def quantile(values: Sequence[float], share: float) -> float:
    """The value that so large a share of them does not exceed."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]


async def watch(boards: int, chats: int, seconds: float, options: Sequence[str]) -> int:
    """Serve, open, measure, tell; the exit status."""
    with tempfile.TemporaryDirectory() as folder:
        today = datetime.now(UTC).astimezone(ZONE).date()
        await asyncio.to_thread(play_past, today, Path(folder) / JOURNAL_FILE)
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "benchmarks.console", "--serve", folder, *options),
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            limit=2**26,
        )
        server = Server(process)
        try:
            client = Client(await server.line())
            missed = await _watched(server, client, boards, chats, seconds)
            await client.close()
        finally:
            await server.end()
    return int(missed)


async def _watched(server: Server, client: Client, boards: int, chats: int, seconds: float) -> bool:
    paint = await first_paint(client)
    await server.settled()
    alone = await server.measure(min(seconds, 5.0))
    await client.open(client.board, boards)
    with_boards = await server.measure(0)
    await client.open(client.chat, chats)
    # The best of a few rounds: other work on the machine only ever slows one down.
    rounds = []
    for _ in range(ROUNDS):
        told, _ = await asyncio.gather(server.measure(seconds), client.talk(seconds))
        rounds.append(told)
    # Of the last event of a round some boards may not have heard when it ends.
    waits = [latencies(told.asked[:-1], client.arrivals) for told in rounds]
    weight = (with_boards.bytes - alone.bytes) / max(1, boards)

    def best(of: Callable[[Told], float]) -> float:
        return min(map(of, rounds))

    shown = [
        ("gap of the loop alone, p99", quantile(alone.gaps, 0.99), "ms", None),
        ("gap of the loop, p50", best(lambda told: quantile(told.gaps, 0.5)), "ms", None),
        ("gap of the loop, p99", best(lambda told: quantile(told.gaps, 0.99)), "ms", GAP_P99),
        ("gap of the loop, most", best(lambda told: max(told.gaps)), "ms", None),
        ("own work in a gap, p99", best(lambda told: quantile(told.own, 0.99)), "ms", None),
        ("its share of a processor", best(lambda told: told.cpu) * 100, "%", None),
        ("set to last board, p50", min(quantile(each, 0.5) for each in waits), "s", None),
        ("set to last board, most", min(map(max, waits)), "s", LATENCY),
        ("memory of an open board", weight / 1024, "KiB", None),
        ("first paint", paint, "B", FIRST_PAINT),
        ("words of visitors", client.said, "", None),
        ("streams lost", client.lost, "", 0),
    ]
    print(f"{boards} boards, {chats} chats, best of {ROUNDS} times {seconds:.0f} s")
    missed = False
    for name, figure, unit, target in shown:
        beside = ""
        if target is not None:
            missed |= not figure <= target
            ratio = f", x{figure / target:.2f} of it" if target else ""
            beside = f"   at most {target:,.0f} {unit}{ratio}"
        print(f"{name:28} {figure:12,.2f} {unit:4}{beside}")
    return missed


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--boards", type=int, default=BOARDS)
    parser.add_argument("--chats", type=int, default=CHATS)
    parser.add_argument("--seconds", type=float, default=SECONDS)
    parser.add_argument("--uvloop", action="store_true")
    parser.add_argument("--serve", type=Path, help=argparse.SUPPRESS)
    given = parser.parse_args()
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = FILES if most == resource.RLIM_INFINITY else min(FILES, most)
    resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, most))
    if given.serve is not None:
        logging.basicConfig(level=logging.ERROR)
        run(_serve(given.serve), uvloop=given.uvloop)
        return 0
    options = ["--uvloop"] if given.uvloop else []
    return asyncio.run(watch(given.boards, given.chats, given.seconds, options))


if __name__ == "__main__":
    raise SystemExit(main())
