"""The report as an XLSX workbook: a sheet for the shift, and one for each kind of thing in it.

Times are real date-times in local time, lengths of time real durations, so that a spreadsheet can
reckon with them. Text stays text, whatever it looks like. The same report gives the same bytes.
"""

import io
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from llmtb.report.columns import columns
from llmtb.report.document import Document
from llmtb.report.tables import Cell, Table, figures, tables
from llmtb.report.terms import mark

WIDEST = 44  # of a column, in letters
FORMATS: dict[str, dict[str, Any]] = {
    "title": {"bold": True, "font_size": 14},
    "head": {"bold": True, "bottom": 1, "bg_color": "#EEF1F5", "text_wrap": True, "valign": "top"},
    "time": {"num_format": "yyyy-mm-dd hh:mm:ss", "align": "center"},
    "length": {"num_format": "[h]:mm:ss", "align": "center"},
    "late": {"num_format": "[h]:mm:ss", "align": "center", "font_color": "#C0392B", "bold": True},
    "count": {"num_format": "0", "align": "center"},
    "mean": {"num_format": "0.0", "align": "center"},
    "text": {},
}


def as_xlsx(document: Document) -> bytes:
    """The report as a workbook."""
    import xlsxwriter

    out = io.BytesIO()
    book = xlsxwriter.Workbook(out, {"in_memory": True})
    # No clock is asked: the file was made when the shift ended, whenever it is drawn.
    made = document.local(document.report.ends)
    book.set_properties({"title": document.title, "created": made})
    formats = {name: book.add_format(options) for name, options in FORMATS.items()}
    _write_shift(_add(book, document, mark("Shift")), document, formats)
    for table in tables(document):
        _write(_add(book, document, table.name), table, document, formats)
    book.close()
    return out.getvalue()


def _add(book: Any, document: Document, name: str) -> Any:
    sheet = book.add_worksheet(document.speech.say(name))
    if document.leftward:
        sheet.right_to_left()
    sheet.set_landscape()
    sheet.set_paper(9)  # A4
    sheet.fit_to_pages(1, 0)
    return sheet


def _write_shift(sheet: Any, document: Document, formats: dict[str, Any]) -> None:
    sheet.hide_gridlines(2)
    sheet.write_string(0, 0, document.title, formats["title"])
    rows = list(figures(document))
    for place, row in enumerate(rows, 2):
        for column, cell in enumerate(row):
            _put(sheet, place, column, cell, formats)
    sheet.set_column(0, 0, _wide([row[0] for row in rows]))
    sheet.set_column(1, 2, 22)


def _write(sheet: Any, table: Table, document: Document, formats: dict[str, Any]) -> None:
    heads = [document.speech.say(head) for head in table.heads]
    rows = list(table.rows)
    sheet.write_row(0, 0, heads, formats["head"])
    for place, row in enumerate(rows, 1):
        for column, cell in enumerate(row):
            _put(sheet, place, column, cell, formats, late=column == table.late)
    for column, cells in enumerate(zip(heads, *rows)):
        sheet.set_column(column, column, _wide(cells))
    sheet.freeze_panes(1, 2 if table.heads[1] == "Name" else 1)
    sheet.repeat_rows(0)
    if rows:
        sheet.autofilter(0, 0, len(rows), len(heads) - 1)


def _put(
    sheet: Any, row: int, column: int, cell: Cell, formats: dict[str, Any], late: bool = False
) -> None:
    match cell:
        case None:
            pass
        case str():
            sheet.write_string(row, column, cell, formats["text"])
        case datetime():
            sheet.write_datetime(row, column, cell, formats["time"])
        case timedelta():
            shown = formats["late" if late and cell else "length"]
            sheet.write_number(row, column, cell.total_seconds() / 86_400, shown)
        case float():
            sheet.write_number(row, column, cell, formats["mean"])
        case int():
            sheet.write_number(row, column, cell, formats["count"])


def _wide(cells: Sequence[Cell]) -> int:
    """How wide a column has to be."""
    widths = (20 if isinstance(cell, datetime) else columns(str(cell)) + 2 for cell in cells)
    return min(WIDEST, max(10, *widths))
