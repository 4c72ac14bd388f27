"""The course of a journal: events gone through one by one, each held to its place and its hash.

After a fault it goes on as well as it can, so that one fault is not told as many: what is out of
place is known by what follows it, and what follows is held to what the faulty one may have been.
"""

from collections.abc import Callable, Collection
from datetime import datetime
from typing import NamedTuple

from llmtb.events.chain import GENESIS, Row, seal
from llmtb.events.merkle import Frontier
from llmtb.events.published import instant
from replay.checking.findings import Findings, Held
from replay.checking.versions import Versions

ASTRAY = 1000  # events out of place that are remembered


class Seen(NamedTuple):
    """An event as it was met. number: of its line, None in a journal.

    row: None where it cannot be read. seq: where it says that it belongs, None where it cannot be
    believed. wrong: what does not hold of it by itself. previous: the hash before it, as it says.
    proof: that the journal's tree holds it, as it says.
    """

    number: int | None
    row: Row | None
    seq: int | None
    at: datetime | None
    wrong: str | None = None
    previous: bytes | None = None
    proof: list[bytes] | None = None


class Course:
    """Goes through events in order, and tells `findings` what is wrong.

    events: how many were in their place; faults: how many were told.
    seq, latest: of the last event in its place, and it itself.
    tree: over all events from the first; None where it cannot be told. roots: of the tree, by size.
    whole: no event is missing, in excess or unreadable. gaps: some were left out in between, and
    the lines say so.
    """

    def __init__(
        self,
        findings: Findings,
        *,
        first: int = 1,
        tree: Frontier | None = None,
        sizes: Collection[int] = (),
        hashed: bool = True,
        strict: Collection[str] = (),
        loose: bool = False,
        ended: Callable[[Seen], None] = lambda _: None,
    ) -> None:
        """first: the event it begins with. sizes: at which the tree's root is kept.

        hashed: whether events have hashes. strict: streams of which nothing is left out in between.
        loose: whether events may be left out in between and no line says so.
        ended: is told of the last event before each gap.
        """
        self.findings = findings
        self.events = self.faults = 0
        self.seq = first - 1
        self.latest: Seen | None = None
        self.tree = tree
        self.roots = {tree.size: tree.root()} if tree is not None and tree.size in sizes else {}
        self.whole = True
        self.gaps = False
        self._mark = GENESIS.hash if first == 1 else None
        self._others: tuple[bytes, ...] = ()  # what else the latest event's hash may be
        self._sizes = frozenset(sizes)
        self._hashed = hashed
        self._strict = frozenset(strict)
        self._loose = loose
        self._ended = ended
        self._versions = Versions()
        self._unseen = self.seq  # events before and between those that come
        self._lost = 0  # those of them that should have come
        self._unsure = False  # whether the latest event is not surely the one before what follows
        self._astray: dict[int, int | None] = {}
        self._waiting: Seen | None = None

    def take(self, seen: Seen) -> None:
        """Take in the next event that was met."""
        if self._waiting is not None:
            waiting, self._waiting = self._waiting, None
            self._settle(waiting, seen)
        if seen.seq == self.seq + 1:
            self._accept(seen)
        else:
            self._waiting = seen  # what it means shows from the next one

    def lost(self, last: int, why: str) -> None:
        """Go on after event `last`: it and those before it cannot be read."""
        self._flush()
        first = self.seq + 1
        self.fault(f"cannot be read: {why}", None, first, where=_events(first, last))
        self.whole = False
        self._skip(last)

    def close(self, last: int | None = None) -> None:
        """Come to the end; last: the event that is to be the last one, where that is known."""
        self._flush()
        if last is not None and last > self.seq:
            if self.gaps:
                self._skip(last - 1)
            self._missing(last, None)
        elif self.gaps and self.latest is not None and not self._unsure:
            self._ended(self.latest)
        self._versions.close()

    def fault(
        self, what: str, number: int | None, seq: int | None, *, where: str | None = None
    ) -> None:
        """Tell of a fault; what is before the first one holds. where: if not the line, or event."""
        self.faults += 1
        latest = self.latest
        if not self.findings.number and latest is not None and latest.at is not None:
            self.findings.held = Held(seq=self.seq, at=instant(latest.at))
        if where is None:
            where = "" if seq is None else f"event {seq}"
            if number is not None:
                where = f"line {number} ({where})" if where else f"line {number}"
        self.findings.add(what, where, line=number, seq=seq)

    # What is not in its place.

    def _flush(self) -> None:
        if self._waiting is not None:
            waiting, self._waiting = self._waiting, None
            self._settle(waiting, None)

    def _settle(self, seen: Seen, following: Seen | None) -> None:
        """Judge an event that is out of place, or cannot be believed, by the one after it."""
        seq, after = seen.seq, None if following is None else following.seq
        if seq is None:
            self._unbelieved(seen, following)
        elif seq <= self.seq or (after is not None and self.seq < after <= seq):
            self._surplus(seen, seq)
        elif seen.previous is None and not self._loose:
            self._missing(seq - 1, seen.number)
            self._accept(seen)
        else:
            if self.latest is None:
                self._missing(self.seq + 1, seen.number)
            self._leap(seen, seq)

    def _unbelieved(self, seen: Seen, following: Seen | None) -> None:
        """An event that does not say where it belongs: it may be in excess, or in its place."""
        self.whole = False
        expected = self.seq + 1
        after = None if following is None else following.seq
        leaps = following is not None and following.previous is not None
        if after == expected:
            self.fault(seen.wrong or "", seen.number, None)
        elif after is not None and after > expected and leaps:
            self.fault(seen.wrong or "", seen.number, None)
            self._lost += 1
            self._unsure = True
        else:
            self.fault(seen.wrong or "", seen.number, expected)
            self._take_for(seen, expected)

    def _surplus(self, seen: Seen, seq: int) -> None:
        self.whole = False
        when = "comes again, or too late" if seq <= self.seq else "comes before its turn"
        self.fault(f"event {seq} {when}", seen.number, seq)
        if seen.wrong is not None:
            self.fault(seen.wrong, seen.number, seq)
        if len(self._astray) < ASTRAY:
            self._astray[seq] = seen.number

    def _missing(self, last: int, number: int | None) -> None:
        """Tell that events up to `last` are not there; number: of the line that comes instead."""
        self.whole = False
        first = self.seq + 1
        astray = self._astray.get(first) if first == last else None
        what = f"missing: {_events(first, last)}"
        if astray is not None:
            what += f", which stands in line {astray}"
        where = "the end" if number is None else f"before line {number}"
        self.fault(what, number, first, where=where)
        self._skip(last)

    def _skip(self, last: int) -> None:
        self._unseen += last - self.seq
        self._lost += last - self.seq
        self.seq, self._mark, self._others = last, None, ()

    def _take_for(self, seen: Seen, seq: int) -> None:
        """Let an event that cannot be believed stand for the one that should be in its place."""
        before = self._mark
        self._skip(seq)
        self._unsure = True
        if seen.row is not None:
            _, stream, version, topic, state, self._mark = seen.row
            if before is not None:
                self._others = (seal(before, seq, stream, version, topic, state),)

    # What is in its place.

    def _leap(self, seen: Seen, seq: int) -> None:
        """Go on at an event that says that some before it were left out."""
        if self.latest is not None:
            self.gaps = True
            if not self._unsure:
                self._ended(self.latest)
        self._unseen += seq - self.seq - 1
        self.seq, self._mark, self._others = seq - 1, seen.previous, ()
        self._accept(seen)

    def _accept(self, seen: Seen) -> None:
        row = seen.row
        if row is None:
            raise ValueError("an event that says its place can be read")
        seq, stream, version, topic, state, mark = row
        if seen.wrong is not None:
            self.fault(seen.wrong, seen.number, seq)
        versions = self._versions
        if version != (versions.recent.get(stream) or versions[stream]) + 1:
            version = self._leap_in_stream(seen, stream, version)
        versions[stream] = version
        if self._hashed:
            before = self._mark or seen.previous
            if before is not None:
                due = seal(before, seq, stream, row[2], topic, state)
                if due != mark:
                    self._break(seen, row, due)
                elif seen.previous is not None and seen.previous != before:
                    self.fault("it names another hash before it", seen.number, seq)
            self._mark = mark
        self.events += 1
        self.seq = seq
        self.latest = seen
        self._unsure = False
        if self.tree is not None:
            self.tree.add(mark)
            if seq in self._sizes:
                self.roots[seq] = self.tree.root()

    def _leap_in_stream(self, seen: Seen, stream: str, version: int) -> int:
        """A version that does not follow: are as many events unseen as it leaves out?

        Returns the one that the stream is at now.
        """
        latest = self._versions[stream]
        left_out = version - latest - 1
        if 0 < left_out <= (self._lost if latest and stream in self._strict else self._unseen):
            self._unseen -= left_out
            return version
        after = f"follows version {latest}" if latest else "comes first"
        self.fault(f"version {version} of {stream} {after}", seen.number, seen.seq)
        self._unseen += 1  # it may be another stream's, which lacks it now
        self._lost += 1
        return latest + 1

    def _break(self, seen: Seen, row: Row, due: bytes) -> None:
        """A hash that does not follow, unless from what the event before may have been."""
        seq, stream, version, topic, state, mark = row
        others, self._others = self._others, (due,)
        if not any(seal(each, seq, stream, version, topic, state) == mark for each in others):
            what = "its hash does not follow from what it says and from the event before it"
            self.fault(what, seen.number, seq)


def _events(first: int, last: int) -> str:
    return f"event {first}" if first == last else f"events {first} to {last}"
