"""A passage: the piece of a document that people are shown as an answer, word for word."""

from typing import Literal

import msgspec

from llmtb.events.chat import Audience


class Passage(msgspec.Struct, frozen=True, kw_only=True):
    """A piece of a document, with where it is from and who may see it.

    id: `DOCUMENT@VERSION#NUMBER`. kind: `faq`, a question with its answer; `text`, prose.
    title: the document's. section: the headings above it, ` › ` between them. page: from 1.
    audience: `customer`, for everybody; `agent`, for the company's own people alone.
    level: the least level of a customer who may see it. entry: shared by the same entry in
    several languages; empty where there is none. question, variants: how people ask for it.
    text: what is shown. reviewed: whether a person has approved it as an answer.
    """

    id: str
    document: str
    version: int
    number: int
    kind: Literal["faq", "text"]
    title: str
    text: str
    language: str
    section: str = ""
    page: int | None = None
    department: str = ""
    audience: Audience = "customer"
    level: int = 0
    entry: str = ""
    question: str | None = None
    variants: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    reviewed: bool = False
