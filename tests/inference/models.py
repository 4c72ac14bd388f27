"""The models that the tests use: real ones, made by set-up in `models/` or $LLMTB_MODELS."""

import os
from pathlib import Path

from llmtb.inference.models.model import Model
from llmtb.inference.models.store import Models

FOLDER = Path(os.environ.get("LLMTB_MODELS", Path(__file__).parents[2] / "models"))
MODELS = Models(FOLDER)


def installed(name: str) -> Model:
    """A model by name; where it is missing, the test fails with the line that says what to run."""
    return MODELS.get(name)
