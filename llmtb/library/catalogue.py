"""The documents that count: folded from the journal, read from the shelf, split into passages."""

from collections.abc import Iterable, Sequence
from importlib import resources
from pathlib import Path
from typing import Final, NamedTuple

import msgspec

from llmtb.actors.knowledge import AddDocument, Library, evolve
from llmtb.events.knowledge import DocumentAdded
from llmtb.events.record import Recorded
from llmtb.inference.errors import DocumentError
from llmtb.inference.knowledge.chunks import Meta, passages_of
from llmtb.inference.knowledge.documents.document import Document
from llmtb.inference.knowledge.documents.reading import read
from llmtb.inference.knowledge.passage import Passage
from llmtb.inference.language import detect
from llmtb.library.shelf import Shelf

SAMPLE: Final = "sample"
"""How the ids of the made-up company's documents begin."""
_INTERNAL: Final = {"handbook.md"}
_LANGUAGES: Final = ("fa", "en", "id", "pt", "zh")
_ENOUGH: Final = 2000  # characters from which a language is told


class Missing(NamedTuple):
    """A document that counts, and cannot be read: its id, and why in one line."""

    document: str
    why: str


def library_of(records: Iterable[Recorded]) -> Library:
    """The library after its events, in order."""
    library = Library()
    for recorded in records:
        evolve(library, recorded.event)
    return library


def sample_files() -> list[Path]:
    """The made-up company's documents, which come with the program."""
    folder = Path(str(resources.files("llmtb") / "sample" / "knowledge"))
    return sorted(each for each in folder.iterdir() if each.suffix in {".json", ".md"})


def sample_metas() -> list[tuple[Path, Meta]]:
    """The made-up company's documents, with what is said of them."""
    return [
        (
            path,
            Meta(
                document=f"{SAMPLE}-{path.stem}",
                version=1,
                audience="agent" if path.name in _INTERNAL else "customer",
                reviewed=path.suffix == ".json",
            ),
        )
        for path in sample_files()
    ]


def meta_of(event: DocumentAdded | AddDocument, version: int) -> Meta:
    """What the company says of a document."""
    return Meta(
        document=event.document,
        version=version,
        audience=event.audience,
        department=event.department,
        level=event.level,
        language=event.language,
        reviewed=event.reviewed,
    )


async def passages_in(
    library: Library, shelf: Shelf, *, sample: bool
) -> tuple[list[Passage], list[Missing]]:
    """Every passage that counts, and the documents that could not be read.

    sample: whether the made-up company's stand in while there are none.
    """
    sources = [
        (shelf.place(event.sha256, event.file), meta_of(event, event.version), event.title)
        for event in library.documents.values()
    ]
    if not library.versions and sample:
        sources = [(path, meta, "") for path, meta in sample_metas()]
    passages: list[Passage] = []
    missing: list[Missing] = []
    for path, meta, title in sources:
        try:
            document = await read(path)
        except DocumentError as error:
            missing.append(Missing(meta.document, str(error)))
            continue
        if title:
            document = msgspec.structs.replace(document, title=title)
        passages += spoken(passages_of(document, meta))
    return passages, missing


def spoken(passages: Sequence[Passage]) -> list[Passage]:
    """The passages, each with its language: its own, else what its text shows, else `en`."""
    told: list[Passage] = []
    for passage in passages:
        if not passage.language:
            guess = detect(f"{passage.question or ''} {passage.text}"[:_ENOUGH], among=_LANGUAGES)
            passage = msgspec.structs.replace(passage, language=guess.language or "en")
        told.append(passage)
    return told


def title_of(document: Document, path: Path) -> str:
    """What a document is called where nobody says."""
    return " ".join(document.title.split())[:300] or path.stem
