"""What is made once for all: the vectors that every index needs."""

from pathlib import Path

import pytest

from tests.library.company import embedded


@pytest.fixture(scope="session")
def vectors(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A file of vectors that holds what every index needs; to be copied into a folder of data."""
    return embedded(tmp_path_factory.mktemp("vectors"))
