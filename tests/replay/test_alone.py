"""The verbs that make a log understood need nothing of the running system."""

import subprocess
import sys
from pathlib import Path

import pytest

from llmtb.events.stores.sqlite import SQLiteStore
from llmtb.simulate import simulate
from llmtb.testing.day import Day
from tests.house.sources import ROOT

ALONE = """
import sys
from importlib.abc import MetaPathFinder

PURE = ("llmtb.events", "llmtb.projections", "llmtb.policy", "llmtb.capacity", "llmtb.erlang")

class Gate(MetaPathFinder):
    def find_spec(self, name, path=None, target=None):
        top = name.partition(".")[0]
        ours = name in ("llmtb", "replay") or name.startswith(("replay.", *PURE))
        python = top in sys.stdlib_module_names or top.startswith("_sysconfigdata")
        if python or top == "msgspec" or ours:
            return None
        raise ImportError(f"{name} is not at hand")

sys.meta_path.insert(0, Gate())
from replay.__main__ import main
sys.exit(main(sys.argv[1:]))
"""


@pytest.fixture(scope="module")
def journal(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("alone") / "journal.db"
    simulate(Day(2, agents=10, crashes=0).lines(), SQLiteStore(path), lambda _: None)
    return path


@pytest.mark.parametrize(
    "verb",
    [
        ["timeline", "--person", "a005"],
        ["timeline", "--person", "a005", "--format", "svg"],
        ["timeline", "--chat", "4711"],
        ["state", "--at", "2026-11-21T12:40"],
        ["why", "100", "--depth", "3"],
        ["report", "2026-11-21/morning"],
    ],
    ids=" ".join,
)
def test_nothing_but_the_standard_library_and_msgspec_is_needed(
    journal: Path, verb: list[str]
) -> None:
    name, *rest = verb
    command = [sys.executable, "-c", ALONE, name, str(journal), *rest]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    assert "is not at hand" not in done.stderr
    assert done.returncode == (2 if "--chat" in verb else 0), done.stderr
