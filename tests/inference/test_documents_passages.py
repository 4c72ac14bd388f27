"""Documents become passages, and passages chunks: nothing is lost, and each is of a fair size."""

import re

import msgspec
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from llmtb.events.chat import Audience
from llmtb.inference.knowledge.chunks import (
    CHUNK,
    HEAD,
    PASSAGE,
    QUESTION,
    Meta,
    chunks_of,
    parted,
    passages_of,
)
from llmtb.inference.knowledge.documents.document import Document, Entry, Section
from llmtb.inference.knowledge.documents.kinds import parse
from llmtb.inference.knowledge.documents.limits import Limits
from llmtb.inference.knowledge.documents.plain import cleaned
from llmtb.inference.knowledge.passage import Passage

META = Meta(document="guide", version=3, audience="customer", department="support")
WORDS = st.sampled_from(
    ["modem", "مودم", "می\u200cشود", "调制解调器", "não", "24", "e\u0301", "۱٫۵", "x" * 1200]
)
SIGNS = st.sampled_from(
    [
        " ",
        " ",
        " ",
        ". ",
        "! ",
        "؟ ",
        "؛ ",
        "، ",
        "。",
        "！",
        "\n",
        "\n\n",
        "\n- ",
        "\n1. ",
        ":\n\n",
    ]
)
PROSE = st.lists(st.tuples(WORDS, SIGNS), max_size=400).map(
    lambda pairs: "".join(word + sign for word, sign in pairs)
)


def signs(text: str) -> str:
    """A text without its white space."""
    return "".join(text.split())


def prose(text: str, *headings: str) -> list[Passage]:
    """The passages of a document of one section."""
    document = Document(kind="text", title="Guide", sections=(Section(text, headings),))
    return passages_of(document, META)


@given(PROSE)
@example("word " * 5000)
@example("我" * 5000)
@example("a\u0301" * 3000)
def test_no_sign_is_lost_or_moved(text: str) -> None:
    passages = prose(text)
    assert signs("".join(each.text for each in passages)) == signs(text)
    assert all(0 < len(each.text) <= PASSAGE[1] for each in passages)
    assert [each.number for each in passages] == list(range(1, len(passages) + 1))
    for passage in passages:
        head = f"{passage.title}\n"
        chunks = chunks_of(passage)
        assert all(chunk.startswith(head) for chunk in chunks)
        assert all(len(chunk) <= HEAD + 1 + CHUNK[1] for chunk in chunks)
        assert signs("".join(each.removeprefix(head) for each in chunks)) == signs(passage.text)


@given(PROSE)
def test_a_text_file_comes_out_as_it_went_in(text: str) -> None:
    if text.strip():
        document = parse("x.txt", b"\xef\xbb\xbf" + text.encode(), Limits())
        passages = passages_of(document, META)
        assert signs("".join(each.text for each in passages)) == signs(cleaned(text))


@given(PROSE, st.integers(1, 50), st.integers(1, 500))
def test_pieces_are_neither_long_nor_scraps(text: str, least: int, more: int) -> None:
    pieces = list(parted(text, least, least + more))
    assert all(len(piece) <= least + more for piece in pieces)
    assert signs("".join(pieces)) == signs(text)
    assert all(piece == piece.strip() != "" for piece in pieces)


@given(st.lists(st.integers(20, 120), min_size=1, max_size=60))
def test_prose_is_parted_between_sentences(lengths: list[int]) -> None:
    sentences = [("word " * 30)[: length - 2].strip() + "." for length in lengths]
    passages = prose(" ".join(sentences))
    assert all(each.text.endswith(".") for each in passages)
    assert all(len(each.text) >= PASSAGE[0] for each in passages[:-1])


@pytest.mark.parametrize("stop", ["؟ ", "؛ ", "。", "！", "？", ". ", "۔ "])
def test_the_stops_of_every_script_are_known(stop: str) -> None:
    sentence = "س" * 70 + stop
    pieces = list(parted(sentence * 10, *CHUNK))
    assert len(pieces) > 1
    assert all(piece.endswith(stop.strip()) for piece in pieces)


def test_a_decimal_and_a_step_are_no_sentences() -> None:
    text = "The fee is 1.50 euros, " * 5 + "then 1. hold it"
    assert all(not re.search(r"\b1\.?$", piece) for piece in parted(text, 10, 40))


def test_the_steps_of_a_list_stay_together() -> None:
    before = "Everything there is to know about it. " * 10
    steps = "\n".join(
        f"{n}. Press the button number {n} until the lamp is green." for n in range(10)
    )
    passages = prose(f"{before}\n\nDo this:\n\n{steps}\n\n{before}")
    assert [each.text for each in passages if "1. Press" in each.text] == [f"Do this:\n\n{steps}"]


def test_a_long_list_is_parted_between_its_steps() -> None:
    steps = [f"{n}. Press the button number {n} until the lamp is green." for n in range(60)]
    passages = prose("\n".join(steps))
    assert [line for each in passages for line in each.text.split("\n")] == steps


def test_a_passage_says_where_it_is_from() -> None:
    document = Document(
        kind="pdf",
        title="Guide",
        language="en",
        entries=(Entry(question="Q?", answer="A " * 2000, section="Plans", id="q", page=4),),
        sections=(Section("Hello.", ("Guide", "Modems", "Reset"), 2), Section("Bye.", ("End",), 3)),
    )
    first, second, third = passages_of(document, META)
    assert (first.id, first.kind, first.question, first.entry) == ("guide@3#1", "faq", "Q?", "q")
    assert first.text == "A " * 2000, "an answer is shown whole"
    assert (second.id, second.kind, second.section) == ("guide@3#2", "text", "Modems › Reset")
    assert [each.page for each in (first, second, third)] == [4, 2, 3]
    assert {each.language for each in (first, second, third)} == {"en"}
    assert {each.department for each in (first, second, third)} == {"support"}
    told = msgspec.structs.replace(META, language="fa")
    assert passages_of(document, told)[0].language == "fa"


@pytest.mark.parametrize("own", [None, "agent", "customer"])
@pytest.mark.parametrize("whole", ["agent", "customer"])
def test_an_entry_is_never_more_open_than_its_document(
    own: Audience | None, whole: Audience
) -> None:
    entry = Entry(question="Q", answer="A", audience=own, level=2)
    document = Document(kind="csv", title="x", entries=(entry,), sections=(Section("T"),))
    meta = msgspec.structs.replace(META, audience=whole, level=1)
    faq, text = passages_of(document, meta)
    assert faq.audience == ("agent" if "agent" in {own, whole} else "customer")
    assert text.audience == whole
    assert (faq.level, text.level) == (2, 1)


@pytest.mark.parametrize(
    ("own", "approved", "reviewed"),
    [(None, True, True), (None, False, False), (False, True, False), (True, False, False)],
)
def test_only_a_person_makes_an_answer_reviewed(
    own: bool | None, approved: bool, reviewed: bool
) -> None:
    entry = Entry(question="Q", answer="A", reviewed=own)
    document = Document(kind="json", title="x", entries=(entry,))
    meta = msgspec.structs.replace(META, reviewed=approved)
    assert [each.reviewed for each in passages_of(document, meta)] == [reviewed]


@given(PROSE.filter(str.strip), st.text(min_size=1, max_size=900).filter(str.strip))
def test_the_chunks_of_an_entry_begin_with_its_question(answer: str, question: str) -> None:
    entry = Entry(question=question, answer=answer, variants=("How come?", "Why so?"))
    document = Document(kind="csv", title="x", entries=(entry,))
    (passage,) = passages_of(document, META)
    *pieces, first, second = chunks_of(passage)
    whole = " ".join(question.split())
    for chunk in pieces:
        head, _, body = chunk.partition("\n")
        assert whole.startswith(head)
        assert len(head) >= min(len(whole), QUESTION // 2)
        assert body
        assert len(chunk) <= QUESTION + 1 + CHUNK[1]
    begin = pieces[0].partition("\n")[2]
    assert (first, second) == (f"How come?\n{begin}", f"Why so?\n{begin}")
