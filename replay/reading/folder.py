"""An export as a source: its manifest, and its lines one by one."""

from base64 import b64decode
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO, Self

import msgspec

from llmtb.events.chain import Row
from llmtb.events.codec import CODEC, UNREADABLE
from llmtb.events.errors import UnreadableEvent
from llmtb.events.exported import LONGEST_LINE, MANIFEST, TAIL, Line, Manifest
from llmtb.events.published import event_of
from llmtb.events.record import Recorded
from replay.exits import BROKEN, INPUT, Failed
from replay.reading.shown import Shown

LONGEST_MANIFEST = 16 * 1024 * 1024  # bytes
NO_HASH = b""
TYPES = CODEC.types


class FolderSource:
    """An export's folder, or the lines of one alone."""

    def __init__(self, folder: Path | None, lines: Path) -> None:
        """folder: None where there are only lines. Raises Failed where they cannot be read."""
        self.path = folder or lines
        self.lines = lines
        self.manifest = None if folder is None else _manifest(folder / MANIFEST)
        try:
            self._file = lines.open("rb")
        except OSError as error:
            raise Failed(INPUT, f"{lines}: cannot be read: {error.strerror}") from error

    def rows(self) -> Iterator[Row]:
        for number, line in self._lines():
            yield self._row(number, line)

    def events(self) -> Iterator[Recorded]:
        shown = Shown()
        codec = CODEC.with_keys(shown)
        for number, line in self._lines():
            try:
                if line.state is None:
                    form = {"at": line.at, "by": line.by, "cause": line.cause} | line.payload
                    event = event_of(TYPES[line.topic or line.type], form)
                    yield Recorded(line.seq, line.stream, line.version, event, NO_HASH)
                    continue
                opened = line.opened or ()
                shown.show(None if each is None else b64decode(each) for each in opened)
                yield from codec.recorded([self._row(number, line)])
            except (UnreadableEvent, LookupError, *UNREADABLE) as error:
                raise self._broken(number, error) from error

    def _row(self, number: int, line: Line) -> Row:
        if line.state is None or line.hash is None:
            raise Failed(INPUT, f"{self.path}: ids were replaced, so it has no stored bytes")
        try:
            state = b64decode(line.state, validate=True)
        except ValueError as error:
            raise self._broken(number, error) from error
        topic = line.topic or line.type
        return line.seq, line.stream, line.version, topic, state, bytes.fromhex(line.hash)

    def _lines(self) -> Iterator[tuple[int, Line]]:
        """The lines with their numbers, from 1."""
        self._file.seek(0)
        for number, text in numbered(self._file):
            try:
                if not text.endswith(b'"}\n'):
                    raise ValueError("it is no whole line")
                yield number, READ(text[:-TAIL] + b"}")
            except UNREADABLE as error:
                raise self._broken(number, error) from error

    def _broken(self, number: int, error: Exception) -> Failed:
        why = " ".join(str(error).split())
        return Failed(BROKEN, f"{self.lines}: line {number} cannot be read: {why}; verify it")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._file.close()


def numbered(file: BinaryIO) -> Iterator[tuple[int, bytes]]:
    """The lines of a file, with their numbers from 1; a line beyond all bounds comes in parts."""
    number = 0
    while text := file.readline(LONGEST_LINE):
        number += 1
        yield number, text


def _manifest(path: Path) -> Manifest:
    """Raises Failed where there is none, or none of ours."""
    try:
        with path.open("rb") as file:
            return msgspec.json.decode(file.read(LONGEST_MANIFEST), type=Manifest)
    except OSError as error:
        raise Failed(
            INPUT, f"{path}: cannot be read: {error.strerror}; is this an export?"
        ) from error
    except UNREADABLE as error:
        raise Failed(BROKEN, f"{path}: is no manifest of an export: {error}") from error


READ = msgspec.json.Decoder(Line).decode
