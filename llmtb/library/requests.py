"""What a person may ask of the library by a verb, here or in the program that runs already."""

from typing import Annotated

import msgspec
from msgspec import Meta

from llmtb.actors.command import AgentId
from llmtb.actors.knowledge import Department, DocumentId, Title
from llmtb.events.chat import Audience

Language = Annotated[str, Meta(pattern=r"^[a-z]{2,3}\Z")]
Level = Annotated[int, Meta(ge=0, le=100)]
Paths = Annotated[tuple[str, ...], Meta(min_length=1, max_length=1000)]


class Request(
    msgspec.Struct, frozen=True, kw_only=True, tag_field="do", forbid_unknown_fields=True
):
    """Base of all requests; `by` is who asks."""

    by: AgentId = "owner"


class AddDocuments(Request, frozen=True, kw_only=True, tag="add_documents"):
    """Answer from these files from now on; folders are gone through.

    document, title: of a single file; else they follow from the file. The rest: see DocumentAdded.
    """

    paths: Paths
    document: DocumentId | None = None
    title: Title | None = None
    department: Department = ""
    audience: Audience = "agent"
    level: Level = 0
    language: Language | None = None
    reviewed: bool = False


class RemoveDocuments(Request, frozen=True, kw_only=True, tag="remove_documents"):
    """Answer from these documents no more."""

    documents: Annotated[tuple[DocumentId, ...], Meta(min_length=1, max_length=1000)]
    reason: Annotated[str, Meta(pattern=r"\S", max_length=500)] = "removed"


class ListDocuments(Request, frozen=True, kw_only=True, tag="list_documents"):
    """What is answered from. overlaps: also which passages say the same, or the contrary."""

    overlaps: bool = False


class AskOnce(Request, frozen=True, kw_only=True, tag="ask_once"):
    """One question, outside of any chat: nothing of it is recorded.

    draft: have a model draft a reply from what was found, as an agent may.
    """

    text: Annotated[str, Meta(min_length=1, max_length=4096)]
    language: Language | None = None
    audience: Audience = "agent"
    level: Level = 0
    draft: bool = False


class Judge(Request, frozen=True, kw_only=True, tag="judge"):
    """Run labelled questions. half: only the half that calibrating did not see."""

    paths: tuple[str, ...] = ()
    half: bool = False


class Calibrate(Request, frozen=True, kw_only=True, tag="calibrate"):
    """Set the thresholds for wanted rates of error, from 0 to 1, by labelled questions.

    half: learn from one half alone, so that the other can judge. dry: say what they would be, and
    leave them.
    """

    paths: tuple[str, ...] = ()
    wrong: Annotated[float, Meta(gt=0, lt=1)] = 0.02
    out_of_scope: Annotated[float, Meta(gt=0, lt=1)] = 0.03
    half: bool = False
    dry: bool = False


class ImportCustomers(Request, frozen=True, kw_only=True, tag="import_customers"):
    """Make this file the company's list of customers: rows of `account` and, if told, `level`."""

    path: str


class TellFigures(Request, frozen=True, kw_only=True, tag="tell_figures"):
    """The queues, batches and times of the models, for a monitor."""


AnyRequest = (
    AddDocuments
    | RemoveDocuments
    | ListDocuments
    | AskOnce
    | Judge
    | Calibrate
    | ImportCustomers
    | TellFigures
)
