"""DOCX: headings, paragraphs, lists and tables, in their order."""

import io
import re
from collections.abc import Iterator

import docx
from docx.document import Document as WordDocument
from docx.opc.exceptions import PackageNotFoundError
from docx.oxml.ns import qn
from docx.table import Table, _Cell
from docx.text.paragraph import Paragraph

from llmtb.inference.errors import DocumentError
from llmtb.inference.knowledge.documents import archives
from llmtb.inference.knowledge.documents.document import Document
from llmtb.inference.knowledge.documents.limits import Allowance
from llmtb.inference.knowledge.documents.outline import Outline
from llmtb.inference.knowledge.documents.plain import cleaned

_ORDERED = {"decimal", "lowerLetter", "upperLetter", "lowerRoman", "upperRoman", "ordinal"}


def read_docx(content: bytes, title: str, allowance: Allowance) -> Document:
    """A Word document; its headers, footers, comments and pictures are left out."""
    archives.check(content, allowance.limits)
    try:
        word = docx.Document(io.BytesIO(content))
    except (PackageNotFoundError, KeyError, ValueError):
        raise DocumentError("is not a whole Word document; save it again as .docx") from None
    return _Reader(word, allowance).read(title)


class _Reader:
    def __init__(self, word: WordDocument, allowance: Allowance) -> None:
        self._word = word
        self._outline = Outline(allowance)
        self._depth = allowance.limits.depth
        self._ordered = _ordered(word)
        self._counts: dict[tuple[str, int], int] = {}
        self._title = ""

    def read(self, title: str) -> Document:
        for block in self._word.iter_inner_content():
            if isinstance(block, Table):
                self._outline.table([list(_row(row.cells, self._depth)) for row in block.rows])
            else:
                self._paragraph(block)
        declared = cleaned(self._word.core_properties.title or "").strip()
        title = self._title or declared or title
        language = self._word.core_properties.language or None
        return self._outline.document("docx", title, language)

    def _paragraph(self, paragraph: Paragraph) -> None:
        text = cleaned(paragraph.text)
        style = (paragraph.style.name or "") if paragraph.style is not None else ""
        level = re.fullmatch(r"Heading ([1-9])", style)
        if style == "Title" and not self._title and text.strip():
            self._title = " ".join(text.split())
            self._outline.heading(0, text)
        elif level:
            self._counts.clear()
            self._outline.heading(int(level[1]), text)
        elif (item := self._item(paragraph, style)) is not None and text.strip():
            depth, number = item
            self._outline.item(text, depth, number)
        else:
            if text.strip():
                self._counts.clear()
            self._outline.paragraph(text)

    def _item(self, paragraph: Paragraph, style: str) -> tuple[int, int | None] | None:
        """How deep in a list a paragraph is, and its number; None where it is in no list."""
        named = re.match(r"List (Number|Bullet)(?: (\d))?$", style)
        own = paragraph._p.find(f"{qn('w:pPr')}/{qn('w:numPr')}")
        if own is not None and (numbered := own.find(qn("w:numId"))) is not None:
            group = str(numbered.get(qn("w:val")))
            level = own.find(qn("w:ilvl"))
            depth = int(level.get(qn("w:val")) or 0) if level is not None else 0
            ordered = (group, str(depth)) in self._ordered
        elif named:
            group, depth = style, int(named[2] or 1) - 1
            ordered = named[1] == "Number"
        else:
            return None
        if not ordered:
            return depth, None
        for deeper in [key for key in self._counts if key[1] > depth]:
            del self._counts[deeper]
        self._counts[group, depth] = self._counts.get((group, depth), 0) + 1
        return depth, self._counts[group, depth]


def _row(cells: tuple[_Cell, ...], depth: int) -> Iterator[str]:
    """The texts of a row; a cell that spans several columns is told once."""
    if depth < 0:
        raise DocumentError("is nested too deeply; take tables out of tables")
    last = None
    for cell in cells:
        if cell._tc is not last:
            inner = [
                text
                for table in cell.tables
                for row in table.rows
                for text in _row(row.cells, depth - 1)
            ]
            yield " ".join([cleaned(cell.text), *inner])
        else:
            yield ""
        last = cell._tc


def _ordered(word: WordDocument) -> set[tuple[str, str]]:
    """The lists, by number and depth, whose items are counted."""
    part = next(
        (
            each.target_part
            for each in word.part.rels.values()
            if each.reltype.endswith("/numbering")
        ),
        None,
    )
    if part is None:
        return set()
    root = part.element
    levels: dict[str, set[str]] = {}
    for kind in root.iterfind(qn("w:abstractNum")):
        name = kind.get(qn("w:abstractNumId"))
        for level in kind.iterfind(qn("w:lvl")):
            form = level.find(qn("w:numFmt"))
            if form is not None and form.get(qn("w:val")) in _ORDERED:
                levels.setdefault(name, set()).add(level.get(qn("w:ilvl")))
    found: set[tuple[str, str]] = set()
    for used in root.iterfind(qn("w:num")):
        kind = used.find(qn("w:abstractNumId"))
        if kind is not None:
            number = used.get(qn("w:numId"))
            found |= {(number, depth) for depth in levels.get(kind.get(qn("w:val")), ())}
    return found
