"""What a history is held to that is kept elsewhere: checkpoints, and an earlier export."""

from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Self

from llmtb.events.chain import Row
from llmtb.events.note import Checkpoint, NoteError
from replay.checking.course import Course, Seen
from replay.checking.findings import Findings
from replay.checking.stamps import Stamp, stamped
from replay.reading.source import open_source


class Elsewhere:
    """Use it as a context, which closes what it reads.

    sizes: at which the roots of the history are needed.
    """

    def __init__(self, checkpoints: Sequence[Path] = (), earlier: Path | None = None) -> None:
        """checkpoints: files of signed checkpoints. earlier: an export, or a journal."""
        self._files = checkpoints
        self._earlier = earlier
        self._stamps: list[Stamp] = []
        self._open = ExitStack()
        self._rows: Iterator[Row] | None = None
        self._next: Row | None = None
        self._same = 0
        self._parted: int | None = None

    @property
    def asks_for_key(self) -> bool:
        """Whether a key is needed."""
        return bool(self._files)

    @property
    def sizes(self) -> list[int]:
        """How many events each of the checkpoints covers."""
        return [each.checkpoint.size for each in self._stamps]

    def open(self, key: str | None, findings: Findings) -> None:
        """Read what is needed; key: that signed the checkpoints. Raises Failed."""
        for path in self._files if key is not None else ():
            try:
                self._stamps.append(stamped(path, key or ""))
            except NoteError as error:
                findings.add(str(error), str(path))
        self._stamps.sort(key=lambda stamp: stamp.checkpoint.size)
        if self._earlier is not None:
            self._rows = self._open.enter_context(open_source(self._earlier)).rows()
            self._next = next(self._rows, None)

    def see(self, seen: Seen) -> None:
        """Hold an event to the one of the same place in the earlier export."""
        if self._rows is None or self._parted is not None or seen.row is None or seen.seq is None:
            return
        seq = seen.seq
        while self._next is not None and self._next[0] < seq:
            self._next = next(self._rows, None)
        if self._next is not None and self._next[0] == seq:
            if self._next[5] == seen.row[5]:
                self._same = seq
            else:
                self._parted = seq

    def compare(self, course: Course, findings: Findings, signed: Checkpoint | None = None) -> None:
        """Tell what came of it; signed: the checkpoint that the history itself fulfils."""
        roots = dict(course.roots)
        if signed is not None:
            roots[signed.size] = signed.root
        self._compare_stamps(course, findings, roots)
        if self._rows is not None:
            self._compare_rows(course, findings, self._rows)

    def _compare_stamps(self, course: Course, findings: Findings, roots: dict[int, bytes]) -> None:
        held = 0
        for where, (_, size, root) in self._stamps:
            if size > course.seq and size not in roots:
                what = f"covers {size} events; what was checked ends at event {course.seq}"
                findings.add(what, where)
            elif size not in roots:
                findings.add("cannot be compared: there are not all events up to it", where)
            elif roots[size] == root:
                held = size
                findings.note(f"the first {size} events are those that {where} was signed for")
            else:
                since = f"after event {held} and " if held else ""
                findings.add(
                    f"was signed for another history: they part {since}by event {size}", where
                )

    def _compare_rows(self, course: Course, findings: Findings, rows: Iterator[Row]) -> None:
        where = str(self._earlier)
        if self._parted is not None:
            what = f"another history: they part at event {self._parted}"
            same = f"; up to event {self._same} they are the same" if self._same else ""
            findings.add(what + same, where, seq=self._parted)
            return
        last = 0 if self._next is None else self._next[0]
        for row in rows:
            last = row[0]
        if last > course.seq:
            what = f"goes on to event {last}; what was checked ends at event {course.seq}"
            findings.add(what, where)
        elif not self._same:
            findings.add("has no event in common with what was checked", where)
        else:
            findings.note(f"up to event {self._same} it is the history that {where} tells")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._open.close()
