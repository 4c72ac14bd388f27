"""The documents that count: folded from the journal, read from the shelf, split into passages."""

import asyncio
from collections.abc import Callable, Iterable, Sequence
from importlib import resources
from pathlib import Path
from typing import Final, NamedTuple

import msgspec

from llmtb.actors.knowledge import AddDocument, Library, evolve
from llmtb.events.chat import Audience
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
HIGHEST: Final = 100  # level of a customer
_AT_ONCE: Final = 2  # documents being read

Progress = Callable[[int, int], None]


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


def is_sample(library: Library) -> bool:
    """Whether the made-up company's documents stand in: no other was ever added than to them."""
    return all(document.startswith(f"{SAMPLE}-") for document in library.versions)


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


def clearance(audience: Audience, level: int) -> int:
    """The level up to which somebody sees: levels are customers', the company's own see all."""
    return HIGHEST if audience == "agent" else level


class Catalogue:
    """Reads the documents that count; each version once, as long as it counts."""

    def __init__(self, shelf: Shelf) -> None:
        self._shelf = shelf
        self._read: dict[tuple[str, int], list[Passage]] = {}
        self._reading = asyncio.Lock()

    async def passages(
        self, library: Library, *, sample: bool, progress: Progress | None = None
    ) -> tuple[list[Passage], list[Missing]]:
        """Every passage that counts, and the documents that could not be read.

        sample: whether the made-up company's stand in while no other document was ever added;
        what is added to them (`sample-…`) stands beside them.
        progress: told of (done, all) documents that are read.
        """
        wanted = [_Wanted(meta_of(e, e.edition), e) for e in library.documents.values()]
        if sample and is_sample(library):
            made_up = [_Wanted(meta, path) for path, meta in sample_metas()]
            wanted += [each for each in made_up if each.meta.document not in library.documents]
        async with self._reading:
            fresh = [each for each in wanted if each.key not in self._read]
            missing: list[Missing] = []
            for start in range(0, len(fresh), _AT_ONCE):
                some = fresh[start : start + _AT_ONCE]
                for each, found in zip(some, await asyncio.gather(*map(self._passages, some))):
                    if isinstance(found, DocumentError):
                        missing.append(Missing(each.meta.document, str(found)))
                    else:
                        self._read[each.key] = found
                if progress:
                    progress(start + len(some), len(fresh))
            keys = [each.key for each in wanted if each.key in self._read]
            self._read = {key: self._read[key] for key in keys}
            return [passage for key in keys for passage in self._read[key]], missing

    async def _passages(self, wanted: "_Wanted") -> list[Passage] | DocumentError:
        try:
            if isinstance(wanted.source, Path):
                document = await read(wanted.source)
            else:
                event = wanted.source
                path = await asyncio.to_thread(self._shelf.held, event.sha256, event.file)
                document = msgspec.structs.replace(await read(path), title=event.title)
        except DocumentError as error:
            return error
        return await asyncio.to_thread(lambda: spoken(passages_of(document, wanted.meta)))


class _Wanted(NamedTuple):
    """A document that counts: what is said of it, and its event, or its file in the program."""

    meta: Meta
    source: DocumentAdded | Path

    @property
    def key(self) -> tuple[str, int]:
        return self.meta.document, self.meta.version


def spoken(passages: Sequence[Passage]) -> list[Passage]:
    """The passages, each with its language: its own, else what its text shows, else `en`."""
    told: list[Passage] = []
    for passage in passages:
        if not passage.language:
            guess = detect(f"{passage.question or ''} {passage.text}"[:_ENOUGH], among=_LANGUAGES)
            passage = msgspec.structs.replace(passage, language=guess.language or "en")
        told.append(passage)
    return told


def title_of(document: Document, file: str) -> str:
    """What a document is called where nobody says."""
    return " ".join(document.title.split())[:300] or Path(file).stem
