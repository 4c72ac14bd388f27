"""The description of the API (OpenAPI), made from its types."""

from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any, Final

import msgspec
from litestar import Controller, Litestar, Response, get
from litestar.di import Provide
from litestar.openapi.config import OpenAPIConfig
from litestar.openapi.spec import Components, Reference, SecurityScheme
from litestar.types import ControllerRouterHandler

from llmtb.channels.web.api.exports import FORMS, Exports
from llmtb.channels.web.api.floor import FloorRooms
from llmtb.channels.web.api.health import Health
from llmtb.channels.web.api.phones import PhoneSystem
from llmtb.channels.web.api.problems import Fault
from llmtb.channels.web.api.questions import Questions
from llmtb.channels.web.api.shapes import (
    MOST_PHONES,
    Alive,
    Answered,
    Choices,
    FloorNow,
    LoadFigures,
    LoadTaken,
    PhoneReport,
    PhonesTaken,
    Question,
    Ready,
    Withheld,
)
from llmtb.channels.web.api.signature import LONGEST_ID
from llmtb.policy import Policy
from llmtb.projections.shift_report import Kept

OPERATIONS: Final[tuple[type[Controller], ...]] = (
    Questions,
    FloorRooms,
    PhoneSystem,
    Exports,
    Health,
)
"""All that other systems may do."""

TYPES: Final = (
    *(Question, Answered, Choices, Withheld),
    *(FloorNow, Policy, LoadFigures, LoadTaken, PhoneReport, PhonesTaken),
    *(Kept, Alive, Ready, Fault),
)
"""What the bodies of requests and answers are."""

_SECURITY: Final[dict[str, SecurityScheme | Reference]] = {
    "key": SecurityScheme(
        type="http",
        scheme="bearer",
        description="A key from the console: `Authorization: Bearer llmtb_…`.",
    ),
    "webhook": SecurityScheme(
        type="apiKey",
        name="webhook-signature",
        security_scheme_in="header",
        description="A signature in the form of Standard Webhooks, with `webhook-id` and"
        " `webhook-timestamp`.",
    ),
}
_REPEAT: Final = {
    "name": "Idempotency-Key",
    "in": "header",
    "required": False,
    "description": "Of the sender's choice. The same request under the same key is done once.",
    "schema": {"type": "string", "minLength": 1, "maxLength": LONGEST_ID, "pattern": r"^[!-~]+$"},
}
_SINCE: Final = {
    "name": "If-None-Match",
    "in": "header",
    "required": False,
    "description": "The `ETag` of the last answer: 304 while nothing has changed.",
    "schema": {"type": "string"},
}


class Description(Controller):
    """`/api/v1/openapi.json`."""

    path = "/api/v1"
    include_in_schema = False

    @get("/openapi.json", sync_to_thread=False)
    def description(self) -> Response[bytes]:
        """The description, for machines."""
        return Response(described(), media_type="application/json")


@cache
def described() -> bytes:
    """The whole description, as JSON."""
    return msgspec.json.encode(description())


def description() -> dict[str, Any]:
    """The whole description."""
    rooms: list[ControllerRouterHandler] = list(OPERATIONS)
    nothing = Provide(lambda: None, sync_to_thread=False)
    config = OpenAPIConfig(
        title="LLM-T-B",
        version="1",
        description="The floor of a call centre, its questions and its exports, for other"
        " systems. See docs/api.md.",
        components=Components(security_schemes=_SECURITY),
        security=[{"key": []}],
    )
    # An application that serves nobody: it only knows what the operations say of themselves.
    app = Litestar(
        rooms, dependencies={"exchange": nothing}, openapi_config=config, logging_config=None
    )
    whole = app.openapi_schema.to_schema()
    # Of types msgspec itself says more, and exactly, than the application does.
    _, whole["components"]["schemas"] = msgspec.json.schema_components(
        TYPES, ref_template="#/components/schemas/{name}"
    )
    form: dict[str, Any] = msgspec.json.decode(msgspec.json.encode(_plain(whole)))
    _complete(form["paths"])
    return form


def _complete(paths: Mapping[str, Any]) -> None:
    """Say what the application does not: headers, forms beside JSON, and some bounds."""
    for _, operation in operations_of(paths):
        for parameter in operation.setdefault("parameters", []):
            schema = parameter["schema"]
            if [each.get("type") for each in schema.get("oneOf", ())][1:] == ["null"]:
                schema |= schema.pop("oneOf")[0]
    for path in paths.values():
        if "post" in path:
            path["post"]["parameters"].append(_REPEAT)
    report = paths["/api/v1/shifts/{day}/{name}/report"]["get"]
    for media_type in list(FORMS)[1:]:
        report["responses"]["200"]["content"][media_type] = {"schema": {"type": "string"}}
    report["parameters"][0]["schema"]["format"] = "date"
    phones = paths["/api/v1/phones"]["post"]["requestBody"]["content"]["application/json"]
    phones["schema"]["oneOf"][1] |= {"minItems": 1, "maxItems": MOST_PHONES}
    events = paths["/api/v1/events"]["get"]
    events["parameters"].append(_SINCE)
    events["responses"]["304"] = {"description": "Nothing has changed."}


def operations_of(paths: Mapping[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    """The operations, each as `POST /path`."""
    for path, methods in paths.items():
        for method, operation in methods.items():
            if isinstance(operation, dict):
                yield f"{method.upper()} {path}", operation


def _plain(value: Any) -> Any:
    """As JSON has it; the ends of patterns as all languages write them."""
    if isinstance(value, Mapping):
        return {
            key: each.replace(r"\Z", "$") if key == "pattern" else _plain(each)
            for key, each in value.items()
        }
    if isinstance(value, list | tuple):
        return [_plain(each) for each in value]
    return value
