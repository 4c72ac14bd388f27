"""Words are found in any script, codes however they are typed, and never count without bound."""

import math
from collections import Counter

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_allclose

from llmtb.inference.knowledge.words import HAN, K1, B, Words, terms_of

WORDS = st.sampled_from(["modem", "bill", "E-104", "1500", "网", "رمز", "wifi", "sim"])
TEXTS = st.lists(st.lists(WORDS, max_size=12).map(" ".join), max_size=12)


@pytest.mark.parametrize(
    ("text", "terms"),
    [
        ("Error E-104!", ["error", "e104"]),
        ("error e104", ["error", "e104"]),
        ("the NV-L40 modems", ["the", "nvl40", "modem"]),
        ("it costs 1,500 and ۱٬۵۰۰", ["it", "cost", "1500", "and", "1500"]),
        ("open 192.168.1.1", ["open", "192.168.1.1"]),
        ("上网慢", ["上", "网", "慢", "上网", "网慢"]),
        ("كتاب‌ها", ["کتاب", "ها"]),
        ("", []),
        ("?!…", []),
    ],
)
def test_terms(text: str, terms: list[str]) -> None:
    assert terms_of(text) == terms


@given(texts=TEXTS, question=st.lists(WORDS, max_size=6).map(" ".join))
def test_the_sums_are_bm25(texts: list[str], question: str) -> None:
    counts = [Counter(terms_of(text)) for text in texts]
    mean = max(1.0, sum(count.total() for count in counts) / len(counts)) if counts else 1.0
    expected = []
    for count in counts:
        total = 0.0
        for term in set(terms_of(question)):
            holders = sum(term in each for each in counts)
            rare = math.log(1 + (len(counts) - holders + 0.5) / (holders + 0.5))
            full = count[term] + K1 * (1 - B + B * count.total() / mean)
            part = HAN if term == "网" else 1.0
            total += part * rare * count[term] * (K1 + 1) / full
        expected.append(total)
    assert_allclose(Words(texts).sums(question), expected, rtol=1e-4, atol=1e-6)


@given(texts=TEXTS, question=st.lists(WORDS, max_size=6).map(" ".join), data=st.data())
def test_the_texts_of_another_language_do_not_make_a_word_rarer(
    texts: list[str], question: str, data: st.DataObject
) -> None:
    size = len(texts)
    languages = data.draw(st.lists(st.sampled_from("abc"), min_size=size, max_size=size))
    together = Words(texts, languages).sums(question)
    for language in set(languages):
        places = [place for place in range(size) if languages[place] == language]
        alone = Words([texts[place] for place in places]).sums(question)
        assert_allclose(together[places], alone, rtol=1e-5)


@given(texts=st.lists(st.text(max_size=80), max_size=8), question=st.text(max_size=200))
def test_a_score_lies_between_nought_and_one(texts: list[str], question: str) -> None:
    scores = Words(texts).scores(question)
    assert scores.shape == (len(texts),)
    assert np.all((scores >= 0) & (scores < 1))


def test_more_shared_words_score_higher_and_a_repeated_one_does_not() -> None:
    words = Words(["the modem shows error E-104", "the bill is due", "a coat"])
    one, two = words.scores("modem")[0], words.scores("modem e104")[0]
    assert two > one > 0
    assert words.scores("modem modem modem")[0] == one
