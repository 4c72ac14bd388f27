"""What makes a log understood runs where nothing but msgspec and the events is at hand."""

from pathlib import Path

import pytest

from tests.replay.test_alone import alone


@pytest.mark.parametrize(
    "asked",
    [
        ["timeline", "--person", "a005"],
        ["timeline", "--person", "a005", "--format", "svg"],
        ["state", "--at", "2026-11-21T12:40"],
        ["why", "100", "--depth", "3"],
        ["report", "2026-11-21/morning"],
    ],
    ids=" ".join,
)
def test_it_needs_nothing_else(journal: Path, asked: list[str]) -> None:
    verb, *rest = asked
    ended = alone(verb, str(journal), *rest)
    assert ended.returncode == 0, ended.stderr
    assert ended.stdout
