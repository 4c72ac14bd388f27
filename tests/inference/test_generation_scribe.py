"""What readers of a stream rely on: whole characters, no stop text, the text that was written."""

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from tokenizers import Tokenizer

from llmtb.inference.generation.scribe import Scribe, StopTexts
from llmtb.inference.models.model import Model

LANGUAGES = [
    "Grüße aus Łódź!",
    "سلام، خوبی؟ می‌خواهم",
    "网络很慢,怎么办?",
    "Não há ligação 😀👨‍👩‍👧",
    "a\n\n  b",
]


@pytest.fixture(scope="session")
def tokenizer(smollm2: Model) -> Tokenizer:
    return Tokenizer.from_file(str(smollm2.folder / "tokenizer.json"))


def written(scribe: Scribe, ids: list[int]) -> list[str]:
    pieces = [scribe.take(each) for each in ids]
    return [*pieces, scribe.finish("end")]


@given(st.one_of(st.sampled_from(LANGUAGES), st.text(max_size=80)))
def test_the_pieces_are_the_text_and_no_character_is_cut(tokenizer: Tokenizer, text: str) -> None:
    ids = tokenizer.encode(text, add_special_tokens=False).ids
    pieces = written(Scribe(tokenizer, frozenset(), 1000), ids)
    # The model has no token for some bytes of characters that nobody has assigned yet.
    assume("\ufffd" not in text and tokenizer.decode(ids) == text)
    assert "".join(pieces) == text
    assert not any("\ufffd" in piece for piece in pieces)


def test_a_character_that_never_becomes_whole_is_not_shown(tokenizer: Tokenizer) -> None:
    ids = tokenizer.encode("ok 👩", add_special_tokens=False).ids
    assert len(ids) > 3
    assert "".join(written(Scribe(tokenizer, frozenset(), 1000), ids[:-1])) == "ok"


def test_an_end_is_not_part_of_the_text(tokenizer: Tokenizer) -> None:
    (end,) = tokenizer.encode("<|im_end|>").ids
    scribe = Scribe(tokenizer, frozenset({end}), 1000)
    ids = tokenizer.encode("Yes.", add_special_tokens=False).ids
    assert "".join(written(scribe, [*ids, end, *ids])) == "Yes."
    assert (scribe.ended, scribe.tokens) == ("end", len(ids))


def test_it_ends_at_its_length(tokenizer: Tokenizer) -> None:
    ids = tokenizer.encode("one two three four", add_special_tokens=False).ids
    scribe = Scribe(tokenizer, frozenset(), 2, (" two thr",))
    assert "".join(written(scribe, ids)) == "one two"  # what was held back is shown
    assert (scribe.ended, scribe.tokens) == ("length", 2)


def test_it_ends_before_a_stop_text(tokenizer: Tokenizer) -> None:
    ids = tokenizer.encode("one two three four", add_special_tokens=False).ids
    scribe = Scribe(tokenizer, frozenset(), 100, ("o th", "four"))
    assert "".join(written(scribe, ids)) == "one tw"
    assert scribe.ended == "stop"


@given(st.lists(st.text("ab", max_size=4), max_size=12), st.text("ab", min_size=1, max_size=4))
def test_a_stop_text_is_found_however_the_text_is_cut(pieces: list[str], stop: str) -> None:
    texts = StopTexts((stop,))
    shown = [texts.take(piece) for piece in pieces] + [texts.rest()]
    before, found, _ = "".join(pieces).partition(stop)
    assert "".join(shown) == before
    assert texts.found == bool(found)


@given(
    st.lists(st.text("abc", max_size=4), max_size=12),
    st.lists(st.text("abc", min_size=1, max_size=4), max_size=3),
)
def test_no_stop_text_is_ever_shown(pieces: list[str], stop: list[str]) -> None:
    texts = StopTexts(tuple(stop))
    shown = "".join([*(texts.take(piece) for piece in pieces), texts.rest()])
    text = "".join(pieces)
    assert text.startswith(shown)
    assert not any(each in shown for each in stop)
    assert texts.found == any(each in text for each in stop)
