"""The guide of whoever runs the models tells every setting and every figure, as they are."""

import re

import msgspec
import pytest

from llmtb.inference.generation.batched import Settings
from llmtb.inference.generation.endpoint import EndpointSettings
from llmtb.inference.generation.figures import Statistics
from tests.house.sources import ROOT

GUIDE = (ROOT / "docs" / "inference.md").read_text(encoding="utf-8")
SECTIONS = dict(re.findall(r"^## (.+)\n((?:(?!^## ).*\n?)*)", GUIDE, re.MULTILINE))


@pytest.mark.parametrize(
    ("section", "settings"),
    [("Settings of a model of our own", Settings), ("A model at a server", EndpointSettings)],
)
def test_every_setting_is_told_with_its_default(
    section: str, settings: type[msgspec.Struct]
) -> None:
    told = dict(re.findall(r"^\| `(\w+)` \| ([^|]+) \|", SECTIONS[section], re.MULTILINE))
    assert told == {
        field.name: f"{field.default:g}" if field.default != 32_000 else "32000"
        for field in msgspec.structs.fields(settings)
    }


def test_every_figure_is_told() -> None:
    rows = re.findall(r"^\| (`.+?`) \|", SECTIONS["Figures for a monitor"], re.MULTILINE)
    told = re.findall(r"`(\w+)`", " ".join(rows))
    assert sorted(told) == sorted(Statistics._fields)
