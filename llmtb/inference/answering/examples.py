"""Labelled questions: how they are read, and what the engine found for each."""

import csv
import hashlib
import io
import json
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Literal

import msgspec

from llmtb.events.chat import Audience
from llmtb.inference.answering.signals import Signals
from llmtb.inference.errors import DocumentError

Kind = Literal["answerable", "paraphrase", "out_of_scope", "adversarial"]
LARGEST = 16 * 1024 * 1024  # bytes of a file of questions


class Labelled(msgspec.Struct, frozen=True, kw_only=True):
    """A question of which a person has said what answers it.

    entry: the one that does; None where nothing should. kind: `paraphrase` is answerable, too, in
    words far from the entry's own.
    """

    id: str
    language: str
    text: str
    kind: Kind
    audience: Audience = "customer"
    entry: str | None = None
    level: int = 0

    @property
    def answerable(self) -> bool:
        """Whether the documents answer it."""
        return self.kind in ("answerable", "paraphrase")

    @property
    def held_out(self) -> bool:
        """Whether it is in the half on which nothing is tuned: a matter of its id alone."""
        return hashlib.sha256(self.id.encode()).digest()[0] % 2 == 1


class Example(msgspec.Struct, frozen=True, kw_only=True):
    """What was found for a labelled question.

    rank: of the right entry among the distinct ones, from 1; None where it was not found. barred:
    whether a guard keeps it from being answered, however sure one is. signals: None: no hit.
    """

    question: Labelled
    signals: Signals | None
    rank: int | None = None
    barred: bool = False

    @property
    def right(self) -> bool:
        """Whether showing the first entry would be right."""
        return self.question.answerable and self.rank == 1


def read_questions(path: Path) -> list[Labelled]:
    """The labelled questions of a file: a JSON list, JSON lines, or CSV with a header.

    Raises DocumentError with the line, or the place in the list, of what is wrong.
    """
    try:
        data = path.read_bytes()
    except OSError as error:
        raise DocumentError(f"{path}: cannot be read: {error.strerror}") from error
    if len(data) > LARGEST:
        raise DocumentError(f"{path}: is larger than {LARGEST >> 20} MiB; split it")
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise DocumentError(f"{path}: is not UTF-8 at byte {error.start}; save it so") from error
    questions: list[Labelled] = []
    seen: dict[str, str] = {}
    for where, row in _rows(path, text):
        question = _question(row, where)
        if question.id in seen:
            raise DocumentError(f"{where}: id {question.id!r} is in {seen[question.id]} already")
        seen[question.id] = where
        questions.append(question)
    if not questions:
        raise DocumentError(f"{path}: holds no questions")
    return questions


def _rows(path: Path, text: str) -> Iterator[tuple[str, object]]:
    if path.suffix.casefold() == ".csv":
        reader = csv.DictReader(io.StringIO(text, newline=""), strict=True)
        try:
            for cells in reader:
                yield f"{path}:{reader.line_num}", {k: v for k, v in cells.items() if v}
        except csv.Error as error:
            raise DocumentError(f"{path}:{reader.line_num}: {error}") from error
    elif text.lstrip().startswith("["):
        items = _json(text, str(path))
        listed = items if isinstance(items, list) else []
        yield from ((f"{path}: question {number}", item) for number, item in enumerate(listed, 1))
    else:
        for number, line in enumerate(text.splitlines(), 1):
            if line.strip():
                yield f"{path}:{number}", _json(line, f"{path}:{number}")


def _json(text: str, where: str) -> object:
    try:
        return json.loads(text)
    except (json.JSONDecodeError, RecursionError) as error:
        raise DocumentError(f"{where}: is not JSON: {error}") from error


def _question(row: object, where: str) -> Labelled:
    try:
        question = msgspec.convert(row, Labelled, strict=False)
    except msgspec.ValidationError as error:
        raise DocumentError(f"{where}: {error}") from error
    if not question.text.strip():
        raise DocumentError(f"{where}: text is empty")
    if question.answerable and not question.entry:
        raise DocumentError(f"{where}: {question.kind} needs the entry that answers")
    return question


def halves(questions: Iterable[Labelled]) -> tuple[list[Labelled], list[Labelled]]:
    """The half for calibration and the half held out."""
    tuned: list[Labelled] = []
    held: list[Labelled] = []
    for question in questions:
        (held if question.held_out else tuned).append(question)
    return tuned, held
