"""How long each request to the API takes, for the figures."""

import asyncio
from typing import Any

from litestar import Litestar
from litestar.types import ASGIApp, Message, Receive, Scope, Send

from llmtb.channels.web.api.exchange import Exchange


class Timed:
    """Counts a request under its operation and the status it got."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        time = asyncio.get_running_loop().time
        began, status = time(), "none"

        async def sent(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = str(message["status"])
            await send(message)

        try:
            await self._app(scope, receive, sent)
        finally:
            handler: Any = scope["route_handler"]
            site: Litestar = scope["litestar_app"]
            exchange: Exchange = site.state.exchange
            figure = exchange.figures.requests.labels(str(handler.operation_id), status)
            figure.observe(time() - began)
