"""Judges the answering by labelled questions, and sets its thresholds by them."""

import asyncio
from collections.abc import Awaitable, Callable
from importlib import resources
from pathlib import Path
from typing import Protocol

import msgspec

from llmtb.actors.command import Command
from llmtb.actors.knowledge import SetCalibration
from llmtb.control import Note
from llmtb.events.record import Recorded
from llmtb.inference.answering.answering import Answering
from llmtb.inference.answering.asked import Asked
from llmtb.inference.answering.calibration import Calibration, Wanted, calibrate
from llmtb.inference.answering.examples import Example, Labelled, read_questions
from llmtb.inference.answering.judge import Verdict, examples, judge
from llmtb.inference.answering.reply import Reply
from llmtb.inference.errors import DocumentError
from llmtb.library.answers import Answers
from llmtb.library.catalogue import SAMPLE
from llmtb.library.requests import Calibrate, Judge


class House(Protocol):
    """The actors; see `llmtb.app.House`."""

    async def knowledge(
        self, command: Command, command_id: str | None = None
    ) -> list[Recorded]: ...


class Proving:
    """Runs labelled questions through a ladder of its own, so that people's is left as it is."""

    def __init__(self, house: House, answers: Callable[[Note], Awaitable[Answers]]) -> None:
        self._house = house
        self._answers = answers

    async def judge(self, wanted: Judge, note: Note) -> Verdict:
        """How the questions are answered. Raises DocumentError, InferenceError."""
        answers, questions = await self._opened(wanted.paths, note)
        if wanted.half:
            questions = [each for each in questions if each.held_out]
        return await judge(questions, _Counted(answers.judging(), len(questions), note))

    async def calibrate(self, wanted: Calibrate, note: Note) -> Calibration:
        """The thresholds that the questions ask for. Raises DocumentError, InferenceError."""
        answers, questions = await self._opened(wanted.paths, note)
        if wanted.half:
            questions = [each for each in questions if not each.held_out]
        index = answers.base.index.identity
        seen = await examples(questions, _Counted(answers.judging(), len(questions), note))
        if answers.base.index.identity != index:
            raise DocumentError("the documents changed meanwhile; calibrate again")
        try:
            calibration = await asyncio.to_thread(
                calibrate,
                seen,
                encoder=answers.encoder.identity,
                index=index,
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

    async def _opened(self, paths: tuple[str, ...], note: Note) -> tuple[Answers, list[Labelled]]:
        questions = await asyncio.to_thread(labelled, paths)  # what is wrong with them comes first
        answers = await self._answers(note)
        if not paths and not answers.sample:
            raise DocumentError(
                "the questions that come with the program are about the made-up company; "
                "give a file of your own"
            )
        return answers, questions


class _Counted:
    """The ladder, which tells how far it is."""

    def __init__(self, ladder: Answering, size: int, note: Note) -> None:
        self._ladder = ladder
        self._size = size
        self._done = 0
        self._note = note

    async def answer(self, asked: Asked) -> Reply:
        return await self._ladder.answer(asked)

    async def example(self, question: Labelled, asked: Asked) -> Example:
        found = await self._ladder.example(question, asked)
        self._done += 1
        self._note(f"questions: {self._done} of {self._size}")
        return found


def labelled(paths: tuple[str, ...]) -> list[Labelled]:
    """The labelled questions of these files; of none: the made-up company's.

    Raises DocumentError.
    """
    files = [Path(path) for path in paths]
    if not files:
        folder = Path(str(resources.files("llmtb") / "sample" / "questions"))
        files = sorted(folder.glob("*.json"))
    return [question for file in files for question in read_questions(file)]
