"""`verify`: is every event what was written, in its place and order?"""

import argparse
from pathlib import Path
from typing import Any, NamedTuple

import msgspec

from llmtb.events.exported import EVENTS
from llmtb.events.published import instant
from replay.checking.course import Course
from replay.checking.earlier import Elsewhere
from replay.checking.export import Export
from replay.checking.findings import Fault, Findings
from replay.checking.journal import Journal
from replay.checking.stamps import key_of
from replay.exits import BROKEN, DONE, INPUT, Failed, judged
from replay.reading.source import is_journal_file


def add(parser: argparse.ArgumentParser) -> None:
    """The verb's arguments."""
    parser.add_argument(
        "path", type=Path, metavar="PATH", help="an export's folder, its events.jsonl, a journal.db"
    )
    parser.add_argument("--key", help="the key that must have signed it, or the file that holds it")
    parser.add_argument(
        "--checkpoint",
        type=Path,
        action="append",
        default=[],
        metavar="FILE",
        help="an earlier checkpoint that it must continue; may be said several times",
    )
    parser.add_argument(
        "--against", type=Path, metavar="EARLIER", help="an earlier export that it must continue"
    )
    parser.add_argument("--json", action="store_true", help="say the outcome as JSON")


def run(options: argparse.Namespace) -> int:
    """Check what is asked for, and say what holds; returns the exit status."""
    key = None if options.key is None else key_of(options.key)
    with Elsewhere(options.checkpoint, options.against) as elsewhere:
        verdict = verify(options.path, key, elsewhere)
    told = [msgspec.json.encode(_form(verdict)).decode()] if options.json else _lines(verdict)
    text = "".join(f"{line}\n" for line in told)
    return judged(text, BROKEN if verdict.findings.number else DONE)


class Verdict(NamedTuple):
    """What came of it. course: the events that were gone through; None: they could not be."""

    path: Path
    findings: Findings
    course: Course


def verify(path: Path, key: str | None, elsewhere: Elsewhere) -> Verdict:
    """Check an export or a journal. Raises Failed for what is neither, or cannot be read."""
    if path.is_dir():
        export = Export(path, path / EVENTS, key, elsewhere)
        return Verdict(path, export.findings, export.check())
    if is_journal_file(path):
        if elsewhere.asks_for_key and key is None:
            raise Failed(INPUT, "--checkpoint of a journal: say with --key who signed it")
        journal = Journal(path, key, elsewhere)
        return Verdict(path, journal.findings, journal.check())
    lines = Export(None, path, key, elsewhere)
    return Verdict(path, lines.findings, lines.check())


def _form(verdict: Verdict) -> dict[str, Any]:
    """The outcome as one JSON object."""
    findings, course = verdict.findings, verdict.course
    latest = course.latest
    return {
        "holds": not findings.number,
        "path": str(verdict.path),
        "events": course.events,
        "last": None if latest is None else course.seq,
        "hash": None if latest is None or latest.row is None else latest.row[5].hex(),
        "root": None if course.tree is None else course.tree.root().hex(),
        "held": findings.held,
        "faults": findings.faults,
        "more": findings.more,
        "notes": findings.notes,
    }


def _lines(verdict: Verdict) -> list[str]:
    """The outcome in words, a line each."""
    findings, course = verdict.findings, verdict.course
    notes = [f"note: {each}" for each in findings.notes]
    if not findings.number:
        return [_holding(course), *notes]
    count = findings.number
    first = f"{verdict.path} does not hold: {count} {'fault' if count == 1 else 'faults'}"
    more = [f"and {findings.more} more"] if findings.more else []
    return [first, *map(_told, findings.faults), *more, _held(findings), *notes]


def _told(fault: Fault) -> str:
    return f"{fault.where}: {fault.what}"


def _held(findings: Findings) -> str:
    if findings.held is None:
        return "nothing before the first fault holds by itself"
    return f"everything up to event {findings.held.seq}, of {findings.held.at}, holds"


def _holding(course: Course) -> str:
    latest = course.latest
    if latest is None or latest.row is None:
        return "it holds, and has no events"
    text = f"{course.events} events hold, the last of them event {course.seq}"
    if latest.at is not None:
        text += f" of {instant(latest.at)}"
    return f"{text}; its hash is {latest.row[5].hex()}" if latest.row[5] else text
