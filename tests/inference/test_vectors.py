"""What was embedded once is never embedded again, and a broken cache is only begun anew."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from llmtb.inference.knowledge.vectors import VectorCache

TEXTS = st.lists(st.text(max_size=30), min_size=1, max_size=10)


def some(size: int, seed: int = 0) -> "np.typing.NDArray[np.float32]":
    return np.random.default_rng(seed).normal(size=(size, 4)).astype(np.float32)


@settings(deadline=None)
@given(texts=TEXTS, others=TEXTS)
def test_what_is_put_is_what_one_gets(texts: list[str], others: list[str]) -> None:
    cache = VectorCache(None, "e5")
    unlike = list(dict.fromkeys(texts))
    kept: dict[str, bytes] = {}
    for text, vector in zip(unlike, some(len(unlike))):
        cache.put([text], "query", vector[None])
        (found,) = cache.get([text], "query")
        assert found is not None
        kept[text] = found.tobytes()
        assert kept[text] == vector.tobytes()
    assert cache.get(others, "passage") == [None] * len(others)
    cache.close()


def test_a_cache_survives_its_process_and_tells_encoders_apart(tmp_path: Path) -> None:
    path = tmp_path / "deep" / "vectors.db"
    cache = VectorCache(path, "e5:int8:1")
    cache.put(["one", "two"], "passage", some(2))
    cache.close()
    again = VectorCache(path, "e5:int8:1")
    found = again.get(["two", "one", "three"], "passage")
    assert found[2] is None
    assert found[0] is not None
    assert np.array_equal(found[0], some(2)[1])
    again.close()
    other = VectorCache(path, "e5:float32:2")
    assert other.get(["one"], "passage") == [None]
    other.close()


@pytest.mark.parametrize("content", [b"", b"no database at all " * 400, b"SQLite format 3\0" * 300])
def test_a_damaged_file_is_begun_anew(content: bytes, tmp_path: Path) -> None:
    path = tmp_path / "vectors.db"
    path.write_bytes(content)
    cache = VectorCache(path, "e5")
    assert cache.get(["one"], "query") == [None]
    cache.put(["one"], "query", some(1))
    assert cache.get(["one"], "query")[0] is not None
    cache.close()


def test_only_what_is_needed_is_kept() -> None:
    cache = VectorCache(None, "e5")
    cache.put(["one", "two"], "passage", some(2))
    cache.put(["one"], "query", some(1))
    assert cache.keep([("passage", ["two"]), ("query", ["three"])]) == 2
    assert [each is None for each in cache.get(["one", "two"], "passage")] == [True, False]
    assert cache.get(["one"], "query") == [None]
    cache.close()


def test_more_texts_than_one_question_holds(tmp_path: Path) -> None:
    cache = VectorCache(tmp_path / "vectors.db", "e5")
    texts = [f"text {number}" for number in range(1700)]
    cache.put(texts, "passage", some(1700))
    found = cache.get(texts, "passage")
    assert np.array_equal(np.stack([row for row in found if row is not None]), some(1700))
    cache.close()
