"""How far a long search is, on one line of a terminal."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Final, TextIO

from replay.speech import lasting

OFTEN: Final = timedelta(seconds=0.2)


class Progress:
    """Writes `12 of 400 policies, about 2 min left` over itself; nothing where nobody looks."""

    def __init__(self, out: TextIO, now: Callable[[], datetime]) -> None:
        self._out = out
        self._now = now
        self._began = self._told = now()
        self._looks = out.isatty()

    def tell(self, done: int, whole: int) -> None:
        """So many are done; the line is gone when all are."""
        now = self._now()
        if not self._looks or (done < whole and now - self._told < OFTEN):
            return
        self._told = now
        left = (now - self._began) / done * (whole - done)
        line = f"{done} of {whole} policies, about {lasting(left)} left" if done < whole else ""
        self._out.write(f"\r\x1b[K{line}")
        self._out.flush()
