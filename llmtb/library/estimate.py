"""How far the indexing is, and about how long it still takes."""

from collections.abc import Callable

_SOON = 5.0  # seconds of which nobody needs to be told


class Estimate:
    """Tells from what was done since the first word of it; what was done before came from a cache.

    now: seconds on a steady clock.
    """

    def __init__(self, now: Callable[[], float]) -> None:
        self._now = now
        self._began: tuple[float, int] | None = None

    def line(self, done: int, of: int) -> str:
        """One line for a person, with the time that is left once it can be said."""
        now = self._now()
        if self._began is None:
            self._began = now, done
        since, before = now - self._began[0], done - self._began[1]
        told = f"indexing: {done} of {of} texts"
        left = since / before * (of - done) if before else 0.0
        if left < _SOON:
            return told
        return f"{told}, about {_spoken(left)} more"


def _spoken(seconds: float) -> str:
    return f"{seconds:.0f} s" if seconds < 90 else f"{seconds / 60:.0f} min"
