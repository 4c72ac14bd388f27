"""A verb that kills itself on the way: `python -m tests.audit.dying STEP VERB…`, as by kill -9.

STEP: `recording` (just before the checkpoint is recorded), `recorded`, `written` (the file is
written under another name), `named` (it has its own).
"""

import os
import signal
import sys
from pathlib import Path
from typing import Any

from llmtb import cli
from llmtb.events.journal import Journal


def die_at(step: str) -> None:
    """Have the process end at this step."""

    def comes_to(here: str) -> None:
        if here == step:
            os.kill(os.getpid(), signal.SIGKILL)

    append, replace = Journal.append, Path.replace

    async def commit(self: Journal, *given: Any, **more: Any) -> Any:
        comes_to("recording")
        recorded = await append(self, *given, **more)
        comes_to("recorded")
        return recorded

    def name(self: Path, target: Any) -> Path:
        comes_to("written")
        named = replace(self, target)
        comes_to("named")
        return named

    Journal.append = commit  # type: ignore[method-assign]
    Path.replace = name  # type: ignore[method-assign, assignment]


if __name__ == "__main__":
    die_at(sys.argv[1])
    sys.exit(cli.main(sys.argv[2:]))
