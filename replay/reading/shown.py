"""Sealed words that an export shows: each is known by its commitment, and no key is needed."""

from collections.abc import Iterable
from datetime import datetime

from llmtb.events.personal import Kind
from llmtb.events.sealing import Box, commitment


class Shown:
    """Opens the boxes whose words are shown (`llmtb.events.sealing.Keys`); seals nothing."""

    def __init__(self) -> None:
        self._words: dict[bytes, bytes] = {}

    def show(self, words: Iterable[bytes | None]) -> None:
        """From now on, know these words with their salt, and no others."""
        self._words = {commitment(each): each for each in words if each is not None}

    def open(self, box: Box, place: bytes) -> bytes | None:
        """The salt and the words of a box; None where none that are shown are what it holds."""
        return self._words.get(box.commitment)

    def seal(self, owner: str, kind: Kind, at: datetime, place: bytes, words: bytes) -> Box:
        raise TypeError("what is only shown cannot be sealed")

    def settle(self) -> None:
        """Do nothing: there are no keys."""

    def wrap(self, state: bytes, place: bytes) -> bytes:
        raise TypeError("what is only shown has no snapshots")

    def unwrap(self, state: bytes, place: bytes) -> bytes | None:
        raise TypeError("what is only shown has no snapshots")
