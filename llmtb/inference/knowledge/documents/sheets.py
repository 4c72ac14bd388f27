"""XLSX: the tables of a workbook, by their sheets."""

import datetime as dt
import io
from collections.abc import Iterable, Iterator

import openpyxl

from llmtb.inference.errors import DocumentError
from llmtb.inference.knowledge.documents import archives
from llmtb.inference.knowledge.documents.columns import read_tables
from llmtb.inference.knowledge.documents.document import Document
from llmtb.inference.knowledge.documents.limits import Allowance, Limits
from llmtb.inference.knowledge.documents.plain import cleaned


def read_xlsx(content: bytes, title: str, allowance: Allowance) -> Document:
    """Every sheet that is shown; of a formula, the value that was saved with it."""
    archives.check(content, allowance.limits)
    book = openpyxl.load_workbook(
        io.BytesIO(content), read_only=True, data_only=True, keep_links=False
    )
    tables: list[tuple[str, list[list[str]]]] = []
    for sheet in book.worksheets:
        if sheet.sheet_state == "visible":
            sheet.reset_dimensions()  # what a sheet says of its own size may be wrong
            rows = list(_rows(sheet.iter_rows(values_only=True), allowance.limits))
            tables.append((cleaned(sheet.title), rows))
    if len(tables) == 1:
        tables = [("", tables[0][1])]
    return read_tables("xlsx", title, tables, allowance)


def _rows(rows: Iterable[tuple[object, ...]], limits: Limits) -> Iterator[list[str]]:
    count = 0
    for row in rows:
        cells = [_shown(cell) for cell in row[: limits.columns]]
        if any(cells):
            count += 1
            if count > limits.rows:
                raise DocumentError(f"has more than {limits.rows:,} rows; split it into parts")
            yield cells


def _shown(value: object) -> str:
    """A cell as people read it: a whole number without a point, midnight without its zeros."""
    if value is None:
        return ""
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e15:
        return str(int(value))
    if isinstance(value, dt.datetime):
        value = value.date() if value.time() == dt.time() else value
        return str(value)
    return cleaned(str(value)).strip()
