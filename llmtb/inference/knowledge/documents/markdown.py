"""Markdown: CommonMark with tables, and a title and language in front of it."""

import re

from markdown_it import MarkdownIt
from markdown_it.token import Token

from llmtb.inference.knowledge.documents.document import Document
from llmtb.inference.knowledge.documents.limits import Allowance
from llmtb.inference.knowledge.documents.outline import Outline
from llmtb.inference.knowledge.documents.plain import text_of

_FRONT = re.compile(r"---[ \t]*\n(.*?)\n---[ \t]*(?:\n|$)", re.DOTALL)
_SETTING = re.compile(r"^(\w+)\s*:\s*(.+?)\s*$", re.MULTILINE)
_TAGS = re.compile(r"<!--.*?-->|</?[A-Za-z][^<>]*>", re.DOTALL)


def read_markdown(content: bytes, title: str, allowance: Allowance) -> Document:
    """A Markdown file; tags within it are left out, links are told with their address."""
    text = text_of(content)
    front = _FRONT.match(text)
    settings = dict(_SETTING.findall(front[1])) if front else {}
    outline = Outline(allowance)
    parser = MarkdownIt("commonmark").enable("table")
    _Walk(outline).over(parser.parse(text[front.end() if front else 0 :]))
    outline.close()
    named = str(settings.get("title", "")).strip("\"'") or outline.first_heading or title
    language = settings.get("language") or settings.get("lang")
    return outline.document("markdown", named, language.strip("\"'") if language else None)


class _Walk:
    """Goes through the tokens in their order and tells their text to an outline."""

    def __init__(self, outline: Outline) -> None:
        self._outline = outline
        self._level = 0
        self._lists: list[int | None] = []
        self._item = False
        self._rows: list[list[str]] | None = None

    def over(self, tokens: list[Token]) -> None:
        for token in tokens:
            if token.type == "heading_open":
                self._level = int(token.tag[1])
            elif token.type == "inline":
                self._said(_inline(token.children or []))
            elif token.type in {"fence", "code_block"}:
                self._said(token.content)
            elif token.type == "html_block":
                self._said(_TAGS.sub(" ", token.content).strip())
            elif token.type in {"bullet_list_open", "ordered_list_open"}:
                ordered = token.type.startswith("ordered")
                self._lists.append(int(token.attrGet("start") or 1) if ordered else None)
            elif token.type in {"bullet_list_close", "ordered_list_close"}:
                self._lists.pop()
                self._item = False
            elif token.type == "list_item_open":
                self._item = True
            elif token.type == "table_open":
                self._rows = []
            elif token.type == "tr_open" and self._rows is not None:
                self._rows.append([])
            elif token.type == "table_close" and self._rows is not None:
                rows, self._rows = self._rows, None
                self._outline.table(rows)

    def _said(self, text: str) -> None:
        if self._level:
            self._outline.heading(self._level, text)
            self._level = 0
        elif self._rows:
            self._rows[-1].append(text)
        elif self._item and self._lists:
            number = self._lists[-1]
            self._outline.item(text, len(self._lists) - 1, number)
            self._item = False
            if number is not None:
                self._lists[-1] = number + 1
        else:
            self._outline.paragraph(text)


def _inline(tokens: list[Token]) -> str:
    """The words of a line; a link's address follows them in brackets, unless they are it."""
    said: list[str] = []
    address = ""
    for token in tokens:
        if token.type in {"text", "code_inline", "image"}:
            said.append(token.content)
        elif token.type == "softbreak":
            said.append(" ")
        elif token.type == "hardbreak":
            said.append("\n")
        elif token.type == "link_open":
            address = str(token.attrGet("href") or "")
        elif token.type == "link_close":
            if re.match(r"https?://", address) and address not in "".join(said):
                said.append(f" ({address})")
            address = ""
    return "".join(said)
