"""The workbook of a report: real times, no formulas, the same bytes each time."""

import io
from datetime import datetime, timedelta
from typing import Any

import openpyxl
import pytest
from hypothesis import given, settings

from llmtb.report.document import Document
from llmtb.report.workbook import as_xlsx
from tests.report.documents import LANGUAGES, Language, a_day, crowd, documents, empty

SHEETS = ["Shift", "Agents", "Rests", "Warnings", "Refusals", "Capacity", "Acts"]


def opened(document: Document) -> Any:
    return openpyxl.load_workbook(io.BytesIO(as_xlsx(document)))


@given(documents())
@settings(max_examples=25, deadline=None)
def test_each_thing_that_happened_is_a_row_of_its_sheet(document: Document) -> None:
    book, report = opened(document), document.report
    lines = report.agents
    acts = len(report.acts) + sum(len(each.acts) for each in lines)
    expected = [
        len(lines),
        sum(len(each.breaks) for each in lines),
        sum(len(each.warnings) for each in lines),
        sum(len(each.refusals) for each in lines),
        len(report.capacity),
        acts,
    ]
    assert [sheet.max_row - 1 for sheet in book.worksheets[1:]] == expected


@given(documents())
@settings(max_examples=25, deadline=None)
def test_text_stays_text(document: Document) -> None:
    for sheet in opened(document).worksheets:
        for row in sheet.iter_rows():
            assert all(cell.data_type in ("s", "n", "d") for cell in row)
            assert all(cell.hyperlink is None for cell in row)


@given(documents())
@settings(max_examples=10, deadline=None)
def test_the_same_report_gives_the_same_bytes(document: Document) -> None:
    assert as_xlsx(document) == as_xlsx(document)


def test_times_are_local_and_lengths_can_be_added_up() -> None:
    book = opened(crowd(3))
    assert book.sheetnames == SHEETS
    rests = list(book["Rests"].iter_rows(min_row=2, values_only=True))
    assert len(rests) == 3
    for agent, name, kind, start, due, end, length, ended_by, late in rests:
        assert (agent, kind, ended_by) == (name, "normal", "agent")
        assert start == datetime.fromisoformat("2026-11-21 08:55")
        assert due == datetime.fromisoformat("2026-11-21 09:10")
        assert (end - start, late) == (timedelta(minutes=20), timedelta(minutes=5))
        assert length == timedelta(minutes=20)
    agents = list(book["Agents"].iter_rows(min_row=2, values_only=True))
    assert sum((row[6] for row in agents), timedelta()) == timedelta(minutes=15)


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_sheets_run_as_the_language_does(language: Language) -> None:
    leftward = language == "fa"
    for document in a_day(language):
        book = opened(document)
        assert {bool(sheet.sheet_view.rightToLeft) for sheet in book.worksheets} == {leftward}
        assert len(set(book.sheetnames)) == len(SHEETS)
        assert max(len(name) for name in book.sheetnames) <= 31


def test_a_shift_that_nobody_was_on_has_a_workbook() -> None:
    assert opened(empty()).sheetnames == SHEETS
