"""Exchanges the master key of a folder, and kills itself at the n-th call of the vault's code.

    python -m tests.vault.exchanging FOLDER N

Prints the number of calls where there are fewer.
"""

import os
import signal
import sys
from pathlib import Path
from types import FrameType
from typing import Any

from tests.vault.vaults import vault_in


def main(folder: Path, last: int) -> None:
    """Do it; `last`: the call at which it ends."""
    vault = vault_in(folder)
    calls = 0

    def count(frame: FrameType, event: str, argument: Any) -> None:
        nonlocal calls
        if "/llmtb/vault/" in frame.f_code.co_filename and event in {"call", "c_call", "return"}:
            calls += 1
            if calls == last:
                os.kill(os.getpid(), signal.SIGKILL)

    sys.setprofile(count)
    vault.exchange()
    sys.setprofile(None)
    vault.close()
    sys.stdout.write(f"{calls}\n")


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]))
