"""What the shelf promises: whole or not at all, for its owner alone, and exactly what was added."""

import errno
import os
import stat
from collections.abc import Callable
from pathlib import Path
from typing import IO, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from llmtb.inference.errors import DocumentError
from llmtb.library.shelf import Shelf


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


@given(content=st.binary(max_size=3000))
def test_what_is_kept_is_held_byte_for_byte(
    content: bytes, tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder = tmp_path_factory.mktemp("shelf")
    source = folder / "Book.PDF"
    source.write_bytes(content)
    shelf = Shelf(folder / "documents")
    kept = shelf.keep(source)
    assert kept.size == len(content)
    assert shelf.held(kept.sha256, "Book.PDF").read_bytes() == content
    assert shelf.keep(source) == kept
    assert list(shelf.folder.iterdir()) == [kept.path]


def test_only_the_owner_can_read_it(tmp_path: Path) -> None:
    source = tmp_path / "a.md"
    source.write_text("text")
    source.chmod(0o666)
    kept = Shelf(tmp_path / "documents").keep(source)
    assert mode(kept.path) == 0o600
    assert mode(kept.path.parent) == 0o700


@pytest.mark.parametrize("damage", [Path.unlink, lambda path: path.write_text("other")])
def test_what_is_gone_or_changed_is_told_in_one_line(
    damage: Callable[[Path], object], tmp_path: Path
) -> None:
    source = tmp_path / "a.md"
    source.write_text("text")
    shelf = Shelf(tmp_path / "documents")
    kept = shelf.keep(source)
    damage(kept.path)
    with pytest.raises(DocumentError, match=r"a\.md: .*add it again"):
        shelf.held(kept.sha256, "a.md")


class FullDisk:
    """A file on a disk that has no room for what is written from the `room`-th byte on."""

    def __init__(self, file: IO[bytes], room: int) -> None:
        self._file = file
        self._room = room

    def __enter__(self) -> "FullDisk":
        return self

    def __exit__(self, *_: object) -> None:
        self._file.close()

    def write(self, piece: bytes) -> int:
        self._room -= len(piece)
        if self._room < 0:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        return self._file.write(piece)

    def flush(self) -> None:
        self._file.flush()

    def fileno(self) -> int:
        return self._file.fileno()


def fill_the_disk(monkeypatch: pytest.MonkeyPatch, room: int = 0) -> None:
    real = os.fdopen

    def opened(handle: int, mode: str = "r", *more: Any, **named: Any) -> Any:
        file = real(handle, mode, *more, **named)
        return FullDisk(file, room) if mode == "wb" else file

    monkeypatch.setattr("llmtb.library.shelf.os.fdopen", opened)


def test_a_full_disk_leaves_nothing_half(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    source = tmp_path / "a.md"
    source.write_bytes(b"x" * (3 << 20))
    shelf = Shelf(tmp_path / "documents")
    fill_the_disk(monkeypatch, 2 << 20)
    with pytest.raises(OSError, match="space"):
        shelf.keep(source)
    assert list(shelf.folder.iterdir()) == []


def test_what_a_crash_left_half_is_swept_away(tmp_path: Path) -> None:
    source = tmp_path / "a.md"
    source.write_text("text")
    shelf = Shelf(tmp_path / "documents")
    shelf.sweep()
    kept = shelf.keep(source)
    (shelf.folder / ".half-abc").write_text("te")
    shelf.sweep()
    assert list(shelf.folder.iterdir()) == [kept.path]
