"""The example day: a made-up day of 200 agents, on the real actors and a SQLite journal.

It is what `llmtb run` does while no bot is set up: a live board in the terminal, then the report.
"""

from collections import deque
from collections.abc import Callable, Coroutine
from datetime import datetime, timedelta
from pathlib import Path
from time import monotonic, sleep
from typing import Any

from rich.console import Console
from rich.live import Live

from llmtb.channels.terminal.board import in_words, screen
from llmtb.events.event import Event
from llmtb.events.journal import Recorded
from llmtb.events.stores.sqlite import SQLiteStore
from llmtb.projections.board import board
from llmtb.projections.capacity import Capacity
from llmtb.runtime import virtual
from llmtb.scenario import steps
from llmtb.simulate import play
from llmtb.testing.day import Day

SEED = 200
FRAMES = 8  # a second
NEWS = 8  # events in the ticker


class ExampleDay:
    """One example day, played into the journal at `path` in about `seconds` seconds.

    Without a terminal nothing is shown while it plays, and nothing waits.
    """

    def __init__(self, path: Path, console: Console, seconds: float) -> None:
        self._path = path
        self._console = console
        self._seconds = seconds if console.is_terminal else 0.0
        self._lines = list(Day(SEED).lines())
        self._capacity = Capacity()
        self._news: deque[Event] = deque(maxlen=NEWS)
        self._count = 0

    def play(self) -> int:
        """Play it; returns how many events it made. Raises JournalError."""
        for old in self._path.parent.glob(f"{self._path.name}*"):
            old.unlink()  # an example is made up, and made again
        played = steps(self._lines)
        start = next(steps(self._lines)).at
        store = SQLiteStore(self._path)
        with Live(console=self._console, auto_refresh=False, transient=True) as live:
            main = self._paced(live, start, play(played, store, self._tell, start))
            virtual.run(main, start)
        return self._count

    async def _paced(self, live: Live, start: datetime, main: Coroutine[Any, Any, None]) -> None:
        loop = virtual.loop()
        loop.on_step(self._frames(live, start, loop.clock.now))
        try:
            await main
        finally:
            loop.on_step(None)

    def _frames(
        self, live: Live, start: datetime, now: Callable[[], datetime]
    ) -> Callable[[int], None]:
        """Between the turns of the loop: hold the day to its pace, and draw."""
        began = monotonic()
        next_frame = began

        def frame(_: int) -> None:
            nonlocal next_frame
            if not self._seconds:
                return
            share = (now() - start) / timedelta(days=1)
            ahead = began + share * self._seconds - monotonic()
            if ahead > 0:
                sleep(ahead)
            if monotonic() >= next_frame:
                next_frame = monotonic() + 1 / FRAMES
                live.update(screen(board(self._capacity, now()), self._news, share), refresh=True)

        return frame

    def _tell(self, recorded: Recorded) -> None:
        self._count += 1
        self._capacity.apply(recorded)
        if in_words(recorded.event, lambda _: ""):
            self._news.append(recorded.event)
