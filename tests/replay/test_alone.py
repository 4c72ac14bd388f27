"""The auditors' tool needs nothing of the running system, and no library but msgspec."""

import subprocess
import sys
from pathlib import Path

import pytest

from replay.__main__ import VERBS, parser
from tests.house.sources import ROOT
from tests.replay.histories import day, export, journal

# What it may import beside the standard library; no name that begins otherwise.
ALONE = """
import sys
from importlib.abc import MetaPathFinder

OURS = ("llmtb.events", "llmtb.projections", "llmtb.policy", "llmtb.capacity", "llmtb.erlang")

class Wall(MetaPathFinder):
    def find_spec(self, name, path=None, target=None):
        head = name.partition(".")[0]
        standard = head in sys.stdlib_module_names or head.startswith("_sysconfigdata")
        if standard or head in {"msgspec", "replay"} or name == "llmtb":
            return None
        if head == "llmtb" and name.startswith(OURS):
            return None
        raise ModuleNotFoundError(f"{name} is not here")

sys.meta_path.insert(0, Wall())
from replay.__main__ import main
sys.exit(main(sys.argv[1:]))
"""


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """An export, and a journal."""
    folder = tmp_path_factory.mktemp("kept")
    return export(day(40)).into(folder / "export"), journal(day(40), folder / "journal.db")


def alone(*arguments: str) -> subprocess.CompletedProcess[str]:
    """Run the tool where nothing but what it may need can be imported."""
    command = [sys.executable, "-c", ALONE, *arguments]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=60)


@pytest.mark.parametrize("verb", sorted(VERBS.keys() - {"whatif"}))
def test_every_verb_runs_alone(verb: str, kept: tuple[Path, Path]) -> None:
    assert alone(verb, "--help").returncode == 0


@pytest.mark.parametrize("kind", [0, 1])
def test_an_export_and_a_journal_are_read_alone(kind: int, kept: tuple[Path, Path]) -> None:
    path, other = str(kept[kind]), str(kept[1 - kind])
    for arguments in (
        ["verify", path],
        ["verify", path, "--against", other],
        ["diff", path, other],
        ["stats", path],
    ):
        ended = alone(*arguments)
        assert (ended.returncode, ended.stderr) == (0, ""), arguments


def test_help_loads_no_verb() -> None:
    text = parser(()).format_help()
    assert all(verb in text for verb in VERBS)
