"""Puts documents in and takes them out: files read, kept on the shelf, then said in the journal."""

import csv
import re
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Final, Protocol

import msgspec

from llmtb.actors.access import Account, ListCustomers
from llmtb.actors.command import Command
from llmtb.actors.knowledge import AddDocument, Library, RemoveDocument
from llmtb.control import Note
from llmtb.events.knowledge import DocumentAdded
from llmtb.events.record import Recorded
from llmtb.inference.errors import DocumentError
from llmtb.inference.knowledge.chunks import passages_of
from llmtb.inference.knowledge.documents.reading import read
from llmtb.library.catalogue import meta_of, title_of
from llmtb.library.requests import AddDocuments, ImportCustomers, Level, RemoveDocuments
from llmtb.library.shelf import Shelf
from llmtb.runtime.errors import Refused

ENDINGS: Final = (
    *(".pdf", ".docx", ".html", ".htm", ".md", ".markdown", ".txt", ".csv", ".xlsx"),
    *(".json", ".jsonl"),
)
MOST_FILES: Final = 10_000
_BATCH: Final = 1000  # customers in one command


class House(Protocol):
    """The actors; see `llmtb.app.House`."""

    async def knowledge(
        self, command: Command, command_id: str | None = None
    ) -> list[Recorded]: ...
    async def access(self, command: Command, command_id: str | None = None) -> list[Recorded]: ...


class Added(msgspec.Struct, frozen=True, kw_only=True):
    """What became of a file: the version that holds now, or what was wrong with it."""

    file: str
    document: str
    version: int = 0
    passages: int = 0
    new: bool = False
    wrong: str = ""


class Librarian:
    """Carries out what is asked of a library."""

    def __init__(self, house: House, shelf: Shelf, library: Callable[[], Library]) -> None:
        self._house = house
        self._shelf = shelf
        self._library = library

    async def add(self, request: AddDocuments, note: Note) -> list[Added]:
        """Add files; one that cannot be read is told, and the rest go on.

        Raises DocumentError where there is nothing to add.
        """
        files = list(found(map(Path, request.paths)))
        if len(files) > 1 and (request.document or request.title):
            raise DocumentError("an id or a title is for one file; these are several")
        done = []
        for number, path in enumerate(files, 1):
            note(f"{number}/{len(files)} {path.name}")
            document = request.document or id_of(path)
            try:
                done.append(await self._add(request, path, document))
            except (DocumentError, Refused) as error:
                done.append(Added(file=path.name, document=document, wrong=str(error)))
        return done

    async def remove(self, request: RemoveDocuments) -> list[str]:
        """Take documents out; returns their ids. Raises Refused for one that is not in."""
        for document in request.documents:
            if document not in self._library().documents:
                raise Refused(f"there is no document {document!r}; `llmtb knowledge list` has all")
        for document in dict.fromkeys(request.documents):
            await self._house.knowledge(
                RemoveDocument(by=request.by, document=document, reason=request.reason)
            )
        return list(request.documents)

    async def import_customers(
        self, request: ImportCustomers, listed: dict[str, int]
    ) -> dict[str, int]:
        """Make a file the list of customers. Raises DocumentError with the line that is wrong."""
        wanted = customers_in(Path(request.path))
        gone = [account for account in listed if account not in wanted]
        changed = {a: level for a, level in wanted.items() if listed.get(a) != level}
        for start in range(0, max(len(gone), len(changed)), _BATCH):
            some = dict(list(changed.items())[start : start + _BATCH])
            command = ListCustomers(
                by=request.by, customers=some, gone=tuple(gone[start : start + _BATCH])
            )
            await self._house.access(command)
        return {"listed": len(wanted), "changed": len(changed), "removed": len(gone)}

    async def _add(self, request: AddDocuments, path: Path, document: str) -> Added:
        content = await read(path)
        kept = self._shelf.keep(path)
        command = AddDocument(
            by=request.by,
            document=document,
            title=request.title or title_of(content, path),
            file=path.name[-300:],
            kind=content.kind,
            language=request.language or content.language,
            department=request.department,
            audience=request.audience,
            level=request.level,
            sha256=kept.sha256,
            size=kept.size,
            passages=0,
            reviewed=request.reviewed,
        )
        passages = len(passages_of(content, meta_of(command, version=1)))
        if not passages:
            raise DocumentError(f"{path.name}: has no text that could answer; nothing was added")
        events = await self._house.knowledge(msgspec.structs.replace(command, passages=passages))
        version = self._library().versions.get(document, 1)
        for recorded in events:
            if isinstance(recorded.event, DocumentAdded):
                version = recorded.event.version
        return Added(
            file=path.name,
            document=document,
            version=version,
            passages=passages,
            new=bool(events),
        )


def found(paths: Iterable[Path]) -> Iterator[Path]:
    """The files themselves, and those in folders that may be documents, in order of name.

    Raises DocumentError for a path that is not there, and for far too many files.
    """
    count = 0
    for path in paths:
        if not path.exists():
            raise DocumentError(f"{path}: there is no such file")
        inside = (each for each in sorted(path.rglob("*")) if each.suffix.lower() in ENDINGS)
        for file in inside if path.is_dir() else [path]:
            count += 1
            if count > MOST_FILES:
                raise DocumentError(f"{path}: more than {MOST_FILES} files; add them in parts")
            yield file


def id_of(path: Path) -> str:
    """A document's id from its file's name: letters, digits, dots and dashes."""
    return re.sub(r"[^\w.-]+", "-", path.stem).strip("-.")[:100] or "document"


def customers_in(path: Path) -> dict[str, int]:
    """The customers of a CSV file, by account. Raises DocumentError with the line's number."""
    customers: dict[str, int] = {}
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            rows = csv.DictReader(file)
            if "account" not in (rows.fieldnames or ()):
                raise DocumentError(f"{path.name}, line 1: there is no column `account`")
            for row in rows:
                try:
                    account = msgspec.convert((row["account"] or "").strip(), Account)
                    level = msgspec.convert((row.get("level") or "0").strip(), Level, strict=False)
                except msgspec.ValidationError as error:
                    wrong = f"{path.name}, line {rows.line_num}: {error}"
                    raise DocumentError(wrong) from error
                customers[account] = level
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise DocumentError(f"{path.name}: cannot be read: {error}") from error
    return customers
