"""From documents to passages, which people see, and from passages to chunks, which are indexed."""

import re
import unicodedata
from collections.abc import Iterator

import msgspec

from llmtb.events.chat import Audience
from llmtb.inference.knowledge.documents.document import Document, Entry, Section
from llmtb.inference.knowledge.documents.outline import SEPARATOR
from llmtb.inference.knowledge.passage import Passage

# Characters. A passage of prose is as long as people like to read at once, a chunk as long as
# the encoder tells apart best (measured: about 300).
PASSAGE = (300, 900)
CHUNK = (100, 300)
QUESTION = 300  # of a question that heads a chunk
HEAD = 120  # of a title and section that do

_LIST = re.compile(r"^[ \t]*(?:[-•*–]|\d{1,3}[.)])[ \t]+\S", re.MULTILINE)
_PARAGRAPH = re.compile(r"\n\s*\n")
# From the best place to part a text to the worst.
_BORDERS = (
    _PARAGRAPH,
    re.compile(r"\n(?!\s)"),
    re.compile(r"\n"),
    re.compile(
        r"(?:(?<!\b\d)(?<!\b\d\d)\.|[!?…])[\"'»”’)\]]*\s+|[؟۔!?][\"'»)]*\s*|[。！？…][”’」』）]*"
    ),
    re.compile(r"[;:,]\s+|[؛،؛]\s*|[；，：、]"),
    re.compile(r"\s+"),
)


class Meta(msgspec.Struct, frozen=True, kw_only=True):
    """What the company says of a document; see `Passage` for the words.

    A document may be stricter than this, entry by entry, but never more open. language: instead
    of the document's own. reviewed: whether a person approves its entries as answers.
    """

    document: str
    version: int
    audience: Audience
    department: str = ""
    level: int = 0
    language: str | None = None
    reviewed: bool = False


def passages_of(document: Document, meta: Meta) -> list[Passage]:
    """An entry as one passage with its whole answer; prose in passages of `PASSAGE` characters.

    Prose is parted between paragraphs, lists, lines or sentences, in that order, and never runs
    from one section into the next; a list stays whole where it fits. Where no language is known,
    it is empty. Numbers count from 1, entries first.
    """
    language = meta.language or document.language or ""
    told = [_of_entry(entry, document, meta) for entry in document.entries]
    told += [each for part in document.sections for each in _of_section(part, document, meta)]
    return [
        msgspec.structs.replace(
            passage, id=f"{meta.document}@{meta.version}#{number}", number=number, language=language
        )
        for number, passage in enumerate(told, 1)
    ]


def chunks_of(passage: Passage) -> list[str]:
    """What of a passage is indexed: its text in pieces of `CHUNK`, each with its head.

    That is the question, or the title and section; every variant of the question is a chunk too,
    with the beginning of the answer.
    """
    pieces = list(parted(passage.text, *CHUNK))
    if passage.question is None:
        head = cut_off(" ".join(filter(None, (passage.title, passage.section))), HEAD)
        return [f"{head}\n{piece}" if head else piece for piece in pieces]
    question = cut_off(passage.question, QUESTION)
    variants = [cut_off(variant, QUESTION) for variant in passage.variants]
    return [
        *(f"{question}\n{piece}" for piece in pieces),
        *(f"{variant}\n{pieces[0]}" for variant in variants if variant and pieces),
    ]


def parted(text: str, least: int, most: int) -> Iterator[str]:
    """A text in pieces of at most `most` characters, in order; only white space is lost.

    A piece is no shorter than `least` where that can be, and ends at the best border there is.
    """
    text = text.strip()
    start, end = 0, len(text)
    while (left := end - start) > most:
        # Two halves are better than a whole and a scrap.
        longest = most if left > 2 * most else max(least, min(most, left * 6 // 10))
        place = _border(text, start, start + least, start + longest)
        yield text[start:place].strip()
        start = place
        while text[start].isspace():
            start += 1
    if start < end:
        yield text[start:]


def cut_off(text: str, most: int) -> str:
    """The beginning of a text, on one line."""
    return next(parted(" ".join(text.split()), most // 2, most), "")


def _border(text: str, start: int, least: int, most: int) -> int:
    for border in _BORDERS:
        places = [found.end() for found in border.finditer(text, start, most)]
        if places and places[-1] >= least:
            return places[-1]
    place = most
    while place > start + 1 and unicodedata.combining(text[place]):
        place -= 1  # a letter keeps its marks
    return place if place > start + 1 else most


def _of_entry(entry: Entry, document: Document, meta: Meta) -> Passage:
    internal = "agent" in {entry.audience, meta.audience}
    return Passage(
        id="",
        number=0,
        language="",
        document=meta.document,
        version=meta.version,
        kind="faq",
        title=document.title,
        section=entry.section,
        page=entry.page,
        department=entry.department or meta.department,
        audience="agent" if internal else "customer",
        level=max(entry.level or 0, meta.level),
        entry=entry.id,
        question=entry.question,
        variants=entry.variants,
        text=entry.answer,
        tags=entry.tags,
        reviewed=meta.reviewed if entry.reviewed is None else meta.reviewed and entry.reviewed,
    )


def _of_section(section: Section, document: Document, meta: Meta) -> Iterator[Passage]:
    headings = section.headings
    if headings[:1] == (document.title,):
        headings = headings[1:]
    for text in _passages(section.text):
        yield Passage(
            id="",
            number=0,
            language="",
            document=meta.document,
            version=meta.version,
            kind="text",
            title=document.title,
            section=SEPARATOR.join(headings),
            page=section.page,
            department=meta.department,
            audience=meta.audience,
            level=meta.level,
            text=text,
            reviewed=meta.reviewed,
        )


def _passages(text: str) -> Iterator[str]:
    least, most = PASSAGE
    held = ""
    for block in _blocks(text):
        together = f"{held}\n\n{block}" if held else block
        whole = len(block) <= most and _LIST.search(block)
        if len(together) > most and held and (len(held) >= least or whole):
            yield held
            together = block
        *full, held = parted(together, least, most)
        yield from full
    if held:
        yield held


def _blocks(text: str) -> Iterator[str]:
    """Paragraphs; a list with the line that announces it is one."""
    held: list[str] = []
    for block in filter(None, (each.strip("\n") for each in _PARAGRAPH.split(text))):
        goes_on = _LIST.match(block) and held and (_LIST.match(held[-1]) or _announces(held[-1]))
        if held and not goes_on:
            yield "\n\n".join(held)
            held = []
        held.append(block)
    if held:
        yield "\n\n".join(held)


def _announces(block: str) -> bool:
    return block.rstrip().endswith((":", "："))
