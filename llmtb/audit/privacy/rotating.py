"""Exchanges the master key while everything runs, and records it."""

import asyncio
from typing import Annotated, Any

import msgspec
from msgspec import Meta

from llmtb.actors.audit import RecordRotation
from llmtb.actors.command import AgentId
from llmtb.app import House
from llmtb.audit.archive import Archive
from llmtb.control import Note
from llmtb.vault.keys import Rotation, Vault


class Rotate(
    msgspec.Struct,
    frozen=True,
    kw_only=True,
    forbid_unknown_fields=True,
    tag_field="do",
    tag="rotate",
):
    """Lock people's keys by another master key. by: who wants it."""

    by: Annotated[AgentId, Meta(min_length=1)] = "owner"


async def rotate(archive: Archive, form: dict[str, Any], note: Note) -> dict[str, Any]:
    """Take another master key; its name, and how many keys it locks.

    Raises KeyRefused, which says what to do, StorageFailed, msgspec.ValidationError, or OSError.
    """
    wanted = msgspec.convert(form, Rotate)
    await record_rotation(archive.house, archive.vault, wanted.by)  # one that was broken off
    note("locking people's keys by another master key")
    await asyncio.to_thread(archive.vault.exchange)
    done = await record_rotation(archive.house, archive.vault, wanted.by)
    return {} if done is None else {"key": done.locked_by, "keys": done.keys}


async def record_rotation(house: House, vault: Vault, by: str = "clock") -> Rotation | None:
    """Record the last exchange of the master key, unless it is; also one that was broken off.

    Raises StorageFailed; then it is recorded later, and once.
    """
    untold = vault.untold()
    if untold is not None:
        command = RecordRotation(by=by, key=untold.locked_by, keys=untold.keys)
        await house.audit(command, f"rotation {untold.number} to {untold.locked_by}")
        await asyncio.to_thread(vault.told)
    return untold
