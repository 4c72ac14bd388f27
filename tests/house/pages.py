"""The pages of `docs/` as the checks of this room read them: sections, tables, links."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from tests.house.sources import ROOT

Row = dict[str, str]


class Section(NamedTuple):
    """What stands under one heading, up to the next heading of any level."""

    title: str
    level: int
    text: str

    @property
    def names(self) -> list[str]:
        """The names a title lists: ``CheckedIn · CheckedOut`` is about two."""
        return [name.strip("` ") for name in self.title.split("·")]

    @property
    def rows(self) -> list[Row]:
        """The rows of its tables, each by the titles of its columns."""
        rows: list[Row] = []
        titles: list[str] | None = None
        for line in self.text.splitlines():
            cells = _cells(line)
            if not cells:
                titles = None
            elif titles is None:
                titles = cells
            elif not set(line) <= set("|-: "):
                rows.append(dict(zip(titles, cells, strict=True)))
        return rows


def page(name: str) -> str:
    """The text of a page."""
    return (ROOT / "docs" / name).read_text(encoding="utf-8")


def sections(text: str) -> list[Section]:
    """A page, heading by heading; headings within fenced blocks are none."""
    found: list[Section] = []
    title, level, lines = "", 0, list[str]()
    fenced = False
    for line in text.splitlines():
        fenced ^= line.startswith("```")
        heading = None if fenced else re.match(r"(#+) (.+)", line)
        if heading:
            found.append(Section(title, level, "\n".join(lines)))
            title, level, lines = heading[2], len(heading[1]), []
        else:
            lines.append(line)
    return [*found, Section(title, level, "\n".join(lines))]


def section(text: str, title: str) -> Section:
    """The section under one title. Raises LookupError."""
    for each in sections(text):
        if each.title == title:
            return each
    raise LookupError(f"there is no heading {title!r}")


def fenced(text: str, language: str) -> list[str]:
    """The fenced blocks of one language."""
    return re.findall(rf"^```{language}\n(.*?)^```", text, re.MULTILINE | re.DOTALL)


def links(text: str) -> Iterator[str]:
    """Where the links of a page lead."""
    bare = re.sub(r"^```.*?^```|`[^`\n]*`", "", text, flags=re.MULTILINE | re.DOTALL)
    yield from re.findall(r"\]\(([^)\s]+)\)", bare)


def anchors(path: Path) -> set[str]:
    """The anchors of a page's headings."""
    titles = (each.title for each in sections((ROOT / path).read_text(encoding="utf-8")))
    return {re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-") for title in titles}


def _cells(line: str) -> list[str]:
    if not line.startswith("|"):
        return []
    return [cell.strip().replace("\\|", "|") for cell in re.split(r"(?<!\\)\|", line.strip())[1:-1]]
