"""What is to go wrong, and with which calls."""

from collections.abc import Collection
from dataclasses import dataclass
from enum import Enum
from typing import Any, Final

from tests.wire.server.errors import RpcRefusal

SENDS: Final = frozenset({"messages.SendMessage", "messages.SendMedia", "messages.EditMessage"})


class Cut(Enum):
    """When the connection is cut: before a call takes effect, or after it did."""

    BEFORE = "before"
    AFTER = "after"


class LinkCut(Exception):
    """The connection is to be cut here, with nothing said."""


@dataclass
class Fault:
    """What happens to the next `times` calls of some methods, in one chat or in all."""

    methods: Collection[str]
    times: int
    effect: Cut | RpcRefusal
    chat: int | None = None

    def strikes(self, method: str, call: Any) -> bool:
        """Whether this call is to suffer."""
        chat = getattr(getattr(call, "peer", None), "user_id", None)
        return method in self.methods and self.chat in {None, chat}


class Faults:
    """The faults that are still to come."""

    def __init__(self) -> None:
        self._coming: list[Fault] = []

    def add(self, fault: Fault) -> None:
        """Plans a fault; earlier ones strike first."""
        self._coming.append(fault)

    def clear(self) -> None:
        """Nothing goes wrong any more."""
        self._coming.clear()

    def take(self, method: str, call: Any) -> Cut | RpcRefusal | None:
        """What goes wrong with this call, if anything; counted down."""
        fault = next((one for one in self._coming if one.strikes(method, call)), None)
        if fault is None:
            return None
        fault.times -= 1
        if fault.times <= 0:
            self._coming.remove(fault)
        return fault.effect
