"""Proofs of inclusion for a journal of any length, in memory that hardly grows with it."""

from collections.abc import Callable, Sequence
from typing import Final

from llmtb.events.merkle import Frontier, leaf, node

TILE: Final = 256  # events whose nodes are made again when a proof needs them
_KNOWN: Final = 10_000  # nodes that are kept at hand

Hashes = Callable[[int, int], Sequence[bytes]]
"""The hashes of the events from one index (from 0) up to, and without, another."""


class Tree:
    """The Merkle tree over a journal's first events; see `llmtb.events.merkle`.

    Of every tile, only the root is kept: a quarter of a byte for each event.
    """

    def __init__(self, size: int, hashes: Hashes) -> None:
        """size: of the tree; it is at least 1."""
        self._size = size
        self._hashes = hashes
        tiles = [self._tile_root(first) for first in range(0, size - TILE + 1, TILE)]
        self._levels = [tiles]
        while len(tiles) > 1:
            tiles = [node(*tiles[at : at + 2]) for at in range(0, len(tiles) - 1, 2)]
            self._levels.append(tiles)
        self._known: dict[tuple[int, int], bytes] = {}
        self._tile = (-1, hashes(0, 0))

    def root(self) -> bytes:
        """The root of the whole tree; 32 bytes."""
        return self._node(0, self._size)

    def proof(self, index: int) -> list[bytes]:
        """The proof of inclusion of the event with this index, for `follow_inclusion`."""
        first, end = 0, self._size
        path: list[bytes] = []
        while end - first > 1:
            middle = first + _left(end - first)
            if index < middle:
                path.append(self._node(middle, end))
                end = middle
            else:
                path.append(self._node(first, middle))
                first = middle
        return path[::-1]

    def _node(self, first: int, end: int) -> bytes:
        """The root of the subtree over some events."""
        count = end - first
        if count >= TILE and not count & (count - 1):
            return self._levels[(count // TILE).bit_length() - 1][first // count]
        found = self._known.get((first, end))
        if found is None:
            if count == 1:
                found = leaf(self._hash(first))
            else:
                middle = first + _left(count)
                found = node(self._node(first, middle), self._node(middle, end))
            if len(self._known) >= _KNOWN:
                self._known.clear()
            self._known[first, end] = found
        return found

    def _hash(self, index: int) -> bytes:
        first = index - index % TILE
        if self._tile[0] != first:
            self._tile = (first, self._hashes(first, min(first + TILE, self._size)))
        return self._tile[1][index - first]

    def _tile_root(self, first: int) -> bytes:
        frontier = Frontier()
        frontier.extend(self._hashes(first, first + TILE))
        return frontier.root()


def _left(count: int) -> int:
    """How many of some leaves stand left of their root: a power of two, and at least half."""
    return int(1 << (count - 1).bit_length() - 1)
