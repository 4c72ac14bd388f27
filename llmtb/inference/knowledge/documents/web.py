"""HTML: what a page says, without what only serves the page."""

import re

from lxml import etree  # type: ignore[import-untyped]

from llmtb.inference.errors import DocumentError
from llmtb.inference.knowledge.documents.document import Document
from llmtb.inference.knowledge.documents.limits import Allowance
from llmtb.inference.knowledge.documents.outline import Outline
from llmtb.inference.knowledge.documents.plain import cleaned, text_of

_SILENT = {
    *("script", "style", "nav", "noscript", "template", "iframe", "svg", "math", "canvas"),
    *("object", "embed", "video", "audio", "button", "select", "textarea", "head", "dialog"),
}
_FRAME = {"header", "footer", "aside"}  # of the page; within an article they are its own
_INLINE = {
    *("a", "abbr", "b", "bdi", "bdo", "big", "cite", "code", "data", "del", "dfn", "em", "font"),
    *("i", "img", "input", "ins", "kbd", "label", "mark", "q", "s", "samp", "small", "span"),
    *("strike", "strong", "sub", "sup", "time", "tt", "u", "var", "wbr", "ruby", "rt", "rp"),
}
_HEADING = re.compile(r"h([1-6])$")
_CHARSET = re.compile(rb"""<meta[^>]{0,200}charset\s*=\s*["']?\s*([\w.:-]{1,40})""", re.IGNORECASE)


def read_html(content: bytes, title: str, allowance: Allowance) -> Document:
    """A page's main content; nothing is fetched, and no entity is taken from elsewhere."""
    declared = _CHARSET.search(content[:4096])
    text = text_of(content, declared[1].decode("ascii") if declared else None)
    parser = etree.HTMLParser(
        encoding="utf-8", no_network=True, remove_comments=True, remove_pis=True
    )
    root = etree.fromstring(text.encode("utf-8"), parser)
    if root is None:
        raise DocumentError("holds no text; give one that does")
    outline = Outline(allowance)
    _Walk(outline, allowance.limits.depth).over(_main(root))
    named = " ".join("".join(root.xpath("string(//title)")).split())
    language = root.get("lang") or root.get("{http://www.w3.org/XML/1998/namespace}lang")
    outline.close()
    return outline.document("html", named or outline.first_heading or title, language)


def _main(root: etree._Element) -> etree._Element:
    """The element that holds the content, where the page marks one; else all of it."""
    for path in ("//main", "//*[@role='main']", "//article"):
        found = root.xpath(path)
        if isinstance(found, list) and len(found) == 1 and isinstance(found[0], etree._Element):
            return found[0]
    return root


class _Walk:
    """Goes through elements in their order and tells their text to an outline."""

    def __init__(self, outline: Outline, depth: int) -> None:
        self._outline = outline
        self._most = depth
        self._words: list[str] = []
        self._lists: list[int | None] = []
        self._item = False
        self._rows: list[list[str]] = []
        self._tables = 0
        self._pre = 0

    def over(self, root: etree._Element) -> None:
        silent: etree._Element | None = None
        articles = 0
        walk = etree.iterwalk(root, events=("start", "end"))
        for event, element in walk:
            name = element.tag if isinstance(element.tag, str) else ""
            if event == "start":
                if silent is None and (name in _SILENT or (name in _FRAME and not articles)):
                    silent = element
                articles += name in {"main", "article"}
                if silent is None:
                    self._start(name, element)
                    self._text(element.text)
            else:
                articles -= name in {"main", "article"}
                if silent is None:
                    self._end(name)
                elif silent is element:
                    silent = None
                if silent is None and element is not root:
                    self._text(element.tail)
        self._flush()

    def _text(self, text: str | None) -> None:
        if text:
            self._words.append(text if self._pre else re.sub(r"\s+", " ", text))

    def _taken(self) -> str:
        text = cleaned("".join(self._words))
        self._words.clear()
        return "\n".join(line.strip() if not self._pre else line for line in text.split("\n"))

    def _flush(self) -> None:
        """What was said since the last break is a paragraph or an item of a list."""
        if self._tables:
            self._words.append(" ")
            return
        text = self._taken()
        if not text.strip():
            return
        if self._item and self._lists:
            number = self._lists[-1]
            self._outline.item(text, len(self._lists) - 1, number)
            self._item = False
            if number is not None:
                self._lists[-1] = number + 1
        else:
            self._outline.paragraph(text)

    def _start(self, name: str, element: etree._Element) -> None:
        if name in _INLINE:
            return
        if name == "br":
            self._words.append("\n")
            return
        if name in {"td", "th"} and self._tables == 1:
            self._words.clear()
            return
        self._flush()
        if name == "table":
            self._tables += 1
        elif name == "tr" and self._tables == 1:
            self._rows.append([])
        elif name in {"ul", "ol"}:
            start = element.get("start", "1")
            first = int(start) if re.fullmatch(r"\d{1,6}", start) else 1
            self._lists.append(first if name == "ol" else None)
            if len(self._lists) > self._most:
                raise DocumentError("is nested too deeply; take lists out of lists")
        elif name == "li":
            self._item = True
        elif name == "pre":
            self._pre += 1

    def _end(self, name: str) -> None:
        if name in _INLINE or name == "br":
            return
        if name in {"td", "th"} and self._tables == 1:
            if self._rows:
                self._rows[-1].append(self._taken())
            return
        heading = _HEADING.match(name)
        if (heading or name == "summary") and not self._tables:
            self._outline.heading(int(heading[1]) if heading else 7, self._taken())
            return
        self._flush()
        if name == "table":
            self._tables -= 1
            if not self._tables:
                self._words.clear()
                self._outline.table(self._rows)
                self._rows = []
        elif name in {"ul", "ol"} and self._lists:
            self._lists.pop()
            self._item = False
        elif name == "li":
            self._item = False
        elif name == "pre":
            self._pre -= 1
