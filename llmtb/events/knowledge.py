"""The events of the knowledge: what documents are in, who may see them, how answers are judged.

The documents themselves lie beside the journal under their SHA-256 (`data/documents/`): an event
says which, and never holds their text. The names and fields are the published language; fields
are only ever appended, with a default.
"""

from typing import Any

from llmtb.events.chat import Audience
from llmtb.events.event import Event

STREAM = "knowledge/library"
"""The stream of all events of the knowledge."""


class DocumentAdded(Event, frozen=True, kw_only=True):
    """A document, or the next version of one, is answered from, from now on.

    document: its id. edition: its own version, from 1. file: its name without folders. sha256: of
    its bytes, in hex. level: the least level of a customer who may see it. language: None: as each
    part says. reviewed: whether a person has approved its answers.
    """

    document: str
    edition: int
    title: str
    file: str
    kind: str
    language: str | None
    department: str
    audience: Audience
    level: int
    sha256: str
    size: int
    passages: int
    reviewed: bool


class DocumentRemoved(Event, frozen=True, kw_only=True):
    """A document is answered from no more."""

    document: str
    edition: int
    reason: str


class CalibrationSet(Event, frozen=True, kw_only=True):
    """From now on this decides which answers are sure enough.

    calibration: as `llmtb.inference.answering.calibration` reads it. source: what it was fitted to.
    """

    calibration: dict[str, Any]
    source: str


KNOWLEDGE_EVENTS: tuple[type[Event], ...] = (DocumentAdded, DocumentRemoved, CalibrationSet)
