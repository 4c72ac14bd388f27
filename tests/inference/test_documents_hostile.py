"""A broken or malicious document is one line for a person; nothing hangs, nothing dies."""

import asyncio
import io
import json
import os
import re
import zipfile
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from openpyxl.xml.constants import SHEET_MAIN_NS

from llmtb.inference.errors import DocumentError
from llmtb.inference.knowledge.documents.confined import outcome
from llmtb.inference.knowledge.documents.document import Document
from llmtb.inference.knowledge.documents.kinds import SUFFIXES
from llmtb.inference.knowledge.documents.limits import MIB, Limits
from llmtb.inference.knowledge.documents.reading import read, read_document
from tests.inference import papers

SMALL = Limits(memory=512 * MIB, cpu_seconds=5, seconds=20)
PARTS = {
    "docx": ("word/document.xml", papers.word()),
    "xlsx": ("xl/worksheets/sheet1.xml", papers.book([["question", "answer"], ["Q", "A"]])),
}


def refused(path: Path, limits: Limits = SMALL) -> str:
    """What is said of a file that is refused: one line that begins with its name."""
    with pytest.raises(DocumentError) as error:
        read_document(path, limits)
    line = str(error.value)
    assert line.startswith(f"{path.name}: ")
    assert "; " in line, "says what to do"
    assert line.isprintable()
    return line


def bomb(kind: str, size: int) -> bytes:
    """A packed document with a member of as many zeros."""
    return papers.repacked(PARTS[kind][1], "media/image.bin", bytes(size))


@pytest.mark.parametrize("kind", PARTS)
def test_a_zip_bomb_is_not_unpacked(tmp_path: Path, kind: str) -> None:
    path = tmp_path / f"bomb.{kind}"
    path.write_bytes(bomb(kind, 64 * MIB))
    assert "unpacks to far more" in refused(path)
    path.write_bytes(bomb(kind, 1 * MIB))
    assert read_document(path)


@pytest.mark.parametrize("kind", PARTS)
def test_too_many_members_are_refused(tmp_path: Path, kind: str) -> None:
    _, content = PARTS[kind]
    written = io.BytesIO(content)
    with zipfile.ZipFile(written, "a") as packed:
        for number in range(5000):
            packed.writestr(f"x/{number}", b"")
    path = tmp_path / f"many.{kind}"
    path.write_bytes(written.getvalue())
    assert "unpacks to far more" in refused(path)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
@pytest.mark.parametrize("kind", PARTS)
def test_a_billion_laughs_are_not_heard(tmp_path: Path, kind: str, encoding: str) -> None:
    name, content = PARTS[kind]
    laughs = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10 if n else "ha"}">' for n in range(12))
    xml = f'<?xml version="1.0" encoding="{encoding}"?><!DOCTYPE x [{laughs}]><x>&l11;</x>'
    path = tmp_path / f"laughs.{kind}"
    path.write_bytes(papers.repacked(content, name, xml.encode(encoding)))
    assert "entities" in refused(path)


def test_a_page_fetches_nothing_and_knows_no_files(tmp_path: Path) -> None:
    secret = tmp_path / "secret.txt"
    secret.write_text("swordfish")
    path = tmp_path / "x.html"
    path.write_text(
        f'<!DOCTYPE html [<!ENTITY s SYSTEM "file://{secret}"><!ENTITY b "&s;&s;">]>'
        f'<p>Hello &s; &b;</p><iframe src="file://{secret}"></iframe>'
    )
    assert "swordfish" not in str(read_document(path, SMALL))


@pytest.mark.parametrize(
    ("name", "content", "told"),
    [
        ("x.docx", PARTS["docx"][1][:-200], "damaged|cut off"),
        ("x.xlsx", PARTS["xlsx"][1][:500], "damaged|cut off"),
        ("x.docx", papers.repacked(PARTS["docx"][1], PARTS["docx"][0], b"<w:x"), "damaged"),
        ("x.pdf", papers.pdf(["Hello."])[:200], "damaged|no text|scanned"),
        ("x.pdf", b"Hello.", "is named .pdf but is none"),
        ("x.docx", b"Hello.", "is named .docx but is none"),
        ("x.doc", bytes.fromhex("d0cf11e0a1b11ae1") + bytes(600), "old Office"),
        ("x.zip", papers.repacked(b"PK\5\6" + bytes(18), "a.txt", b"Hi"), "unpack it first"),
        ("x.exe", b"MZ" + bytes(100), "kind that is not known"),
        ("x.txt", bytes(range(256)) * 9, "is not text"),
        ("x.txt", b"", "is empty"),
        ("x.csv", b"\n\n  \n", "is empty"),
        ("x.html", b"<script>alert(1)</script>", "holds no text"),
        ("x.json", b"[" * 1_000_000, "nested too deeply"),
        ("x.json", b'{"a":' * 1_000_000, "nested too deeply"),
        ("x.json", b'{"question": "\\ud800", "answer": 7', "sound JSON"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_what_is_broken_is_said_in_a_line(
    tmp_path: Path, name: str, content: bytes, told: str
) -> None:
    path = tmp_path / name
    path.write_bytes(content)
    assert re.search(told, refused(path))


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("markup.html", b"<div>" * 200_000 + b"Hello."),
        ("lists.html", b"<ul><li>" * 20_000 + b"Hello."),
        ("quotes.md", b"> " * 50_000 + b"Hello."),
        ("lists.md", b"".join(b"  " * n + b"- a\n" for n in range(500))),
        ("brackets.md", b"[" * 50_000),
        ("stars.md", b"*a **b " * 20_000),
        ("line.txt", b"word " * 500_000),
        ("signs.csv", b'"' * 500_001),
        ("breaks.txt", b"\n \n" * 300_000 + b"x"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_what_is_deep_or_long_ends(tmp_path: Path, name: str, content: bytes) -> None:
    path = tmp_path / name
    path.write_bytes(content)
    try:
        assert isinstance(read_document(path, SMALL), Document)
    except DocumentError as error:
        assert str(error).startswith(f"{name}: ")  # noqa: PT017 - either is right, if it ends


def test_the_file_and_its_text_are_bounded(tmp_path: Path) -> None:
    path = tmp_path / "line.txt"
    path.write_bytes(b"a" * (50 * MIB))
    assert "larger than 32 MiB" in refused(path)
    wide = Limits(size=64 * MIB, memory=1024 * MIB, cpu_seconds=20)
    assert "more than 4,000,000 characters" in refused(path, wide)


def test_pages_rows_and_entries_are_bounded(tmp_path: Path) -> None:
    limits = Limits(pages=2, rows=3)
    for name, content, told in [
        ("a.pdf", papers.pdf(["1"], ["2"], ["3"]), "more than 2 pages"),
        ("a.csv", b"a,b\n" * 4, "more than 3 rows"),
        ("a.xlsx", papers.book([["a"], ["b"], ["c"], ["d"]]), "more than 3 rows"),
        ("a.json", json.dumps([{"question": "Q", "answer": "A"}] * 4).encode(), "3 entries"),
    ]:
        (tmp_path / name).write_bytes(content)
        assert told in refused(tmp_path / name, limits)


def test_a_far_cell_and_a_long_header_do_not_grow(tmp_path: Path) -> None:
    far = papers.book([["plan", "price"], ["Gold", 20]])
    sheet = (
        f'<worksheet xmlns="{SHEET_MAIN_NS}"><sheetData><row r="1048576"><c r="XFD1048576">'
        "<v>1</v></c></row></sheetData></worksheet>"
    )
    path = tmp_path / "far.xlsx"
    path.write_bytes(papers.repacked(far, "xl/worksheets/sheet1.xml", sheet.encode()))
    refused(path)
    path = tmp_path / "long.csv"
    path.write_bytes(b"h" * 100_000 + b",b\n" + b"1,2\n" * 40_000)
    assert "more than 4,000,000 characters" in refused(path)


def test_zeros_and_formulas_in_a_table_are_mere_text(tmp_path: Path) -> None:
    path = tmp_path / "x.csv"
    path.write_bytes(b'question,answer\r\n"A\0?","=cmd|\' /C calc\'!A0"\r\n')
    entry = read_document(path).entries[0]
    assert (entry.question, entry.answer) == ("A?", "=cmd|' /C calc'!A0")


# A content stream that fills itself again and again: 24 forms, each drawn ten times by the next.
def endless() -> bytes:
    forms = b"".join(
        b"%d 0 obj\n<</Type/XObject/Subtype/Form/BBox[0 0 9 9]/Resources<</XObject<</X %d 0 R>>>>"
        b"/Length 60>>stream\n%s\nendstream\nendobj\n" % (n, n + 1, b"/X Do " * 10)
        for n in range(10, 34)
    )
    page = papers.pdf(["Hello."]).replace(b"/Font<<", b"/XObject<</X 10 0 R>>/Font<<")
    return page.replace(b"BT /F", b"/X Do BT /F").replace(b"xref", forms + b"xref", 1)


def test_what_never_ends_is_ended(tmp_path: Path) -> None:
    # Many pages of much text take far longer than a hundredth of a second, for certain.
    path = tmp_path / "long.pdf"
    path.write_bytes(papers.pdf(*([["word " * 15] * 50] * 400)))
    assert "takes more than 1 s" in refused(path, Limits(cpu_seconds=1))
    assert "takes more than 0.5 s" in refused(path, Limits(seconds=0.5))
    with pytest.raises(DocumentError, match=r"long.pdf: takes more than 0.5 s"):
        asyncio.run(read(path, Limits(seconds=0.5)))


def test_forms_that_draw_each_other_end(tmp_path: Path) -> None:
    path = tmp_path / "forms.pdf"
    path.write_bytes(endless())
    try:
        read_document(path, Limits(cpu_seconds=2))
    except DocumentError as error:
        assert str(error).startswith("forms.pdf: ")  # noqa: PT017 - either is right, if it ends


def test_memory_is_bounded(tmp_path: Path) -> None:
    path = tmp_path / "big.json"
    path.write_bytes(b"[" + b",".join([b"{}"] * 2_000_000) + b"]")
    assert "needs more than 128 MiB" in refused(path, Limits(memory=128 * MIB, seconds=40))


def test_no_pipe_folder_or_missing_file_is_waited_for(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe.txt"
    os.mkfifo(pipe)
    assert "is no file" in refused(pipe)
    assert "is no file" in refused(tmp_path)
    assert "cannot be opened" in refused(tmp_path / "none.txt")
    with pytest.raises(DocumentError, match=r"cannot be opened \(File name too long\)") as error:
        read_document(tmp_path / ("x" * 5000 + ".txt"))
    assert len(str(error.value)) < 200


def test_whoever_cancels_leaves_no_process(tmp_path: Path) -> None:
    path = tmp_path / "long.pdf"
    path.write_bytes(papers.pdf(*([["word " * 15] * 50] * 400)))

    def children() -> set[str]:
        listed = Path(f"/proc/{os.getpid()}/task")
        return {
            child for task in listed.iterdir() for child in (task / "children").read_text().split()
        }

    async def main() -> None:
        before = children()
        reading = asyncio.create_task(read(path))
        for _ in range(1000):
            if children() - before:
                break
            await asyncio.sleep(0.01)
        assert children() - before
        reading.cancel()
        with pytest.raises(asyncio.CancelledError):
            await reading
        assert children() == before

    asyncio.run(main())


STARTS = [
    b"%PDF-1.7\n",
    b"PK\3\4",
    b"<html>",
    b"---\n",
    b'[{"question": "',
    b"\xff\xfe",
    b"\0",
    b"",
]


@given(st.sampled_from(sorted(SUFFIXES)), st.sampled_from(STARTS), st.binary(max_size=400))
@example(".html", b"", b"\0")
@example(".html", b"", b"<!doctype html>")
@example(".pdf", b"%PDF-1.7\n", b"startxref\n0\n%%EOF")
def test_whatever_bytes_come_there_is_an_answer(suffix: str, start: bytes, rest: bytes) -> None:
    result = outcome(f"x{suffix}", start + rest, Limits())
    assert (result.document is None) == bool(result.wrong)


@given(st.sampled_from(sorted(PARTS)), st.data())
def test_a_document_with_bytes_changed_gives_an_answer(kind: str, data: st.DataObject) -> None:
    content = bytearray(PARTS[kind][1])
    for _ in range(data.draw(st.integers(1, 8))):
        content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
    result = outcome(f"x.{kind}", bytes(content), Limits())
    assert (result.document is None) == bool(result.wrong)
