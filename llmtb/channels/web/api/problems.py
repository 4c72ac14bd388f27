"""What a request of another system is told when it is not done: one JSON form for all of it.

The form is RFC 9457's: `type`, `title`, `status`, `detail` (one line), and the `field` at fault.
"""

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any, Final

import msgspec
from litestar import Request, Response
from litestar.exceptions import HTTPException
from litestar.openapi.datastructures import ResponseSpec

OWN_PATHS: Final = ("/api/", "/healthz", "/readyz", "/metrics")
"""Where other systems come in."""
MEDIA_TYPE: Final = "application/problem+json"
SAID: Final = {
    400: "The request cannot be read.",
    401: "No key, or one that opens nothing.",
    403: "The key has not the scope.",
    404: "There is no such thing.",
    405: "That cannot be done here.",
    406: "It cannot be had in such a form.",
    408: "The body took too long to come in.",
    409: "It cannot be done as things are; the line says why.",
    413: "The body is too large.",
    415: "The body is not JSON, or does not say so.",
    422: "The body is not as it must be; the field is named.",
    429: "Too many requests; `Retry-After` says how long to wait, in seconds.",
    500: "The server failed; its log says how.",
    503: "It cannot be done for a while; ask again after `Retry-After` seconds.",
}


class Fault(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Why a request was not done. detail: one line; field: of the body, or a header, at fault."""

    type: str
    title: str
    status: int
    detail: str
    field: str | None = None


class Problem(HTTPException):
    """A request that is not done. wait: seconds after which to ask again."""

    def __init__(self, status: int, detail: str, *, field: str = "", wait: float = 0) -> None:
        headers: dict[str, str] = {}
        if status == 401:
            headers["WWW-Authenticate"] = 'Bearer realm="LLM-T-B"'
        if wait:
            headers["Retry-After"] = str(max(1, round(wait)))
        super().__init__(detail=detail, status_code=status, headers=headers)
        self.field = field


def errors(*statuses: int) -> dict[int, ResponseSpec]:
    """What the description of an operation says of its failures."""
    return {
        status: ResponseSpec(
            Fault, generate_examples=False, description=SAID[status], media_type=MEDIA_TYPE
        )
        for status in statuses
    }


def fault_of(status: int, detail: str, field: str = "") -> Fault:
    """What is told of a failure."""
    return Fault(
        type="about:blank",
        title=HTTPStatus(status).phrase,
        status=status,
        detail=" ".join(detail.split()),
        field=field or None,
    )


def told(request: Request[Any, Any, Any], error: HTTPException) -> Response[Fault]:
    """A failure as another system reads it; nothing of our inside is in it."""
    status = error.status_code
    headers: Mapping[str, str] = error.headers or {}
    field = error.field if isinstance(error, Problem) else _field_of(error)
    if status == 400 and field:
        status, detail = 400, f"{field}: {_line_of(error)}"
    elif isinstance(error, Problem):
        detail = error.detail
    else:
        detail = SAID.get(status, HTTPStatus(status).description or HTTPStatus(status).phrase)
    fault = fault_of(status, detail, field)
    return Response(fault, status_code=status, headers=dict(headers), media_type=MEDIA_TYPE)


def _first(error: HTTPException) -> Mapping[str, Any]:
    extra = error.extra
    first = extra[0] if isinstance(extra, list) and extra else {}
    return first if isinstance(first, Mapping) else {}


def _field_of(error: HTTPException) -> str:
    return str(_first(error).get("key", ""))


def _line_of(error: HTTPException) -> str:
    return str(_first(error).get("message", "")) or error.detail
