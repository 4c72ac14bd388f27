"""Rare words weigh more, and words that nobody uses are not familiar."""

from hypothesis import given
from hypothesis import strategies as st

from llmtb.inference.answering.lexicon import Lexicon, share
from llmtb.inference.answering.terms import content
from tests.inference.answering import passage

PASSAGES = [
    passage(1, "Restart the modem."),
    passage(2, "Pay the bill of the modem by card.", question="How do I pay?"),
    passage(3, "رمز را عوض کنید.", language="fa", question="رمز؟"),
]
WORDS = st.lists(st.sampled_from(["modem", "card", "bill", "pizza", "weather"]), max_size=6)


def test_a_rare_word_weighs_more() -> None:
    lexicon = Lexicon(PASSAGES, "en")
    assert len(lexicon) == 2
    modem, card, pizza = (
        lexicon.weight(content(word, "en")[0]) for word in ("modem", "card", "pizza")
    )
    assert 0 < modem < card < pizza


@given(WORDS)
def test_shares_are_shares(words: list[str]) -> None:
    lexicon = Lexicon(PASSAGES, "en")
    stems = content(" ".join(words), "en")
    assert 0 <= share(lexicon.weighed(stems), frozenset(stems[:2])) <= 1
    assert 0 <= lexicon.familiar(stems) <= 1
    if "pizza" in words or "weather" in words:
        assert lexicon.familiar(stems) < 1


def test_of_a_language_without_passages_nothing_is_held_against_a_word() -> None:
    assert Lexicon(PASSAGES, "zh").familiar(("天气",)) == 1
