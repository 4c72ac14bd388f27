"""A model from a hub, over a real connection: pinned, without programs, whole or not at all."""

import functools
import hashlib
import json
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from llmtb.inference.models.store import Models
from llmtb.verbs import exits
from tests.inference.tiny_models import decoder_weights, write_decoder_folder, write_gguf

ROOT = Path(__file__).parents[2]
COMMIT = "0123456789abcdef0123456789abcdef01234567"


class Hub(BaseHTTPRequestHandler):
    """As much of a hub as one repository needs."""

    def __init__(self, folder: Path, asked: list[str], *arguments: object) -> None:
        self.folder, self.asked = folder, asked
        super().__init__(*arguments)  # type: ignore[arg-type]

    def do_GET(self) -> None:
        self._answer(body=True)

    def do_HEAD(self) -> None:
        self._answer(body=False)

    def _answer(self, *, body: bool) -> None:
        path = self.path.partition("?")[0]
        self.asked.append(path)
        names = sorted(each.name for each in self.folder.iterdir())
        if path == f"/api/models/some/model/tree/{COMMIT}":
            tree = [
                {
                    "type": "file",
                    "path": name,
                    "size": (self.folder / name).stat().st_size,
                    "oid": name,
                }
                for name in names
            ]
            self._send(200, json.dumps(tree).encode(), body=body)
        elif path.startswith("/api/models/some/model"):
            siblings = [{"rfilename": name} for name in names]
            found = {"id": "some/model", "sha": COMMIT, "siblings": siblings, "tags": []}
            self._send(200, json.dumps(found).encode(), body=body)
        elif path.startswith(f"/some/model/resolve/{COMMIT}/") and path.rpartition("/")[2] in names:
            content = self._bytes(path.rpartition("/")[2])
            self._send(200, content, body=body)
        else:
            self._send(404, b"{}", body=body)

    def _bytes(self, name: str) -> bytes:
        return (self.folder / name).read_bytes()

    def _send(self, status: int, content: bytes, *, body: bool) -> None:
        self.send_response(status)
        self.send_header("Content-Length", str(len(content)))
        self.send_header("Content-Type", "application/json")
        self.send_header("X-Repo-Commit", COMMIT)
        self.send_header("ETag", f'"{hashlib.sha256(content).hexdigest()}"')
        self.end_headers()
        if not body:
            return
        path = self.path.partition("?")[0]
        broken = path.endswith(".gguf") and self.asked.count(path) < 6
        self.wfile.write(content[: len(content) // 2] if broken else content)

    def log_message(self, format: str, *arguments: object) -> None:  # noqa: A002 - theirs
        pass


@pytest.fixture
def hub(tmp_path: Path) -> Iterator[tuple[str, list[str]]]:
    folder = write_decoder_folder(tmp_path / "served", "qwen3", decoder_weights("qwen3"))
    write_gguf(folder / "tiny.gguf", "qwen3", decoder_weights("qwen3"))
    (folder / "pytorch_model.bin").write_bytes(b"a program in disguise")
    (folder / "modeling.py").write_text("raise SystemExit")
    asked: list[str] = []
    server = ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(Hub, folder, asked))
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}", asked
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def add(what: str, endpoint: str, folder: Path) -> subprocess.CompletedProcess[str]:
    environment = {
        **os.environ,
        "PYTHONPATH": str(ROOT),
        "HF_ENDPOINT": endpoint,
        "HF_HOME": str(folder / "hub-cache"),
    }
    return subprocess.run(
        [sys.executable, "-m", "llmtb", "models", "add", what],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        timeout=100,
        check=False,
    )


def test_a_folder_of_a_hub_becomes_a_model(hub: tuple[str, list[str]], tmp_path: Path) -> None:
    endpoint, asked = hub
    done = add("hub:some/model", endpoint, tmp_path)
    assert done.returncode == exits.DONE, done.stderr
    model = Models(tmp_path / "models").get("model")
    assert (model.kind, model.family) == ("generator", "qwen3")
    assert model.source == f"hub:some/model@{COMMIT}"
    fetched = {path.rpartition("/")[2] for path in asked}
    assert "config.json" in fetched
    assert not fetched & {"pytorch_model.bin", "modeling.py", "tiny.gguf"}


def test_one_file_of_a_hub_becomes_a_model_though_it_breaks(
    hub: tuple[str, list[str]], tmp_path: Path
) -> None:
    done = add("hub:some/model:tiny.gguf", hub[0], tmp_path)
    assert done.returncode == exits.DONE, done.stderr
    model = Models(tmp_path / "models").get("model")
    assert model.source == f"hub:some/model@{COMMIT}:tiny.gguf"
    assert COMMIT in done.stderr


def test_what_a_hub_does_not_give_is_one_line(hub: tuple[str, list[str]], tmp_path: Path) -> None:
    for what, endpoint in (
        ("hub:no/model", hub[0]),
        ("hub:some/model:other.gguf", hub[0]),
        ("hub:some/model", "http://127.0.0.1:9"),
    ):
        done = add(what, endpoint, tmp_path)
        assert done.returncode == exits.MODEL, done.stderr
        assert "Traceback" not in done.stderr
        last = done.stderr.splitlines()[-1]
        assert last.startswith("llmtb: ")
        assert "llmtb models add PATH" in last
    assert [each.name for each in (tmp_path / "models").iterdir()] == [".lock"]
