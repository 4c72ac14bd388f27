"""Reading what another system sends: JSON, strictly, with the field at fault named."""

import re
from typing import Any, Final

import msgspec
from litestar import Request
from litestar.connection import ASGIConnection
from litestar.handlers import BaseRouteHandler
from litestar.types import Guard

from llmtb.channels.web.api.problems import Problem

LARGEST: Final = 262_144
"""Bytes of a body."""
_FIELD: Final = re.compile(r"at `\$\.?([^`]+)`")
_UNREADABLE: Final = (msgspec.DecodeError, RecursionError, UnicodeDecodeError)
_NAMED: Final = re.compile(r"field `(\w+)`")


def holds(kind: Any) -> Guard:
    """A guard that lets through bodies that are JSON of this type, and nothing near to it."""
    decoder = msgspec.json.Decoder(kind)

    async def guard(connection: ASGIConnection[Any, Any, Any, Any], _: BaseRouteHandler) -> None:
        if not isinstance(connection, Request):
            return
        said = connection.headers.get("content-type", "").partition(";")[0].strip().lower()
        if said != "application/json":
            raise Problem(415, "send JSON, and say so: `Content-Type: application/json`")
        body = await connection.body()
        try:
            decoder.decode(body)
        except msgspec.ValidationError as error:
            if not _fits(body, kind):
                raise _unfit(error) from error
        except _UNREADABLE as error:
            raise Problem(400, "the body is not JSON that can be read") from error

    return guard


def _fits(body: bytes, kind: Any) -> bool:
    """Whether it does once 4.0 is 4; what is no JSON further on does not."""
    try:
        msgspec.convert(_whole(msgspec.json.decode(body)), kind)
    except _UNREADABLE:
        return False
    return True


def _whole(value: Any) -> Any:
    """With every 4.0 as 4: to JSON they are the same number."""
    if isinstance(value, dict):
        return {key: _whole(each) for key, each in value.items()}
    if isinstance(value, list):
        return [_whole(each) for each in value]
    return int(value) if isinstance(value, float) and value.is_integer() else value


def _unfit(error: msgspec.ValidationError) -> Problem:
    text = str(error)
    at, named = _FIELD.search(text), _NAMED.search(text)
    path = [found[1] for found in (at, named) if found is not None]
    return Problem(422, text.split(" - at ")[0], field=".".join(path))
