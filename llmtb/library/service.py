"""Does what verbs ask of the library: in the program that runs, or in the verb's own process."""

from collections.abc import Awaitable, Callable
from importlib import resources
from pathlib import Path
from typing import Any, Final

import msgspec

from llmtb.actors.access import Access
from llmtb.actors.access import evolve as listen
from llmtb.actors.knowledge import Library, SetCalibration
from llmtb.app import House
from llmtb.control import Note, Unable
from llmtb.events.access import STREAM as ACCESS
from llmtb.events.event import Event
from llmtb.events.floor import PolicyChanged
from llmtb.events.journal import Journal
from llmtb.events.knowledge import STREAM as KNOWLEDGE
from llmtb.inference.answering.asked import Asked
from llmtb.inference.answering.calibration import Wanted, calibrate
from llmtb.inference.answering.examples import Labelled, read_questions
from llmtb.inference.answering.judge import examples, judge
from llmtb.inference.errors import DocumentError, InferenceError, ModelError
from llmtb.library.answers import Answers
from llmtb.library.catalogue import SAMPLE, library_of
from llmtb.library.librarian import Librarian
from llmtb.library.requests import (
    AddDocuments,
    AnyRequest,
    AskOnce,
    Calibrate,
    ImportCustomers,
    Judge,
    ListDocuments,
    RemoveDocuments,
    TellFigures,
)
from llmtb.library.shelf import FOLDER, Shelf
from llmtb.policy import Policy, Questions
from llmtb.runtime.errors import Refused

INPUT, MODEL = 2, 6  # exit statuses, see llmtb.verbs.exits
_NOBODY: Final = "ask"

Opened = Callable[[Note], Awaitable[Answers]]
"""Gives what is answered from, opened if it was not."""


class Service:
    """Carries out requests over a house and its journal; `answers` opens the models when needed."""

    def __init__(self, house: House, journal: Journal, folder: Path, answers: Opened) -> None:
        self._house = house
        self._journal = journal
        self._answers = answers
        self._librarian = Librarian(house, Shelf(folder / FOLDER), self.library)

    def library(self) -> Library:
        """The library as the journal tells it now."""
        return library_of(self._journal.read_stream(KNOWLEDGE))

    async def do(self, request: dict[str, Any], note: Note) -> Any:
        """Do what a request says; the outcome, as JSON can hold it. Raises Unable."""
        try:
            wanted: AnyRequest = msgspec.convert(request, AnyRequest)
            outcome = await self._do(wanted, note)
        except msgspec.ValidationError as error:
            raise Unable(INPUT, f"that cannot be asked: {error}") from error
        except ModelError as error:
            raise Unable(MODEL, str(error)) from error
        except (InferenceError, Refused) as error:
            raise Unable(INPUT, str(error)) from error
        return msgspec.to_builtins(outcome)

    async def _do(self, wanted: AnyRequest, note: Note) -> Any:
        match wanted:
            case AddDocuments():
                return await self._librarian.add(wanted, note)
            case RemoveDocuments():
                return await self._librarian.remove(wanted)
            case ListDocuments():
                return await self._list(wanted, note)
            case AskOnce():
                return await self._ask(wanted, note)
            case Judge():
                return await self._judge(wanted, note)
            case Calibrate():
                return await self._calibrate(wanted, note)
            case ImportCustomers():
                access = Access()
                for recorded in self._journal.read_stream(ACCESS):
                    listen(access, recorded.event)
                return await self._librarian.import_customers(wanted, access.customers)
            case TellFigures():
                return (await self._answers(note)).statistics()

    async def _list(self, wanted: ListDocuments, note: Note) -> dict[str, Any]:
        library = self.library()
        overlaps: list[Any] = []
        if wanted.overlaps:
            overlaps = list((await self._answers(note)).overlaps())
        sample = not library.versions and rules_of(self._journal).sample
        return {
            "documents": [msgspec.structs.asdict(each) for each in library.documents.values()],
            "overlaps": overlaps,
            "sample": sample,
        }

    async def _ask(self, wanted: AskOnce, note: Note) -> dict[str, Any]:
        answers = await self._answers(note)
        asked = Asked(
            question=_NOBODY,
            chat=_NOBODY,
            text=wanted.text,
            language=wanted.language,
            audience=wanted.audience,
            level=wanted.level,
        )
        reply = await answers.reply(asked)
        if wanted.draft:
            drafted = await answers.draft(asked)
            async for piece in drafted.draft:
                note(piece, piece=True)
            await drafted.draft.result()
        sample = any(each.document.startswith(f"{SAMPLE}-") for each in answers.passages[:1])
        return {"reply": reply, "sample": sample}

    async def _judge(self, wanted: Judge, note: Note) -> Any:
        questions = labelled(wanted.paths)
        if wanted.half:
            questions = [each for each in questions if each.held_out]
        answers = await self._answers(note)
        note(f"{len(questions)} questions")
        return await judge(questions, answers.answering)

    async def _calibrate(self, wanted: Calibrate, note: Note) -> Any:
        questions = labelled(wanted.paths)
        if wanted.half:
            questions = [each for each in questions if not each.held_out]
        answers = await self._answers(note)
        note(f"{len(questions)} questions")
        seen = await examples(questions, answers.answering)
        try:
            calibration = calibrate(
                seen,
                encoder=answers.encoder.identity,
                index=answers.base.index.identity,
                wanted=Wanted(wrong=wanted.wrong, out_of_scope=wanted.out_of_scope),
            )
        except ValueError as error:
            raise DocumentError(str(error)) from error
        if not wanted.dry:
            source = ", ".join(Path(path).name for path in wanted.paths) or SAMPLE
            command = SetCalibration(
                by=wanted.by, calibration=msgspec.to_builtins(calibration), source=source[:300]
            )
            await self._house.knowledge(command)
        return calibration


def rules_of(journal: Journal) -> Questions:
    """The rules of questions in force, as the journal tells them."""
    changes: list[Event] = [each.event for each in journal.read(topics=["PolicyChanged"])]
    if not changes or not isinstance(changes[-1], PolicyChanged):
        return Questions()
    return msgspec.convert(changes[-1].policy, Policy).questions


def labelled(paths: tuple[str, ...]) -> list[Labelled]:
    """The labelled questions of these files; of none: the made-up company's.

    Raises DocumentError.
    """
    files = [Path(path) for path in paths]
    if not files:
        folder = Path(str(resources.files("llmtb") / "sample" / "questions"))
        files = sorted(folder.glob("*.json"))
    return [question for file in files for question in read_questions(file)]
