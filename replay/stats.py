"""`stats`: how much of what happened, and when."""

import argparse
import sys
from collections import Counter
from collections.abc import Iterable, Iterator
from datetime import UTC
from pathlib import Path

import msgspec

from llmtb.events.chat import AnswerGiven, AnswerRated, AnswerWithheld, QuestionAsked
from llmtb.events.event import Event
from llmtb.events.floor import (
    AgentAdded,
    AgentRemoved,
    BreakEnded,
    BreakRefused,
    BreakStarted,
    LoadReported,
    ShiftOpened,
    WarningForgiven,
    WarningIssued,
)
from llmtb.events.published import instant
from llmtb.events.record import Recorded
from replay.exits import DONE
from replay.reading.source import open_source


class Service(msgspec.Struct, kw_only=True):
    """The calls, as they were reported. waiting, longest_wait_seconds: the highest ever."""

    reports: int = 0
    calls: int = 0
    waiting: int | None = None
    longest_wait_seconds: float | None = None


class Questions(msgspec.Struct, kw_only=True):
    """What was asked, and what came of it. milliseconds: of an answer, on average."""

    asked: int = 0
    answered: dict[str, int] = {}
    withheld: dict[str, int] = {}
    helped: int = 0
    did_not_help: int = 0
    milliseconds: float | None = None


class Stats(msgspec.Struct, kw_only=True):
    """Counts over a whole source; by name, or by date (UTC)."""

    events: int = 0
    first: str | None = None
    last: str | None = None
    types: dict[str, int] = {}
    days: dict[str, int] = {}
    streams: dict[str, int] = {}
    added: int = 0
    removed: int = 0
    shifts: int = 0
    breaks: dict[str, int] = {}
    ended: dict[str, int] = {}
    late_seconds: int = 0
    refused: dict[str, int] = {}
    warnings: dict[str, int] = {}
    forgiven: int = 0
    questions: Questions
    service: Service


def add(parser: argparse.ArgumentParser) -> None:
    """The verb's arguments."""
    parser.add_argument("path", type=Path, metavar="PATH", help="an export, or a journal.db")
    parser.add_argument("--json", action="store_true", help="say the outcome as JSON")


def run(options: argparse.Namespace) -> int:
    """Count, and say what came of it."""
    with open_source(options.path) as source:
        found = stats(source.events())
    if options.json:
        sys.stdout.write(msgspec.json.encode(found).decode() + "\n")
    else:
        sys.stdout.writelines(f"{line}\n" for line in _lines(found))
    return DONE


def stats(events: Iterable[Recorded]) -> Stats:
    """Count events of all sorts."""
    found = Stats(questions=Questions(), service=Service())
    types, days, streams = Counter[str](), Counter[str](), Counter[str]()
    spent = _Mean()
    for recorded in events:
        event = recorded.event
        found.events += 1
        types[type(event).__name__] += 1
        days[event.at.astimezone(UTC).date().isoformat()] += 1
        if recorded.version == 1:
            streams[recorded.stream.partition("/")[0]] += 1
        if found.first is None:
            found.first = instant(event.at)
        found.last = instant(event.at)
        if isinstance(event, AnswerGiven):
            spent.add(event.milliseconds)
        _count(found, event)
    found.types, found.days = dict(types.most_common()), dict(sorted(days.items()))
    found.streams = dict(streams.most_common())
    found.questions.milliseconds = spent.mean
    return found


class _Mean:
    def __init__(self) -> None:
        self._sum, self._number = 0, 0

    def add(self, value: int) -> None:
        self._sum += value
        self._number += 1

    @property
    def mean(self) -> float | None:
        return self._sum / self._number if self._number else None


def _count(found: Stats, event: Event) -> None:
    """Count what an event is about."""
    match event:
        case AgentAdded():
            found.added += 1
        case AgentRemoved():
            found.removed += 1
        case ShiftOpened():
            found.shifts += 1
        case BreakStarted():
            _more(found.breaks, event.kind)
        case BreakEnded():
            _more(found.ended, event.ended_by)
            found.late_seconds += max(0, event.late_seconds)
        case BreakRefused():
            _more(found.refused, event.reason)
        case WarningIssued():
            _more(found.warnings, event.cause)
        case WarningForgiven():
            found.forgiven += 1
        case LoadReported():
            _load(found.service, event)
        case QuestionAsked():
            found.questions.asked += 1
        case AnswerGiven():
            _more(found.questions.answered, event.origin)
        case AnswerWithheld():
            _more(found.questions.withheld, event.reason)
        case AnswerRated():
            found.questions.helped += event.rating > 0
            found.questions.did_not_help += event.rating <= 0
        case _:
            pass


def _load(service: Service, event: LoadReported) -> None:
    service.reports += 1
    service.calls += event.calls
    if event.waiting is not None:
        service.waiting = max(service.waiting or 0, event.waiting)
    if event.longest_wait_seconds is not None:
        longest = service.longest_wait_seconds or 0.0
        service.longest_wait_seconds = max(longest, event.longest_wait_seconds)


def _more(counts: dict[str, int], name: str) -> None:
    counts[name] = counts.get(name, 0) + 1


def _lines(found: Stats) -> Iterator[str]:
    yield f"{found.events} events" + (f", {found.first} to {found.last}" if found.events else "")
    yield from _table("by type", found.types)
    yield from _table("by day", found.days)
    yield from _table("streams begun", found.streams)
    yield f"people: {found.added} added, {found.removed} removed; shifts opened: {found.shifts}"
    yield from _table("rests", found.breaks)
    yield from _table("rests ended by", found.ended)
    yield f"late, all together: {found.late_seconds / 60:.0f} minutes"
    yield from _table("refused", found.refused)
    yield from _table("warnings", found.warnings)
    yield f"warnings forgiven: {found.forgiven}"
    asked = found.questions
    yield f"questions: {asked.asked}; helped: {asked.helped}, did not: {asked.did_not_help}"
    yield from _table("answered from", asked.answered)
    yield from _table("withheld", asked.withheld)
    if asked.milliseconds is not None:
        yield f"an answer took {asked.milliseconds:.0f} ms on average"
    service = found.service
    yield f"calls: {service.calls} in {service.reports} reports"
    if service.longest_wait_seconds is not None:
        yield f"longest wait of a caller: {service.longest_wait_seconds:.0f} s"


def _table(title: str, counts: dict[str, int]) -> Iterator[str]:
    if counts:
        yield f"{title}: " + ", ".join(f"{name} {count}" for name, count in counts.items())
