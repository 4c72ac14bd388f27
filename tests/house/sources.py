"""The repository as the checks of this room read it: its files, and the code of the house."""

import ast
import subprocess
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).parents[2]


class Module(NamedTuple):
    """One source file of the product: its dotted name, its text, its syntax tree."""

    name: str
    path: Path
    text: str
    tree: ast.Module

    @property
    def is_package(self) -> bool:
        """Whether it is the `__init__` of a folder."""
        return self.path.name == "__init__.py"


@cache
def repository() -> tuple[Path, ...]:
    """Every file git tracks, or would if it were added, as a path from the root."""
    ask = ["git", "ls-files", "--cached", "--others", "--exclude-standard"]
    listed = subprocess.run(ask, cwd=ROOT, check=True, capture_output=True, text=True)
    paths = (Path(line) for line in listed.stdout.splitlines())
    return tuple(sorted({path for path in paths if (ROOT / path).is_file()}))


@cache
def modules() -> tuple[Module, ...]:
    """The modules of the product: `llmtb` and `replay`."""
    files = (path for path in repository() if path.suffix == ".py")
    return tuple(_module(path) for path in files if path.parts[0] in {"llmtb", "replay"})


def texts() -> Iterator[tuple[Path, str]]:
    """Every file of the repository that holds text, with it."""
    for path in repository():
        content = (ROOT / path).read_bytes()
        if b"\0" not in content:
            yield path, content.decode("utf-8")


def origins(module: Module) -> dict[str, str]:
    """What the names that a module imports stand for: `{"dt": "datetime.datetime"}`."""
    found: dict[str, str] = {}
    for node in ast.walk(module.tree):
        if isinstance(node, ast.Import):
            for alias in node.names:
                head = alias.name.partition(".")[0]
                found[alias.asname or head] = alias.name if alias.asname else head
        elif isinstance(node, ast.ImportFrom):
            for alias in node.names:
                found[alias.asname or alias.name] = f"{source_of(node, module)}.{alias.name}"
    return found


def source_of(node: ast.ImportFrom, module: Module) -> str:
    """The absolute name of the module that a `from … import` reads."""
    if not node.level:
        return node.module or ""
    package = module.name.split(".")
    up = package[: len(package) - node.level + module.is_package]
    return ".".join([*up, *([node.module] if node.module else [])])


def imported(module: Module) -> Iterator[tuple[str, int]]:
    """Every module that a module imports (`from x import y` gives `x.y`), with the line."""
    for node in ast.walk(module.tree):
        if isinstance(node, ast.Import):
            yield from ((alias.name, node.lineno) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            source = source_of(node, module)
            yield from ((f"{source}.{alias.name}", node.lineno) for alias in node.names)


def mentioned(module: Module) -> Iterator[tuple[str, ast.expr]]:
    """Every imported thing that a module mentions, by its full name: `random.Random`."""
    names = origins(module)
    for node in ast.walk(module.tree):
        if isinstance(node, ast.Attribute | ast.Name) and (full := _full_name(node, names)):
            yield full, node


def _full_name(node: ast.expr, names: dict[str, str]) -> str | None:
    if isinstance(node, ast.Name):
        return names.get(node.id)
    if isinstance(node, ast.Attribute):
        owner = _full_name(node.value, names)
        return f"{owner}.{node.attr}" if owner else None
    return None


def _module(path: Path) -> Module:
    text = (ROOT / path).read_text(encoding="utf-8")
    parts = path.with_suffix("").parts
    name = ".".join(parts[:-1] if parts[-1] == "__init__" else parts)
    return Module(name, path, text, ast.parse(text, filename=str(path)))
