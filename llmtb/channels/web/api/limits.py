"""How many requests each caller may make, and how many of a kind may run at one time."""

from collections import OrderedDict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Final

from llmtb.channels.web.api.problems import Problem

MOST_CALLERS: Final = 10_000


class Pace:
    """So many requests a second for each caller, and `burst` at once.

    seconds: tells the time, in seconds; it need only never run back.
    """

    def __init__(self, per_second: float, burst: int, seconds: Callable[[], float]) -> None:
        self.per_second = per_second
        self.burst = burst
        self._seconds = seconds
        self._left: OrderedDict[str, tuple[float, float]] = OrderedDict()

    def wait(self, caller: str) -> float:
        """Count one request: 0, or the seconds after which it may be made."""
        now = self._seconds()
        left, since = self._left.pop(caller, (float(self.burst), now))
        left = min(float(self.burst), left + (now - since) * self.per_second)
        allowed = left >= 1
        self._left[caller] = (left - 1 if allowed else left, now)
        while len(self._left) > MOST_CALLERS:
            self._left.popitem(last=False)
        return 0.0 if allowed else (1 - left) / self.per_second


class Room:
    """So many of a kind at one time. what: of what, for who is turned away."""

    def __init__(self, most: int, what: str) -> None:
        self.most = most
        self.taken = 0
        self._what = what

    def check(self) -> None:
        """Raise Problem where every place is taken."""
        if self.taken >= self.most:
            raise Problem(503, f"{self.most} {self._what} at one time; ask again soon", wait=1)

    @contextmanager
    def place(self) -> Iterator[None]:
        """Take a place for as long as this lasts; whoever does has asked `check`."""
        self.taken += 1
        try:
            yield
        finally:
            self.taken -= 1
