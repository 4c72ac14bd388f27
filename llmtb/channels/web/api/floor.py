"""The floor and its rules, for other systems to read."""

import asyncio
from contextlib import suppress
from typing import Annotated, Any, Final

from litestar import Controller, Request, get
from litestar.di import NamedDependency
from litestar.params import QueryParameter

from llmtb.channels.web.api.callers import caller_of, may
from llmtb.channels.web.api.exchange import Exchange
from llmtb.channels.web.api.problems import Problem, errors
from llmtb.channels.web.api.shapes import FloorNow
from llmtb.channels.web.api.timing import Timed
from llmtb.policy import Policy
from llmtb.projections.board import Board, board
from llmtb.projections.capacity import Capacity
from llmtb.projections.database import ViewsUnusable

CATCHING_UP: Final = 1.0  # seconds that a look waits for the views


class FloorRooms(Controller):
    """`/api/v1/floor` and `/api/v1/policy`."""

    path = "/api/v1"
    middleware = [Timed]  # noqa: RUF012  litestar reads it so
    tags = ["floor"]  # noqa: RUF012  litestar reads it so

    @get(
        "/floor",
        summary="The floor now",
        description="Shift by shift: who rests until when, who is late, the capacity and why it"
        " is what it is. People are told by id; their names need the scope `export:read` as"
        " well. Scope: `floor:read`.",
        operation_id="floor",
        guards=[may("floor:read")],
        responses=errors(400, 401, 403, 429, 503),
    )
    async def floor(
        self,
        request: Request[Any, Any, Any],
        exchange: NamedDependency[Exchange],
        names: Annotated[bool, QueryParameter(description="Tell everybody's name, by id.")] = False,
    ) -> FloorNow:
        """What there is to see."""
        if names and "export:read" not in caller_of(request).scopes:
            raise Problem(403, "names are told to keys with the scope export:read")
        seen = await _board(exchange)
        return FloorNow(
            seq=exchange.console.known.seq,
            at=seen.at,
            timezone=seen.timezone,
            shifts=seen.shifts,
            emergency=seen.emergency,
            calls=seen.calls,
            names=_names(exchange, seen) if names else None,
        )

    @get(
        "/policy",
        summary="The rules in force",
        description="The company's whole settings. Scope: `floor:read`.",
        operation_id="policy",
        guards=[may("floor:read")],
        responses=errors(401, 403, 429),
    )
    async def policy(self, exchange: NamedDependency[Exchange]) -> Policy:
        """The rules."""
        return exchange.console.known.floor.centre.policy


async def _board(exchange: Exchange) -> Board:
    console, capacity = exchange.console, Capacity()
    try:
        with suppress(TimeoutError):  # views that are behind still tell what was
            async with asyncio.timeout(CATCHING_UP):
                await console.views.reached(console.journal.head)
        async with console.views.snapshot() as read:
            await capacity.restore(read)
    except ViewsUnusable as error:
        raise Problem(503, "the views cannot be read; they are being made again", wait=5) from error
    return board(capacity, console.now())


def _names(exchange: Exchange, seen: Board) -> dict[str, str]:
    there = {agent for shift in seen.shifts for agent in (*shift.present, *shift.line)}
    there |= {rest.agent for shift in seen.shifts for rest in shift.resting}
    return {agent: exchange.console.known.name(agent) for agent in sorted(there)}
