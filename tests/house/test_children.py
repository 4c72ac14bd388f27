"""What is started beside us has none of our secrets: a document or a package may be hostile."""

import ast

import pytest

from llmtb.inference.children import environment
from tests.house.sources import modules

STARTS = {"Popen", "run", "check_output", "check_call", "call"}
ASYNC = {"create_subprocess_exec", "create_subprocess_shell"}


def _started(call: ast.Call) -> bool:
    func = call.func
    if not isinstance(func, ast.Attribute) or not isinstance(func.value, ast.Name):
        return False
    whole = (func.value.id, func.attr)
    return whole in {("subprocess", name) for name in STARTS} | {("asyncio", n) for n in ASYNC}


def test_every_process_that_is_started_is_told_its_environment() -> None:
    calls = [
        (module.path, node.lineno, {word.arg for word in node.keywords})
        for module in modules()
        for node in ast.walk(module.tree)
        if isinstance(node, ast.Call) and _started(node)
    ]
    assert len(calls) >= 4, "the ones that read documents and bring models in, at least"
    assert [f"{path}:{line}" for path, line, words in calls if "env" not in words] == []


def test_a_child_is_not_told_our_secrets(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("LLMTB_TELEGRAM_TOKEN", "LLMTB_MASTER_KEY", "LLMTB_MASTER_KEY_NEXT"):
        monkeypatch.setenv(name, "swordfish")
    assert "swordfish" not in environment().values()
