"""Time, chance and ids are passed in: only the edges of the house take them from the machine."""

import ast

from tests.house.sources import Module, mentioned, modules

BANNED = {
    *("datetime.datetime.now", "datetime.datetime.today", "datetime.datetime.utcnow"),
    *("datetime.date.today", "time.time", "time.time_ns", "time.monotonic", "time.monotonic_ns"),
    *("time.perf_counter", "time.perf_counter_ns", "time.localtime", "time.gmtime", "time.sleep"),
    *("uuid.uuid1", "uuid.uuid4", "uuid.uuid6", "uuid.uuid7", "os.urandom"),
}
BANNED_MODULES = ("random", "secrets")
SEEDED = "random.Random"
EDGES = ("llmtb.app", "llmtb.cli", "llmtb.data", "llmtb.live", "llmtb.runtime.clock")

# Where else, and why it does no harm.
EXEMPT = {
    ("llmtb.demo", "time.monotonic"): "the example day is held to the pace of people's eyes",
    ("llmtb.demo", "time.sleep"): "as above",
}


def _taken(module: Module) -> dict[str, int]:
    """What a module takes from the machine, with the first line on which it does."""
    calls = (node for node in ast.walk(module.tree) if isinstance(node, ast.Call))
    seedless = {id(call.func) for call in calls if not call.args and not call.keywords}
    found: dict[str, int] = {}
    for name, node in mentioned(module):
        head, _, rest = name.partition(".")
        chance = head in BANNED_MODULES and bool(rest) and not name.startswith(SEEDED)
        if name in BANNED or chance or (name == SEEDED and id(node) in seedless):
            found.setdefault(name, node.lineno)
    return found


def test_the_machine_is_asked_at_the_edges_alone() -> None:
    asked = [
        f"{module.path}:{line}: {name}"
        for module in modules()
        if not f"{module.name}.".startswith(tuple(f"{edge}." for edge in EDGES))
        for name, line in _taken(module).items()
        if (module.name, name) not in EXEMPT
    ]
    assert asked == []


def test_every_exemption_is_still_needed() -> None:
    needed = {(module.name, name) for module in modules() for name in _taken(module)}
    assert EXEMPT.keys() - needed == set()


def test_inference_remembers_texts_only_where_they_can_be_forgotten() -> None:
    keepers = [
        module.name
        for module in modules()
        if module.name.startswith("llmtb.inference.")
        and any(name == "functools.lru_cache" for name, _ in mentioned(module))
    ]
    # The first one's belongs to a model, which goes when everything is closed.
    assert keepers == ["llmtb.inference.generation.wording", "llmtb.inference.remembering"]
