"""`report`: a shift's report, drawn again from the events; the same bytes as the live one."""

import argparse
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import NamedTuple

import msgspec

from llmtb.events.event import Event
from llmtb.events.floor import ShiftReported
from llmtb.events.record import Recorded
from llmtb.events.report import ShiftReport
from llmtb.projections.shift_report import rebuild_report
from replay.agreement import differs, unread
from replay.exits import BROKEN, DONE, INPUT, Failed
from replay.reading.source import open_source
from replay.speech import counted


class Drawn(NamedTuple):
    """A report drawn again, and the one that the log holds.

    seq: where that stands; None: there is none. missing: events that were left out.
    """

    report: ShiftReport | None
    written: ShiftReport | None
    seq: int | None
    missing: int


def add(parser: argparse.ArgumentParser) -> None:
    """The verb's arguments."""
    parser.add_argument("path", type=Path, metavar="PATH", help="an export, or a journal.db")
    parser.add_argument("shift", metavar="SHIFT", help="the shift's instance, DATE/NAME")
    parser.add_argument("--out", type=Path, metavar="FILE", help="write it to a file")


def run(options: argparse.Namespace) -> int:
    """Draw it, and say whether it is the one in the log. Raises Failed where it cannot be."""
    with open_source(options.path) as source:
        drawn = draw(source.events(), options.shift)
    if drawn.report is None:
        why = f"the log tells of no shift {options.shift} from its opening to its close"
        raise Failed(INPUT, f"{options.path}: {why}")
    content = msgspec.json.encode(drawn.report) + b"\n"
    if options.out is None:
        sys.stdout.buffer.write(content)
        sys.stdout.buffer.flush()
    else:
        try:
            options.out.write_bytes(content)
        except OSError as error:
            line = f"{options.out}: cannot be written: {error.strerror}"
            raise Failed(INPUT, line) from error
    status, words = compared(drawn)
    sys.stderr.write(f"replay: {words}\n")
    return status


def draw(events: Iterable[Recorded], shift: str) -> Drawn:
    """Draw a shift's report from all the events, in one pass."""
    written: tuple[int, ShiftReport] | None = None
    missing = last = 0

    def seen() -> Iterator[Event]:
        nonlocal written, missing, last
        for recorded in events:
            missing += max(0, recorded.seq - last - 1)
            last = recorded.seq
            event = recorded.event
            if isinstance(event, ShiftReported) and event.shift == shift:
                written = recorded.seq, event.report
            yield event

    report = rebuild_report(seen(), shift)
    seq, found = written or (None, None)
    return Drawn(report, found, seq, missing)


def compared(drawn: Drawn) -> tuple[int, str]:
    """The exit status, and in words whether the report drawn is the one that the log holds."""
    report, written = drawn.report, drawn.written
    if written is None or report is None:
        return BROKEN, "the log holds no report of this shift to compare it with"
    at = f"the one that event {drawn.seq} holds"
    if msgspec.json.encode(report) == msgspec.json.encode(written):
        blank = "; words that cannot be read here are blank in both" if unread(report) else ""
        return DONE, f"it is {at}, byte for byte{blank}"
    where = differs(written, report)
    if where is None:
        return DONE, f"it is {at}, but for words that cannot be read in one of the two"
    left_out = ""
    if drawn.missing:
        left_out = f"; {counted(drawn.missing, 'event')} before its end cannot be read here"
    return BROKEN, f"it is not {at}: {where} differs{left_out}"
