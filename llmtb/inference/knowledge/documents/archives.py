"""What packed files hold, looked at before anything is unpacked for good."""

import io
import zipfile

from llmtb.inference.errors import DocumentError
from llmtb.inference.knowledge.documents.limits import MIB, Limits

_STEP = MIB
_FREE = 8 * MIB  # small files may be packed as tightly as they like
_BANNED = (b"<!DOCTYPE", b"<!ENTITY")


def names_in(content: bytes) -> list[str]:
    """The files of a packed file. Raises DocumentError where it is none, or a broken one."""
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as packed:
            return packed.namelist()
    except (zipfile.BadZipFile, ValueError, NotImplementedError):
        raise DocumentError("is damaged or cut off; save or send it again") from None


def check(content: bytes, limits: Limits) -> None:
    """Refuses a packed file that grows beyond its bounds, or whose XML defines entities."""
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as packed:
            members = packed.infolist()
            total = sum(member.file_size for member in members)
            dense = total > _FREE and total > limits.ratio * len(content)
            if len(members) > limits.members or total > limits.unpacked or dense:
                raise DocumentError(
                    "unpacks to far more than it should; save it again, without media"
                )
            for member in members:
                if member.flag_bits & 1:
                    raise DocumentError("is protected by a password; save it without one")
                if member.filename.lower().endswith((".xml", ".rels", ".vml")):
                    _check_xml(packed, member)
    except (zipfile.BadZipFile, zipfile.LargeZipFile, EOFError, NotImplementedError):
        raise DocumentError("is damaged or cut off; save or send it again") from None


def _check_xml(packed: zipfile.ZipFile, member: zipfile.ZipInfo) -> None:
    """No office program writes a document type; whoever does wants entities to grow."""
    end = b""
    with packed.open(member) as file:
        while step := file.read(_STEP):
            seen = end + step
            plain = seen.replace(b"\0", b"")  # UTF-16 hides nothing either
            if any(banned in plain for banned in _BANNED):
                raise DocumentError("defines XML entities, which no document needs; save it again")
            end = seen[-32:]
