"""Each test of the contract runs once for every store."""

from pathlib import Path

import pytest

from tests.contract.places import PLACES, Place


@pytest.fixture(params=list(PLACES))
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Place:
    """Return an empty place of each kind."""
    return PLACES[request.param](tmp_path)
