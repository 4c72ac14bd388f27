"""Documents that grow entry by entry: what is in them already, and what comes to it."""

from collections.abc import Sequence

import msgspec

from llmtb.inference.errors import DocumentError
from llmtb.inference.knowledge.documents.document import Document, Entry
from llmtb.library.requests import AddEntries, NewEntry


def grown(held: Document | None, request: AddEntries) -> bytes:
    """The document with the new entries, as JSON that `documents.pairs` reads.

    held: what it says until now; None where it is new. An entry whose id is there already takes the
    place of that one. Raises DocumentError for a document with more in it than entries.
    """
    if held is not None and held.sections:
        raise DocumentError(
            f"{request.document}: is prose, and does not grow by entries; choose another document"
        )
    told = [_told(entry) for entry in (held.entries if held is not None else ())]
    whole = {
        "title": request.title,
        "language": request.language,
        "entries": [*_without(told, request.entries), *map(_new, request.entries)],
    }
    return msgspec.json.format(msgspec.json.encode(whole), indent=1)


def _without(told: Sequence[dict[str, object]], new: Sequence[NewEntry]) -> list[dict[str, object]]:
    ids = {entry.id for entry in new}
    return [entry for entry in told if entry.get("id") not in ids]


def _told(entry: Entry) -> dict[str, object]:
    """An entry as it stands, without what says nothing."""
    fields = msgspec.structs.asdict(entry)
    return {name: value for name, value in fields.items() if value not in (None, "", ())}


def _new(entry: NewEntry) -> dict[str, object]:
    fields = msgspec.structs.asdict(entry)
    return {name: value for name, value in fields.items() if value not in (0, "", ())}
