"""Files on the server: parts as they are uploaded, whole files as they are sent and fetched."""

import secrets
from typing import Any

from tests.wire.server import layer
from tests.wire.server.errors import RpcRefusal
from tests.wire.server.screen import File

DC = 2
_REFERENCE = b"reference"
_SIDE = 320  # pixels: nothing looks at a photo's real size


class Files:
    """The parts and the whole files of one server."""

    def __init__(self) -> None:
        self._parts: dict[int, dict[int, bytes]] = {}
        self._whole: dict[int, File] = {}

    def keep_part(self, upload: int, part: int, content: bytes) -> None:
        """Keeps one part of an upload; the same part twice is one part."""
        self._parts.setdefault(upload, {})[part] = content

    def sent(self, media: Any) -> File:
        """The file that an `InputMedia` names, put together if it was just uploaded."""
        match layer.name_of(media):
            case "InputMediaUploadedDocument":
                return self._assembled("document", media.file, _name_in(media), media.mime_type)
            case "InputMediaUploadedPhoto":
                return self._assembled("photo", media.file, media.file.name, "image/jpeg")
            case "InputMediaDocument" | "InputMediaPhoto":
                return self.fetched(media.id.id)
            case _:
                raise RpcRefusal(400, "MEDIA_INVALID")

    def fetched(self, file_id: int) -> File:
        """The file under an id that the server gave out."""
        if file_id not in self._whole:
            raise RpcRefusal(400, "FILE_REFERENCE_INVALID")
        return self._whole[file_id]

    def media(self, file: File, date: int) -> Any:
        """The raw media of a message that carries `file`, under a new id."""
        file_id = secrets.randbits(60)
        self._whole[file_id] = file
        common = {
            "id": file_id,
            "access_hash": secrets.randbits(60),
            "file_reference": _REFERENCE,
            "date": date,
            "dc_id": DC,
        }
        size = len(file.content)
        if file.kind == "photo":
            shown = layer.types.PhotoSize(type="x", w=_SIDE, h=_SIDE, size=size)
            photo = layer.types.Photo(**common, sizes=[shown])
            return layer.types.MessageMediaPhoto(photo=photo)
        named = layer.types.DocumentAttributeFilename(file_name=file.name)
        document = layer.types.Document(
            **common, mime_type=file.mime, size=size, attributes=[named]
        )
        return layer.types.MessageMediaDocument(document=document)

    def _assembled(self, kind: str, uploaded: Any, name: str, mime: str) -> File:
        parts = self._parts.get(uploaded.id, {})
        if sorted(parts) != list(range(uploaded.parts)):
            missing = next(part for part in range(uploaded.parts) if part not in parts)
            raise RpcRefusal(400, f"FILE_PART_{missing}_MISSING")
        return File(kind, name, b"".join(parts[part] for part in sorted(parts)), mime)


def _name_in(media: Any) -> str:
    names = [str(it.file_name) for it in media.attributes if hasattr(it, "file_name")]
    return names[0] if names else str(media.file.name)
