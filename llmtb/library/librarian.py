"""Puts documents in and takes them out: files read, kept on the shelf, then said in the journal."""

import asyncio
import csv
import os
import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final, Protocol

import msgspec

from llmtb.actors.access import Account, ListCustomers
from llmtb.actors.command import Command
from llmtb.actors.knowledge import AddDocument, Library, RemoveDocument, evolve
from llmtb.control import Note
from llmtb.events.record import Recorded
from llmtb.inference.errors import DocumentError
from llmtb.inference.knowledge.chunks import passages_of
from llmtb.inference.knowledge.documents.kinds import SUFFIXES
from llmtb.inference.knowledge.documents.reading import read
from llmtb.library.catalogue import meta_of, title_of
from llmtb.library.growing import grown
from llmtb.library.requests import (
    AddDocuments,
    AddEntries,
    ImportCustomers,
    Level,
    RemoveDocuments,
)
from llmtb.library.shelf import Shelf
from llmtb.runtime.errors import Refused

ENDINGS: Final = tuple(SUFFIXES)
MOST_FILES: Final = 10_000
_BATCH: Final = 1000  # customers in one command
_LONGEST_NAME: Final = 255


class House(Protocol):
    """The actors; see `llmtb.app.House`."""

    async def knowledge(
        self, command: Command, command_id: str | None = None
    ) -> list[Recorded]: ...
    async def access(self, command: Command, command_id: str | None = None) -> list[Recorded]: ...


class Added(msgspec.Struct, frozen=True, kw_only=True):
    """What became of a file: the version that holds now, or what was wrong with it.

    instead: the file of the version that held until then; empty where there was none.
    """

    file: str
    document: str
    version: int = 0
    passages: int = 0
    new: bool = False
    instead: str = ""
    wrong: str = ""


class Librarian:
    """Carries out what is asked of a library."""

    def __init__(self, house: House, shelf: Shelf, library: Callable[[], Library]) -> None:
        self._house = house
        self._shelf = shelf
        self._library = library
        self._adding = asyncio.Lock()

    async def add(self, request: AddDocuments, note: Note) -> list[Added]:
        """Add files; one that cannot be read is told, and the rest go on.

        Raises DocumentError where there is nothing to add, OSError where the shelf is full.
        """
        files = await asyncio.to_thread(lambda: list(found(map(Path, request.paths))))
        if len(files) > 1 and (request.document or request.title):
            raise DocumentError("an id or a title is for one file; these are several")
        ids = [request.document] if request.document else ids_of(files)
        done = []
        async with self._adding:
            await asyncio.to_thread(self._shelf.sweep)
            library = self._library()
            for number, (path, document) in enumerate(zip(files, ids, strict=True), 1):
                note(f"{number}/{len(files)} {shown(path)}")
                try:
                    done.append(await self._add(request, path, document, library))
                except (DocumentError, Refused) as error:
                    done.append(Added(file=shown(path), document=document, wrong=str(error)))
        return done

    async def add_entries(self, request: AddEntries) -> Added:
        """Have a document grow by entries that a person has approved; what is in it stays.

        Raises DocumentError where it cannot, OSError where the shelf is full.
        """
        async with self._adding:
            await asyncio.to_thread(self._shelf.sweep)
            library = self._library()
            held = library.documents.get(request.document)
            content = None
            if held is not None:
                if held.audience != request.audience:
                    told = f"{held.document}: is for {held.audience}s, not for {request.audience}s"
                    raise DocumentError(f"{told}; choose another document")
                content = await read(
                    await asyncio.to_thread(self._shelf.held, held.sha256, held.file)
                )
            with TemporaryDirectory() as folder:
                path = Path(folder, f"{request.document}.json")
                await asyncio.to_thread(path.write_bytes, grown(content, request))
                whole = AddDocuments(
                    by=request.by,
                    paths=(str(path),),
                    title=request.title,
                    audience=request.audience,
                    language=request.language,
                    reviewed=True,
                )
                return await self._add(whole, path, request.document, library)

    async def remove(self, request: RemoveDocuments) -> list[str]:
        """Take documents out; returns their ids. Raises Refused for one that is not in."""
        held, wanted = self._library().documents, list(dict.fromkeys(request.documents))
        for document in wanted:
            if document not in held:
                raise Refused(f"there is no document {document!r}; `llmtb knowledge list` has all")
        for document in wanted:
            await self._house.knowledge(
                RemoveDocument(by=request.by, document=document, reason=request.reason)
            )
        return wanted

    async def import_customers(
        self, request: ImportCustomers, listed: dict[str, int]
    ) -> dict[str, int]:
        """Make a file the list of customers. Raises DocumentError with the line that is wrong."""
        wanted = await asyncio.to_thread(customers_in, Path(request.path))
        gone = [account for account in listed if account not in wanted]
        changed = {a: level for a, level in wanted.items() if listed.get(a) != level}
        for start in range(0, max(len(gone), len(changed)), _BATCH):
            some = dict(list(changed.items())[start : start + _BATCH])
            command = ListCustomers(
                by=request.by, customers=some, gone=tuple(gone[start : start + _BATCH])
            )
            await self._house.access(command)
        return {"listed": len(wanted), "changed": len(changed), "removed": len(gone)}

    async def _add(
        self, request: AddDocuments, path: Path, document: str, library: Library
    ) -> Added:
        before = _stamp(path)
        content = await read(path)
        kept = await asyncio.to_thread(self._shelf.keep, path)
        if _stamp(path) != before:
            raise DocumentError(f"{shown(path)}: was changed while it was read; add it again")
        command = AddDocument(
            by=request.by,
            document=document,
            title=request.title or title_of(content, shown(path)),
            file=shown(path),
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
        meta = meta_of(command, version=1)
        passages = len(await asyncio.to_thread(passages_of, content, meta))
        if not passages:
            wrong = f"{shown(path)}: has no text that could answer; nothing was added"
            raise DocumentError(wrong)
        held = library.documents.get(document)
        events = await self._house.knowledge(msgspec.structs.replace(command, passages=passages))
        for recorded in events:
            evolve(library, recorded.event)
        added = library.documents.get(document)
        return Added(
            file=shown(path),
            document=document,
            version=added.edition if added else 1,
            passages=passages,
            new=bool(events),
            instead=held.file if held and events else "",
        )


def found(paths: Iterable[Path]) -> Iterator[Path]:
    """The files themselves, and those in folders that may be documents, by name, each once.

    Hidden ones, and those that an office program keeps while it edits, are passed over. Raises
    DocumentError for a path that is not there, a folder without any, and far too many files.
    """
    seen: set[Path] = set()
    for path in paths:
        if not path.exists():
            raise DocumentError(f"{path}: there is no such file")
        inside = (each for each in sorted(path.rglob("*")) if _may_be(each.relative_to(path), each))
        count = 0
        for file in inside if path.is_dir() else [path]:
            count += 1
            if file not in seen:
                seen.add(file)
                yield file
            if len(seen) > MOST_FILES:
                raise DocumentError(f"{path}: more than {MOST_FILES} files; add them in parts")
        if not count:
            raise DocumentError(f"{path}: holds no document; these are read: {' '.join(ENDINGS)}")


def _may_be(inside: Path, path: Path) -> bool:
    hidden = any(part.startswith((".", "~$")) for part in inside.parts)
    return path.suffix.lower() in ENDINGS and not hidden and path.is_file()


def ids_of(files: Sequence[Path]) -> list[str]:
    """Documents' ids from their files' names; of the same name, from folders and endings, too.

    Raises DocumentError where even these are the same.
    """
    ids = [id_of(path.stem) for path in files]
    often = Counter(ids)
    common = os.path.commonpath([path.absolute().parent for path in files])
    ids = [
        id_of(os.path.relpath(path.absolute(), common)) if often[name] > 1 else name
        for name, path in zip(ids, files, strict=True)
    ]
    for name, count in Counter(ids).items():
        if count > 1:
            raise DocumentError(f"{count} files would be {name!r}: add them apart, by --document")
    return ids


def id_of(name: str) -> str:
    """A document's id from a name: letters, digits, dots and dashes."""
    return re.sub(r"[^\w.-]+", "-", name).strip("-.")[:100] or "document"


def shown(path: Path) -> str:
    """A file's name as people can read it, and the journal can keep it."""
    name = "".join(sign if sign.isprintable() else "?" for sign in path.name)
    return name[-_LONGEST_NAME:]


def customers_in(path: Path) -> dict[str, int]:
    """The customers of a CSV file, by account. Raises DocumentError with the line's number."""
    customers: dict[str, int] = {}
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            rows = csv.DictReader(file, strict=True)
            if "account" not in (rows.fieldnames or ()):
                wrong = f"{shown(path)}, line 1: there is no column `account`, between commas"
                raise DocumentError(wrong)
            for row in rows:
                where = f"{shown(path)}, line {rows.line_num}"
                account, level = _customer(row, where)
                if customers.setdefault(account, level) != level:
                    raise DocumentError(f"{where}: {account} has another level further up")
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        reason = error.strerror if isinstance(error, OSError) else error
        raise DocumentError(f"{shown(path)}: cannot be read: {reason}") from error
    return customers


def _customer(row: dict[str, str | None], where: str) -> tuple[str, int]:
    try:
        account = msgspec.convert((row["account"] or "").strip(), Account)
    except msgspec.ValidationError as error:
        wrong = f"{where}: an account has from 1 to 64 characters, without spaces or slashes"
        raise DocumentError(wrong) from error
    try:
        level = msgspec.convert((row.get("level") or "0").strip(), Level, strict=False)
    except msgspec.ValidationError as error:
        raise DocumentError(f"{where}: a level is a whole number from 0 to 100") from error
    return account, level


def _stamp(path: Path) -> tuple[int, int, int] | None:
    """What changes with a file; None where it is not there."""
    try:
        stat = path.stat()
    except OSError:
        return None
    return stat.st_ino, stat.st_mtime_ns, stat.st_size
