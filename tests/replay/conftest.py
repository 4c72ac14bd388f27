"""One journal of a made-up day for all who read one."""

from pathlib import Path

import pytest

from llmtb.events.stores.sqlite import SQLiteStore
from llmtb.simulate import simulate
from llmtb.testing.day import Day


@pytest.fixture(scope="session")
def journal(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The events of `folds.day(2)`, in a file; nobody writes to it."""
    path = tmp_path_factory.mktemp("day") / "journal.db"
    simulate(Day(2, agents=20).lines(), SQLiteStore(path), lambda _: None)
    return path
