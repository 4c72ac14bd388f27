"""Has a checkpoint signed for a verb, and goes on where the owner says so."""

from typing import Any

import msgspec

from llmtb.actors.command import AgentId, Reason
from llmtb.audit.archive import Archive
from llmtb.audit.vouching.checkpoints import NothingToAccept
from llmtb.control import INPUT, Note, Unable
from llmtb.events.audit import Occasion


class _Sign(msgspec.Struct, frozen=True, kw_only=True, tag_field="do", tag="checkpoint"):
    by: AgentId
    occasion: Occasion = "asked"


class _Accept(msgspec.Struct, frozen=True, kw_only=True, tag_field="do", tag="accept"):
    by: AgentId
    reason: Reason


async def checkpoint(archive: Archive, form: dict[str, Any], note: Note) -> dict[str, Any]:
    """A checkpoint of all that is recorded by now; see `Checkpoints.sign`."""
    wanted = msgspec.convert(form, _Sign)
    note("checking what is new in the journal")
    return await archive.checkpoints.sign(wanted.by, wanted.occasion)


async def accept(archive: Archive, form: dict[str, Any], note: Note) -> dict[str, Any]:
    """Go on with a journal that does not match; see `Checkpoints.accept`."""
    wanted = msgspec.convert(form, _Accept)
    note("checking the journal")
    try:
        return await archive.checkpoints.accept(wanted.by, wanted.reason)
    except NothingToAccept as fine:
        raise Unable(INPUT, str(fine)) from fine
