"""Documents of every kind give their sections and entries, in a process of their own."""

import asyncio
import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from llmtb.inference.errors import DocumentError
from llmtb.inference.knowledge.documents.document import Document, Entry, Section
from llmtb.inference.knowledge.documents.kinds import parse
from llmtb.inference.knowledge.documents.limits import Limits
from llmtb.inference.knowledge.documents.plain import text_of
from llmtb.inference.knowledge.documents.reading import read, read_document, read_documents
from tests.inference import papers


def parsed(name: str, content: bytes | str) -> Document:
    """The document, read in this process: what is read is the same, sooner."""
    raw = content.encode() if isinstance(content, str) else content
    return parse(name, raw, Limits())


# --- PDF ---------------------------------------------------------------------------------------


def test_a_pdf_keeps_its_pages_and_joins_broken_lines() -> None:
    first = ["The modem shows three lamps, and the middle one", "tells whether the line is up.", ""]
    document = parsed("lamps.pdf", papers.pdf(first, ["Steps:", "1. Hold it.", "2. Let go."]))
    assert document.kind == "pdf"
    assert document.title == "lamps"
    joined = " ".join(part.strip() for part in first).strip()
    assert document.sections == (
        Section(joined, (), 1),
        Section("Steps:\n\n1. Hold it.\n2. Let go.", (), 2),
    )


def test_the_outline_of_a_pdf_names_its_headings() -> None:
    pages = papers.pdf(["1. Reset", "Hold the button.", "2. Lamps", "Three."], ["Call us."])
    document = parsed("a.pdf", papers.outlined(pages, ("Reset", 0), ("Lamps", 0), ("Help", 1)))
    assert document.sections == (
        Section("Hold the button.", ("Reset",), 1),
        Section("Three.", ("Lamps",), 1),
        Section("Call us.", ("Help",), 2),
    )


def test_running_heads_and_page_numbers_are_left_out() -> None:
    pages = [["Acme handbook", f"Only here: {name}.", f"- {n} -"] for n, name in enumerate("ABCD")]
    document = parsed("a.pdf", papers.pdf(*pages))
    assert [each.text for each in document.sections] == [f"Only here: {name}." for name in "ABCD"]


@pytest.mark.parametrize(
    "line",
    [
        "سلام مودم",
        "قیمت ۱۲۳۴ تومان و TP-Link 12 است",
        "از ۸:۳۰ تا ۱۷٫۵ باز است",
        "مودم (چراغ DSL) روشن است",
        "the word سلام is a greeting",
        "12 meters",
        "۱۴۰۳",
        "سال ۱۴۰۳/۰۲/۳۱",
        "۲۵ تا ۳۰ تومان",
        "راهنما: ۱. خاموش کنید ۲. ۱۰ ثانیه",
    ],
)
def test_a_pdf_is_read_in_the_order_of_reading(line: str) -> None:
    assert parsed("a.pdf", papers.drawn([line])).sections == (Section(line, (), 1),)
    below = parsed("a.pdf", papers.drawn(["سلام", line, "b", line])).sections[0].text
    assert below == f"سلام {line} b {line}"


def test_a_scanned_pdf_says_what_to_do() -> None:
    with pytest.raises(DocumentError, match="run it through OCR"):
        parsed("scan.pdf", papers.pdf([], []))


def test_a_locked_pdf_says_what_to_do() -> None:
    with pytest.raises(DocumentError, match="password"):
        parsed("locked.pdf", papers.locked(papers.pdf(["Secret."])))


# --- Word and web ------------------------------------------------------------------------------


def test_word_keeps_headings_lists_and_tables() -> None:
    document = parsed("x.docx", papers.word())
    assert document.title == "Handbook"
    assert document.sections == (
        Section("Who we are.", ("Handbook",)),
        Section("1. Hold the button.\n2. Wait 30 seconds.\n- Or call us.", ("Handbook", "Reset")),
        Section("plan: Gold; price: 20", ("Handbook", "Reset", "قیمت‌ها")),
    )
    assert [(each.question, each.answer) for each in document.entries] == [
        ("How long does it take?", "Five minutes.")
    ]


PAGE = """<!doctype html><html lang="pt-BR"><head><title>Ajuda</title><style>p{}</style></head>
<body>
<nav>Início</nav><header>Empresa</header><main><h1>Ajuda</h1><p>Olá, <b>mun</b>do&nbsp;!
<script>x()</script>
<h2>Passos</h2><ol start=3><li>Segure<ul><li>assim</ul><li><p>Espere</ol>
<table><tr><th>plano<th>preço<tr><td>Ouro<td>20 <i>reais</i></table>
<details><summary>Quanto custa?</summary>Nada.</details></main><footer>©</footer></body></html>"""


def test_html_keeps_what_the_page_says() -> None:
    document = parsed("x.html", PAGE)
    assert (document.title, document.language) == ("Ajuda", "pt")
    assert document.sections == (
        Section("Olá, mundo\xa0!".replace("\xa0", " "), ("Ajuda",)),
        Section(
            "3. Segure\n  - assim\n4. Espere\n\nplano: Ouro; preço: 20 reais", ("Ajuda", "Passos")
        ),
    )
    assert document.entries == (Entry(question="Quanto custa?", answer="Nada.", section="Passos"),)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16", "cp1256"])
def test_a_page_says_its_encoding(encoding: str) -> None:
    page = f'<html lang="fa"><meta charset="{encoding}"><p>سلام دنيا</p></html>'
    document = parsed("x.html", page.encode(encoding))
    assert document.sections == (Section("سلام دنيا"),)
    assert document.language == "fa"


def test_a_language_that_the_letters_belie_is_not_believed() -> None:
    assert parsed("x.html", '<html lang="en"><p>سلام دنیا</p></html>').language is None
    assert parsed("x.html", '<html lang="fa"><p>Hello world</p></html>').language is None


MARKDOWN = """---
title: Modem guide
language: en
---
# Modem guide

Some *intro* with [a link](https://example.org/x).

## Reset

1. Hold the button.
2. Wait 30 s.
   - really

| plan | price |
|------|-------|
| Gold | 20 |

## How long does it take?

About 5 minutes.
"""


def test_markdown_keeps_its_structure() -> None:
    document = parsed("x.md", MARKDOWN)
    assert (document.title, document.language) == ("Modem guide", "en")
    assert document.sections == (
        Section("Some intro with a link (https://example.org/x).", ("Modem guide",)),
        Section(
            "1. Hold the button.\n2. Wait 30 s.\n  - really\n\nplan: Gold; price: 20",
            ("Modem guide", "Reset"),
        ),
    )
    assert [each.question for each in document.entries] == ["How long does it take?"]


def test_a_document_of_headings_alone_loses_none() -> None:
    document = parsed("x.md", "# One\n# Two\n## Three\n# Four")
    assert [each.text for each in document.sections] == ["One", "Three", "Four"]


# --- plain text --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "encoding"),
    [
        ("Straße, não, 中文, سلام", "utf-8"),
        ("Straße, não, 中文, سلام", "utf-8-sig"),
        ("Straße, não, 中文, سلام", "utf-16"),
        ("Hello there, all of you", "utf-16-le"),
        ("Hello there, all of you", "utf-16-be"),
        ("Straße, não, 中文, سلام", "utf-32"),
        ("A ligação não está disponível – «já»", "cp1252"),
        ("مودم را خاموش و روشن كنيد. سپس صبر كنيد!", "cp1256"),
        ("请重启调制解调器，然后等待三十秒。", "gb18030"),
    ],
)
def test_the_encoding_of_a_text_is_found(text: str, encoding: str) -> None:
    assert text_of(text.encode(encoding)) == text


@given(st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Cf", "Cn", "Co"])))
def test_utf_8_is_never_taken_for_anything_else(text: str) -> None:
    assert text_of(b"\xef\xbb\xbf" + text.encode()) == text_of(text.encode())


# --- tables ------------------------------------------------------------------------------------

HEADERS = [
    ("Question", "Answer"),
    ("پرسش", "پاسخ"),
    ("سوال", "جواب"),
    ("Pertanyaan", "Jawaban"),
    ("Pergunta", "Resposta"),
    ("问题", "答案"),
    ("سؤال", "پاسخ"),
]


@pytest.mark.parametrize(("question", "answer"), HEADERS)
@pytest.mark.parametrize("sign", [",", ";", "\t"])
def test_a_table_of_questions_is_known_in_every_language(
    question: str, answer: str, sign: str
) -> None:
    rows = f'{question}{sign}{answer}\nQ1{sign}"A1{sign} with\nmore"\nQ2{sign}A2\n'
    document = parsed("faq.csv", rows)
    assert [(each.question, each.answer) for each in document.entries] == [
        ("Q1", f"A1{sign} with\nmore"),
        ("Q2", "A2"),
    ]
    assert document.sections == ()


def test_a_workbook_gives_entries_and_other_tables() -> None:
    faq: list[list[object]] = [
        ["id", "question", "answer", "audience", "level", "tags", "variants"],
        [7, "Price?", 20.0, "internal", None, "a, b", "Cost? | How much?"],
        [8, "No answer?", None, None, None, None, None],
    ]
    plans: list[list[object]] = [["plan", "price"], ["Gold", 20], ["Silver", 10.5]]
    document = parsed("book.xlsx", papers.book(faq, plans))
    assert document.entries == (
        Entry(
            question="Price?",
            answer="20",
            id="7",
            audience="agent",
            tags=("a", "b"),
            variants=("Cost?", "How much?"),
        ),
    )
    assert document.sections == (
        Section("id: 8; question: No answer?", ("Sheet",)),
        Section("plan: Gold; price: 20\nplan: Silver; price: 10.5", ("Sheet1",)),
    )


@pytest.mark.parametrize("mark", ["agents only", "داخلی", "interno", "内部", "karyawan", "secret"])
def test_who_may_see_an_entry_is_agents_unless_it_says_customers(mark: str) -> None:
    entry = parsed("a.csv", f"question,answer,audience\nQ,A,{mark}\n").entries[0]
    assert entry.audience == "agent"


@pytest.mark.parametrize("mark", ["customer", "مشتری", "Público", "公开", "pelanggan"])
def test_an_entry_for_customers_says_so(mark: str) -> None:
    entry = parsed("a.csv", f"question,answer,audience\nQ,A,{mark}\n").entries[0]
    assert entry.audience == "customer"


# --- JSON --------------------------------------------------------------------------------------


def test_our_own_form_keeps_all_it_says() -> None:
    entry = {
        "id": "reset",
        "audience": "agent",
        "department": "support",
        "question": "How?",
        "variants": ["In what way?"],
        "answer": "So.",
        "tags": ["modem"],
        "section": "Modems",
        "level": 2,
    }
    form = {"language": "en", "title": "Sample", "entries": [entry]}
    document = parsed("sample.json", json.dumps(form))
    assert (document.language, document.title) == ("en", "Sample")
    assert document.entries == (
        Entry(
            id="reset",
            audience="agent",
            department="support",
            question="How?",
            variants=("In what way?",),
            answer="So.",
            tags=("modem",),
            section="Modems",
            level=2,
        ),
    )


CHAT = [
    {"role": "system", "content": "Be kind."},
    {"role": "user", "content": "Hello"},
    {"role": "user", "content": "My modem?"},
    {"role": "assistant", "content": [{"type": "text", "text": "Restart it."}]},
    {"role": "user", "content": "Thanks"},
]
SHARED = {"conversations": [{"from": "human", "value": "Q"}, {"from": "gpt", "value": "A"}]}


@pytest.mark.parametrize(
    ("value", "pairs", "reviewed"),
    [
        ([{"question": "Q", "answer": "A"}], [("Q", "A")], None),
        ([{"instruction": "Do", "input": "it", "output": "Done"}], [("Do\nit", "Done")], False),
        (CHAT, [("Hello\nMy modem?", "Restart it.")], False),
        ({"messages": CHAT}, [("Hello\nMy modem?", "Restart it.")], False),
        ([SHARED, {"messages": CHAT}], [("Q", "A"), ("Hello\nMy modem?", "Restart it.")], False),
        ([CHAT, CHAT[1:]], [("Hello\nMy modem?", "Restart it.")] * 2, False),
    ],
)
@pytest.mark.parametrize("lines", [False, True])
def test_pairs_and_conversations_become_entries(
    value: object, pairs: list[tuple[str, str]], reviewed: bool | None, lines: bool
) -> None:
    text = json.dumps(value)
    if lines and isinstance(value, list):
        text = "\n".join(json.dumps(each) for each in value)
    entries = parsed("x.jsonl" if lines else "x.json", text).entries
    assert [(each.question, each.answer) for each in entries] == pairs
    assert {each.reviewed for each in entries} == {reviewed}


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ('{"a": 1}', "no questions"),
        ('{"question": "Q", "answer": "A"}\n{"question": ', "line 2"),
        ("{", "sound JSON"),
    ],
)
def test_json_that_cannot_be_used_says_why(text: str, told: str) -> None:
    with pytest.raises(DocumentError, match=told):
        parsed("x.json", text)


# --- the process -------------------------------------------------------------------------------


def test_files_are_read_apart_while_the_loop_goes_on(tmp_path: Path) -> None:
    contents = {
        "a.pdf": papers.pdf(["Hello."]),
        "b.docx": papers.word(),
        "c.xlsx": papers.book([["question", "answer"], ["Q", "A"]]),
        "d.md": MARKDOWN.encode(),
        "e.html": PAGE.encode(),
        "f.txt": b"Hello.",
        "broken.pdf": b"%PDF-1.4 and no more",
        "g.csv": b"question,answer\nQ,A\n",
        "h.json": b'[{"question": "Q", "answer": "A"}]',
    }
    paths = [tmp_path / name for name in contents]
    for path in paths:
        path.write_bytes(contents[path.name])
    ticks = 0

    async def tick() -> None:
        nonlocal ticks
        while True:
            await asyncio.sleep(0.001)
            ticks += 1

    async def main() -> list[Document | DocumentError]:
        ticking = asyncio.create_task(tick())
        try:
            return await read_documents(paths)
        finally:
            ticking.cancel()

    found = asyncio.run(main())
    assert ticks > 50
    for path, document in zip(paths, found, strict=True):
        if path.name == "broken.pdf":
            assert isinstance(document, DocumentError)
            assert str(document).startswith("broken.pdf: ")
        else:
            assert document == parse(path.name, contents[path.name], Limits())
            assert document == read_document(path)


@pytest.mark.parametrize(
    "name", ["- -rf.txt", "a\nb.txt", "پرونده.txt", "a'\"$(x).txt", "x\udcff.txt", "文 件.txt"]
)
def test_a_file_may_have_any_name(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    path.write_bytes(b"Hello.")
    assert read_document(path).sections == (Section("Hello."),)
    path.write_bytes(b"")
    with pytest.raises(DocumentError, match="is empty") as error:
        asyncio.run(read(path))
    assert str(error.value).isprintable()
