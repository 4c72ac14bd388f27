"""How much one caller is taken: buckets that refill, for a bounded number of callers."""

from collections.abc import Callable
from ipaddress import IPv6Address, ip_address
from typing import Final, NamedTuple

REMEMBERED: Final = 20_000  # callers; the one unseen for longest is forgotten


class Rate(NamedTuple):
    """So many at once, and so many a second after that."""

    burst: float
    per_second: float


class Buckets:
    """A bucket for each caller. seconds: a clock of its own, that only runs on."""

    def __init__(self, rate: Rate, seconds: Callable[[], float]) -> None:
        self._rate = rate
        self._seconds = seconds
        self._buckets: dict[str, tuple[float, float]] = {}  # what is left, and when it was

    def takes(self, caller: str) -> bool:
        """Whether one more of a caller is taken now; if so, it counts."""
        now = self._seconds()
        left, then = self._buckets.pop(caller, (self._rate.burst, now))
        left = min(self._rate.burst, left + (now - then) * self._rate.per_second)
        taken = left >= 1
        self._buckets[caller] = (left - 1 if taken else left, now)
        if len(self._buckets) > REMEMBERED:
            del self._buckets[next(iter(self._buckets))]
        return taken


class Open:
    """How many long answers each caller has open; what is closed is forgotten."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._open: dict[str, int] = {}

    def enter(self, caller: str) -> bool:
        """Whether one more may be opened; if so, `leave` is due for it."""
        count = self._open.get(caller, 0)
        if count >= self._most:
            return False
        self._open[caller] = count + 1
        return True

    def leave(self, caller: str) -> None:
        """One is closed."""
        count = self._open.pop(caller) - 1
        if count:
            self._open[caller] = count


def caller_of(host: str) -> str:
    """Who counts as one caller: an address, or for IPv6 the network that one customer gets."""
    try:
        address = ip_address(host)
    except ValueError:
        return host
    if isinstance(address, IPv6Address) and address.ipv4_mapped is None:
        return f"{IPv6Address(int(address) >> 64 << 64)}/64"
    return host
