"""The report as CSV, for scripts and for spreadsheets: one row for each thing that happened.

UTF-8 with a byte-order mark, so that spreadsheets read every script; CRLF ends a row. The columns
and the words in them are those of the published language, in whatever language the rest speaks:

    shift          the instance, DATE/NAME
    row            break, warning, refusal or act
    at             local time: a break's start, else when it happened
    agent, name    whom it concerns; empty for an act on the shift itself
    kind           of a break, or of one refused: normal, urgent, meal, emergency
    due, end       of a break, local times
    ended_by       of a break: agent, supervisor, shift_end, check_out
    late_seconds   of a break
    cause          of a warning: late, meal_twice
    minute         of a late warning: minutes after due
    forgiven       of a warning: yes, no
    act            of an act: the type of its event
    by             whose act
    reason         of a refusal: full, blocked, …; of an act: what its author wrote
    at_utc         `at` to the microsecond, in UTC

Rows are in order of time. A text that a spreadsheet would take for a formula has an apostrophe
before it.
"""

import csv
import io
from collections.abc import Iterator
from datetime import datetime

from llmtb.events.published import instant
from llmtb.events.report import ActLine, AgentLines
from llmtb.report.document import Document

COLUMNS = (
    *("shift", "row", "at", "agent", "name", "kind", "due", "end", "ended_by", "late_seconds"),
    *("cause", "minute", "forgiven", "act", "by", "reason", "at_utc"),
)
FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
"""What a text that a spreadsheet takes for a formula begins with."""

Row = dict[str, str | int]


def as_csv(document: Document) -> bytes:
    """The report as a CSV file."""
    out = io.StringIO()
    writer = csv.DictWriter(out, COLUMNS, restval="", lineterminator="\r\n")
    writer.writeheader()
    for _, row in sorted(_rows(document), key=lambda each: each[0]):
        writer.writerow({name: _harmless(value) for name, value in row.items()})
    return out.getvalue().encode("utf-8-sig")


def _rows(document: Document) -> Iterator[tuple[datetime, Row]]:
    for at, row in _happened(document):
        place: Row = {"shift": document.report.shift, "at": _local(document, at)}
        yield at, {**place, **row, "at_utc": instant(at)}


def _happened(document: Document) -> Iterator[tuple[datetime, Row]]:
    for act in document.report.acts:
        yield act.at, _act(document, act)
    for lines in document.report.agents:
        whom: Row = {"agent": lines.agent, "name": document.name(lines.agent)}
        for at, row in _of_agent(document, lines):
            yield at, {**whom, **row}


def _of_agent(document: Document, lines: AgentLines) -> Iterator[tuple[datetime, Row]]:
    for rest in lines.breaks:
        yield (
            rest.start,
            {
                "row": "break",
                "kind": rest.kind,
                "due": _local(document, rest.due),
                "end": _local(document, rest.end),
                "ended_by": rest.ended_by,
                "late_seconds": rest.late_seconds,
            },
        )
    for warning in lines.warnings:
        minute = {} if warning.minute is None else {"minute": warning.minute}
        forgiven = "yes" if warning.forgiven else "no"
        row: Row = {"row": "warning", "cause": warning.cause, "forgiven": forgiven, **minute}
        yield warning.at, row
    for refusal in lines.refusals:
        yield refusal.at, {"row": "refusal", "kind": refusal.kind, "reason": refusal.reason}
    for act in lines.acts:
        yield act.at, _act(document, act)


def _act(document: Document, act: ActLine) -> Row:
    reason = document.said(act.reason or "")
    return {"row": "act", "act": act.act, "by": act.by, "reason": reason}


def _local(document: Document, at: datetime) -> str:
    return document.local(at).isoformat(sep=" ")


def _harmless(value: str | int) -> str | int:
    """A value that no spreadsheet takes for a formula."""
    return f"'{value}" if isinstance(value, str) and value.startswith(FORMULA) else value
