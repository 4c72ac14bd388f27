"""The bot's update box: numbered by pts, pushed while it listens, kept for `getDifference`."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any


@dataclass(eq=False)
class Entry:
    """One update; `live` ones are pushed, the bot's own deeds are only kept.

    An update without a pts (a press, a block) is kept until it was delivered once.
    """

    update: Any
    pts: int
    counted: bool
    live: bool
    message: Any | None = None
    random_id: int | None = None
    delivered: bool = False


class UpdateBox:
    """Everything that happened to the bot, and how far its listeners have been told.

    `push(entry)` sends one update to whoever listens and says whether anybody did.
    """

    def __init__(self, push: Callable[[Entry], bool]) -> None:
        self.pts = 1
        self.qts = 1
        self.slice_size = 100
        self.too_long_from: int | None = None
        self.held = False
        self._push = push
        self._entries: list[Entry] = []
        self._doubled = 0
        self._backwards = 0
        self._waiting: list[Entry] = []

    def count(self, steps: int = 1) -> dict[str, int]:
        """The next pts, with its count, as the fields of an update."""
        self.pts += steps
        return {"pts": self.pts, "pts_count": steps}

    def keep(
        self,
        update: Any,
        *,
        live: bool,
        counted: bool = True,
        message: Any | None = None,
        random_id: int | None = None,
    ) -> Any:
        """Keeps an update, pushes it when it is `live`, and gives it back."""
        entry = Entry(update, self.pts, counted, live, message, random_id)
        self._entries.append(entry)
        if live and not self.held:
            self._deliver(entry)
        return update

    def double(self, times: int) -> None:
        """The next `times` live updates arrive twice."""
        self._doubled = times

    def reverse(self, times: int) -> None:
        """The next `times` live updates arrive together, the last one first."""
        self._backwards = times

    def after(self, pts: int) -> tuple[list[Entry], int, bool]:
        """The entries a bot at `pts` has missed, the pts they lead to, and whether that is all."""
        missed = [entry for entry in self._entries if self._is_missed(entry, pts)]
        part = missed[: self.slice_size]
        for entry in part:
            entry.delivered = True
        whole = len(part) == len(missed)
        return part, max(pts, self.pts if whole else part[-1].pts), whole

    def is_too_far(self, pts: int) -> bool:
        """Whether a bot at `pts` is too far behind to be told what it missed."""
        return self.too_long_from is not None and self.pts - pts >= self.too_long_from

    def _is_missed(self, entry: Entry, pts: int) -> bool:
        return entry.pts > pts if entry.counted else not entry.delivered

    def _deliver(self, entry: Entry) -> None:
        if self._backwards:
            self._waiting.append(entry)
            if len(self._waiting) < self._backwards:
                return
            turned, self._waiting, self._backwards = self._waiting[::-1], [], 0
            for one in turned:
                one.delivered = self._push(one)
            return
        entry.delivered = self._push(entry)
        if self._doubled:
            self._doubled -= 1
            self._push(entry)
