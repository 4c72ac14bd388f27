"""What the house relies on: searches never stop, what was embedded stays, answers are found."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from hashlib import sha256
from pathlib import Path

import msgspec
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from llmtb.inference.embedding.encoder import Encoder
from llmtb.inference.embedding.weights import Vectors
from llmtb.inference.errors import Closed
from llmtb.inference.knowledge.base import KnowledgeBase
from llmtb.inference.knowledge.centring import read_everyday
from llmtb.inference.knowledge.passage import Passage
from llmtb.inference.models.model import Model

SAMPLE = Path(__file__).parents[2] / "llmtb" / "sample"
EVERYDAY = {"en": ("where is the shop?", "who are you?"), "fa": ("مغازه کجاست؟",)}


class Counted:
    """An embedder that counts; the vector of a text is drawn from its hash."""

    identity = "counted:1"
    dimensions = 16

    def __init__(self, most: int | None = None) -> None:
        self.embedded: list[str] = []
        self.most = most  # texts after which it is closed

    async def queries(
        self, texts: Sequence[str], *, deadline: float | None = None, background: bool = False
    ) -> Vectors:
        return await self.passages(texts)

    async def passages(self, texts: Sequence[str]) -> Vectors:
        await asyncio.sleep(0)
        self.embedded += texts
        if self.most is not None and len(self.embedded) > self.most:
            raise Closed("the encoder is closed")
        seeds = [int.from_bytes(sha256(text.encode()).digest()[:4]) for text in texts]
        rows = [np.random.default_rng(seed).normal(size=self.dimensions) for seed in seeds]
        drawn = np.array(rows, np.float32).reshape(-1, self.dimensions)
        return np.asarray(drawn / np.linalg.norm(drawn, axis=1, keepdims=True), np.float32)


def faq(number: int, question: str = "", **more: object) -> Passage:
    made = Passage(
        id=f"faq@1#{number}",
        document="faq",
        version=1,
        number=number,
        kind="faq",
        title="Questions",
        question=question or f"What is number {number}?",
        variants=(f"tell me of number {number}",),
        text=f"Number {number} is {number * 7}.",
        language="en",
        entry=f"number-{number}",
    )
    return msgspec.structs.replace(made, **more)


def used(
    embedder: Counted,
    use: Callable[[KnowledgeBase], Awaitable[None]],
    cache: Path | None = None,
) -> None:
    async def run() -> None:
        base = await KnowledgeBase.open(embedder, cache=cache, everyday=EVERYDAY)
        try:
            await use(base)
        finally:
            await base.close()

    asyncio.run(run())


def test_only_what_is_new_is_embedded(tmp_path: Path) -> None:
    cache = tmp_path / "vectors.db"

    async def first(base: KnowledgeBase) -> None:
        await base.rebuild([faq(n) for n in range(10)])

    async def again(base: KnowledgeBase) -> None:
        await base.rebuild([faq(n) for n in range(10)])
        assert embedder.embedded == []
        await base.rebuild([faq(n) for n in range(11)])
        assert embedder.embedded
        assert all("10" in text for text in embedder.embedded)

    used(Counted(), first, cache)
    embedder = Counted()
    used(embedder, again, cache)


def test_the_cache_gives_the_same_index_as_embedding_again(tmp_path: Path) -> None:
    identities: list[str] = []

    async def use(base: KnowledgeBase) -> None:
        identities.append((await base.rebuild([faq(n) for n in range(10)])).identity)

    for cache in (None, tmp_path / "vectors.db", tmp_path / "vectors.db"):
        used(Counted(), use, cache)
    assert len(set(identities)) == 1


def test_searches_go_on_in_the_old_index_until_the_new_one_is_whole() -> None:
    async def use(base: KnowledgeBase) -> None:
        await base.rebuild([faq(1)])
        old = base.index
        building = asyncio.create_task(base.rebuild([faq(n) for n in range(300)]))
        seen = 0
        while not building.done():
            found = await base.search("number 1", language="en", audience="customer")
            assert found.searched.identity == (old if base.version == 1 else base.index).identity
            assert len(found.hits) == min(5, len(found.searched))
            seen += 1
        assert seen > 3
        assert len(base.index) == 300
        assert base.version == 2

    used(Counted(), use)


def test_a_rebuild_that_fails_or_is_cancelled_leaves_the_index_in_use() -> None:
    async def use(base: KnowledgeBase) -> None:
        index = await base.rebuild([faq(1)])
        cancelled = asyncio.create_task(base.rebuild([faq(n) for n in range(300)]))
        await asyncio.sleep(0.01)
        cancelled.cancel()
        await asyncio.wait([cancelled])
        embedder.most = len(embedder.embedded) + 10
        with pytest.raises(Closed):
            await base.rebuild([faq(n) for n in range(1000, 1300)])
        embedder.most = None
        with pytest.raises(ValueError, match="one id"):
            await base.rebuild([faq(1), faq(1)])
        assert base.index is index
        await base.rebuild([faq(n) for n in range(20)])
        assert len(base.index) == 20

    embedder = Counted()
    used(embedder, use)


def test_progress_is_told_to_the_end() -> None:
    async def use(base: KnowledgeBase) -> None:
        told: list[tuple[int, int]] = []
        await base.rebuild([faq(n) for n in range(100)], progress=lambda *each: told.append(each))
        assert [done for done, _ in told] == sorted(done for done, _ in told)
        assert told[-1][0] == told[-1][1] == max(size for _, size in told)
        assert len(told) > 5

    used(Counted(), use)


@settings(max_examples=30, deadline=None)
@given(
    texts=st.lists(st.text(max_size=400), min_size=1, max_size=4),
    questions=st.lists(st.none() | st.text(max_size=80), min_size=4, max_size=4),
    asked=st.text(max_size=400),
)
def test_any_text_can_be_kept_and_asked_for(
    texts: list[str], questions: list[str | None], asked: str
) -> None:
    async def use(base: KnowledgeBase) -> None:
        known = [
            msgspec.structs.replace(faq(n, text=text, variants=(text[:20], "")), question=question)
            for n, (text, question) in enumerate(zip(texts, questions))
        ]
        await base.rebuild(known, asked={"en": [asked], "xx": ["?"], "yy": []})
        found = await base.search(asked, language=None, audience="agent", k=50)
        assert {hit.passage.id for hit in found.hits} <= {each.id for each in known}
        if any(map(str.isalnum, asked)) and all(map(str.strip, texts)):
            assert len(found.hits) == len(known)

    used(Counted(), use)


def test_what_has_no_words_finds_nothing() -> None:
    async def use(base: KnowledgeBase) -> None:
        await base.rebuild([faq(1)])
        for nothing in ("", " ", "?!", "\u200c", "👍"):
            found = await base.search(nothing, language="en", audience="agent")
            assert found.hits == []

    used(Counted(), use)


def test_questions_in_five_languages_find_the_answer(e5_small: Model) -> None:
    known = [
        faq(1, "How do I change the Wi-Fi password?", text="Open the settings, then Security."),
        faq(2, "How do I pay my bill?", text="By card, in the panel."),
        faq(3, "What does error E-104 mean?", text="The user name is wrong."),
        faq(4, "When are the branches open?", text="From nine to five, not on Fridays."),
        faq(5, "Where is my parcel with the modem?", text="Delivery takes three days."),
        faq(6, "چطور رمز وای‌فای را عوض کنم؟", text="تنظیمات، سپس امنیت.", language="fa"),
    ]
    known[-1] = msgspec.structs.replace(known[-1], entry="number-1", variants=())
    asked = {
        "en": ("i want a new code for my wireless", 1),
        "fa": ("پسورد مودم رو میخوام تغییر بدم", 1),
        "id": ("cara bayar tagihan gimana?", 2),
        "pt": ("que horas abre a loja de vocês?", 4),
        "zh": ("E-104是什么意思", 3),
    }

    async def run() -> None:
        encoder = await Encoder.open(e5_small, threads=2)
        everyday = read_everyday(SAMPLE / "questions-of-everyday")
        base = await KnowledgeBase.open(encoder, cache=None, everyday=everyday)
        await base.rebuild(known)
        for language, (text, number) in asked.items():
            for told in (language, None):
                found = await base.search(text, language=told, audience="customer")
                assert found.hits[0].passage.entry == f"number-{number}", text
                guess = found.searched.language_of(found.vector)
                assert guess
                assert guess.language == language
        found = await base.search(asked["fa"][0], language="fa", audience="customer")
        assert found.hits[0].passage.language == "fa"
        await base.close()
        await encoder.close()

    asyncio.run(run())
