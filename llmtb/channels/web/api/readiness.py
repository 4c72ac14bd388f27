"""Looking whether the program can do its work: its journal, its views, its models."""

import asyncio
from typing import Final, Literal

from llmtb.channels.web.api.shapes import Ready
from llmtb.channels.web.console import MOST_BEHIND, Console, Unserved
from llmtb.events.errors import JournalError

_PROBE: Final = "readiness"
_LAYOUT: Final = "1"
_PATIENCE: Final = 1.0  # seconds for each part
_LOOK: Final = 0.01
_GOOD_FOR: Final = 5.0  # seconds that a probe of the journal counts


class Readiness:
    """Looks whether a console can do its work."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._probed: tuple[float, bool] | None = None
        self._turn = asyncio.Lock()

    async def look(self) -> Ready:
        """How it is, within about two seconds."""
        console = self._console
        reasons = []
        if not await self._writes():
            reasons.append("the journal does not take what is written")
        views = console.views.statistics()
        if views.failure is not None:
            reasons.append(f"the views cannot be kept: {views.failure}")
        elif views.behind > MOST_BEHIND:
            reasons.append(f"the views are {views.behind} events behind")
        models = await self._models()
        if models == "loading":
            reasons.append("the models are still being loaded")
        return Ready(
            ready=not reasons,
            reasons=reasons,
            head=console.journal.head,
            views_behind=views.behind,
            models=models,
        )

    async def _writes(self) -> bool:
        """Whether the journal keeps something now; looked at once in a while, for all who ask."""
        time = asyncio.get_running_loop().time
        async with self._turn:
            if self._probed is None or time() - self._probed[0] > _GOOD_FOR:
                self._probed = (time(), await self._probe())
            return self._probed[1]

    async def _probe(self) -> bool:
        """Have a snapshot of nothing kept, which takes a commit as an event does."""
        journal, mark = self._console.journal, self._console.new_text(9).encode()
        head = journal.head
        try:
            async with asyncio.timeout(_PATIENCE):
                journal.save_snapshot(_PROBE, _LAYOUT, head, mark)
                while journal.load_snapshot(_PROBE, _LAYOUT) != (head, mark):  # noqa: ASYNC110
                    await asyncio.sleep(_LOOK)
        except (TimeoutError, JournalError):
            return False
        return True

    async def _models(self) -> Literal["ready", "loading", "none"]:
        try:
            async with asyncio.timeout(_PATIENCE):
                await self._console.serve({"do": "tell_figures"})
        except TimeoutError:
            return "loading"
        except Unserved:
            return "none"
        return "ready"
