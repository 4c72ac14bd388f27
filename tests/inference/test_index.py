"""What a search promises: nobody finds what they may not see, and the best comes first."""

from collections.abc import Sequence

import msgspec
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.strategies import DrawFn, composite

from llmtb.events.chat import Audience
from llmtb.inference.knowledge import shelf
from llmtb.inference.knowledge.index import Index, Shipped
from llmtb.inference.knowledge.passage import Passage
from llmtb.inference.knowledge.points import Vectors, unit
from llmtb.inference.knowledge.shelf import WEIGHT
from llmtb.inference.knowledge.words import Words

WIDE = 8
LANGUAGES = ("en", "fa", "zh")
AUDIENCES: tuple[Audience, ...] = ("agent", "customer")
NOTHING = Shipped({}, {})


def vectors(seed: int, size: int) -> Vectors:
    return unit(np.random.default_rng(seed).normal(size=(size, WIDE)).astype(np.float32))


@composite
def passages(draw: DrawFn) -> list[Passage]:
    return [
        Passage(
            id=f"book@1#{number}",
            document="book",
            version=1,
            number=number,
            kind="text",
            title="Book",
            text=" ".join(draw(st.lists(st.sampled_from(["modem", "bill", "E-104"])))),
            language=draw(st.sampled_from(LANGUAGES)),
            audience=draw(st.sampled_from(AUDIENCES)),
            level=draw(st.integers(0, 2)),
            department=draw(st.sampled_from(["", "sales", "billing"])),
            entry=draw(st.sampled_from(["", "", "one", "two"])),
        )
        for number in range(draw(st.integers(0, 14)))
    ]


def built(known: Sequence[Passage], seed: int) -> tuple[Index, list[Vectors]]:
    points = [vectors(seed * 100 + n, 1 + n % 3) for n in range(len(known))]
    return Index("test", known, points, NOTHING, {}), points


def may_see(passage: Passage, audience: Audience, level: int, departments: set[str] | None) -> bool:
    return (
        (audience == "agent" or passage.audience == "customer")
        and passage.level <= level
        and (departments is None or passage.department in departments | {""})
    )


@settings(deadline=None)
@given(
    known=passages(),
    seed=st.integers(0, 9),
    audience=st.sampled_from(AUDIENCES),
    level=st.integers(0, 2),
    departments=st.none() | st.sets(st.sampled_from(["sales", "billing"])),
    language=st.none() | st.sampled_from(LANGUAGES),
    text=st.text() | st.just("modem E-104"),
    k=st.integers(0, 20),
)
def test_nobody_finds_what_they_may_not_see_and_each_entry_once(
    known: list[Passage],
    seed: int,
    audience: Audience,
    level: int,
    departments: set[str] | None,
    language: str | None,
    text: str,
    k: int,
) -> None:
    index, _ = built(known, seed)
    hits = index.search(
        vectors(seed, 1)[0],
        text,
        language=language,
        audience=audience,
        level=level,
        departments=departments,
        k=k,
    )
    seen = [each for each in known if may_see(each, audience, level, departments)]
    assert all(hit.passage in seen for hit in hits)
    entries = [hit.passage.entry or hit.passage.id for hit in hits]
    assert len(set(entries)) == len(entries)
    assert len(hits) == min(k, len({each.entry or each.id for each in seen}))
    scores = [hit.score for hit in hits]
    assert scores == sorted(scores, reverse=True)
    for hit in hits:
        assert hit.score == pytest.approx(hit.cosine + WEIGHT * hit.words, abs=1e-5)
        versions = [each for each in seen if each.entry and each.entry == hit.passage.entry]
        if language in {each.language for each in versions}:
            assert hit.passage.language == language


@settings(deadline=None)
@given(known=passages(), seed=st.integers(0, 9))
def test_the_weight_of_a_word_does_not_tell_customers_of_internal_passages(
    known: list[Passage], seed: int
) -> None:
    index, points = built(known, seed)
    places = [n for n, each in enumerate(known) if each.audience == "customer"]
    alone = Index("test", [known[n] for n in places], [points[n] for n in places], NOTHING, {})
    ask = vectors(seed + 50, 1)[0]
    both = [
        {
            hit.passage.entry or hit.passage.id: hit.words
            for hit in each.search(
                ask, "modem E-104 bill", language="en", audience="customer", level=2, k=50
            )
        }
        for each in (index, alone)
    ]
    assert both[0] == both[1]


@settings(deadline=None)
@given(known=passages(), seed=st.integers(0, 9))
def test_the_index_equals_comparing_everything(known: list[Passage], seed: int) -> None:
    index, points = built(known, seed)
    ask = vectors(seed + 50, 1)[0]
    text = "the modem shows E-104"
    words = Words([each.text for each in known], [each.language for each in known]).scores(text)
    centred = index.centring.query(ask, "en")
    fits: dict[str, list[float]] = {}
    foreign: dict[str, list[float]] = {}
    shared: dict[str, float] = {}
    for place, passage in enumerate(known):
        entry = passage.entry or passage.id
        rows = index.centring.passage(points[place], passage.language)
        best = float((rows @ centred).max())
        fits.setdefault(entry, []).append(best)
        if passage.language != "en":
            foreign.setdefault(entry, []).append(best)
        shared[entry] = max(shared.get(entry, 0.0), float(words[place]))
    english = [place for place, each in enumerate(known) if each.language == "en"]
    told = {known[place].entry or known[place].id for place in english}
    added = float(words[english].mean()) if english else 0.0
    ahead = [mixed(fits[entry]) - mixed(foreign[entry]) for entry in told & foreign.keys()]
    taken = sum(ahead) / len(ahead) if ahead and told != fits.keys() else 0.0
    scores = {
        entry: mixed(fits[entry])
        + WEIGHT * shared[entry]
        + (-taken if entry in told else WEIGHT * added)
        for entry in fits
    }
    hits = index.search(ask, text, language="en", audience="agent", level=2, k=50)
    assert {hit.passage.entry or hit.passage.id: hit.score for hit in hits} == pytest.approx(
        scores, abs=1e-4
    )


def mixed(cosines: list[float]) -> float:
    return (max(cosines) + sum(cosines) / len(cosines)) / 2


def plain(size: int) -> list[Passage]:
    return [
        Passage(
            id=f"book@1#{n}",
            document="book",
            version=1,
            number=n,
            kind="text",
            title="",
            text=f"code{n}",
            language="en",
            level=n % 2,
        )
        for n in range(size)
    ]


def test_a_large_index_finds_what_comparing_everything_finds(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    chance = np.random.default_rng(7)
    heaps = chance.normal(size=(60, 64))
    rows = heaps[chance.integers(0, 60, 6000)] + 0.7 * chance.normal(size=(6000, 64))
    points = [row[None] for row in unit(rows.astype(np.float32))]
    known = plain(6000)
    exact = Index("test", known, points, NOTHING, {})
    monkeypatch.setattr(shelf, "EXACT", 100)
    graph = Index("test", known, points, NOTHING, {})
    same, wanted = 0, 0
    for row in chance.integers(0, 6000, 100).tolist():
        ask = unit(points[row][0] + 0.05 * chance.normal(size=64).astype(np.float32))
        found = [
            [
                hit.passage.id
                for hit in index.search(
                    ask, "nothing", language="en", audience="customer", level=1, k=10
                )
            ]
            for index in (exact, graph)
        ]
        same += len(set(found[0]) & set(found[1]))
        wanted += len(found[0])
    assert same / wanted >= 0.98
    hits = graph.search(points[5][0], "code4711", language="en", audience="agent", level=1, k=10)
    assert "code4711" in {hit.passage.text for hit in hits} or hits[9].score > WEIGHT


def test_a_large_index_keeps_levels_apart_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shelf, "EXACT", 10)
    known = [msgspec.structs.replace(each, level=9) for each in plain(900)]
    known[0] = msgspec.structs.replace(known[0], level=0)
    points = [vectors(n, 1) for n in range(900)]
    index = Index("test", known, points, NOTHING, {})
    ask = -points[0][0]
    for level, size in ((0, 1), (9, 5)):
        hits = index.search(ask, "code7", language="en", audience="customer", level=level, k=5)
        assert len(hits) == size
        assert all(hit.passage.level <= level for hit in hits)


def test_its_identity_names_all_that_a_score_depends_on() -> None:
    known = plain(3)
    points = [vectors(n, 1) for n in range(3)]
    shipped = Shipped({"en": vectors(8, 4)}, {"en": vectors(9, 4)})
    first = Index("e5:int8:1", known, points, shipped, {"en": vectors(5, 4)})
    again = Index("e5:int8:1", known, points, shipped, {"en": vectors(5, 4)})
    assert first.identity == again.identity
    others = [
        Index("e5:float32:1", known, points, shipped, {"en": vectors(5, 4)}),
        Index("e5:int8:1", known[:2], points[:2], shipped, {"en": vectors(5, 4)}),
        Index("e5:int8:1", known, points, shipped, {"en": vectors(6, 4)}),
        Index("e5:int8:1", known, points, NOTHING, {"en": vectors(5, 4)}),
    ]
    assert len({first.identity, *(other.identity for other in others)}) == 5


def test_two_passages_of_one_id_are_refused() -> None:
    with pytest.raises(ValueError, match="one id"):
        Index("test", plain(1) * 2, [vectors(1, 1)] * 2, NOTHING, {})


def test_an_empty_index_finds_nothing() -> None:
    index = Index("test", (), (), NOTHING, {})
    assert index.search(vectors(1, 1)[0], "modem", language=None, audience="agent") == []


def test_a_passage_without_any_point_is_not_in_the_way() -> None:
    known = plain(3)
    points = [vectors(1, 1), np.zeros((0, WIDE), np.float32), vectors(3, 2)]
    index = Index("test", known, points, NOTHING, {})
    hits = index.search(vectors(1, 1)[0], "code1", language="en", audience="agent", level=1, k=9)
    assert {hit.passage.number for hit in hits} == {0, 2}
