"""PDF: the text of its pages, in paragraphs, under the headings that its outline names."""

import io
import re
from collections import Counter
from collections.abc import Iterator
from typing import NamedTuple

import pypdf
from pypdf.errors import PyPdfError
from pypdf.generic import Destination

from llmtb.inference.errors import DocumentError
from llmtb.inference.knowledge.documents.document import Document
from llmtb.inference.knowledge.documents.limits import Allowance
from llmtb.inference.knowledge.documents.lines import lines_of
from llmtb.inference.knowledge.documents.outline import Outline
from llmtb.inference.knowledge.documents.plain import cleaned
from llmtb.inference.knowledge.letters import normal

_ITEM = re.compile(r"\s*(?:(\d{1,3})[.)]|([•●▪■◦‣–*-]))\s+(?=\S)")
_STOPS = re.compile(r"[.!?؟:：。！？؛…][\"'»”’)\]]*$")
_WIDE = re.compile("[\u3000-\u9fff\uff00-\uffef]")
_FEWEST = 3  # pages on which a line must stand at the edge to be a running head
_HEADINGS = 2000


class Heading(NamedTuple):
    """An entry of a PDF's outline: how deep it is, and its text."""

    level: int
    text: str


def read_pdf(content: bytes, title: str, allowance: Allowance) -> Document:
    """A PDF that holds text; of one that is scanned, there is nothing to read."""
    try:
        reader = pypdf.PdfReader(io.BytesIO(content))
        if reader.is_encrypted and not reader.decrypt(""):
            raise DocumentError("is protected by a password; save it without one")
        pages = _pages(reader, allowance)
        headings = _headings(reader, allowance.limits.depth)
        named = cleaned((reader.metadata and reader.metadata.title) or "").strip()
        language = reader.root_object.get("/Lang")
    except PyPdfError as error:
        raise DocumentError(f"is damaged ({error}); save or send it again") from None
    outline = Outline(allowance)
    for number, lines in enumerate(_without_running_heads(pages)):
        outline.close()
        outline.page = number + 1
        _tell(lines, headings.get(number, []), outline)
    outline.close()
    language = str(language) if language else None
    return outline.document("pdf", named or title, language)


def _pages(reader: pypdf.PdfReader, allowance: Allowance) -> list[list[str]]:
    """The lines of every page."""
    limits = allowance.limits
    if len(reader.pages) > limits.pages:
        raise DocumentError(f"has more than {limits.pages:,} pages; split it into parts")
    held = Allowance(limits)
    pages: list[list[str]] = []
    for page in reader.pages:
        pages.append(lines_of(page))
        held.take("\n".join(pages[-1]))
    if not any(line for lines in pages for line in lines):
        raise DocumentError("is a scanned PDF without text; run it through OCR first")
    return pages


def _headings(reader: pypdf.PdfReader, depth: int) -> dict[int, list[Heading]]:
    """The headings of the outline by their pages, from 0; none where it is broken."""
    found: dict[int, list[Heading]] = {}

    def over(items: list[object], level: int) -> None:
        for item in items:
            if isinstance(item, list):
                if level < depth:
                    over(item, level + 1)
            elif isinstance(item, Destination) and item.title:
                page = reader.get_destination_page_number(item)
                if page is not None and sum(map(len, found.values())) < _HEADINGS:
                    found.setdefault(page, []).append(Heading(level, cleaned(str(item.title))))

    try:
        over(list(reader.outline), 1)
    except (PyPdfError, AttributeError, KeyError, TypeError, ValueError, RecursionError):
        return {}
    return found


def _without_running_heads(pages: list[list[str]]) -> list[list[str]]:
    """The pages without the lines that stand at the edge of most of them, and page numbers."""

    def form(line: str) -> str:
        return re.sub(r"\d+", "#", normal(line))

    shown = [[line for line in lines if line] for lines in pages]
    edges = Counter(
        form(line) for lines in shown for line in {*lines[:1], *(lines[-1:] if lines[1:] else ())}
    )
    most = max(_FEWEST, len(pages) * 6 // 10)
    running = {line for line, count in edges.items() if count >= most}
    result = []
    for lines in pages:
        whole = list(lines)
        for place in (0, -1):
            while whole and not whole[place]:
                del whole[place]
            if whole and form(whole[place]) in running:
                del whole[place]
        result.append(whole)
    return result


def _tell(lines: list[str], headings: list[Heading], outline: Outline) -> None:
    """Tells a page: its headings where they stand, or at its top if no line shows them."""
    at: dict[int, Heading] = {}
    for heading in headings:
        same = (n for n, line in enumerate(lines) if n not in at and _shows(line, heading.text))
        place = next(same, None)
        if place is None:
            outline.heading(heading.level, heading.text)
        else:
            at[place] = heading
    start = 0
    for place in sorted(at):
        _tell_prose(lines[start:place], outline)
        outline.heading(*at[place])
        start = place + 1
    _tell_prose(lines[start:], outline)


def _shows(line: str, heading: str) -> bool:
    plain, wanted = normal(line), normal(heading)
    return plain == wanted or re.sub(r"^[\d.]+\s*", "", plain) == wanted


def _tell_prose(lines: list[str], outline: Outline) -> None:
    for block in _blocks(lines):
        item = _ITEM.match(block)
        if item:
            number = int(item[1]) if item[1] else None
            outline.item(block[item.end() :], 0, number)
        else:
            outline.paragraph(block)


def _blocks(lines: list[str]) -> Iterator[str]:
    """The paragraphs and items of lists that lines, as they were broken to fit, make up."""
    lengths = sorted(len(line) for line in lines if line)
    width = lengths[len(lengths) * 9 // 10] if lengths else 0
    block = ""
    for line in lines:
        if block and (not line or _ITEM.match(line)):
            yield block
            block = ""
        if not line:
            continue
        block = _joined(block, line)
        if _STOPS.search(line) and len(line) < width * 3 // 4:
            yield block
            block = ""
    if block:
        yield block


def _joined(block: str, line: str) -> str:
    if not block:
        return line
    if re.search(r"[^\W\d_]-$", block) and line[0].islower():
        return block[:-1] + line
    wide = _WIDE.match(block[-1]) and _WIDE.match(line[0])
    return block + ("" if wide else " ") + line
