"""Questions that mean the same are together, whatever order they came in."""

import asyncio
from collections.abc import Sequence
from datetime import datetime, timedelta
from itertools import combinations
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from llmtb.channels.web.console import Unserved
from llmtb.channels.web.questions import meaning as meanings
from llmtb.channels.web.questions.clusters import central, grouped
from llmtb.channels.web.questions.meaning import BUSY, Grouping, Meaning
from llmtb.inference.embedding.encoder import Encoder
from llmtb.projections.questions import Asked
from tests.inference.models import installed
from tests.projections.logs import OPENING
from tests.web.serving import bag_of_words

Vectors = npt.NDArray[np.float32]
WORDS = ("modem", "light", "red", "bill", "pay", "late", "sim", "card", "lost", "refund")


def vectors(seed: int, count: int) -> Vectors:
    """Some vectors of length one, a few of them near each other."""
    chance = np.random.default_rng(seed)
    middles = chance.normal(size=(max(1, count // 4), 8))
    rows = middles[chance.integers(0, len(middles), count)] + chance.normal(size=(count, 8)) * 0.4
    return np.asarray(rows / np.linalg.norm(rows, axis=1, keepdims=True), np.float32)


def plainly(near: Vectors, least: float) -> set[frozenset[int]]:
    """The same by merging the two nearest groups, one after the other."""
    groups = [frozenset({place}) for place in range(len(near))]

    def mean(pair: tuple[frozenset[int], frozenset[int]]) -> float:
        one, two = (sorted(each) for each in pair)
        return float(near[np.ix_(one, two)].mean())

    while len(groups) > 1:
        best = max(combinations(groups, 2), key=mean)
        if mean(best) < least:
            break
        groups = [each for each in groups if each not in best] + [best[0] | best[1]]
    return set(groups)


@given(st.integers(0, 10_000), st.integers(1, 14), st.floats(-0.5, 0.95))
@settings(max_examples=60, deadline=None)
def test_groups_are_those_that_merging_the_nearest_gives(
    seed: int, count: int, least: float
) -> None:
    rows = vectors(seed, count)
    assert set(map(frozenset, grouped(rows, least))) == plainly(rows @ rows.T, least)


@given(st.integers(0, 10_000), st.integers(1, 40))
@settings(max_examples=40, deadline=None)
def test_another_order_gives_the_same_groups(seed: int, count: int) -> None:
    rows = vectors(seed, count)
    order = np.random.default_rng(seed + 1).permutation(count)
    again = [frozenset(int(order[p]) for p in group) for group in grouped(rows[order], 0.5)]
    assert set(again) == set(map(frozenset, grouped(rows, 0.5)))


@pytest.mark.parametrize("count", [0, 1, 30])
def test_at_the_ends_all_are_one_or_each_is_alone(count: int) -> None:
    rows = vectors(7, count)
    assert len(grouped(rows, -1.01)) == min(1, count)
    assert len(grouped(rows, 1.01)) == count


def test_vectors_that_are_the_same_are_together() -> None:
    rows = vectors(3, 5)
    twice = np.concatenate([rows, rows])
    for group in grouped(twice, 0.999):
        assert {place + 5 for place in group if place < 5} <= set(group)


def test_the_central_one_is_nearest_to_what_most_asked() -> None:
    rows = np.eye(3, dtype=np.float32)
    assert central(rows, np.asarray([1, 5, 2], np.float32)) == 1


# --- of questions ------------------------------------------------------------------------------


def question(number: int, text: str, **other: Any) -> Asked:
    """A question, the number-th of its chat."""
    fields: dict[str, Any] = dict.fromkeys(Asked.__struct_fields__) | {
        "question": f"900/{number}",
        "chat": "900",
        "date": "2026-11-21",
        "at": OPENING + timedelta(seconds=number),
        "hour": 8,
        "text": text,
        "language": "en",
        "audience": "customer",
        "level": 0,
        "on_call": False,
        "offered": False,
        "callback": False,
    }
    return Asked(**(fields | other))


def group_all(asked: Sequence[Asked], embed: Any = bag_of_words) -> Grouping:
    return asyncio.run(Meaning(embed).grouping(asked))


texts = st.lists(st.sampled_from(WORDS), min_size=1, max_size=4).map(" ".join)


@given(st.lists(texts, max_size=25), st.randoms(use_true_random=False))
@settings(max_examples=30, deadline=None)
def test_every_question_is_in_one_group_in_whatever_order_it_came(
    asked: list[str], chance: Any
) -> None:
    questions = [question(number, text) for number, text in enumerate(asked)]
    found = group_all(questions)
    assert sorted(q.question for g in found.groups for q in g.questions) == sorted(
        q.question for q in questions
    )
    assert [len(g.questions) for g in found.groups] == sorted(
        (len(g.questions) for g in found.groups), reverse=True
    )
    shuffled = list(questions)
    chance.shuffle(shuffled)
    assert group_all(shuffled) == found
    together = {q.question: place for place, g in enumerate(found.groups) for q in g.questions}
    for one, two in combinations(questions, 2):
        if one.text == two.text:
            assert together[one.question] == together[two.question]


def test_letters_that_only_look_different_are_the_same_text() -> None:
    [group] = group_all([question(1, "كي مي‌آید؟"), question(2, "کی می آید?")]).groups
    assert len(group.questions) == 2


def test_a_group_is_named_in_the_language_it_is_asked_in_most() -> None:
    words = "modem light red modem light red"
    asked = [
        question(1, f"{words} چراغ", language="fa"),
        question(2, f"{words} چراغ قرمز", language="fa"),
        question(3, words, language="en"),
    ]
    [group] = group_all(asked).groups
    assert group.name.language == "fa"


def test_what_was_found_brings_different_words_together() -> None:
    asked = [
        question(1, "blinking box", title="modem light red meaning", score=0.9),
        question(2, "strange lamp", title="modem light red meaning", score=0.8),
    ]
    assert len(group_all(asked).groups) == 1
    unsure = [question(n, q.text, title=q.title, score=0.1) for n, q in enumerate(asked)]
    assert len(group_all(unsure).groups) == 2


def test_without_a_model_the_same_words_are_together_and_it_says_so() -> None:
    async def missing(_: Sequence[str]) -> Vectors:
        raise Unserved("no encoder is installed")

    asked = [question(1, "pay bill late"), question(2, "Late bill, pay?"), question(3, "sim card")]
    found = group_all(asked, missing)
    assert [len(group.questions) for group in found.groups] == [2, 1]
    assert found.trouble == "no encoder is installed"


def test_nobody_waits_long_for_an_encoder_and_what_it_read_is_kept() -> None:
    async def story() -> None:
        calls = 0

        async def slow(some: Sequence[str]) -> Vectors:
            nonlocal calls
            calls += 1
            if calls == 3:
                await asyncio.sleep(10)
            return await bag_of_words(some)

        meaning = Meaning(slow, patience=0.2)
        asked = [question(n, f"{WORDS[n % 10]} {n}") for n in range(90)]
        assert (await meaning.grouping(asked)).trouble == BUSY
        assert (await meaning.grouping(asked)).trouble == ""
        before = calls
        assert (await meaning.grouping(asked[:50])).trouble == ""
        assert calls == before, "they were read already"

    asyncio.run(story())


def test_too_many_are_left_out_the_rarest_first(monkeypatch: pytest.MonkeyPatch) -> None:
    asked = [question(n, WORDS[n % 7]) for n in range(20)]
    nodes, left_out = meanings.nodes_of(asked, most=6)
    assert (len(nodes), left_out) == (6, 2)
    assert sum(len(node.questions) for node in nodes) == 18


def test_the_real_encoder_tells_two_matters_apart() -> None:
    model = installed("e5-small")
    asked = [
        question(1, "How do I change my wifi password?"),
        question(2, "i want to set another password for my wi-fi"),
        question(3, "where can i change the password of the wifi"),
        question(4, "When will the technician come to my house?"),
        question(5, "what time does the technician come"),
        question(6, "چطور رمز وای‌فای را عوض کنم؟", language="fa"),
        question(7, "رمز وای فای رو چجوری تغییر بدم", language="fa"),
    ]

    async def story() -> Grouping:
        encoder = await Encoder.open(model, threads=1)
        try:
            return await Meaning(encoder.queries, patience=60).grouping(asked)
        finally:
            await encoder.close()

    found = asyncio.run(story())
    place = {q.question: n for n, g in enumerate(found.groups) for q in g.questions}
    assert place["900/1"] == place["900/2"] == place["900/3"]
    assert place["900/4"] == place["900/5"] != place["900/1"]
    assert place["900/6"] == place["900/7"]
    assert isinstance(found.groups[0].name.at, datetime)
