"""The other provider: a model behind HTTP that speaks OpenAI's chat completions.

The same queue and the same drafts as for a model of our own. The key goes into one header of one
request and nowhere else: not into a message, a name, or a log.
"""

import asyncio
import re
from collections.abc import AsyncGenerator
from contextlib import aclosing
from functools import partial

import httpx
import msgspec

from llmtb.inference.errors import EndpointError, InferenceError, ModelError
from llmtb.inference.generation.draft import Draft, Ended
from llmtb.inference.generation.figures import Statistics
from llmtb.inference.generation.intake import Intake, Job
from llmtb.inference.generation.prompt import Priority, Prompt
from llmtb.inference.generation.scribe import StopTexts
from llmtb.inference.generation.stream import (
    LONGEST,
    Lines,
    Piece,
    complaint_of,
    piece_of,
    whole_of,
)

KEY = re.compile(r"[\x21-\x7e]{1,4096}")
BUSY = frozenset({429, 500, 502, 503, 504})
PATIENCE = 10.0  # seconds at most that a server may ask us to wait before the next try


class EndpointSettings(msgspec.Struct, frozen=True, kw_only=True):
    """How a server is used; lengths of time are seconds.

    at_once: requests at the same time. waiting: texts that may wait here. connect, first, between:
    how long for a connection, for the first token, for each next. tries: requests for a text at
    most, as long as no token has come. pause: before the second try; it doubles each time.
    longest: characters of a prompt at most. temperature: 0 for the likeliest text.
    """

    at_once: int = 4
    waiting: int = 256
    connect: float = 5.0
    first: float = 30.0
    between: float = 15.0
    tries: int = 3
    pause: float = 0.5
    longest: int = 32_000
    temperature: float = 0.0


class _Busy(Exception):
    """The server could not take it; another try may help. after: seconds it asks for."""

    def __init__(self, said: str, after: float | None = None) -> None:
        super().__init__(said)
        self.after = after


class _Request:
    """One text at the server."""

    def __init__(self, prompt: Prompt) -> None:
        self.prompt = prompt
        self.task: asyncio.Task[None] | None = None
        self.pieces = 0


class Endpoint:
    """Writes texts at an OpenAI-compatible server. See `Generator` for the contract.

    Made in the event loop it is used in; ended by `close`. Tokens are those the server counts,
    else the pieces it sends.
    """

    def __init__(
        self,
        url: str,
        *,
        name: str,
        key: str | None = None,
        settings: EndpointSettings | None = None,
    ) -> None:
        """url: up to and with `/v1`. name: the model's name there.

        Raises EndpointError for a URL or a key that cannot be.
        """
        self._settings = settings or EndpointSettings()
        self.model = f"{name}:endpoint"
        self._name = name
        self._url = _checked(url)
        self._key = key
        if key is not None and not KEY.fullmatch(key):
            raise EndpointError(f"{self._url}: the key is empty or holds a character no key has")
        settings = self._settings
        self._client = httpx.AsyncClient(
            timeout=httpx.Timeout(None, connect=settings.connect),
            limits=httpx.Limits(max_connections=settings.at_once + 1),
            follow_redirects=False,  # the key is for this server alone
            trust_env=False,
        )
        self._intake: Intake[_Request] = Intake(self.model, settings.waiting, self._start, _halt)
        self._tasks: set[asyncio.Task[None]] = set()
        self._ending: asyncio.Task[None] | None = None

    def submit(self, prompt: Prompt, *, priority: Priority, deadline: float | None = None) -> Draft:
        """Ask for a text; never blocks. Raises QueueFull, Closed, ModelError."""
        self._intake.check(priority)
        if not prompt.turns or prompt.turns[-1].role != "user":
            raise ModelError(f"{self._name}: a prompt ends with what the user says")
        if prompt.max_new < 1:
            raise ModelError(
                f"{self._name}: asked for {prompt.max_new} tokens; ask for one or more"
            )
        size = sum(len(turn.text) for turn in prompt.turns)
        if size > self._settings.longest:
            raise ModelError(
                f"{self._name}: a prompt of {size} characters is too long; "
                f"{self._settings.longest} may be"
            )
        return self._intake.admit(_Request(prompt), priority=priority, group=0, deadline=deadline)

    def statistics(self) -> Statistics:
        """What was done so far, and what waits."""
        return self._intake.statistics()

    async def close(self, *, drain: bool = True) -> None:
        """Take nothing more, finish what was taken, or with `drain=False` end it with Closed."""
        self._intake.closing = True
        if not drain:
            self._intake.stop()
        if self._ending is None:
            self._ending = asyncio.get_running_loop().create_task(self._end())
        await asyncio.shield(self._ending)

    async def _end(self) -> None:
        await self._intake.idle()
        if self._tasks:
            await asyncio.wait(self._tasks)  # connections that are being closed
        await self._client.aclose()

    def _start(self) -> None:
        while (head := self._intake.line.head()) is not None:
            # One more than `at_once` is kept for those who are on a call.
            express = head.priority is Priority.CALL
            if len(self._intake.running) >= self._settings.at_once + express:
                return
            (job,) = self._intake.begin(1)
            now = asyncio.get_running_loop().time()
            self._intake.figures.begun([now - job.sheet.asked], 0, 0)
            job.work.task = task = asyncio.create_task(self._write(job))
            self._tasks.add(task)
            task.add_done_callback(partial(self._written, job))

    def _written(self, job: Job[_Request], task: asyncio.Task[None]) -> None:
        """A request is over, however it ended; its place is free."""
        self._tasks.discard(task)
        error = None if task.cancelled() else task.exception()
        if error is not None and not isinstance(error, InferenceError):
            error = EndpointError(f"answered what nobody expects: {type(error).__name__}")
        if isinstance(error, InferenceError):
            said = f"{self._url}: {error}"
            self._intake.fail(job, EndpointError(self._without_key(said)))
        self._intake.leave(job)
        self._start()

    async def _write(self, job: Job[_Request]) -> None:
        """Try until it is written. Raises EndpointError."""
        pause = self._settings.pause
        for left in reversed(range(self._settings.tries)):
            try:
                await self._asked(job)
            except _Busy as busy:
                if not left:
                    raise EndpointError(f"{busy}; tried {self._settings.tries} times") from None
                await asyncio.sleep(pause if busy.after is None else busy.after)
                pause *= 2
            except httpx.HTTPError as error:
                raise EndpointError(f"the connection broke: {type(error).__name__}") from None
            else:
                return

    async def _asked(self, job: Job[_Request]) -> None:
        """One request. Raises _Busy only as long as no token has come."""
        settings = self._settings
        stop = StopTexts(job.work.prompt.stop)
        clock = asyncio.get_running_loop().time
        tokens, ended = 0, None
        try:
            async with (
                asyncio.timeout(settings.connect + settings.first) as patience,
                aclosing(self._pieces(job.work.prompt)) as pieces,  # closes the connection
            ):
                async for piece in pieces:
                    if piece.text:
                        patience.reschedule(clock() + settings.between)
                        tokens += 1
                        self._intake.wrote(job, stop.take(piece.text), tokens, None)
                    if piece.finished or stop.found:
                        tokens = piece.tokens or tokens
                        ended = _ended(piece, stop, tokens, job.work.prompt.max_new)
                        break
        except TimeoutError:
            late = settings.between if tokens else settings.first
            what = "next" if tokens else "first"
            raise EndpointError(f"the {what} piece did not come within {late:g} s") from None
        except (httpx.ConnectError, httpx.ConnectTimeout) as error:
            raise _Busy(f"cannot be reached: {type(error).__name__}") from None
        if ended is None and not tokens:
            raise _Busy("ended the answer before it began")  # some drop one text for another
        if ended is None:
            raise EndpointError("ended the answer in the middle of the text")
        self._intake.wrote(job, stop.rest(), tokens, ended)

    async def _pieces(self, prompt: Prompt) -> AsyncGenerator[Piece, None]:
        """What the server sends. Raises _Busy, EndpointError, httpx.HTTPError."""
        asked = self._client.stream(
            "POST",
            f"{self._url}/chat/completions",
            json=self._body(prompt),
            headers=self._headers(),
        )
        async with asked as response:
            if response.status_code != httpx.codes.OK:
                await self._refuse(response)
            if "event-stream" not in response.headers.get("content-type", ""):
                yield whole_of(await _bounded(response))
                return
            lines = Lines()
            async for data in response.aiter_bytes():
                for line in lines.take(data):
                    if (piece := piece_of(line)) is not None:
                        yield piece

    async def _refuse(self, response: httpx.Response) -> None:
        status = f"HTTP {response.status_code}"
        said = complaint_of((await _bounded(response))[:4096])
        if response.status_code in BUSY:
            raise _Busy(f"{status}: {said}", _wish(response.headers.get("retry-after")))
        hint = {401: "; check the key", 403: "; check the key", 404: "; check URL and model"}
        raise EndpointError(f"{status}: {said}{hint.get(response.status_code, '')}")

    def _body(self, prompt: Prompt) -> dict[str, object]:
        # Stop texts are looked for here: how a server applies them differs from one to another.
        return {
            "model": self._name,
            "messages": [{"role": turn.role, "content": turn.text} for turn in prompt.turns],
            "max_tokens": prompt.max_new,
            "temperature": self._settings.temperature,
            "stream": True,
        }

    def _headers(self) -> dict[str, str]:
        return {} if self._key is None else {"Authorization": f"Bearer {self._key}"}

    def _without_key(self, said: str) -> str:
        return said.replace(self._key, "…") if self._key else said


def _ended(piece: Piece, stop: StopTexts, tokens: int, most: int) -> Ended:
    if stop.found:
        return "stop"
    return "length" if piece.finished == "length" or tokens >= most else "end"


def _halt(job: Job[_Request]) -> None:
    if job.work.task is not None:
        job.work.task.cancel()  # closes the connection


async def _bounded(response: httpx.Response) -> bytes:
    body = bytearray()
    async for data in response.aiter_bytes():
        body += data
        if len(body) > LONGEST:
            raise EndpointError(f"sent an answer of more than {LONGEST} bytes")
    return bytes(body)


def _wish(after: str | None) -> float | None:
    """The seconds that a server asks us to wait; dates are not read."""
    if after is None or not after.strip().isdecimal():
        return None
    return min(float(after), PATIENCE)


def _checked(url: str) -> str:
    """The URL without a slash at its end. Raises EndpointError, which does not show it."""
    try:
        parsed = httpx.URL(url)
    except httpx.InvalidURL:
        raise EndpointError("the endpoint's URL is none; write http://localhost:8000/v1") from None
    if parsed.scheme not in {"http", "https"} or not parsed.host:
        raise EndpointError("the endpoint's URL must begin with http:// or https:// and a host")
    if parsed.userinfo or parsed.query or parsed.fragment:
        raise EndpointError("the endpoint's URL must hold no password or key; give the key apart")
    return str(parsed).rstrip("/")
