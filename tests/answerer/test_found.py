"""What a chat is told of a reply: nothing too long, nothing lost, and nothing of other passages."""

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from llmtb.actors.asking import GiveAnswer, OfferChoices, Withhold
from llmtb.answerer.found import LABEL, LONGEST, cited, found_of
from llmtb.inference.answering.asked import Asked
from llmtb.inference.answering.reply import Answered, Offered, Reply, Withheld, source_of
from llmtb.inference.knowledge.index import Hit
from llmtb.inference.knowledge.passage import Passage

ASKED = Asked(question="7/1", chat="7", text="?")

texts = st.text(min_size=1, max_size=60) | st.integers(3900, 9000).map("x".__mul__)
passages = st.builds(
    Passage,
    id=st.just("book@2#3"),
    document=st.just("book"),
    version=st.just(2),
    number=st.just(3),
    kind=st.sampled_from(["faq", "text"]),
    title=texts,
    text=texts,
    language=st.sampled_from(["en", "fa"]),
    section=st.just("") | texts,
    page=st.none() | st.integers(1, 9),
    question=st.none() | texts,
    reviewed=st.booleans(),
)
hits = st.builds(Hit, passages, st.floats(0, 1), st.floats(0, 1), st.floats(0, 1))
outcomes = (
    st.builds(
        Answered,
        text=texts,
        sources=st.lists(passages.map(source_of), max_size=2).map(tuple),
        origin=st.sampled_from(["faq", "cache", "extract", "model"]),
        language=st.just("en"),
        confidence=st.floats(0, 1),
        original=st.none() | texts,
    )
    | st.builds(Offered, st.lists(hits, min_size=1, max_size=3).map(tuple))
    | st.builds(Withheld, st.sampled_from(["unsure", "unavailable"]))
)
replies = st.builds(
    Reply,
    outcome=outcomes,
    hits=st.lists(hits, max_size=8).map(tuple),
    rung=st.just("passage"),
    why=st.just({}),
    language=st.just("en"),
    milliseconds=st.integers(0, 9000),
)


@given(reply=replies)
def test_what_is_told_is_sound_and_of_this_question(reply: Reply) -> None:
    found = found_of(ASKED, reply)
    # As its actor and the journal would read it.
    again = msgspec.json.decode(msgspec.json.encode(found), type=type(found))
    assert again == found
    assert (found.chat, found.question) == ("7", "7/1")
    assert len(found.passages) <= 5
    assert all(len(each["title"]) <= LABEL for each in found.passages)
    match reply.outcome, found:
        case Answered() as answer, GiveAnswer():
            assert found.text[: LONGEST - 1] == answer.text[: LONGEST - 1]
            assert len(found.text) <= LONGEST
            assert len(found.original or "") <= LONGEST
            assert found.sources == tuple(map(cited, answer.sources))
        case Offered() as offered, OfferChoices():
            assert len(found.choices) == len(offered.choices)
            for choice, hit in zip(found.choices, offered.choices, strict=True):
                assert 1 <= len(choice.label) <= LABEL
                assert choice.text[: LONGEST - 1] == hit.passage.text[: LONGEST - 1]
                assert (choice.origin == "faq") == (
                    hit.passage.kind == "faq" and hit.passage.reviewed
                )
        case Withheld() as withheld, Withhold():
            assert found.reason == withheld.reason
        case other:
            raise AssertionError(other)


@given(passage=passages)
def test_a_source_names_title_section_page_and_passage(passage: Passage) -> None:
    told = cited(source_of(passage))
    assert told.endswith("[book@2#3]")
    assert (", p. " in told) or passage.page is None
    assert len(told) <= 2 * LABEL + 40
