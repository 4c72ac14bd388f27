"""What is told while models are fetched and made."""

from typing import Protocol


class Watcher(Protocol):
    """Hears how far the work is."""

    def step(self, words: str) -> None:
        """A new piece of the work begins."""

    def moved(self, done: int, total: int) -> None:
        """So many bytes of it are there."""


class Silent:
    """Tells nobody."""

    def step(self, words: str) -> None:
        """Say nothing."""

    def moved(self, done: int, total: int) -> None:
        """Say nothing."""
