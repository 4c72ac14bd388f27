"""Serving the pages on the loop that runs the house."""

import asyncio
import logging
import socket
from collections.abc import Awaitable, Iterator
from contextlib import contextmanager
from typing import Final

import uvicorn
from litestar.types import ASGIApp

from llmtb.channels.web.feed import Hub
from llmtb.settings import Console as Settings

log = logging.getLogger(__name__)

_PATIENCE: Final = 2  # seconds for requests under way when it stops
_BACKLOG: Final = 2048


class _Server(uvicorn.Server):
    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """The program's own handlers of signals stay in force."""
        yield


class Server:
    """The pages on an address. Raises OSError at once where that cannot be listened on."""

    def __init__(self, settings: Settings, site: ASGIApp, hub: Hub) -> None:
        self._socket = _listening(settings.host, settings.port)
        self._hub = hub
        self.port: int = self._socket.getsockname()[1]
        self.url = f"http://{_named(settings.host)}:{self.port}/"
        self._server = _Server(
            uvicorn.Config(
                site,
                log_config=None,
                access_log=False,
                server_header=False,
                proxy_headers=bool(settings.proxies),
                forwarded_allow_ips=list(settings.proxies),
                timeout_graceful_shutdown=_PATIENCE,
                limit_concurrency=None,
                lifespan="on",
            )
        )

    async def run(self, known: Awaitable[None]) -> None:
        """Serve until this is cancelled; what is under way is finished, if it is quick.

        known: until it is done requests wait, since a page could only show what is over.
        """
        try:
            await known
            await self._serve()
        finally:
            self._socket.close()

    async def _serve(self) -> None:
        serving = asyncio.ensure_future(self._server.serve([self._socket]))
        try:
            await asyncio.shield(serving)
        finally:
            self._server.should_exit = True
            await self._hub.close()
            await asyncio.gather(serving, return_exceptions=True)


def _listening(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    # The protocol is named, for asyncio sends small answers at once only on what says it is TCP.
    listening = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    try:
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening.bind((host, port))
        listening.listen(_BACKLOG)
        listening.setblocking(False)
    except OSError:
        listening.close()
        raise
    return listening


def _named(host: str) -> str:
    return f"[{host}]" if ":" in host else host
