"""Events from elsewhere that may fill the gaps of a damaged journal: exports, backups, journals."""

from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Annotated

import msgspec
from msgspec import Meta

from llmtb.audit.keeping import carving
from llmtb.audit.keeping.carving import Candidate
from llmtb.audit.keeping.linking import ELSEWHERE, Candidates
from llmtb.audit.keeping.pages import Pages
from llmtb.control import INPUT, Unable
from llmtb.events.codec import UNREADABLE
from llmtb.events.exported import EVENTS, LONGEST_LINE, base64
from llmtb.events.stores.store import Applied

JOURNAL = "journal.db"
Number = Annotated[int, Meta(ge=1, le=2**63 - 1)]


class _Line(msgspec.Struct):
    """What of an export's line makes an event; see `llmtb.events.exported`."""

    seq: Number
    stream: str
    version: Number
    type: str
    state: str
    hash: str
    topic: str | None = None
    previous: str | None = None
    command: tuple[str, Number, Number] | None = None


def take_in(path: Path, candidates: Candidates) -> None:
    """Take in the events of an export, a backup or a journal, and the ids of commands.

    What cannot be read in it is passed over. Raises Unable where nothing can, OSError.
    """
    file = next((path / name for name in (EVENTS, JOURNAL) if (path / name).is_file()), path)
    if not file.is_file():
        raise Unable(INPUT, f"{path}: there is neither an export nor a journal")
    if not (_of_lines if _is_text(file) else _of_pages)(file, candidates):
        raise Unable(INPUT, f"{path}: there is not one event in it that can be read")


def _is_text(file: Path) -> bool:
    with file.open("rb") as opened:
        return opened.read(1) == b"{"


def _of_pages(file: Path, candidates: Candidates) -> int:
    """Returns how many there are."""
    counted = 0
    with Pages(file) as pages:

        def found() -> Iterator[Candidate]:
            nonlocal counted
            for candidate in carving.events(pages):
                counted += 1
                yield candidate._replace(page=0, doubt=ELSEWHERE)

        candidates.add(found(), mixed=True)
        candidates.add_commands(carving.commands(pages))
    return counted


def _of_lines(file: Path, candidates: Candidates) -> int:
    """Returns how many there are."""
    counted = 0

    def found() -> Iterator[Candidate]:
        nonlocal counted
        for line in _lines(file):
            try:
                state, mark = base64(line.state), bytes.fromhex(line.hash)
                previous = bytes.fromhex(line.previous or "")
            except ValueError:
                continue
            counted += 1
            if previous:
                candidates.add_said(line.seq - 1, previous)
            if line.command is not None:
                candidates.add_commands([Applied(*line.command)])
            topic = line.topic or line.type
            row = (line.seq, line.stream, line.version, topic, state, mark)
            yield Candidate(row, 0, ELSEWHERE)

    candidates.add(found(), mixed=True)
    return counted


def _lines(file: Path) -> Iterator[_Line]:
    """The lines that hold an event's bytes; others are cut off, or show ids replaced."""
    with file.open("rb") as opened:
        while text := opened.readline(LONGEST_LINE):
            with suppress(*UNREADABLE):
                yield _LINE.decode(text)


_LINE = msgspec.json.Decoder(_Line)
