"""The library of a company: which documents are answered from, and when an answer is sure enough.

The documents' bytes lie beside the journal; what is decided here is which of them count.
"""

from collections.abc import Iterator
from datetime import datetime
from typing import Annotated, Any, Final

import msgspec
from msgspec import Meta

from llmtb.actors.command import AgentId, Command, Reason
from llmtb.events.chat import Audience
from llmtb.events.event import Event
from llmtb.events.knowledge import STREAM, CalibrationSet, DocumentAdded, DocumentRemoved
from llmtb.runtime.errors import Refused

MOST_DOCUMENTS: Final = 10_000

DocumentId = Annotated[str, Meta(pattern=r"^[\w.-]{1,100}\Z")]
Title = Annotated[str, Meta(pattern=r"\S", max_length=300)]
Department = Annotated[str, Meta(max_length=60)]
Digest = Annotated[str, Meta(pattern=r"^[0-9a-f]{64}\Z")]


# --- state -------------------------------------------------------------------------------------


class Library(msgspec.Struct):
    """documents: the version of each that holds, by id. versions: the last number of each, also of
    those that were removed. calibration: as it was set last; None: as the program ships it.
    """

    documents: dict[str, DocumentAdded] = {}
    versions: dict[str, int] = {}
    calibration: dict[str, Any] | None = None


# --- commands ----------------------------------------------------------------------------------


class AddDocument(Command, frozen=True, kw_only=True, tag="add_document"):
    """Answer from a document from now on; the fields are those of DocumentAdded."""

    by: AgentId
    document: DocumentId
    title: Title
    file: Title
    kind: str
    language: str | None
    department: Department
    audience: Audience
    level: Annotated[int, Meta(ge=0, le=100)]
    sha256: Digest
    size: Annotated[int, Meta(ge=0)]
    passages: Annotated[int, Meta(ge=0)]
    reviewed: bool


class RemoveDocument(Command, frozen=True, kw_only=True, tag="remove_document"):
    """Answer from a document no more."""

    by: AgentId
    document: DocumentId
    reason: Reason


class SetCalibration(Command, frozen=True, kw_only=True, tag="set_calibration"):
    """Decide by these thresholds from now on; see CalibrationSet."""

    by: AgentId
    calibration: dict[str, Any]
    source: Title


# --- decide ------------------------------------------------------------------------------------


def add_document(library: Library, command: AddDocument, now: datetime) -> Iterator[Event]:
    """The document's next version, unless it is the one that holds already."""
    event = DocumentAdded(
        at=now,
        by=command.by,
        document=command.document,
        edition=library.versions.get(command.document, 0) + 1,
        title=command.title,
        file=command.file,
        kind=command.kind,
        language=command.language,
        department=command.department,
        audience=command.audience,
        level=command.level,
        sha256=command.sha256,
        size=command.size,
        passages=command.passages,
        reviewed=command.reviewed,
    )
    held = library.documents.get(command.document)
    if held is None and len(library.documents) >= MOST_DOCUMENTS:
        raise Refused(f"there are {MOST_DOCUMENTS} documents already; remove one first")
    if held is None or _content(held) != _content(event):
        yield event


def remove_document(library: Library, command: RemoveDocument, now: datetime) -> Iterator[Event]:
    """The document out. Raises Refused where there is none of this id."""
    held = library.documents.get(command.document)
    if held is None:
        raise Refused(f"there is no document {command.document!r}")
    yield DocumentRemoved(
        at=now,
        by=command.by,
        document=command.document,
        edition=held.edition,
        reason=command.reason,
    )


def set_calibration(library: Library, command: SetCalibration, now: datetime) -> Iterator[Event]:
    """The calibration, if it is another one."""
    if command.calibration != library.calibration:
        yield CalibrationSet(
            at=now, by=command.by, calibration=command.calibration, source=command.source
        )


def _content(event: DocumentAdded) -> dict[str, Any]:
    fields = msgspec.structs.asdict(event)
    return {name: value for name, value in fields.items() if name not in ("at", "by", "edition")}


# --- evolve ------------------------------------------------------------------------------------


def evolve(library: Library, event: Event) -> None:
    """Take in one event of the knowledge; others change nothing."""
    match event:
        case DocumentAdded():
            library.documents[event.document] = event
            library.versions[event.document] = event.edition
        case DocumentRemoved():
            library.documents.pop(event.document, None)
        case CalibrationSet():
            library.calibration = event.calibration
        case _:
            pass


# --- actor -------------------------------------------------------------------------------------


class KnowledgeBehaviour:
    """How the library is decided, for the runtime's event-sourced actor; there is one of it."""

    format = "knowledge.1"

    def initial(self) -> Library:
        return Library()

    def decide(self, state: Library, command: Command, now: datetime) -> Iterator[Event]:
        """Yield the events; raises Refused, or TypeError for a command of another actor."""
        match command:
            case AddDocument():
                yield from add_document(state, command, now)
            case RemoveDocument():
                yield from remove_document(state, command, now)
            case SetCalibration():
                yield from set_calibration(state, command, now)
            case _:
                raise TypeError(f"the library cannot {type(command).__name__}")

    def evolve(self, state: Library, event: Event) -> Library:
        evolve(state, event)
        return state

    def stream(self, event: Event) -> str:
        return STREAM

    def due(self, state: Library, after: datetime | None) -> datetime | None:
        """Nothing falls due in a library."""
        return None

    def elapse(self) -> Command | None:
        return None

    def encode(self, state: Library) -> bytes:
        return msgspec.msgpack.encode(state)

    def decode(self, state: bytes) -> Library:
        return msgspec.msgpack.decode(state, type=Library)
