"""What a person may ask of the library by a verb, here or in the program that runs already."""

import re
from typing import Annotated, Any, Final, TypeVar

import msgspec
from msgspec import Meta

from llmtb.actors.command import AgentId
from llmtb.actors.knowledge import Department, DocumentId, Title
from llmtb.events.chat import Audience

Language = Annotated[str, Meta(pattern=r"^[a-z]{2,3}\Z")]
Level = Annotated[int, Meta(ge=0, le=100)]
EntryId = Annotated[str, Meta(pattern=r"^[\w.-]{1,100}\Z")]
Variant = Annotated[str, Meta(pattern=r"\S", max_length=1000)]
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


class NewEntry(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A question with its answer, which whoever asks for it has read and approves.

    id: of the entry; one that is there already takes these words. variants: other words for the
    question. level, department: see DocumentAdded.
    """

    id: EntryId
    question: Annotated[str, Meta(pattern=r"\S", max_length=1000)]
    answer: Annotated[str, Meta(pattern=r"\S", max_length=4000)]
    variants: Annotated[tuple[Variant, ...], Meta(max_length=50)] = ()
    level: Level = 0
    department: Department = ""


class AddEntries(Request, frozen=True, kw_only=True, tag="add_entries"):
    """Answer these questions by these answers from now on, in a document that grows by them.

    title: of the document. audience, language: of all of it, the entries that are there included.
    """

    document: DocumentId
    title: Title
    audience: Audience
    language: Language
    entries: Annotated[tuple[NewEntry, ...], Meta(min_length=1, max_length=100)]


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
    audience: Audience = "customer"
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
    | AddEntries
    | RemoveDocuments
    | ListDocuments
    | AskOnce
    | Judge
    | Calibrate
    | ImportCustomers
    | TellFigures
)

Wanted = TypeVar("Wanted", bound=Request)

_PLAIN: Final = {
    "text": "a question has from 1 to 4096 characters; ask in fewer words",
    "language": "a language is said by its code, such as fa, en, id, pt or zh",
    "audience": "an audience is agent or customer",
    "level": "a level is a whole number from 0 to 100",
    "document": "a document's id is made of letters, digits, dots and dashes, 100 at most",
    "documents": "ids of documents are made of letters, digits, dots and dashes, 100 at most",
    "title": "a title has from 1 to 300 characters",
    "department": "a department has at most 60 characters",
    "reason": "a reason has from 1 to 500 characters",
    "entries": "an entry has a question of at most 1000 characters and an answer of at most 4000",
    "paths": "from 1 to 1000 files and folders can be given at once",
    "wrong": "a rate of error lies between 0 and 1, such as 0.02",
    "out_of_scope": "a rate of error lies between 0 and 1, such as 0.03",
}
_FIELD = re.compile(r"at `\$\.(\w+)")


class NotUnderstood(ValueError):
    """Something that is asked cannot be: one line for a person."""


def understood(form: dict[str, Any]) -> AnyRequest:
    """The request that a form holds. Raises NotUnderstood."""
    wanted: AnyRequest = _read(form, AnyRequest)
    return wanted


def request(kind: type[Wanted], **fields: Any) -> Wanted:
    """A request of a kind. Raises NotUnderstood."""
    wanted: Wanted = _read(fields, kind)
    return wanted


def _read(form: dict[str, Any], kind: Any) -> Any:
    try:
        # What is no text, such as a file's name in another encoding, cannot be passed on.
        msgspec.json.encode(form)
        return msgspec.convert(form, kind)
    except UnicodeEncodeError as error:
        raise NotUnderstood("a name or a text is not UTF-8; rename the file, or type it") from error
    except msgspec.ValidationError as error:
        field = _FIELD.search(str(error))
        plain = _PLAIN.get(field[1]) if field else None
        raise NotUnderstood(plain or f"that cannot be asked: {error}") from error
