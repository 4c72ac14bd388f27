"""Calls that carry files, usually over a session of their own."""

from typing import Any

from tests.wire.server import layer
from tests.wire.server.world import World


def _save_part(world: World, call: Any) -> Any:
    world.files.keep_part(call.file_id, call.file_part, call.bytes)
    return layer.Yes()


def _get_file(world: World, call: Any) -> Any:
    content = world.files.fetched(call.location.id).content
    return layer.types.upload.File(
        type=layer.types.storage.FileUnknown(),
        mtime=world.date,
        bytes=content[call.offset : call.offset + call.limit],
    )


METHODS = {
    "upload.SaveFilePart": _save_part,
    "upload.SaveBigFilePart": _save_part,
    "upload.GetFile": _get_file,
}
