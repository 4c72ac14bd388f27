"""The CSV of a report holds each thing that happened once, and nothing that runs."""

import csv
import io
from collections import Counter
from datetime import datetime

from hypothesis import given, settings

from llmtb.report.document import Document
from llmtb.report.listing import COLUMNS, as_csv
from tests.report.documents import a_day, documents


def rows(document: Document) -> list[dict[str, str]]:
    content = as_csv(document)
    assert content.startswith(b"\xef\xbb\xbf")
    reader = csv.DictReader(io.StringIO(content.decode("utf-8-sig"), newline=""))
    found = list(reader)
    assert tuple(reader.fieldnames or ()) == COLUMNS
    return found


@given(documents())
@settings(max_examples=60, deadline=None)
def test_each_thing_that_happened_is_a_row(document: Document) -> None:
    report = document.report
    counted = Counter(row["row"] for row in rows(document))
    acts = len(report.acts) + sum(len(lines.acts) for lines in report.agents)
    assert counted["break"] == sum(len(lines.breaks) for lines in report.agents)
    assert counted["warning"] == sum(len(lines.warnings) for lines in report.agents)
    assert counted["refusal"] == sum(len(lines.refusals) for lines in report.agents)
    assert counted["act"] == acts
    assert counted.total() == len(rows(document))


@given(documents())
@settings(max_examples=60, deadline=None)
def test_no_cell_is_taken_for_a_formula(document: Document) -> None:
    for row in rows(document):
        for cell in row.values():
            assert not cell.startswith(("=", "+", "-", "@", "\t", "\r", "\n", "＝"))


@given(documents())
@settings(max_examples=40, deadline=None)
def test_a_break_can_be_read_back(document: Document) -> None:
    said = {
        (lines.agent, rest.start, rest.kind, rest.ended_by, rest.late_seconds)
        for lines in document.report.agents
        for rest in lines.breaks
    }
    read = {
        (
            row["agent"],
            datetime.fromisoformat(row["at_utc"]),
            row["kind"],
            row["ended_by"],
            int(row["late_seconds"]),
        )
        for row in rows(document)
        if row["row"] == "break"
    }
    assert read == said


def test_rows_are_in_order_of_time_and_say_local_times() -> None:
    for document in a_day():
        instants = [row["at_utc"] for row in rows(document)]
        assert instants == sorted(instants)
        for row in rows(document):
            local = datetime.fromisoformat(row["at"]).replace(tzinfo=document.speech.zone)
            exact = datetime.fromisoformat(row["at_utc"])
            assert abs((local - exact).total_seconds()) <= 0.5


def test_whoever_acts_and_why_is_in_it() -> None:
    [morning] = [document for document in a_day() if document.shift == "morning"]
    acts = [row for row in rows(morning) if row["row"] == "act"]
    assert ("OverrideSet", "maryam", "a cable is down") in [
        (row["act"], row["by"], row["reason"]) for row in acts
    ]
