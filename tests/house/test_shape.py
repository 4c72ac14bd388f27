"""Modules say one thing, in few lines, under a name of the trade; errors are not swallowed."""

import ast
import re

import pytest

from tests.house.sources import Module, modules, repository, texts

LONGEST = 400  # lines
VAGUE = {"common", "helper", "helpers", "manager", "misc", "util", "utils"}
# Spelt apart, so that this file holds no such mark itself.
MARK = re.compile(r"\b(TO" r"DO|FIX" r"ME)\b")
SILENCED = re.compile(r"# (?:noqa(?!: [A-Z]+\d+)|type: ignore(?!\[)|pragma: no cover)")


@pytest.mark.parametrize("module", modules(), ids=lambda module: str(module.path))
def test_a_module_is_short(module: Module) -> None:
    assert len(module.text.splitlines()) <= LONGEST


@pytest.mark.parametrize("module", modules(), ids=lambda module: str(module.path))
def test_a_module_says_what_it_is(module: Module) -> None:
    if module.tree.body:
        assert ast.get_docstring(module.tree), f"{module.path}: has no docstring"


def _words(name: str) -> set[str]:
    return {word.lower() for word in re.findall(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])", name)}


def test_no_name_is_vague() -> None:
    definitions = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef
    named = [
        (f"{module.path}:{node.lineno}", node.name)
        for module in modules()
        for node in ast.walk(module.tree)
        if isinstance(node, definitions)
    ]
    named += [(str(path), part) for path in repository() for part in path.parts]
    assert [f"{where}: {name}" for where, name in named if _words(name) & VAGUE] == []


def test_nothing_is_left_for_later() -> None:
    assert [str(path) for path, text in texts() if MARK.search(text)] == []


def _catches_all(handler: ast.ExceptHandler) -> bool:
    caught = handler.type.elts if isinstance(handler.type, ast.Tuple) else [handler.type]
    names = {each.id for each in caught if isinstance(each, ast.Name)}
    return handler.type is None or bool(names & {"BaseException", "Exception"})


def _gives_reason(module: Module, handler: ast.ExceptHandler) -> bool:
    """Whether a comment beside the `except`, or right below it, says more than a word or two."""
    lines = module.text.splitlines()[handler.lineno - 1 : handler.lineno + 1]
    beside, below = (line.partition("#") for line in lines)
    comment = beside[2] or (below[2] if not below[0].strip() else "")
    return len(re.sub(r"^ noqa: [A-Z0-9, ]+", "", comment).split()) > 3


def test_whoever_catches_whatever_comes_passes_it_on_or_says_who_hears_of_it() -> None:
    silent = [
        f"{module.path}:{handler.lineno}"
        for module in modules()
        for handler in ast.walk(module.tree)
        if isinstance(handler, ast.ExceptHandler) and _catches_all(handler)
        if not any(isinstance(node, ast.Raise) for node in ast.walk(handler))
        if not _gives_reason(module, handler)
    ]
    assert silent == []


def test_what_silences_a_check_names_it() -> None:
    silencing = [
        f"{path}:{number}: {line.strip()}"
        for path, text in texts()
        if path.suffix == ".py"
        for number, line in enumerate(text.splitlines(), 1)
        if SILENCED.search(line)
    ]
    assert silencing == []
