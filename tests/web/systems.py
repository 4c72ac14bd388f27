"""Other systems that use the console: their keys, their signatures, and a library that answers."""

from collections.abc import Mapping
from hashlib import sha256
from typing import Any, Final, get_args

import httpx

from llmtb.actors.access import digest_of
from llmtb.actors.keys import IssueKey
from llmtb.channels.web.api.signature import signature_of
from llmtb.channels.web.console import Unserved
from llmtb.events.access import Scope
from tests.web.serving import Served

SCOPES: Final[tuple[Scope, ...]] = get_args(Scope)
SECRET: Final = "only the phone system knows"  # noqa: S105  of a test
PASSAGE: Final = {
    "id": "hours@1#1",
    "document": "hours",
    "version": 1,
    "number": 1,
    "kind": "faq",
    "title": "Hours",
    "text": "From 9 to 17.",
    "language": "en",
    "question": "When is the shop open?",
}
SOURCE: Final = {
    "document": "hours",
    "title": "Hours",
    "passage": "hours@1#1",
    "version": 1,
    "language": "en",
}
ANSWERED: Final = {
    "type": "answered",
    "text": "From 9 to 17.",
    "sources": [SOURCE],
    "origin": "faq",
    "language": "en",
    "confidence": 0.9,
}
OFFERED: Final = {"type": "offered", "choices": [[PASSAGE, 0.5, 0.4, 0.1]]}
WITHHELD: Final = {"type": "withheld", "reason": "nothing_found"}


class Library:
    """Stands in for the library: what comes of a question follows from its text.

    asked: the requests it got.
    """

    def __init__(self) -> None:
        self.asked: list[Mapping[str, Any]] = []

    async def __call__(self, request: Mapping[str, Any]) -> Any:
        self.asked.append(request)
        if request["do"] != "ask_once":
            return {}
        text: str = request["text"]
        if text == "fail":
            raise Unserved("no encoder is installed")
        named = {"answered": ANSWERED, "choices": OFFERED, "withheld": WITHHELD}
        outcome = named.get(text) or list(named.values())[sha256(text.encode()).digest()[0] % 3]
        reply = {"outcome": outcome, "hits": [], "rung": "faq", "why": {}, "language": "en"}
        return {"reply": {**reply, "milliseconds": 12}, "sample": False}


async def key_for(served: Served, *scopes: Scope, name: str = "") -> str:
    """A key with these scopes; none: all of them."""
    name = name or f"key {len(served.console.known.access.keys)}"
    key = f"llmtb_{sha256(name.encode()).hexdigest()}"
    command = IssueKey(by="test", key=digest_of(key), name=name, scopes=scopes or SCOPES)
    await served.house.access(command)
    await served.seen()
    return key


def bearing(key: str, **more: str) -> dict[str, str]:
    """The headers of whoever has a key."""
    return {"Authorization": f"Bearer {key}", **more}


def signed(
    body: bytes, at: float, id_: str = "msg_1", secret: bytes = SECRET.encode()
) -> dict[str, str]:
    """The headers of a signed report; at: seconds since 1970."""
    timestamp = str(int(at))
    return {
        "content-type": "application/json",
        "webhook-id": id_,
        "webhook-timestamp": timestamp,
        "webhook-signature": signature_of(secret, id_, timestamp, body),
    }


def fault(response: httpx.Response, status: int) -> Mapping[str, Any]:
    """What a refused request is told, which is as every refusal is."""
    assert response.status_code == status, response.text
    assert response.headers["content-type"] == "application/problem+json"
    told: dict[str, Any] = response.json()
    assert told["status"] == status
    assert told["type"] == "about:blank"
    assert "\n" not in told["detail"]
    assert 0 < len(told["detail"]) < 300
    return told
