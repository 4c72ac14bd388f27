"""A passage in the reader's language, or the original alone: nothing in between is shown.

The model is real and small (`tools/tiny_translator`); so are its vocabulary and its mistakes.
"""

import asyncio
import shutil
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import TypeVar

import msgspec
import pytest

from llmtb.inference.errors import Closed, DeadlinePassed, ModelError, QueueFull
from llmtb.inference.models.model import Model
from llmtb.inference.models.store import Models
from llmtb.inference.translation.translator import LONGEST, Translator
from llmtb.inference.translation.unchanged import Untrusted, numbers

DATA = Path(__file__).parent / "data" / "translator"
MODEL = Models(DATA).get("tiny-translator")
UNSEEN = [
    line.split("\t") for line in (DATA / "unseen.tsv").read_text(encoding="utf-8").splitlines()
]
ENGLISH, PERSIAN = (tuple(pair[side] for pair in UNSEEN) for side in (0, 1))
# A sentence that the model translates faithfully but for its number.
LOSES_75 = "The fast account costs 75 tomans a month."

T = TypeVar("T")


def run(play: Callable[[Translator], Awaitable[T]], *models: Model, **settings: int) -> T:
    """Play a scene with a translator, and close it."""

    async def main() -> T:
        translator = await Translator.open(models or (MODEL,), **settings)
        try:
            return await play(translator)
        finally:
            await asyncio.wait_for(translator.close(), 20)

    return asyncio.run(main())


@pytest.mark.parametrize(
    ("source", "target", "texts", "expected"),
    [("en", "fa", ENGLISH, PERSIAN), ("fa", "en", PERSIAN, ENGLISH)],
)
def test_unseen_sentences_are_translated(
    source: str, target: str, texts: tuple[str, ...], expected: tuple[str, ...]
) -> None:
    async def play(translator: Translator) -> list[str | Untrusted]:
        return await translator.attempt(texts, source=source, target=target)

    found = run(play)
    right = [text == wanted for text, wanted in zip(found, expected, strict=True)]
    assert len(texts) == 200
    assert right.count(True) >= 0.75 * len(texts)
    # Whatever else it gets wrong, no shown translation has another number than its source.
    for text, shown in zip(texts, found, strict=True):
        assert isinstance(shown, Untrusted) or numbers(shown) == numbers(text)


def test_a_passage_keeps_its_shape() -> None:
    passage = (
        "The modem is slow. Wait 25 minutes and check the red light.\n\n"
        "- How do I change the password? https://help.example/modem?id=7\n* 12 / 30 *\n"
    )

    async def play(translator: Translator) -> list[str]:
        return await translator.translate([passage], source="en", target="fa")

    assert run(play) == [
        "مودم کند است. ۲۵ دقیقه صبر کنید و چراغ قرمز را بررسی کنید.\n\n"
        "- چگونه رمز را عوض کنم؟ https://help.example/modem?id=7\n* 12 / 30 *\n"
    ]


def test_in_a_batch_and_one_by_one_are_the_same() -> None:
    async def together(translator: Translator) -> list[str | Untrusted]:
        return await translator.attempt(ENGLISH[:60], source="en", target="fa")

    async def apart(translator: Translator) -> list[str | Untrusted]:
        alone = [await translator.attempt([t], source="en", target="fa") for t in ENGLISH[:60]]
        return [each[0] for each in alone]

    async def at_once(translator: Translator) -> list[str | Untrusted]:
        calls = (translator.attempt([t], source="en", target="fa") for t in ENGLISH[:60])
        found = [each[0] for each in await asyncio.gather(*calls)]
        statistics = translator.statistics()
        assert statistics.batches < statistics.sentences / 3
        return found

    expected = list(map(str, run(apart)))
    assert list(map(str, run(together))) == expected
    assert list(map(str, run(at_once, workers=2))) == expected


def test_what_is_too_long_for_the_model_goes_in_pieces() -> None:
    short = msgspec.structs.replace(MODEL, max_tokens=14)
    text = "The modem is slow, the router is fast, the old cable is broken, the plan is cheap."

    async def play(translator: Translator) -> list[str | Untrusted]:
        texts = [text, "x" * (LONGEST + 1), "x" * LONGEST]
        found = await translator.attempt(texts, source="en", target="fa")
        assert translator.statistics().sentences >= 4
        return found

    pieces, *endless = run(play, short)
    assert isinstance(pieces, str)
    assert {"مودم", "روتر", "کابل", "طرح"} <= set(pieces.split())
    assert all(isinstance(each, Untrusted) for each in endless)
    assert "at most 8000" in str(endless[0])


def test_both_directions_wait_in_one_line() -> None:
    async def play(translator: Translator) -> tuple[list[str], list[str]]:
        return await asyncio.gather(
            translator.translate(["The modem is slow."], source="en", target="fa"),
            translator.translate(["مودم کند است."], source="fa", target="en"),
        )

    assert list(run(play)) == [["مودم کند است."], ["The modem is slow."]]


def test_a_translation_that_lost_its_number_is_not_shown() -> None:
    async def play(translator: Translator) -> None:
        texts = [LOSES_75, "The modem is slow."]
        one, two = await translator.attempt(texts, source="en", target="fa")
        assert isinstance(one, Untrusted)
        assert "75" in str(one)
        assert two == "مودم کند است."
        with pytest.raises(Untrusted, match="lost 75"):
            await translator.translate([LOSES_75], source="en", target="fa")
        assert translator.statistics().untrusted == 2

    run(play)


def test_a_name_that_is_to_be_kept_is_kept_or_nothing_is_shown() -> None:
    async def play(translator: Translator) -> None:
        texts = ["The modem is slow."]
        with pytest.raises(Untrusted, match="lost modem"):
            await translator.translate(texts, source="en", target="fa", keep=["modem"])
        assert await translator.translate(texts, source="en", target="fa", keep=["Router"])

    run(play)


@pytest.mark.parametrize("text", ["The 调制解调器 is slow.", "مودم ß کند است."])
def test_letters_that_the_model_never_saw_are_not_guessed_at(text: str) -> None:
    async def play(translator: Translator) -> list[str]:
        return await translator.translate([text], source="en", target="fa")

    with pytest.raises(Untrusted):
        run(play)


def test_what_was_translated_is_remembered() -> None:
    async def play(translator: Translator) -> None:
        first = await translator.translate(ENGLISH[:1], source="en", target="fa")
        done = translator.statistics().sentences
        assert await translator.translate(ENGLISH[:1] * 3, source="en", target="fa") == first * 3
        assert translator.statistics().sentences == done
        for text in ENGLISH[1:4]:
            await translator.attempt([text], source="en", target="fa")
        assert len(translator._remembered) == 2

    run(play, memory=2)


def test_no_more_than_there_is_room_for() -> None:
    async def play(translator: Translator) -> None:
        first = asyncio.ensure_future(translator.attempt(ENGLISH[:8], source="en", target="fa"))
        await asyncio.sleep(0)
        with pytest.raises(QueueFull, match="8 of 10 places"):
            await translator.attempt(ENGLISH[8:11], source="en", target="fa")
        assert len(await translator.attempt(ENGLISH[8:10], source="en", target="fa")) == 2
        assert len(await first) == 8
        statistics = translator.statistics()
        assert (statistics.inside, statistics.waiting, statistics.refused) == (0, 0, 1)

    run(play, room=10)


def test_what_comes_too_late_is_given_up() -> None:
    async def play(translator: Translator) -> None:
        with pytest.raises(DeadlinePassed, match="within 0 s"):
            await translator.attempt(ENGLISH, source="en", target="fa", deadline=0)
        assert translator.statistics().expired == 1
        found = await translator.translate(
            ["The modem is slow."], source="en", target="fa", deadline=20
        )
        assert found == ["مودم کند است."]
        assert translator.statistics().inside == 0

    run(play)


def test_what_nobody_waits_for_leaves_the_line() -> None:
    async def play(translator: Translator) -> None:
        calls = [
            asyncio.ensure_future(translator.attempt([text], source="en", target="fa"))
            for text in ENGLISH
        ]
        await asyncio.wait(calls, return_when=asyncio.FIRST_COMPLETED)
        for call in calls[10:]:
            call.cancel()
        ended = await asyncio.gather(*calls, return_exceptions=True)
        assert sum(isinstance(each, list) for each in ended) >= 10
        statistics = translator.statistics()
        assert statistics.inside == 0
        assert statistics.cancelled > 0
        assert statistics.sentences < len(ENGLISH)

    run(play)


def test_closing_lets_what_is_inside_come_out() -> None:
    async def main() -> None:
        translator = await Translator.open([MODEL])
        calls = [
            asyncio.ensure_future(translator.attempt([text], source="en", target="fa"))
            for text in ENGLISH[:80]
        ]
        await asyncio.sleep(0)
        await translator.close()
        assert all(len(found) == 1 for found in await asyncio.gather(*calls))
        with pytest.raises(Closed):
            await translator.translate(["a"], source="en", target="fa")
        await translator.close()

    asyncio.run(main())


def test_closing_at_once_answers_everyone() -> None:
    async def main() -> None:
        translator = await Translator.open([MODEL])
        calls = [
            asyncio.ensure_future(translator.attempt([text], source="en", target="fa"))
            for text in ENGLISH
        ]
        await asyncio.wait(calls, return_when=asyncio.FIRST_COMPLETED)
        await asyncio.wait_for(translator.close(drain=False), 20)
        ended = await asyncio.gather(*calls, return_exceptions=True)
        assert all(isinstance(each, list | Closed) for each in ended)
        assert any(isinstance(each, list) for each in ended)
        assert any(isinstance(each, Closed) for each in ended)

    asyncio.run(main())


def test_the_loop_goes_on_while_a_batch_runs() -> None:
    async def play(translator: Translator) -> None:
        loop = asyncio.get_running_loop()
        gaps: list[float] = []

        async def tick() -> None:
            while True:
                before = loop.time()
                await asyncio.sleep(0.001)
                gaps.append(loop.time() - before)

        ticking = asyncio.ensure_future(tick())
        await translator.attempt(ENGLISH, source="en", target="fa")
        ticking.cancel()
        assert len(gaps) > 20
        assert sorted(gaps)[len(gaps) * 9 // 10] < 0.05

    run(play)


# --- models ------------------------------------------------------------------------------------


def changed(into: Path, **fields: object) -> Model:
    """A copy of the model with another card."""
    shutil.copytree(MODEL.folder, into, dirs_exist_ok=True)
    return msgspec.structs.replace(MODEL, folder=into, **fields)


def refusal(*models: Model) -> str:
    """What opening these models says; one line."""

    async def play(translator: Translator) -> None:
        raise AssertionError("it opened")

    with pytest.raises(ModelError) as refused:
        run(play, *models)
    assert "\n" not in str(refused.value)
    return str(refused.value)


def test_a_missing_tokenizer_is_one_clear_line(tmp_path: Path) -> None:
    model = changed(tmp_path)
    (tmp_path / "sentencepiece.model").unlink()
    assert f"{tmp_path}: neither sentencepiece.model nor source.spm and target.spm" in refusal(
        model
    )


@pytest.mark.parametrize(
    "name", ["sentencepiece.model", "model.bin", "shared_vocabulary.json", "config.json"]
)
def test_a_damaged_file_is_one_clear_line(tmp_path: Path, name: str) -> None:
    model = changed(tmp_path)
    (tmp_path / name).write_bytes(b"\x00broken")
    assert str(tmp_path) in refusal(model)


def test_an_unknown_family_says_which_are_known() -> None:
    model = msgspec.structs.replace(MODEL, family="telepathy")
    assert "'telepathy': no known family" in refusal(model)
    assert "no translator" in refusal(MODEL, msgspec.structs.replace(MODEL, kind="encoder"))


def test_only_what_the_models_have_is_offered(tmp_path: Path) -> None:
    one_way = changed(tmp_path, pairs=("en-fa",))
    anything = msgspec.structs.replace(MODEL, pairs=(), languages=())

    async def known(translator: Translator) -> list[str]:
        codes = ("en", "fa", "zh")
        every = ((source, target) for source in codes for target in codes)
        return [f"{s}-{t}" for s, t in every if translator.supports(s, t)]

    assert run(known) == ["en-fa", "fa-en"]
    assert run(known, one_way) == ["en-fa"]
    # What a model cannot be told to translate is not offered, whatever its card leaves open.
    assert run(known, anything) == ["en-fa", "fa-en"]

    async def unknown(translator: Translator) -> list[str]:
        return await translator.translate(["hi"], source="en", target="zh")

    with pytest.raises(ModelError, match="no translation from en to zh"):
        run(unknown)


def test_two_models_meet_in_english(tmp_path: Path) -> None:
    # Two cards of the same weights stand for packages of one pair each. To the second, Persian is
    # called xx, so that over English a sentence comes back as it was.
    vocabulary = (MODEL.folder / "shared_vocabulary.json").read_text(encoding="utf-8")
    back = changed(tmp_path, name="back", pairs=("en-xx",), languages=("en", "xx"))
    renamed = vocabulary.replace("__fa__", "__xx__")
    (tmp_path / "shared_vocabulary.json").write_text(renamed, encoding="utf-8")
    there = msgspec.structs.replace(MODEL, pairs=("fa-en",))

    async def play(translator: Translator) -> list[str]:
        assert translator.supports("fa", "xx")
        assert not translator.supports("xx", "fa")
        assert translator.identity == f"{there.identity}+{back.identity}"
        return await translator.translate([PERSIAN[0]], source="fa", target="xx")

    assert run(play, there, back) == [PERSIAN[0]]
