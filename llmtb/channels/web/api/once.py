"""The same request again gets the same answer, and is done once.

What a command changed is in the journal under its id, so that holds through a crash; what was
answered is kept here, for the last requests.
"""

import asyncio
from collections import OrderedDict
from collections.abc import Callable, Coroutine
from hashlib import sha256
from typing import Any, Final, NamedTuple, TypeVar

from llmtb.channels.web.api.problems import Problem

T = TypeVar("T")
KEPT: Final = 4096
OTHER: Final = "this key was used for another request already; take a new one"


class _Asked(NamedTuple):
    body: bytes
    answer: asyncio.Task[Any]


class Once:
    """The last requests that came with a key of their own, and their answers."""

    def __init__(self, kept: int = KEPT) -> None:
        self._kept = kept
        self._asked: OrderedDict[str, _Asked] = OrderedDict()

    async def answer(
        self, id_: str | None, body: bytes, work: Callable[[], Coroutine[Any, Any, T]]
    ) -> T:
        """What comes of `work`; with the id of an earlier request, what came of that.

        Of two at the same time one is done. What fails is forgotten. Raises Problem where the
        earlier one had another body.
        """
        if id_ is None:
            return await work()
        digest = sha256(body).digest()
        asked = self._asked.get(id_)
        if asked is None:
            asked = self._asked[id_] = _Asked(digest, asyncio.ensure_future(work()))
            self._forget()
        elif asked.body != digest:
            raise Problem(422, OTHER, field="Idempotency-Key")
        try:
            answer: T = await asyncio.shield(asked.answer)
        except BaseException:
            if asked.answer.done() and self._asked.get(id_) is asked:
                del self._asked[id_]
            raise
        return answer

    def _forget(self) -> None:
        while len(self._asked) > self._kept:
            self._asked.popitem(last=False)
