"""A question as it reaches the ladder: who asks, what they may see, what was said before."""

from typing import NamedTuple

import msgspec

from llmtb.events.chat import Audience


class Earlier(NamedTuple):
    """A question of the same session, with the passages that answered it; `topic`: their title."""

    question: str
    passages: tuple[str, ...] = ()
    answer: str = ""
    topic: str = ""


class Asked(msgspec.Struct, frozen=True, kw_only=True):
    """A question.

    question: its id. chat: where it was asked. language: an ISO code, None until it is known.
    level: of a customer; an answer needs at most that. departments: None for all of them.
    on_call: whether the agent who asks has a caller on the line, and so comes first.
    turns: the session's earlier questions, the newest last.
    """

    question: str
    chat: str
    text: str
    language: str | None = None
    audience: Audience = "customer"
    level: int = 0
    departments: tuple[str, ...] | None = None
    on_call: bool = False
    turns: tuple[Earlier, ...] = ()
