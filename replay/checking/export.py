"""An export held to itself, to its signatures, and to what is kept elsewhere."""

from pathlib import Path
from typing import BinaryIO

import msgspec

from llmtb.events.codec import UNREADABLE
from llmtb.events.exported import (
    CHECKPOINT,
    LONGEST_LINE,
    MANIFEST,
    ORIGIN,
    SCHEMA,
    SIGNED,
    Manifest,
)
from llmtb.events.merkle import Frontier, follow_inclusion
from llmtb.events.note import Checkpoint, NoteError, read_vkey
from llmtb.events.published import instant
from replay.checking.course import Course, Seen
from replay.checking.earlier import Elsewhere
from replay.checking.findings import Findings
from replay.checking.lines import Lines
from replay.checking.stamps import stamped
from replay.checking.tally import Tally
from replay.exits import INPUT, Failed
from replay.reading.folder import numbered

OWN_KEY = (
    "the signatures hold against the key that the export names itself; that it is the company's"
    " shows only with --key"
)


class Export:
    """An export that is checked. folder: None where there are only lines."""

    def __init__(
        self, folder: Path | None, lines: Path, key: str | None, elsewhere: Elsewhere
    ) -> None:
        """key: the one that counts; None: the one that the export names."""
        self.findings = Findings()
        self.tally = Tally()
        self._folder = folder
        self._lines = lines
        self._key = key
        self._elsewhere = elsewhere
        self._leaves = Frontier()
        self._manifest: Manifest | None = None
        self._journal: Checkpoint | None = None
        self._signed: Checkpoint | None = None

    def check(self) -> Course:
        """Go through all of it. Raises Failed where it cannot be read at all."""
        try:
            with self._lines.open("rb") as file:
                if self._folder is None:
                    self._elsewhere.open(self._key, self.findings)
                    self.findings.note("there are only lines: that none is cut off cannot be told")
                else:
                    self._front(self._folder)
                course = self._course(file)
                self._walk(file, course)
        except OSError as error:
            raise Failed(INPUT, f"{self._lines}: cannot be read: {error.strerror}") from error
        if course.faults:
            self.findings.note("the signed trees were not compared, as lines do not hold")
        else:
            self._whole(course)
        self._elsewhere.compare(
            course, self.findings, None if self.findings.number else self._journal
        )
        return course

    # The manifest and the checkpoints.

    def _front(self, folder: Path) -> None:
        self._manifest = self._read_manifest(folder / MANIFEST)
        manifest = self._manifest
        key = self._key or (None if manifest is None else manifest.key)
        self._elsewhere.open(key, self.findings)
        if key is None:
            return
        try:
            read_vkey(key)
        except NoteError as error:
            self.findings.add(f"names a key that is none: {error}", MANIFEST)
            return
        if manifest is None or manifest.shown != "pseudonyms":
            self._journal = self._stamp(folder / CHECKPOINT, key, "")
        elif (folder / CHECKPOINT).exists():
            self.findings.add("is there, though ids were replaced", CHECKPOINT)
        self._signed = self._stamp(folder / SIGNED, key, ORIGIN)
        if self._key is None:
            self.findings.note(OWN_KEY)
        elif manifest is not None and manifest.key != self._key:
            self.findings.add("names another key than the one that was given", MANIFEST)

    def _read_manifest(self, path: Path) -> Manifest | None:
        try:
            with path.open("rb") as file:
                data = file.read(LONGEST_LINE)
            manifest = _READ(data)
        except OSError as error:
            self.findings.add(f"cannot be read: {error.strerror}", MANIFEST)
            return None
        except UNREADABLE as error:
            self.findings.add(f"is no manifest of an export: {error}", MANIFEST)
            return None
        if manifest.schema > SCHEMA:
            why = f"was written by a newer version of the program (schema {manifest.schema})"
            raise Failed(INPUT, f"{path}: {why}; verify it with that one")
        self._bytes = data
        return manifest

    def _stamp(self, path: Path, key: str, suffix: str) -> Checkpoint | None:
        try:
            _, found = stamped(path, key)
        except (NoteError, Failed) as error:
            self.findings.add(str(error).removeprefix(f"{path}: "), path.name)
            return None
        if self._manifest is not None and found.origin != self._manifest.origin + suffix:
            what = f"is of {found.origin}, but {MANIFEST} speaks of {self._manifest.origin}"
            self.findings.add(what, path.name)
        return found

    # The lines.

    def _course(self, file: BinaryIO) -> Course:
        """The course that the lines are to take."""
        manifest = self._manifest
        replaced = manifest is not None and manifest.shown == "pseudonyms"
        lines = self._reader = Lines(replaced=replaced)
        line = file.readline(LONGEST_LINE)
        if not line and manifest is None:
            raise Failed(INPUT, f"{file.name}: is empty; there is no event in it")
        seen = lines.examine(1, line)
        file.seek(0)
        first = seen.seq or 1
        if manifest is not None and manifest.first is not None:
            at = None if seen.at is None else instant(seen.at)
            mark = None if seen.row is None or replaced else seen.row[5].hex()
            if seen.seq is None or (at, mark) != (manifest.first.at, manifest.first.hash):
                first = manifest.first.seq  # the first line is damaged, or missing
        tree = None if replaced else self._tree(first)
        strict, chosen = [], False
        if manifest is not None:
            stream, person = manifest.selection.stream, manifest.selection.person
            strict = [stream or f"agent/{person}"]
            chosen = stream is not None or person is not None
        return Course(
            self.findings,
            first=first,
            tree=tree,
            sizes=self._elsewhere.sizes,
            hashed=not replaced,
            strict=strict,
            loose=replaced and chosen,
            ended=self._proven,
        )

    def _tree(self, first: int) -> Frontier | None:
        """The journal's tree before the first line; None where the export does not tell it."""
        if first == 1:
            return Frontier()
        if self._manifest is None or not self._manifest.peaks:
            return None
        try:
            return Frontier(first - 1, [bytes.fromhex(each) for each in self._manifest.peaks])
        except ValueError as error:
            self.findings.add(f"the peaks of the tree before it are none: {error}", MANIFEST)
            return None

    def _walk(self, file: BinaryIO, course: Course) -> None:
        reader, examine, take = self._reader, self._reader.examine, course.take
        count, grow, see = self.tally.count, self._leaves.add_leaf, self._elsewhere.see
        for number, text in numbered(file):
            seen = examine(number, text)
            take(seen)
            grow(reader.leaf)
            count(reader.told, reader.event)
            see(seen)
        manifest, last = self._manifest, None
        if manifest is not None and manifest.events > self.tally.events and manifest.last:
            last = manifest.last.seq
        course.close(last)

    def _proven(self, seen: Seen) -> None:
        """The last event before a gap is in the signed journal."""
        if self._journal is None or seen.row is None:
            return
        _, size, root = self._journal
        if seen.proof is None:
            why = "nothing proves that it is in the signed journal; what follows it may be missing"
        else:
            try:
                found = follow_inclusion(seen.row[5], seen.row[0] - 1, size, seen.proof)
                if found == root:
                    return
                why = "its proof does not lead to the signed journal"
            except ValueError as error:
                why = f"its proof does not hold: {error}"
        self.findings.add(
            why, f"line {seen.number} (event {seen.seq})", line=seen.number, seq=seen.seq
        )

    # All of it together.

    def _whole(self, course: Course) -> None:
        manifest, findings = self._manifest, self.findings
        if manifest is None:
            return
        for what in self.tally.differing(manifest):
            findings.add(what, MANIFEST)
        if self._journal is not None:
            self._whole_journal(course, manifest, self._journal)
        if self._signed is None:
            return
        self._leaves.add(self._bytes)
        if (self._signed.size, self._signed.root) != (self._leaves.size, self._leaves.root()):
            what = "is not what was signed, or a line is not: their tree is another one"
            findings.add(f"{what} than that of {SIGNED}", MANIFEST)
        if manifest.shown == "pseudonyms":
            findings.note("ids were replaced: the lines are held to export.checkpoint alone")

    def _whole_journal(self, course: Course, manifest: Manifest, signed: Checkpoint) -> None:
        """The events are those of the journal that was signed."""
        findings = self.findings
        if manifest.size != signed.size:
            findings.add(f"does not cover as many events as {MANIFEST} says", CHECKPOINT)
        elif manifest.selection.stream is not None or manifest.selection.person is not None:
            if not course.gaps and course.latest is not None:
                self._proven(course.latest)
        elif course.tree is None or course.seq != signed.size:
            findings.add("does not tell the tree before the first line", MANIFEST)
        elif course.tree.root() != signed.root:
            findings.add("is of other events than the lines: the Merkle root differs", CHECKPOINT)


_READ = msgspec.json.Decoder(Manifest).decode
