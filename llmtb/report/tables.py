"""The report as tables: what the CSV and the XLSX file have in common."""

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

from llmtb.report.document import Document, late_minutes, rest_minutes

Cell = str | int | float | datetime | None
"""A datetime is a local time without a zone: spreadsheets know no others."""

DANGEROUS = ("=", "+", "-", "@", "\t", "\r")


class Table(NamedTuple):
    """A named table; `columns` and `name` are message ids."""

    name: str
    columns: Sequence[str]
    rows: list[Sequence[Cell]]


def tables(document: Document) -> list[Table]:
    """Every table of the report."""
    return [
        _shift(document),
        Table("Agents", AGENTS, list(_agents(document))),
        Table("Rests", RESTS, list(_rests(document))),
        Table("Warnings", WARNINGS, list(_warnings(document))),
        Table("Refusals", REFUSALS, list(_refusals(document))),
        Table("Capacity", CAPACITY, list(_capacity(document))),
        Table("Acts", ACTS, list(_acts(document))),
    ]


def harmless(text: str) -> str:
    """A text that no spreadsheet takes for a formula."""
    return f"'{text}" if text.startswith(DANGEROUS) else text


AGENTS = ("Agent", "Name", "In", "Out", "Rests", "Minutes", "Late min", "Warnings", "Refused")
RESTS = ("Agent", "Name", "Kind", "Start", "Due", "End", "Ended by", "Late seconds")
WARNINGS = ("Agent", "Name", "At", "Cause", "Minute", "Forgiven")
REFUSALS = ("Agent", "Name", "At", "Kind", "Reason")
CAPACITY = ("At", "Capacity", "Cause", "Present")
ACTS = ("Agent", "Name", "At", "Act", "By", "Reason")


def _local(document: Document, instant: datetime) -> datetime:
    local = instant.astimezone(document.speech.zone).replace(tzinfo=None)
    # To the second: nobody reads more, and spreadsheets round the rest each in its own way.
    return local.replace(microsecond=0) + timedelta(seconds=local.microsecond >= 500_000)


def _shift(document: Document) -> Table:
    report, say = document.report, document.speech.say
    rows: list[Sequence[Cell]] = [
        (say("Shift"), document.shift),
        (say("Start"), _local(document, report.starts)),
        (say("End"), _local(document, report.ends)),
        (say("Agents"), len(report.agents)),
        (say("Most at rest at once"), report.peak_resting),
        (say("At rest on average"), report.mean_resting),
    ]
    rows += [
        (f"{say('Refused')}: {say(reason.replace('_', ' '))}", count)
        for reason, count in report.refusals.items()
    ]
    return Table("Shift", (), rows)


def _agents(document: Document) -> Iterator[Sequence[Cell]]:
    for lines in document.report.agents:
        times = lines.present
        yield (
            lines.agent,
            document.name(lines.agent),
            _local(document, times[0][0]) if times else None,
            _local(document, times[-1][1]) if times else None,
            len(lines.breaks),
            rest_minutes(lines),
            late_minutes(lines),
            sum(not warning.forgiven for warning in lines.warnings),
            len(lines.refusals),
        )


def _rests(document: Document) -> Iterator[Sequence[Cell]]:
    say = document.speech.say
    for lines in document.report.agents:
        for rest in lines.breaks:
            yield (
                lines.agent,
                document.name(lines.agent),
                say(rest.kind),
                _local(document, rest.start),
                _local(document, rest.due),
                _local(document, rest.end),
                say(rest.ended_by.replace("_", " ")),
                rest.late_seconds,
            )


def _warnings(document: Document) -> Iterator[Sequence[Cell]]:
    say = document.speech.say
    for lines in document.report.agents:
        for warning in lines.warnings:
            yield (
                lines.agent,
                document.name(lines.agent),
                _local(document, warning.at),
                say(warning.cause.replace("_", " ")),
                warning.minute,
                say("yes") if warning.forgiven else say("no"),
            )


def _refusals(document: Document) -> Iterator[Sequence[Cell]]:
    say = document.speech.say
    for lines in document.report.agents:
        for refusal in lines.refusals:
            yield (
                lines.agent,
                document.name(lines.agent),
                _local(document, refusal.at),
                say(refusal.kind),
                say(refusal.reason.replace("_", " ")),
            )


def _capacity(document: Document) -> Iterator[Sequence[Cell]]:
    say = document.speech.say
    for line in document.report.capacity:
        at = _local(document, line.at)
        yield (at, line.capacity, say(line.cause.replace("_", " ")), line.present)


def _acts(document: Document) -> Iterator[Sequence[Cell]]:
    for act in document.report.acts:
        yield ("", "", _local(document, act.at), act.act, act.by, act.reason)
    for lines in document.report.agents:
        for act in lines.acts:
            name = document.name(lines.agent)
            yield (lines.agent, name, _local(document, act.at), act.act, act.by, act.reason)
