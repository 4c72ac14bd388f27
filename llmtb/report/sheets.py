"""The report as files for a spreadsheet: CSV, and XLSX with a sheet for each table."""

import csv
import io
from datetime import datetime
from typing import Any

from llmtb.report.document import Document
from llmtb.report.tables import Cell, Table, harmless, tables

RTL = ("fa", "ar", "he", "ur")


def as_csv(document: Document) -> bytes:
    """One file: the tables below each other, each under its name, an empty line between.

    UTF-8 with a byte-order mark, as spreadsheets want it; local times.
    """
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    say = document.speech.say
    for place, table in enumerate(tables(document)):
        if place:
            writer.writerow(())
        writer.writerow((say(table.name),))
        if table.columns:
            writer.writerow([say(column) for column in table.columns])
        for row in table.rows:
            writer.writerow([_csv_cell(cell) for cell in row])
    return out.getvalue().encode("utf-8-sig")


def as_xlsx(document: Document) -> bytes:
    """A workbook with a sheet for each table; the same report gives the same bytes."""
    import xlsxwriter

    out = io.BytesIO()
    options = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
    book = xlsxwriter.Workbook(out, options)
    book.set_properties({"title": document.title, "created": datetime(2000, 1, 1)})  # noqa: DTZ001 - no clock
    formats = {
        "head": book.add_format({"bold": True, "bottom": 1}),
        "time": book.add_format({"num_format": "yyyy-mm-dd hh:mm:ss", "align": "left"}),
    }
    for table in tables(document):
        _write_sheet(book.add_worksheet(document.speech.say(table.name)), table, document, formats)
    book.close()
    return out.getvalue()


def _write_sheet(sheet: Any, table: Table, document: Document, formats: dict[str, Any]) -> None:
    if document.speech.language in RTL:
        sheet.right_to_left()
    heads = [document.speech.say(column) for column in table.columns]
    first = 1 if heads else 0
    if heads:
        sheet.write_row(0, 0, heads, formats["head"])
        sheet.freeze_panes(1, 0)
        sheet.autofilter(0, 0, max(len(table.rows), 1), len(heads) - 1)
    for place, row in enumerate(table.rows, first):
        for column, cell in enumerate(row):
            if isinstance(cell, datetime):
                sheet.write_datetime(place, column, cell, formats["time"])
            elif isinstance(cell, str):
                sheet.write_string(place, column, cell)
            elif cell is not None:
                sheet.write_number(place, column, cell)
    sheet.set_column(0, max(len(heads), 2) - 1, 20)


def _csv_cell(cell: Cell) -> str:
    match cell:
        case None:
            return ""
        case datetime():
            return cell.isoformat(sep=" ", timespec="seconds")
        case str():
            return harmless(cell)
        case _:
            return str(cell)
