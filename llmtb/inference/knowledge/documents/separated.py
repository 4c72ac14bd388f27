"""CSV: rows of cells, parted by whichever sign parts them evenly."""

import csv
import io

from llmtb.inference.errors import DocumentError
from llmtb.inference.knowledge.documents.columns import read_tables
from llmtb.inference.knowledge.documents.document import Document
from llmtb.inference.knowledge.documents.limits import Allowance
from llmtb.inference.knowledge.documents.plain import text_of

_SIGNS = ",;\t|،；，"


def read_csv(content: bytes, title: str, allowance: Allowance) -> Document:
    """A file of separated values; a formula in it is mere text."""
    limits = allowance.limits
    text = allowance.take(text_of(content))
    csv.field_size_limit(limits.characters)
    rows: list[list[str]] = []
    try:
        for row in csv.reader(io.StringIO(text), delimiter=_sign(text)):
            rows.append(row[: limits.columns])
            if len(rows) > limits.rows:
                raise DocumentError(f"has more than {limits.rows:,} rows; split it into parts")
    except csv.Error as error:
        raise DocumentError(f"is not a table ({error}); save it again as CSV") from None
    return read_tables("csv", title, [("", rows)], Allowance(limits))


def _sign(text: str) -> str:
    """The sign that parts most cells of the first rows, and as many in each."""
    lines = [line for line in text[:20_000].split("\n")[:20] if line.strip()]
    best, most = ",", (0.0, 0)
    for sign in _SIGNS:
        counts = [len(row) - 1 for row in csv.reader(lines, delimiter=sign)]
        first = counts[0] if counts else 0
        same = sum(count == first for count in counts) / max(1, len(counts))
        if first and (same, first) > most:
            best, most = sign, (same, first)
    return best
