"""The pages of a SQLite file and of its write-ahead log, read without SQLite, damaged or not.

Whatever the file's header says is only believed where it can be; a page that is missing is short.
"""

import struct
from array import array
from collections.abc import Callable, Iterator
from io import BytesIO
from pathlib import Path
from sys import byteorder
from typing import BinaryIO, NamedTuple, Self

EVERY = 256  # pages between two words about how far it is
SIZE = 4096  # of a page, where nothing says otherwise
STARTS = b"SQLite format 3\0"
SIZES = frozenset(1 << power for power in range(9, 17))
WAL_HEADER, FRAME_HEADER = 32, 24
MAGIC = {0x377F0682: "little", 0x377F0683: "big"}  # how a log's checksums are counted
ROUND = 0xFFFFFFFF


class Image(NamedTuple):
    """A page as it stands somewhere. number: its place in the database, from 1.

    doubt: 0 for what SQLite itself would read; 1 for what follows a break in the log.
    """

    number: int
    data: bytes
    doubt: int


class Pages:
    """The pages of a file `journal.db` and, where there is one, of `journal.db-wal`."""

    def __init__(self, path: Path, tell: Callable[[int, int], object] | None = None) -> None:
        """tell: takes how many pages were gone through, of how many. Raises OSError."""
        self._tell = tell or (lambda done, of: None)
        self._file = path.open("rb")
        wal = path.with_name(path.name + "-wal")
        self._wal: BinaryIO = BytesIO()
        try:
            if wal.is_file():
                self._wal = wal.open("rb")
            self.size = self._page_size()
            self.count = -(-_length(self._file) // self.size)
            self._frames = list(self._committed())
        except BaseException:
            self.__exit__()
            raise
        self._logged: dict[int, list[int]] = {}
        for number, place, _ in self._frames:
            self._logged.setdefault(number, []).append(place)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._file.close()
        self._wal.close()

    def __iter__(self) -> Iterator[Image]:
        """Every page of the file, then every page that the log holds."""
        for done, image in enumerate(self._images()):
            if done % EVERY == 0:
                self._tell(done, self.count + len(self._frames))
            yield image

    def missing(self) -> range:
        """The pages at the end that the file should have, and has not."""
        first = next(self.versions(1), b"")
        whole = int.from_bytes(first[28:32], "big") if first.startswith(STARTS) else 0
        return range(max(self.count, *self._logged, 0) + 1, whole + 1)

    def versions(self, number: int) -> Iterator[bytes]:
        """What stands for a page, the newest first, each once."""
        seen: set[bytes] = set()
        for place in reversed(self._logged.get(number, ())):
            data = self._logged_page(place)
            if data not in seen:
                seen.add(data)
                yield data
        if 1 <= number <= self.count and (data := self._page(number)) not in seen:
            yield data

    def _images(self) -> Iterator[Image]:
        for number in range(1, self.count + 1):
            yield Image(number, self._page(number), 0)
        for number, place, doubt in self._frames:
            yield Image(number, self._logged_page(place), doubt)

    def _page(self, number: int) -> bytes:
        self._file.seek((number - 1) * self.size)
        return self._file.read(self.size)

    def _logged_page(self, place: int) -> bytes:
        self._wal.seek(place + FRAME_HEADER)
        return self._wal.read(self.size)

    def _page_size(self) -> int:
        """As the header of the file says, else that of the log."""
        self._file.seek(0)
        head = self._file.read(18)
        said = [int.from_bytes(head[16:18], "big")] if head.startswith(STARTS) else []
        self._wal.seek(0)
        said.append(int.from_bytes(self._wal.read(12)[8:12], "big"))
        sizes = (65536 if size == 1 else size for size in said)
        return next((size for size in sizes if size in SIZES), SIZE)

    def _committed(self) -> Iterator[tuple[int, int, int]]:
        """The frames of the log that belong to a commit: page, place in the log, doubt.

        Frames of one writing of the log bear the same salt, and each goes on with the checksum of
        the one before, which stands in its header: so frames behind a damaged one are found, too.
        What no commit follows was never made, and is no part of the journal.
        """
        self._wal.seek(0)
        header = self._wal.read(WAL_HEADER)
        if len(header) < WAL_HEADER:
            return
        order = MAGIC.get(int.from_bytes(header[:4], "big"), byteorder)
        salt, sums = header[16:24], struct.unpack(">2I", header[24:32])
        group: list[tuple[int, int, int]] = []
        doubt, place, length = 0, WAL_HEADER, _length(self._wal)
        while place + FRAME_HEADER < length:
            self._wal.seek(place)
            frame = self._wal.read(FRAME_HEADER)
            number, commits = struct.unpack(">2I", frame[:8])
            if frame[8:16] != salt:
                salt, group, doubt = frame[8:16], [], 1
            data = self._wal.read(self.size)
            stored = struct.unpack(">2I", frame[16:24])
            holds = _sums(frame[:8] + data, order, sums) == stored
            if not holds:
                doubt = 1
            group.append((number, place, doubt))
            if commits and holds:
                yield from group
                group = []
            sums = stored
            place += FRAME_HEADER + self.size


def _sums(data: bytes, order: str, sums: tuple[int, int]) -> tuple[int, int]:
    """The checksum of a frame, as SQLite counts it on from that of the frame before."""
    words = array("I", data[: len(data) & ~7])
    if order != byteorder:
        words.byteswap()
    first, second = sums
    pairs = iter(words)
    for one, two in zip(pairs, pairs):
        first = (first + one + second) & ROUND
        second = (second + two + first) & ROUND
    return first, second


def _length(file: BinaryIO) -> int:
    return file.seek(0, 2)
