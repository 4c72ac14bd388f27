"""Data run one way through the house, and so do its imports."""

import sys
from graphlib import TopologicalSorter

import pytest

from tests.house.sources import Module, imported, modules

# What each room may import besides itself. `*`: it puts the house together, so it sees all of it.
ROOMS: dict[str, set[str] | str] = {
    "llmtb": set(),
    "llmtb.erlang": set(),
    "llmtb.capacity": {"llmtb.events", "llmtb.policy", "llmtb.erlang"},
    "llmtb.policy": set(),
    "llmtb.settings": {"llmtb.policy"},
    "llmtb.events": set(),
    "llmtb.runtime": set(),
    "llmtb.projections": {"llmtb.events", "llmtb.policy", "llmtb.capacity"},
    "llmtb.report": {"llmtb.events", "llmtb.projections"},
    "llmtb.vault": {"llmtb.events"},
    "llmtb.actors": {"llmtb.events", "llmtb.runtime", "llmtb.policy", "llmtb.capacity"},
    "llmtb.inference": {"llmtb.events", "llmtb.runtime"},
    "llmtb.answerer": {"llmtb.actors", "llmtb.events", "llmtb.inference", "llmtb.runtime"},
    "llmtb.scenario": {"llmtb.actors", "llmtb.events"},
    "llmtb.channels": {
        "llmtb.actors",
        "llmtb.events",
        "llmtb.inference",
        "llmtb.policy",
        "llmtb.projections",
        "llmtb.report",
        "llmtb.runtime",
        "llmtb.settings",
    },
    "llmtb.testing": {
        "llmtb.actors",
        "llmtb.events",
        "llmtb.policy",
        "llmtb.runtime",
        "llmtb.scenario",
    },
    "llmtb.control": set(),
    "llmtb.app": "*",
    "llmtb.data": "*",
    "llmtb.asking_around": "*",
    "llmtb.audit": "*",
    "llmtb.demo": "*",
    "llmtb.library": "*",
    "llmtb.live": "*",
    "llmtb.playground": "*",
    "llmtb.rules_file": "*",
    "llmtb.simulate": "*",
    "llmtb.verbs": "*",
    "llmtb.cli": "*",
    "llmtb.__main__": {"llmtb.cli"},
    "replay": {"llmtb.events", "llmtb.projections"},
    "replay.whatif": {
        "llmtb.actors",
        "llmtb.capacity",
        "llmtb.events",
        "llmtb.policy",
        "llmtb.runtime",
        "replay",
    },
}

# Libraries that only one corner may know, so that they can be exchanged there.
CORNERS = {
    "pyrogram": "llmtb.channels.telegram",
    "eventsourcing": "llmtb.events.stores",
    "aiosqlite": "llmtb.projections",
    "cryptography": "llmtb.vault",
    "litestar": "llmtb.channels.web",
    "uvicorn": "llmtb.channels.web",
    "markupsafe": "llmtb.channels.web",
    "prometheus_client": "llmtb.channels.web",
    "pyotp": "llmtb.channels.web",
    "segno": "llmtb.channels.web",
    "matplotlib": "llmtb.report",
    "xlsxwriter": "llmtb.report",
    "ctranslate2": "llmtb.inference",
    "sentencepiece": "llmtb.inference",
    "tokenizers": "llmtb.inference",
    "py3langid": "llmtb.inference",
    "gguf": "llmtb.inference.models",
    "huggingface_hub": "llmtb.inference.models",
    "httpx": "llmtb.inference",
    "usearch": "llmtb.inference.knowledge",
    "pypdf": "llmtb.inference.knowledge.documents",
    "docx": "llmtb.inference.knowledge.documents",
    "lxml": "llmtb.inference.knowledge.documents",
    "markdown_it": "llmtb.inference.knowledge.documents",
    "openpyxl": "llmtb.inference.knowledge.documents",
}

# Those who decide reach nothing outside: neither a loop nor a disk, a network or a clock.
DECIDERS = ("llmtb.actors", "llmtb.policy", "llmtb.erlang", "llmtb.capacity")
OUTSIDE = {
    *("asyncio", "concurrent", "http", "logging", "multiprocessing", "os", "pathlib", "queue"),
    *("random", "secrets", "select", "shutil", "signal", "socket", "sqlite3", "subprocess"),
    *("tempfile", "threading", "time", "urllib", "uuid"),
}


def room_of(name: str) -> str | None:
    """The room a dotted name lies in, by the longest entry of the table above."""
    parts = name.split(".")
    prefixes = (".".join(parts[:length]) for length in range(len(parts), 0, -1))
    return next((room for room in prefixes if room in ROOMS), None)


def home_of(module: Module) -> str:
    """The room of a module of the product; a file or folder that has no entry stands nowhere."""
    room = room_of(module.name)
    if room is None or (room == "llmtb" and module.name != "llmtb"):
        pytest.fail(f"{module.path}: say in ROOMS what {module.name} may import")
    return room


@pytest.mark.parametrize("module", modules(), ids=lambda module: str(module.path))
def test_a_room_imports_only_what_lies_downstream(module: Module) -> None:
    home = home_of(module)
    allowed = ROOMS[home]
    astray = [
        f"{module.path}:{line}: {home} imports {name}"
        for name, line in imported(module)
        if allowed != "*" and name.partition(".")[0] in {"llmtb", "replay"}
        if (room := room_of(name)) != home and room not in allowed
    ]
    assert astray == []


def test_the_rooms_stand_in_one_order() -> None:
    below = {room: rooms for room, rooms in ROOMS.items() if isinstance(rooms, set)}
    assert list(TopologicalSorter(below).static_order())
    known = {room for rooms in below.values() for room in rooms} - {"llmtb.cli"}
    assert known <= below.keys(), "only __main__ may look up to those who see everything"


def test_a_library_stays_in_its_corner() -> None:
    strays = [
        f"{module.path}:{line}: {name} belongs to {corner}"
        for module in modules()
        for name, line in imported(module)
        if (corner := CORNERS.get(name.partition(".")[0]))
        if not f"{module.name}.".startswith(f"{corner}.")
    ]
    assert strays == []


def test_those_who_decide_reach_nothing_outside() -> None:
    assert set(sys.stdlib_module_names) >= OUTSIDE
    reached = [
        f"{module.path}:{line}: imports {name}"
        for module in modules()
        if module.name.startswith(DECIDERS)
        for name, line in imported(module)
        if name.partition(".")[0] in OUTSIDE
    ]
    assert reached == []
