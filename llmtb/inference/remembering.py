"""What was worked out of a text, kept for when the text comes again, until it must be forgotten."""

from collections.abc import Callable
from functools import lru_cache
from typing import Final, ParamSpec, TypeVar, cast

P = ParamSpec("P")
T = TypeVar("T")

_EMPTIED: Final[list[Callable[[], None]]] = []


def remembered(most: int) -> Callable[[Callable[P, T]], Callable[P, T]]:
    """Keep what a pure function made of the last `most` texts; `forget_texts` empties it."""

    def keep(function: Callable[P, T]) -> Callable[P, T]:
        kept = lru_cache(most)(function)
        _EMPTIED.append(kept.cache_clear)
        return cast("Callable[P, T]", kept)  # its own type has no parameters

    return keep


def forget_texts() -> None:
    """Forget every text: whoever is forgotten may have written it."""
    for emptied in _EMPTIED:
        emptied()
