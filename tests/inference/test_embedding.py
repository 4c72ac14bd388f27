"""What others rely on: the same vector in any company, people first, no text lost."""

import asyncio
import os
import shutil
import signal
from collections.abc import Awaitable, Callable
from pathlib import Path

import msgspec
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose

from llmtb.inference.embedding.encoder import BACKGROUND, Encoder
from llmtb.inference.embedding.shape import shape_of
from llmtb.inference.embedding.weights import ROWS, TOKENS, Vectors, Weights, batches
from llmtb.inference.errors import Closed, DeadlinePassed, ModelError, QueueFull
from llmtb.inference.models.model import Model
from tests.inference.models import installed

SAME = 1e-3  # int8 rounds a row's neighbours in

# Anything that people paste, lone surrogates too.
TEXTS = st.lists(st.text(st.characters(), max_size=60), min_size=1, max_size=12)


@pytest.fixture(scope="session")
def weights(e5_small: Model) -> Weights:
    return Weights(e5_small, threads=2)


@pytest.fixture(scope="session")
def minilm() -> Model:
    return installed("minilm-l6")


def used(
    model: Model,
    weights: Weights,
    use: Callable[[Encoder], Awaitable[None]],
    *,
    waiting: int = 4096,
) -> None:
    """Opens an encoder over loaded weights, and closes it."""

    async def run() -> None:
        encoder = Encoder(model, weights, workers=1, waiting=waiting)
        try:
            await use(encoder)
        finally:
            await encoder.close()

    asyncio.run(run())


def alone(weights: Weights, texts: list[str]) -> Vectors:
    return np.concatenate([weights.encode([weights.query(text).ids]) for text in texts])


@settings(max_examples=25, deadline=None)
@given(texts=TEXTS)
def test_a_vector_does_not_depend_on_who_is_embedded_beside_it(
    texts: list[str], weights: Weights, e5_small: Model
) -> None:
    async def use(encoder: Encoder) -> None:
        together = await encoder.queries(texts)
        assert_allclose(together, alone(weights, texts), atol=SAME)
        assert_allclose(np.linalg.norm(together, axis=1), 1, atol=1e-5)
        apart = await asyncio.gather(*(encoder.queries([text]) for text in texts))
        assert_allclose(np.concatenate(apart), together, atol=SAME)

    used(e5_small, weights, use)


def test_questions_that_mean_the_same_lie_near_whatever_the_letters(weights: Weights) -> None:
    plain, other, far = alone(
        weights,
        ["چطور رمز وای‌فای را عوض کنم؟", "چطور رمز واي فاي را عوض كنم؟", "the shop opens at nine"],
    )
    assert plain @ other > 0.999
    assert plain @ far < plain @ other - 0.1


def test_each_side_has_its_prefix(weights: Weights) -> None:
    asked, stored = weights.query("hello"), weights.passage("hello")
    assert asked.ids != stored.ids
    assert asked.ids[-2:] == stored.ids[-2:]


@given(lengths=st.lists(st.integers(1, 512), max_size=90))
def test_batches_take_every_row_once_and_stay_small(lengths: list[int]) -> None:
    made = list(batches(lengths))
    assert sorted(place for batch in made for place in batch) == list(range(len(lengths)))
    for batch in made:
        longest = max(lengths[place] for place in batch)
        assert len(batch) <= ROWS
        assert len(batch) == 1 or len(batch) * longest <= TOKENS


def test_a_text_longer_than_the_window_is_cut_and_says_so(weights: Weights) -> None:
    paste = "the modem is slow " * 50_000
    row = weights.passage(paste)
    assert row.cut
    assert len(row.ids) == 512
    assert not weights.passage("the modem is slow").cut
    assert_allclose(np.linalg.norm(weights.encode([row.ids])), 1, atol=1e-5)


def test_cut_texts_are_counted(weights: Weights, e5_small: Model) -> None:
    async def use(encoder: Encoder) -> None:
        await encoder.passages(["short", "long " * 2000])
        assert encoder.statistics().cut == 1
        assert encoder.statistics().passages == 2

    used(e5_small, weights, use)


def test_the_english_model_embeds_too(minilm: Model) -> None:
    loaded = Weights(minilm)
    light, lamp, bill = alone(
        loaded, ["my modem light is red", "the lamp of my router is red", "I want to pay the bill"]
    )
    assert light @ lamp > light @ bill + 0.3
    assert len(loaded.query("word " * 5000).ids) == minilm.max_tokens


def test_nothing_embeds_to_nothing(weights: Weights, e5_small: Model) -> None:
    async def use(encoder: Encoder) -> None:
        assert (await encoder.queries([])).shape == (0, 384)
        assert (await encoder.passages([])).shape == (0, 384)

    used(e5_small, weights, use)


def test_people_go_before_the_background(weights: Weights, e5_small: Model) -> None:
    async def use(encoder: Encoder) -> None:
        order: list[str] = []

        async def stored() -> None:
            await encoder.passages(["a long text about modems " * 15] * 60)
            order.append("stored")

        async def asked() -> None:
            await asyncio.sleep(0.02)
            await encoder.queries(["where is the branch?"])
            order.append("asked")

        await asyncio.gather(stored(), asked())
        assert order == ["asked", "stored"]

    used(e5_small, weights, use)


def test_a_background_batch_is_small_enough_for_a_person_to_wait_for(
    e5_small: Model, weights: Weights
) -> None:
    async def use(encoder: Encoder) -> None:
        await encoder.passages(["a long text about modems " * 15] * 20)
        done = encoder.statistics()
        assert done.tokens / done.batches <= BACKGROUND

    used(e5_small, weights, use)


def test_questions_that_come_together_are_embedded_together(
    weights: Weights, e5_small: Model
) -> None:
    async def use(encoder: Encoder) -> None:
        await asyncio.gather(*(encoder.queries([f"question {n}"]) for n in range(200)))
        done = encoder.statistics()
        assert done.queries == 200
        assert done.batches <= 40

    used(e5_small, weights, use)


def test_a_full_queue_refuses_at_once_and_the_rest_goes_on(
    weights: Weights, e5_small: Model
) -> None:
    async def use(encoder: Encoder) -> None:
        first = asyncio.create_task(encoder.queries([f"question {n}" for n in range(8)]))
        with pytest.raises(QueueFull):
            await encoder.queries(["one more"] * 9)
        assert (await first).shape == (8, 384)
        assert encoder.statistics().refused == 1

    used(e5_small, weights, use, waiting=8)


def test_a_deadline_is_told_when_it_passes_and_the_rest_goes_on(
    weights: Weights, e5_small: Model
) -> None:
    async def use(encoder: Encoder) -> None:
        stored = asyncio.create_task(encoder.passages(["a long text about modems " * 60] * 20))
        await asyncio.sleep(0.05)
        with pytest.raises(DeadlinePassed):
            await encoder.queries(["too late"], deadline=0.0001)
        assert (await stored).shape == (20, 384)
        assert encoder.statistics().late == 1

    used(e5_small, weights, use)


def test_who_gives_up_costs_nothing_more(weights: Weights, e5_small: Model) -> None:
    async def use(encoder: Encoder) -> None:
        many = asyncio.create_task(encoder.queries(["a text about modems " * 20] * 1000))
        await encoder.queries(["is it running?"])
        many.cancel()
        assert (await encoder.queries(["and I?"])).shape == (1, 384)
        assert encoder.statistics().batches < 30
        assert encoder.statistics().waiting == 0

    used(e5_small, weights, use)


def test_closing_finishes_what_waits_and_takes_nothing_more(
    weights: Weights, e5_small: Model
) -> None:
    async def use(encoder: Encoder) -> None:
        waiting = asyncio.create_task(encoder.queries(["a text about modems"] * 200))
        await asyncio.sleep(0)
        await asyncio.gather(encoder.close(), encoder.close())
        assert (await waiting).shape == (200, 384)
        with pytest.raises(Closed):
            await encoder.queries(["hello"])
        with pytest.raises(Closed):
            await encoder.passages(["hello"])

    used(e5_small, weights, use)


def test_a_model_without_its_tokenizer_says_what_to_do(e5_small: Model, tmp_path: Path) -> None:
    shutil.copy(e5_small.folder / "model.bin", tmp_path)
    with pytest.raises(ModelError, match="install"):
        Weights(msgspec.structs.replace(e5_small, folder=tmp_path))


def test_a_tokenizer_with_more_pieces_than_the_model_is_refused(
    e5_small: Model, minilm: Model, tmp_path: Path
) -> None:
    # Such an id would be read from beyond the table: CTranslate2 checks none.
    shutil.copy(e5_small.folder / "tokenizer.model", tmp_path)
    shutil.copy(minilm.folder / "model.bin", tmp_path)
    with pytest.raises(ModelError, match="250002 pieces"):
        Weights(msgspec.structs.replace(e5_small, folder=tmp_path))


@settings(max_examples=30, deadline=None)
@given(size=st.integers(0, 4000), data=st.binary(max_size=64))
def test_a_damaged_file_is_refused_in_a_line(
    size: int, data: bytes, e5_small: Model, tmp_path_factory: pytest.TempPathFactory
) -> None:
    path = tmp_path_factory.mktemp("damaged") / "model.bin"
    with (e5_small.folder / "model.bin").open("rb") as whole:
        path.write_bytes(whole.read(size) + data)
    with pytest.raises(ModelError) as told:
        shape_of(path)
    assert str(path) in str(told.value)


@pytest.mark.filterwarnings("ignore:.*fork:DeprecationWarning")
def test_a_child_made_by_fork_is_told_instead_of_hanging(weights: Weights) -> None:
    ids = weights.query("hello").ids
    weights.encode([ids])
    child = os.fork()
    if child == 0:
        try:
            weights.encode([ids])
        except ModelError:
            os._exit(7)
        os._exit(1)
    try:
        assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 7
    except BaseException:
        os.kill(child, signal.SIGKILL)
        raise
