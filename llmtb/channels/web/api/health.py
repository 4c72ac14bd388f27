"""Whether the program lives and is ready, and its figures, for whoever watches over it."""

from typing import Final

from litestar import Controller, Response, get
from litestar.di import NamedDependency
from litestar.openapi.datastructures import ResponseSpec
from prometheus_client import CONTENT_TYPE_LATEST

from llmtb.channels.web.api.callers import may_measure
from llmtb.channels.web.api.exchange import Exchange
from llmtb.channels.web.api.problems import errors
from llmtb.channels.web.api.shapes import Alive, Ready

_FORM: Final = CONTENT_TYPE_LATEST.partition("; charset")[0]
NOT_READY: Final = {
    503: ResponseSpec(
        Ready, generate_examples=False, description="It is not ready; the reasons are told."
    )
}


class Health(Controller):
    """`/healthz`, `/readyz`, `/metrics`."""

    tags = ["health"]  # noqa: RUF012  litestar reads it so
    security: list[dict[str, list[str]]] = [{}]  # noqa: RUF012  litestar reads it so

    @get(
        "/healthz",
        summary="Whether it lives",
        description="Answered as long as the program runs. Nobody needs a key.",
        operation_id="alive",
    )
    async def alive(self) -> Alive:
        """It does."""
        return Alive()

    @get(
        "/readyz",
        summary="Whether it is ready",
        description="Whether the journal takes what is written, the views follow it, and"
        " the models are loaded. Without models the floor works, and that is ready. Nobody"
        " needs a key.",
        operation_id="ready",
        responses=NOT_READY,
    )
    async def ready(self, exchange: NamedDependency[Exchange]) -> Response[Ready]:
        """How it is."""
        ready = await exchange.readiness.look()
        return Response(ready, status_code=200 if ready.ready else 503)

    @get(
        "/metrics",
        summary="The figures",
        description="In the form of Prometheus. From this machine itself nobody needs a key."
        " Scope, from elsewhere: `metrics:read`.",
        operation_id="metrics",
        guards=[may_measure],
        security=[{}, {"key": []}],
        media_type="text/plain",
        responses=errors(401, 403, 429),
    )
    async def metrics(self, exchange: NamedDependency[Exchange]) -> Response[str]:
        """All figures."""
        return Response(exchange.figures.text().decode(), media_type=_FORM)
