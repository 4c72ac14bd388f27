"""The phone system's reports: how many calls there are, and what each agent's phone does."""

import asyncio
from collections.abc import Sequence
from typing import Any, Literal

import msgspec
from litestar import Controller, Request, post
from litestar.di import NamedDependency
from litestar.params import JSONBody

from llmtb.actors.centre import ReportLoad, ReportPhone
from llmtb.channels.conversation.house import PATIENCE, TRANSIENT
from llmtb.channels.web.api.bodies import LARGEST, holds
from llmtb.channels.web.api.callers import caller_of, may_report
from llmtb.channels.web.api.exchange import Exchange
from llmtb.channels.web.api.once import OTHER
from llmtb.channels.web.api.problems import Problem, errors
from llmtb.channels.web.api.shapes import (
    LoadFigures,
    LoadTaken,
    PhoneReport,
    PhoneReports,
    PhonesTaken,
    PhoneTaken,
)
from llmtb.channels.web.api.timing import Timed
from llmtb.events.floor import LoadReported, PhoneStateChanged
from llmtb.events.record import Recorded
from llmtb.runtime.errors import Refused

SIGNED = "Scope: `load:write`, or a signature in the form of Standard Webhooks."
BOTH_WAYS: list[dict[str, list[str]]] = [{"key": []}, {"webhook": []}]


class PhoneSystem(Controller):
    """`/api/v1/load` and `/api/v1/phones`."""

    path = "/api/v1"
    request_max_body_size = LARGEST
    middleware = [Timed]  # noqa: RUF012  litestar reads it so
    tags = ["phone system"]  # noqa: RUF012  litestar reads it so
    security = BOTH_WAYS

    @post(
        "/load",
        status_code=200,
        summary="Report the calls of the last interval",
        description=f"The capacity follows from them, until they are stale. {SIGNED}",
        operation_id="reportLoad",
        guards=[may_report, holds(LoadFigures)],
        responses=errors(400, 401, 403, 409, 413, 415, 422, 429, 503),
    )
    async def load(
        self,
        request: Request[Any, Any, Any],
        data: JSONBody[LoadFigures],
        exchange: NamedDependency[Exchange],
    ) -> LoadTaken:
        """The figures taken."""
        id_ = caller_of(request).command_id("load")
        body = await request.body()
        return await exchange.once.answer(id_, body, lambda: _take_load(exchange, data, id_))

    @post(
        "/phones",
        status_code=200,
        summary="Report what agents' phones do",
        description="One report, or a list of them in the order in which they came to be. An"
        f" agent who is not known is said to be so, and the others are taken. {SIGNED}",
        operation_id="reportPhones",
        guards=[may_report, holds(PhoneReport | PhoneReports)],
        responses=errors(400, 401, 403, 413, 415, 422, 429, 503),
    )
    async def phones(
        self,
        request: Request[Any, Any, Any],
        data: JSONBody[PhoneReport | PhoneReports],
        exchange: NamedDependency[Exchange],
    ) -> PhonesTaken:
        """The reports taken."""
        id_ = caller_of(request).command_id("phones")
        reports = [data] if isinstance(data, PhoneReport) else data
        body = await request.body()
        return await exchange.once.answer(id_, body, lambda: _take_phones(exchange, reports, id_))


async def _take_load(exchange: Exchange, figures: LoadFigures, id_: str | None) -> LoadTaken:
    command = ReportLoad(**msgspec.structs.asdict(figures))
    try:
        recorded = await exchange.console.house.floor(command, id_, PATIENCE)
    except Refused as refusal:
        raise Problem(409, str(refusal)) from refusal
    except TRANSIENT as error:
        raise _later() from error
    taken = next(each for each in recorded if isinstance(each.event, LoadReported))
    # Before a restart it may have come with other figures: what was recorded tells.
    if any(getattr(taken.event, name) != value for name, value in _fields(figures)):
        raise Problem(422, OTHER, field="Idempotency-Key")
    return LoadTaken(seq=taken.seq, at=taken.event.at)


async def _take_phones(
    exchange: Exchange, reports: Sequence[PhoneReport], id_: str | None
) -> PhonesTaken:
    tasks = [
        _take_phone(exchange, report, None if id_ is None else f"{id_}:{number}")
        for number, report in enumerate(reports)
    ]
    # Side by side they go to the journal together; the mailbox keeps their order.
    taken = await asyncio.gather(*tasks)
    counts = {"changed": 0, "unchanged": 0, "unknown": 0}
    for each in taken:
        counts[each.result] += 1
    return PhonesTaken(reports=list(taken), **counts)


async def _take_phone(exchange: Exchange, report: PhoneReport, id_: str | None) -> PhoneTaken:
    command = ReportPhone(agent=report.agent, state=report.state)
    try:
        recorded = await exchange.console.house.floor(command, id_, PATIENCE)
    except Refused:
        return PhoneTaken(agent=report.agent, result="unknown")
    except TRANSIENT as error:
        raise _later() from error
    return PhoneTaken(agent=report.agent, result=_result(report, recorded))


def _result(report: PhoneReport, recorded: Sequence[Recorded]) -> Literal["changed", "unchanged"]:
    changes = [each.event for each in recorded if isinstance(each.event, PhoneStateChanged)]
    if any((each.agent, each.state) != (report.agent, report.state) for each in changes):
        raise Problem(422, OTHER, field="Idempotency-Key")
    return "changed" if changes else "unchanged"


def _fields(figures: LoadFigures) -> list[tuple[str, Any]]:
    return list(msgspec.structs.asdict(figures).items())


def _later() -> Problem:
    return Problem(
        503, "the floor did not answer in time; send it again, under the same key", wait=1
    )
