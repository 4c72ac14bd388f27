"""`llmtb models` as people meet it: one line for what goes wrong, and nothing half made."""

import json
import os
import resource
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from llmtb.inference.models.store import Models
from llmtb.verbs import exits
from tests.inference.tiny_models import decoder_weights, write_gguf

ROOT = Path(__file__).parents[2]


def environment(**more: str) -> dict[str, str]:
    return {**os.environ, "PYTHONPATH": str(ROOT), **more}


def unmeasured(**more: str) -> dict[str, str]:
    """For those whose files are cut off: a half-written measurement would spoil the others."""
    plain = {key: value for key, value in os.environ.items() if not key.startswith("COVERAGE")}
    return plain | {"PYTHONPATH": str(ROOT), **more}


def llmtb(
    *arguments: object, cwd: Path, most: int | None = None
) -> subprocess.CompletedProcess[str]:
    """Run a verb; `most`: no file may become larger, as on a disk that fills up."""

    def limit() -> None:
        if most is not None:
            resource.setrlimit(resource.RLIMIT_FSIZE, (most, most))

    return subprocess.run(
        [sys.executable, "-m", "llmtb", "models", *map(str, arguments)],
        cwd=cwd,
        env=environment() if most is None else unmeasured(),
        capture_output=True,
        text=True,
        timeout=100,
        check=False,
        preexec_fn=limit,
    )


@pytest.fixture(scope="module")
def gguf(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("source")
    return write_gguf(folder / "tiny.gguf", "llama", decoder_weights("llama"))


@pytest.fixture
def closed_network(tmp_path: Path) -> Iterator[tuple[dict[str, str], socket.socket]]:
    """An index of packages that takes calls and never answers."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(60)
        url = f"http://127.0.0.1:{server.getsockname()[1]}/simple"
        yield unmeasured(PIP_INDEX_URL=url, PIP_NO_CACHE_DIR="1"), server


def test_a_model_is_added_listed_checked_and_removed(gguf: Path, tmp_path: Path) -> None:
    added = llmtb("add", gguf, cwd=tmp_path)
    assert added.returncode == exits.DONE, added.stderr
    assert "tiny: ready" in added.stderr
    rows = llmtb("list", "--json", cwd=tmp_path).stdout.splitlines()
    by_name = {row["name"]: row for row in map(json.loads, rows)}
    assert by_name["tiny"]["state"] == "installed"
    assert by_name["tiny"]["identity"].startswith("tiny:int8:")
    assert by_name["e5-small"]["state"] == "known"
    checked = llmtb("check", "tiny", "--source", gguf, "--json", cwd=tmp_path)
    found = json.loads(checked.stdout)
    assert found["figures"][0]["what"].startswith("float32: prompts")
    assert found["figures"][0]["passed"]
    removed = llmtb("remove", "tiny", cwd=tmp_path)
    assert (removed.returncode, removed.stdout) == (exits.DONE, "tiny: removed\n")
    assert Models(tmp_path / "models").installed() == []


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("add", "no-such-model"), "no-such-model"),
        (("add", "hub:nonsense"), "hub:OWNER/NAME"),
        (("add", "--name", "a", "one", "two"), "--name"),
        (("check",), "llmtb models add"),
        (("check", "e5-small"), "llmtb models add e5-small"),
        (("remove", "e5-small"), "e5-small"),
    ],
)
def test_what_goes_wrong_is_one_line(
    arguments: tuple[str, ...], words: str, tmp_path: Path
) -> None:
    done = llmtb(*arguments, cwd=tmp_path)
    assert done.returncode == exits.MODEL, done.stderr
    assert done.stderr.startswith("llmtb: ")
    assert len(done.stderr.splitlines()) == 1
    assert words in done.stderr


def test_a_check_finds_weights_that_are_not_the_source_s(gguf: Path, tmp_path: Path) -> None:
    other = write_gguf(tmp_path / "other.gguf", "llama", decoder_weights("llama", 99))
    assert llmtb("add", other, "--name", "tiny", cwd=tmp_path).returncode == exits.DONE
    done = llmtb("check", "tiny", "--source", gguf, cwd=tmp_path)
    assert done.returncode == exits.MODEL
    assert "MISSED" in done.stdout
    assert "differs from the source" in done.stderr


def test_a_full_disk_is_one_line_and_leaves_nothing(gguf: Path, tmp_path: Path) -> None:
    done = llmtb("add", gguf, cwd=tmp_path, most=20_000)
    assert done.returncode == exits.STORAGE, done.stderr
    assert done.stderr.splitlines()[-1].startswith("llmtb: ")
    assert "Traceback" not in done.stderr
    assert [each.name for each in (tmp_path / "models").iterdir()] == [".lock"]


def started(folder: Path, env: dict[str, str]) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-m", "llmtb", "models", "add", "minilm-l6"]
    return subprocess.Popen(command, cwd=folder, env=env, stderr=subprocess.DEVNULL)


def test_a_kill_in_the_middle_leaves_no_half_model(
    gguf: Path, tmp_path: Path, closed_network: tuple[dict[str, str], socket.socket]
) -> None:
    env, server = closed_network
    process = started(tmp_path, env)
    with server.accept()[0]:
        process.kill()
        process.wait()
    folder = tmp_path / "models"
    assert list(folder.glob(".half-*"))
    assert Models(folder).names() == []
    assert llmtb("add", gguf, cwd=tmp_path).returncode == exits.DONE
    assert sorted(each.name for each in folder.iterdir()) == [".lock", "tiny"]


def test_an_interrupted_download_leaves_nothing(
    tmp_path: Path, closed_network: tuple[dict[str, str], socket.socket]
) -> None:
    env, server = closed_network
    process = started(tmp_path, env)
    with server.accept()[0]:
        process.send_signal(signal.SIGINT)
        assert process.wait(timeout=30) == exits.INTERRUPTED
    assert [each.name for each in (tmp_path / "models").iterdir()] == [".lock"]


@pytest.mark.parametrize("seconds", [0.5, 0.9, 1.2, 1.5])
def test_a_kill_at_any_moment_leaves_all_or_nothing(
    seconds: float, gguf: Path, tmp_path: Path
) -> None:
    command = [sys.executable, "-m", "llmtb", "models", "add", str(gguf)]
    process = subprocess.Popen(
        command, cwd=tmp_path, env=unmeasured(), stderr=subprocess.DEVNULL, start_new_session=True
    )
    time.sleep(seconds)
    os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    models = Models(tmp_path / "models")
    assert [model.name for model in models.installed()] == models.names()
    assert llmtb("add", gguf, cwd=tmp_path).returncode == exits.DONE
    assert sorted(each.name for each in models.folder.iterdir()) == [".lock", "tiny"]
