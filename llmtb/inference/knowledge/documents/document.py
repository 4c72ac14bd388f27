"""A document as it was read: its title, its sections, and the questions it answers."""

from typing import Literal

import msgspec

from llmtb.events.chat import Audience

Kind = Literal["pdf", "docx", "html", "markdown", "text", "csv", "xlsx", "json"]


class Section(msgspec.Struct, frozen=True):
    """What stands under one heading.

    text: paragraphs with an empty line between them; items of a list and rows of a table on lines
    of their own. headings: those above it, outermost first. page: from 1, where there are pages.
    """

    text: str
    headings: tuple[str, ...] = ()
    page: int | None = None


class Entry(msgspec.Struct, frozen=True, kw_only=True):
    """A question with its answer. What is None or empty is as the document's own.

    reviewed: False where no person wrote it as an answer, such as a line of a conversation.
    """

    question: str
    answer: str
    id: str = ""
    variants: tuple[str, ...] = ()
    section: str = ""
    page: int | None = None
    department: str = ""
    audience: Audience | None = None
    level: int | None = None
    tags: tuple[str, ...] = ()
    reviewed: bool | None = None


class Document(msgspec.Struct, frozen=True, kw_only=True):
    """A file's content by its structure. language: None unless the file declares it."""

    kind: Kind
    title: str
    language: str | None = None
    entries: tuple[Entry, ...] = ()
    sections: tuple[Section, ...] = ()
