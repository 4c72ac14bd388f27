"""The tree is the one of RFC 9162, however it was grown, and its proofs lead to its root."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from llmtb.events.merkle import EMPTY, Frontier, follow_inclusion, leaf, node

LEAVES = st.lists(st.binary(max_size=3), max_size=70)


def root_of(leaves: list[bytes]) -> bytes:
    """The root as RFC 9162 section 2.1.1 writes it down."""
    if not leaves:
        return EMPTY
    if len(leaves) == 1:
        return leaf(leaves[0])
    middle = split_of(len(leaves))
    return node(root_of(leaves[:middle]), root_of(leaves[middle:]))


def path_of(index: int, leaves: list[bytes]) -> list[bytes]:
    """The proof as RFC 9162 section 2.1.3.1 writes it down."""
    if len(leaves) == 1:
        return []
    middle = split_of(len(leaves))
    if index < middle:
        return [*path_of(index, leaves[:middle]), root_of(leaves[middle:])]
    return [*path_of(index - middle, leaves[middle:]), root_of(leaves[:middle])]


def split_of(size: int) -> int:
    return 1 << ((size - 1).bit_length() - 1)


@given(LEAVES)
def test_the_root_is_the_recursive_one(leaves: list[bytes]) -> None:
    frontier = Frontier()
    frontier.extend(leaves)
    assert (frontier.size, frontier.root()) == (len(leaves), root_of(leaves))


@given(LEAVES, st.data())
def test_a_tree_goes_on_from_the_peaks_of_any_moment(
    leaves: list[bytes], data: st.DataObject
) -> None:
    place = data.draw(st.integers(0, len(leaves)))
    before = Frontier()
    before.extend(leaves[:place])
    after = Frontier(before.size, before.peaks)
    after.extend(leaves[place:])
    assert after.root() == root_of(leaves)


@given(st.integers(-5, 300), st.integers(0, 10))
def test_peaks_of_another_size_are_refused(size: int, count: int) -> None:
    if size >= 0 and count == size.bit_count():
        assert Frontier(size, [bytes(32)] * count).size == size
    else:
        with pytest.raises(ValueError, match="peaks"):
            Frontier(size, [bytes(32)] * count)


@given(LEAVES.filter(bool))
def test_the_proof_of_every_leaf_leads_to_the_root(leaves: list[bytes]) -> None:
    for index, data in enumerate(leaves):
        proof = path_of(index, leaves)
        assert follow_inclusion(data, index, len(leaves), proof) == root_of(leaves)


@given(LEAVES.filter(bool), st.data())
def test_a_proof_of_another_leaf_place_or_length_leads_elsewhere(
    leaves: list[bytes], data: st.DataObject
) -> None:
    size = len(leaves)
    index = data.draw(st.integers(0, size - 1))
    proof, root = path_of(index, leaves), root_of(leaves)
    assert follow_inclusion(leaves[index] + b"x", index, size, proof) != root
    for longer in ([*proof, bytes(32)], *([proof[:-1]] if proof else [])):
        with pytest.raises(ValueError, match="the proof is too"):
            follow_inclusion(leaves[index], index, size, longer)
    for place in range(len(proof)):
        other = [*proof[:place], bytes(32), *proof[place + 1 :]]
        assert follow_inclusion(leaves[index], index, size, other) != root


@given(LEAVES, st.integers(1, 5), st.sampled_from([-1, 1]))
def test_no_leaf_is_proven_that_is_not_there(leaves: list[bytes], beyond: int, side: int) -> None:
    index = len(leaves) - 1 + beyond if side > 0 else -beyond
    with pytest.raises(ValueError, match="is not in a tree"):
        follow_inclusion(b"", index, len(leaves), [])
