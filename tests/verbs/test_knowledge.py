"""`llmtb knowledge`, `ask` and `customers` as people meet them, whether the program runs or not."""

import asyncio
import contextlib
import io
import json
import os
import random
import shutil
import signal
import socket
import sqlite3
import subprocess
import sys
import threading
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager, redirect_stderr, redirect_stdout
from pathlib import Path
from typing import NamedTuple

import pytest

from llmtb.app import House
from llmtb.cli import main
from llmtb.control import SOCKET, Control
from llmtb.data import JOURNAL_FILE
from llmtb.events.journal import Journal
from llmtb.events.stores.sqlite import SQLiteStore
from llmtb.inference.models.store import Models
from llmtb.library.answers import VECTORS_FILE
from llmtb.library.knowing import Knowing
from llmtb.library.service import Service
from llmtb.library.shelf import FOLDER
from llmtb.runtime.clock import WallClock
from llmtb.verbs import exits
from tests.inference.models import FOLDER as MODELS
from tests.library.company import embedded
from tests.library.place import SETTINGS, table

ROOT = Path(__file__).parents[2]
ENVIRONMENT = {**os.environ, "PYTHONPATH": str(ROOT)}


class Done(NamedTuple):
    status: int
    out: str
    err: str


@pytest.fixture(scope="module")
def vectors(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return embedded(tmp_path_factory.mktemp("vectors"))


@pytest.fixture
def folder(tmp_path: Path, vectors: Path) -> Path:
    """A folder to work in: settings, an empty folder of data, some documents."""
    (tmp_path / "llmtb.toml").write_text(f"[models]\nfolder = {json.dumps(str(MODELS))}\n")
    (tmp_path / "data").mkdir(mode=0o700)
    shutil.copy(vectors, tmp_path / "data")
    table(tmp_path / "docs/hours.csv", "When is the shop open?,From 9 to 17 on weekdays.")
    table(tmp_path / "docs/fa.csv", "تکنسین کی می‌آید؟,تکنسین تا دو روز دیگر می‌آید.")
    return tmp_path


async def verb(folder: Path, *arguments: str, cut: Callable[[], bool] | None = None) -> Done:
    """Run a verb; cut: press Ctrl-C as soon as this is true."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "llmtb", *arguments),
        cwd=folder,
        env=ENVIRONMENT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    if cut is not None:
        async with asyncio.timeout(60):
            while not cut():  # noqa: ASYNC110 - another process tells nobody
                await asyncio.sleep(0.02)
        process.send_signal(signal.SIGINT)
    async with asyncio.timeout(100):
        out, err = await process.communicate()
    return Done(process.returncode or 0, out.decode(), err.decode())


def llmtb(folder: Path, *arguments: str) -> Done:
    """Run a verb in this process, which spares the loading of the program."""
    out, err = io.StringIO(), io.StringIO()
    with contextlib.chdir(folder), redirect_stdout(out), redirect_stderr(err):
        status = main(arguments)
    return Done(status, out.getvalue(), err.getvalue())


@asynccontextmanager
async def program(folder: Path) -> AsyncIterator[Journal]:
    """The program that runs over the folder's data, as far as verbs meet it."""
    journal = await Journal.open(SQLiteStore(folder / "data" / JOURNAL_FILE))
    house = House(journal, WallClock(), random.Random(0))
    knowing = Knowing(SETTINGS, folder / "data", journal)
    service = Service(house, journal, folder / "data", knowing.answers)
    control = Control(folder / "data", service.do)
    tasks = [asyncio.create_task(knowing.run()), asyncio.create_task(control.run())]
    try:
        yield journal
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await house.stop()
        await journal.close()


@contextmanager
def running(folder: Path) -> Iterator[None]:
    """The program in a thread of its own."""
    begun, ending = threading.Event(), threading.Event()

    async def run() -> None:
        async with program(folder):
            begun.set()
            await asyncio.to_thread(ending.wait)

    thread = threading.Thread(target=asyncio.run, args=(run(),))
    thread.start()
    try:
        assert begun.wait(30)
        yield
    finally:
        ending.set()
        thread.join()


ADD = ("knowledge", "add", "docs", "--audience", "customer", "--reviewed")
STORY = (
    ("knowledge", "add", "docs/hours.csv", "--audience", "customer", "--reviewed", "--json"),
    ("knowledge", "add", "nowhere.md"),
    ("ask", "When", "is the shop open?"),
    ("ask", "تکنسین کی می‌آید؟", "--json"),
    ("ask", "What is the weather on Mars?", "--language", "en"),
    ("knowledge", "list", "--overlaps"),
    ("customers", "customers.csv"),
    ("knowledge", "check"),
    ("knowledge", "remove", "fa", "nobody"),
    ("knowledge", "remove", "fa", "--json"),
    ("knowledge", "list"),
)


def test_the_same_is_said_and_done_with_the_program_running_and_without(folder: Path) -> None:
    (folder / "customers.csv").write_text("account,level\n7000000001,2\n")
    added = llmtb(folder, *ADD)
    assert added.status == exits.DONE
    assert "added: hours@1 (1 passages) from hours.csv" in added.out
    other = folder.parent / f"{folder.name}-running"
    shutil.copytree(folder, other)

    alone = [llmtb(folder, *line) for line in STORY]
    with running(other):
        together = [llmtb(other, *line) for line in STORY]
    for line, one, two in zip(STORY, alone, together, strict=True):
        assert plain(one, folder) == plain(two, other), line
    assert [each.status for each in alone] == [0, 2, 0, 0, 0, 0, 0, 2, 2, 0, 0]
    assert "From 9 to 17 on weekdays." in alone[2].out
    assert "hours@1#1" in alone[2].out
    assert json.loads(alone[3].out)["outcome"]["text"] == "تکنسین تا دو روز دیگر می‌آید."
    assert "No answer" in alone[4].out
    assert [each.document for each in rows(alone[10].out)] == ["hours@1"]
    for each in alone:
        assert len(each.err.splitlines()) == (each.status != 0), each.err


class Row(NamedTuple):
    document: str
    rest: str


def rows(out: str) -> list[Row]:
    return [Row(*line.split(maxsplit=1)) for line in out.splitlines()]


def plain(done: Done, folder: Path) -> Done:
    """What a verb said, without how long it took and where."""
    lines = [line for line in done.out.splitlines() if "milliseconds" not in line]
    return Done(done.status, "\n".join(lines), done.err.replace(str(folder), ""))


def test_without_models_it_is_one_line_and_documents_come_all_the_same(folder: Path) -> None:
    (folder / "llmtb.toml").write_text('[models]\nfolder = "nothing"\n')
    asked = llmtb(folder, "ask", "When is the shop open?")
    assert (asked.status, asked.out) == (exits.MODEL, "")
    assert "llmtb models add" in asked.err
    assert len(asked.err.splitlines()) == 1
    assert llmtb(folder, "knowledge", "add", "docs").status == exits.DONE
    assert llmtb(folder, "knowledge", "list", "--overlaps").status == exits.DONE


def test_a_damaged_model_is_one_line(folder: Path) -> None:
    name = next(m.name for m in Models(MODELS).installed() if m.kind == "encoder")
    (folder / "damaged").mkdir()
    shutil.copytree(MODELS / name, folder / "damaged" / name)
    with (folder / "damaged" / name / "model.bin").open("r+b") as weights:
        weights.truncate(1 << 20)
    (folder / "llmtb.toml").write_text('[models]\nfolder = "damaged"\n')
    asked = llmtb(folder, "ask", "When is the shop open?")
    assert asked.status == exits.MODEL, asked.err
    assert len(asked.err.splitlines()) == 1
    assert "model" in asked.err


@pytest.mark.parametrize(
    ("line", "words"),
    [
        (("ask", "x" * 4097), "4096"),
        (("ask", "hello", "--level", "101"), "0 to 100"),
        (("knowledge", "add", "docs", "--title", "One"), "one file"),
        (("knowledge", "add", "docs", "--language", "Persian"), "code"),
        (("knowledge", "remove", "nobody"), "nobody"),
        (("knowledge", "check", "nowhere.csv"), "nowhere.csv"),
        (("knowledge", "calibrate", "docs/hours.csv", "--wrong", "7"), "between 0 and 1"),
        (("customers", "nowhere.csv"), "nowhere.csv"),
    ],
)
def test_what_cannot_be_is_one_line(folder: Path, line: tuple[str, ...], words: str) -> None:
    done = llmtb(folder, *line)
    assert (done.status, done.out) == (exits.INPUT, ""), done
    assert len(done.err.splitlines()) == 1
    assert words in done.err


def test_a_journal_that_another_holds_without_a_socket_is_one_line(folder: Path) -> None:
    async def story() -> Done:
        journal = await Journal.open(SQLiteStore(folder / "data" / JOURNAL_FILE))
        try:
            return await verb(folder, "knowledge", "add", "docs")
        finally:
            await journal.close()

    done = asyncio.run(story())
    assert done.status == exits.DATABASE
    assert len(done.err.splitlines()) == 1
    assert "in use" in done.err


def test_two_verbs_at_once_wait_for_each_other(folder: Path) -> None:
    async def story() -> list[Done]:
        files = ("docs/fa.csv", "docs/hours.csv")
        adding = [verb(folder, "knowledge", "add", file) for file in files]
        return await asyncio.gather(*adding)

    assert [each.status for each in asyncio.run(story())] == [exits.DONE] * 2
    assert len(rows(llmtb(folder, "knowledge", "list").out)) == 2


def test_the_socket_of_a_program_that_crashed_is_in_nobody_s_way(folder: Path) -> None:
    with socket.socket(socket.AF_UNIX) as crashed:
        crashed.bind(str(folder / "data" / SOCKET))
    assert llmtb(folder, "knowledge", "add", "docs").status == exits.DONE


def test_a_program_that_dies_in_the_middle_is_one_line(folder: Path) -> None:
    async def story() -> Done:
        async def die(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            await reader.readline()
            writer.transport.abort()

        async with await asyncio.start_unix_server(die, folder / "data" / SOCKET):
            return await verb(folder, "knowledge", "list")

    done = asyncio.run(story())
    assert (done.status, done.out) == (exits.FAULT, "")
    assert "ended before it was done" in done.err
    assert len(done.err.splitlines()) == 1


def test_a_name_that_is_no_text_is_one_line(folder: Path) -> None:
    name = os.fsdecode(b"caf\xe9.csv")
    table(folder / "latin" / name, "A?,a.")
    done = llmtb(folder, "knowledge", "add", str(Path("latin") / name))
    assert (done.status, len(done.err.splitlines())) == (exits.INPUT, 1), done
    inside = llmtb(folder, "knowledge", "add", "latin")
    assert inside.status == exits.DONE, inside
    assert "caf?.csv" in inside.out


def test_an_interrupted_indexing_leaves_whole_vectors_and_goes_on_later(folder: Path) -> None:
    lines = (f"What does plan {n} cost?,Plan {n} costs {n} coins." for n in range(300))
    table(folder / "docs/many.csv", *lines)
    assert llmtb(folder, "knowledge", "add", "docs/many.csv").status == exits.DONE
    before = kept(folder)
    question = ("ask", "What does plan 7 cost?", "--audience", "agent")
    done = asyncio.run(verb(folder, *question, cut=lambda: kept(folder) > before))
    assert (done.status, done.out) == (exits.INTERRUPTED, "")
    assert "Traceback" not in done.err
    after = kept(folder)
    assert after > before
    assert llmtb(folder, *question).status == exits.DONE
    assert kept(folder) > after
    assert not list((folder / "data" / FOLDER).glob(".half-*"))


def kept(folder: Path) -> int:
    """How many vectors the cache holds, which must be sound."""
    with sqlite3.connect(folder / "data" / VECTORS_FILE) as database:
        assert database.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        (count,) = database.execute("SELECT count(*) FROM vectors").fetchone()
    database.close()
    return int(count)


def test_the_journal_of_all_this_verifies(folder: Path) -> None:
    for line in (ADD, *STORY[:2]):
        llmtb(folder, *line)
    llmtb(folder, "knowledge", "remove", "hours")
    done = subprocess.run(
        [sys.executable, "-m", "replay", "verify", folder / "data" / JOURNAL_FILE],
        env=ENVIRONMENT,
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert done.returncode == 0, done.stdout + done.stderr
