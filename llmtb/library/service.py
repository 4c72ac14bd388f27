"""Does what verbs ask of the library: in the program that runs, or in the verb's own process."""

import asyncio
import sqlite3
from collections.abc import Awaitable, Callable, Set
from pathlib import Path
from typing import Any, Final

import msgspec

from llmtb.actors.access import Access
from llmtb.actors.access import evolve as listen
from llmtb.actors.knowledge import Library
from llmtb.app import House
from llmtb.control import DATABASE, FAULT, INPUT, STORAGE, Note, Unable
from llmtb.events.access import STREAM as ACCESS
from llmtb.events.errors import JournalError, StorageFailed
from llmtb.events.event import Event
from llmtb.events.floor import PolicyChanged
from llmtb.events.journal import Journal
from llmtb.events.knowledge import STREAM as KNOWLEDGE
from llmtb.inference.answering.asked import Asked
from llmtb.inference.errors import DocumentError, InferenceError
from llmtb.inference.knowledge.overlaps import Overlap, report
from llmtb.library.answers import Answers
from llmtb.library.catalogue import Catalogue, clearance, is_sample, library_of
from llmtb.library.librarian import Added, Librarian
from llmtb.library.proving import Proving
from llmtb.library.requests import (
    AddDocuments,
    AddEntries,
    AnyRequest,
    AskOnce,
    Calibrate,
    ImportCustomers,
    Judge,
    ListDocuments,
    NotUnderstood,
    RemoveDocuments,
    TellFigures,
    understood,
)
from llmtb.library.shelf import FOLDER, Shelf
from llmtb.policy import Policy, Questions
from llmtb.runtime.errors import Refused, Unanswered

MODEL = 6  # exit status, see llmtb.verbs.exits
_NOBODY: Final = "ask"

Opened = Callable[[Note], Awaitable[Answers]]
"""Gives what is answered from, opened if it was not."""


class Service:
    """Carries out requests over a house and its journal; `answers` opens the models when needed."""

    def __init__(self, house: House, journal: Journal, folder: Path, answers: Opened) -> None:
        shelf = Shelf(folder / FOLDER)
        self._journal = journal
        self._answers = answers
        self._librarian = Librarian(house, shelf, self.library)
        self._proving = Proving(house, answers)
        self._catalogue = Catalogue(shelf)

    def library(self) -> Library:
        """The library as the journal tells it now."""
        return library_of(self._journal.read_stream(KNOWLEDGE))

    async def do(self, request: dict[str, Any], note: Note) -> Any:
        """Do what a request says; the outcome, as JSON can hold it. Raises Unable."""
        try:
            return msgspec.to_builtins(await self._do(understood(request), note))
        except (NotUnderstood, DocumentError, Refused) as error:
            raise Unable(INPUT, str(error)) from error
        except InferenceError as error:
            raise Unable(MODEL, str(error)) from error
        except StorageFailed as error:
            raise Unable(STORAGE, str(error)) from error
        except JournalError as error:
            raise Unable(DATABASE, str(error)) from error
        except sqlite3.Error as error:
            raise Unable(STORAGE, f"the file of vectors: {error}") from error
        except OSError as error:
            place = Path(str(error.filename)).name if error.filename else "the disk"
            raise Unable(STORAGE, f"{place}: {error.strerror or error}") from error
        except Unanswered as error:
            raise Unable(FAULT, f"{error}; ask again") from error

    async def _do(self, wanted: AnyRequest, note: Note) -> Any:
        match wanted:
            case AddDocuments():
                return await self._add(wanted, note)
            case AddEntries():
                return await self._librarian.add_entries(wanted)
            case RemoveDocuments():
                return await self._librarian.remove(wanted)
            case ListDocuments():
                return await self._list(wanted, note)
            case AskOnce():
                return await self._ask(wanted, note)
            case Judge():
                return await self._proving.judge(wanted, note)
            case Calibrate():
                return await self._proving.calibrate(wanted, note)
            case ImportCustomers():
                access = Access()
                for recorded in self._journal.read_stream(ACCESS):
                    listen(access, recorded.event)
                return await self._librarian.import_customers(wanted, access.customers)
            case TellFigures():
                return (await self._answers(note)).statistics()

    async def _add(self, wanted: AddDocuments, note: Note) -> dict[str, Any]:
        files: list[Added] = await self._librarian.add(wanted, note)
        new = {each.document for each in files if each.new}
        return {"files": files, "overlaps": await self._overlaps(note, new) if new else []}

    async def _list(self, wanted: ListDocuments, note: Note) -> dict[str, Any]:
        library = self.library()
        return {
            "documents": [msgspec.structs.asdict(each) for each in library.documents.values()],
            "overlaps": await self._overlaps(note) if wanted.overlaps else [],
            "sample": is_sample(library) and rules_of(self._journal).sample,
        }

    async def _overlaps(self, note: Note, among: Set[str] | None = None) -> list[Overlap]:
        """What is said twice, or in two ways; among: in these documents, or with one of them."""

        def told(done: int, of: int) -> None:
            note(f"reading what is there: {done} of {of}")

        sample = rules_of(self._journal).sample
        passages, _ = await self._catalogue.passages(self.library(), sample=sample, progress=told)
        note("comparing the documents")
        found = await asyncio.to_thread(report, passages)
        if among is None:
            return found
        return [
            each
            for each in found
            if among & {passage.partition("@")[0] for passage in (each.first, each.second)}
        ]

    async def _ask(self, wanted: AskOnce, note: Note) -> dict[str, Any]:
        answers = await self._answers(note)
        asked = Asked(
            question=_NOBODY,
            chat=_NOBODY,
            text=wanted.text,
            language=wanted.language,
            audience=wanted.audience,
            level=clearance(wanted.audience, wanted.level),
        )
        reply = await answers.reply(asked)
        if wanted.draft:
            drafted = await answers.draft(asked)
            async with drafted.draft as draft:
                async for piece in draft:
                    note(piece, piece=True)
                written = await draft.result()
            if doubts := drafted.doubts(written.text):
                why = f"\n\n(The documents do not bear this draft out: {', '.join(doubts)}.)"
                note(why, piece=True)
        return {"reply": reply, "sample": answers.sample}


def rules_of(journal: Journal) -> Questions:
    """The rules of questions in force, as the journal tells them."""
    changes: list[Event] = [each.event for each in journal.read(topics=["PolicyChanged"])]
    if not changes or not isinstance(changes[-1], PolicyChanged):
        return Questions()
    return msgspec.convert(changes[-1].policy, Policy).questions
