"""How much is taken of visitors, whom nobody knows: what is remembered of them is bounded too."""

from collections import Counter, OrderedDict
from collections.abc import Hashable, Iterator
from contextlib import contextmanager
from ipaddress import ip_address
from typing import Final, NamedTuple

import msgspec

_REMEMBERED: Final = 10_000


class Limits(msgspec.Struct, frozen=True, kw_only=True):
    """What one visitor, one address and all of them together may do.

    sessions: new ones of an address in a minute; all_sessions: of everybody. words: what one
    visitor writes and presses in a minute; address_words: what comes from one address.
    streams: open at once for one visitor; address_streams: for one address; all_streams: for all.
    """

    sessions: int = 12
    all_sessions: int = 1200
    words: int = 40
    address_words: int = 240
    streams: int = 6
    address_streams: int = 120
    all_streams: int = 5000


class _Left(NamedTuple):
    amount: float
    at: float


class Rate:
    """So much a minute for each of many; whoever was silent for long is forgotten first."""

    def __init__(self, per_minute: int) -> None:
        self._per_minute = per_minute
        self._left: OrderedDict[Hashable, _Left] = OrderedDict()

    def __len__(self) -> int:
        return len(self._left)

    def takes(self, who: Hashable, now: float) -> bool:
        """Whether one more is taken. now: in seconds, on a clock that only goes forward."""
        left = self._left.pop(who, _Left(self._per_minute, now))
        amount = left.amount + (now - left.at) * self._per_minute / 60
        taken = amount >= 1
        self._left[who] = _Left(min(amount, self._per_minute) - taken, now)
        if len(self._left) > _REMEMBERED:
            self._left.popitem(last=False)
        return taken


class Streams:
    """The streams that are open, of each of many and of all."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._of: Counter[Hashable] = Counter()
        self._all = 0

    def __len__(self) -> int:
        return self._all

    def has_room(self, chat: int, address: str) -> bool:
        """Whether one more may be opened."""
        most = self._limits
        near = bool(address) and self._of[address] >= most.address_streams
        return self._of[chat] < most.streams and not near and self._all < most.all_streams

    @contextmanager
    def open(self, chat: int, address: str) -> Iterator[None]:
        """Count one for as long as it is open."""
        self._count(chat, address, 1)
        try:
            yield
        finally:
            self._count(chat, address, -1)

    def _count(self, chat: int, address: str, by: int) -> None:
        self._all += by
        for who in (chat, address):
            self._of[who] += by
            if not self._of[who]:
                del self._of[who]


def neighbourhood(host: str) -> str:
    """Whose address counts as one: an IPv4 address, the /64 of an IPv6 one.

    Empty for this machine itself: behind a proxy on it everybody would be one.
    """
    try:
        address = ip_address(host.partition("%")[0])
    except ValueError:
        return host
    if address.version == 6 and address.ipv4_mapped is not None:
        address = address.ipv4_mapped
    if address.is_loopback:
        return ""
    return str(address) if address.version == 4 else address.exploded[:19]
