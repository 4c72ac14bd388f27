"""Fixtures of real models, for every test of this folder."""

import pytest

from llmtb.inference.models.model import Model
from llmtb.inference.models.store import Models
from tests.inference.models import MODELS, installed


@pytest.fixture(scope="session")
def models() -> Models:
    return MODELS


@pytest.fixture(scope="session")
def e5_small() -> Model:
    return installed("e5-small")


@pytest.fixture(scope="session")
def smollm2() -> Model:
    return installed("smollm2-135m-instruct")
