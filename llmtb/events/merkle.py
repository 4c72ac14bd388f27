"""The Merkle tree over a journal, as RFC 9162 section 2.1 has it; its leaves are events' hashes.

    leaf  SHA-256(0x00 || the 32 bytes of an event's hash)
    node  SHA-256(0x01 || left || right)

A `Frontier` takes leaves one by one in memory that grows with the logarithm of their number; its
`peaks` are the roots of the perfect trees that it is made of, the largest first, and are enough to
go on from.
"""

from collections.abc import Iterable, Sequence
from hashlib import sha256

EMPTY = sha256(b"").digest()


def leaf(data: bytes) -> bytes:
    """The hash of a leaf."""
    return sha256(b"\x00" + data).digest()


def node(left: bytes, right: bytes) -> bytes:
    """The hash of a node."""
    return sha256(b"\x01" + left + right).digest()


class Frontier:
    """The right edge of a growing tree. size: how many leaves it has."""

    def __init__(self, size: int = 0, peaks: Sequence[bytes] = ()) -> None:
        """Go on from a tree of this size. Raises ValueError where the peaks are not of one."""
        if size < 0 or len(peaks) != size.bit_count():
            raise ValueError(f"a tree of {size} leaves has {max(size, 0).bit_count()} peaks")
        self.size = size
        self._peaks = list(peaks)

    @property
    def peaks(self) -> tuple[bytes, ...]:
        """The roots of the perfect trees from left to right; as many as `size` has bits set."""
        return tuple(self._peaks)

    def add(self, data: bytes) -> None:
        """Take in the next leaf's data: an event's hash, or a line's bytes."""
        self.add_leaf(leaf(data))

    def add_leaf(self, mark: bytes) -> None:
        """Take in the hash of the next leaf."""
        peaks, size = self._peaks, self.size
        while size & 1:
            mark = node(peaks.pop(), mark)
            size >>= 1
        peaks.append(mark)
        self.size += 1

    def extend(self, data: Iterable[bytes]) -> None:
        """Take in the data of several leaves, in order."""
        self.extend_leaves([sha256(b"\x00" + each).digest() for each in data])

    def extend_leaves(self, marks: Iterable[bytes]) -> None:
        """Take in the hashes of several leaves, in order; faster than one by one."""
        peaks, size, hashed = self._peaks, self.size, sha256
        for each in marks:
            mark, carries = each, size
            while carries & 1:
                mark = hashed(b"\x01" + peaks.pop() + mark).digest()
                carries >>= 1
            peaks.append(mark)
            size += 1
        self.size = size

    def root(self) -> bytes:
        """The root of the tree so far; 32 bytes."""
        if not self._peaks:
            return EMPTY
        mark = self._peaks[-1]
        for peak in reversed(self._peaks[:-1]):
            mark = node(peak, mark)
        return mark


def follow_inclusion(data: bytes, index: int, size: int, proof: Sequence[bytes]) -> bytes:
    """The root that a proof of inclusion leads to (RFC 9162 section 2.1.3.2).

    data: of the leaf at `index` (from 0) in a tree of `size` leaves.
    Raises ValueError for a proof of another length.
    """
    if not 0 <= index < size:
        raise ValueError(f"leaf {index} is not in a tree of {size}")
    mark, first, last = leaf(data), index, size - 1
    for sibling in proof:
        if last == 0:
            raise ValueError("the proof is too long")
        if first & 1 or first == last:
            mark = node(sibling, mark)
            while not first & 1 and first:
                first, last = first >> 1, last >> 1
        else:
            mark = node(mark, sibling)
        first, last = first >> 1, last >> 1
    if last:
        raise ValueError("the proof is too short")
    return mark
