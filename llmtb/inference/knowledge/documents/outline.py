"""Puts headings, paragraphs, lists and tables together to sections."""

import re
from collections.abc import Iterator

from llmtb.inference.errors import DocumentError
from llmtb.inference.knowledge.documents.document import Document, Entry, Kind, Section
from llmtb.inference.knowledge.documents.limits import Allowance

SEPARATOR = " › "
_ASKS = re.compile(r"[?؟？]\s*$")
_LONGEST_QUESTION = 200
_LONGEST_ANSWER = 3000
_SCRIPTS = {"fa": "[\u0600-\u06ff]", "ar": "[\u0600-\u06ff]", "zh": "[\u4e00-\u9fff]"}


class Outline:
    """Is told a document from top to bottom, and gives it back by its sections.

    `page` is that of what is told next. A heading that asks, with nothing but text below it, is
    an entry: the question and its answer.
    """

    def __init__(self, allowance: Allowance) -> None:
        self.page: int | None = None
        self._allowance = allowance
        self._headings: list[tuple[int, str]] = []
        self._bare = False  # whether the last heading has nothing below it yet
        self._lines: list[str] = []
        self._last = ""
        self._start: int | None = None
        self._sections: list[Section] = []
        self._entries: list[Entry] = []

    @property
    def first_heading(self) -> str:
        """The first heading of all, or nothing."""
        paths = [section.headings for section in self._sections if section.headings]
        return paths[0][0] if paths else self._headings[0][1] if self._headings else ""

    def heading(self, level: int, text: str) -> None:
        """A heading; those of the same or a deeper level end here."""
        text = " ".join(self._allowance.take(text).split())
        if not text:
            return
        self.close()
        if self._bare and level <= self._headings[-1][0]:
            _, alone = self._headings.pop()
            path = tuple(heading for _, heading in self._headings)
            self._sections.append(Section(alone, path, self.page))
        while self._headings and self._headings[-1][0] >= level:
            self._headings.pop()
        self._headings.append((level, text))
        self._bare = True

    def paragraph(self, text: str) -> None:
        """Some lines of prose."""
        self._tell("paragraph", text)

    def item(self, text: str, depth: int = 0, number: int | None = None) -> None:
        """An item of a list; with a number where its order counts."""
        if text := text.strip():
            mark = "-" if number is None else f"{number}."
            self._tell("item", f"{'  ' * min(depth, 8)}{mark} {text}")

    def table(self, rows: list[list[str]]) -> None:
        """A table whose first row names the columns: each row tells what its cells are."""
        rows = [row for row in rows if any(cell.strip() for cell in row)]
        for line in told(rows):
            self._tell("row", line)
        self._last = ""

    def close(self) -> None:
        """Ends the section that is being told."""
        text = "\n".join(self._lines).strip("\n")
        if text.strip():
            path = tuple(heading for _, heading in self._headings)
            self._sections.append(Section(text, path, self._start))
        self._lines, self._last, self._start = [], "", None

    def document(self, kind: Kind, title: str, language: str | None = None) -> Document:
        """All that was told. Raises DocumentError where that is no text at all."""
        self.close()
        if self._bare:
            self._sections.append(Section(self._headings.pop()[1], (), self.page))
        if not self._sections:
            raise DocumentError("holds no text; give one that does")
        sections, entries = _parted(self._sections, title)
        language = _credible(language, "\n".join(each.text for each in self._sections))
        title = title[:_LONGEST_QUESTION].strip()
        return Document(
            kind=kind, title=title, language=language, sections=sections, entries=entries
        )

    def _tell(self, kind: str, text: str) -> None:
        text = self._allowance.take(text).rstrip().strip("\n")
        if not text.strip():
            return
        if self._start is None:
            self._start = self.page
        if self._lines and (kind == "paragraph" or kind != self._last):
            self._lines.append("")
        self._lines.append(text)
        self._last, self._bare = kind, False


def told(rows: list[list[str]]) -> Iterator[str]:
    """A table's rows as lines that can be read alone: `plan: Gold; price: 20`."""
    cells = [[" ".join(cell.split()) for cell in row] for row in rows]
    if len(cells) < 2:
        yield from (" | ".join(filter(None, row)) for row in cells)
        return
    header, *body = cells
    for row in body:
        names = header + [""] * (len(row) - len(header))
        pairs = [(name, cell) for name, cell in zip(names, row, strict=False) if cell]
        if pairs:
            yield "; ".join(f"{name}: {cell}" if name else cell for name, cell in pairs)


def _parted(sections: list[Section], title: str) -> tuple[tuple[Section, ...], tuple[Entry, ...]]:
    """Those that are prose, and those that answer what their heading asks."""
    prose, entries = list[Section](), list[Entry]()
    for section in sections:
        *above, question = section.headings or ("",)
        fits = len(question) <= _LONGEST_QUESTION and len(section.text) <= _LONGEST_ANSWER
        if _ASKS.search(question) and fits:
            path = SEPARATOR.join(each for each in above if each != title)
            entry = Entry(question=question, answer=section.text, section=path, page=section.page)
            entries.append(entry)
        else:
            prose.append(section)
    return tuple(prose), tuple(entries)


def _credible(tag: str | None, text: str) -> str | None:
    """The language of a tag such as `fa-IR`, unless the script of the text belies it."""
    found = re.match(r"[A-Za-z]{2,3}(?![A-Za-z])", tag or "")
    if not found:
        return None
    language = found[0].lower()
    sample = text[:20_000]
    letters = len(re.findall(r"[^\W\d_]", sample))
    for code, script in _SCRIPTS.items():
        share = len(re.findall(script, sample)) / max(1, letters)
        if (language == code and share < 0.3) or (language in {"en", "id", "pt"} and share > 0.5):
            return None
    return language
