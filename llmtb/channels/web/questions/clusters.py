"""Groups of vectors that point the same way; arithmetic alone.

Average linkage: two groups become one while the mean cosine between their members is at least
`least`. Found along chains of nearest neighbours, which gives what merging the nearest pair first
gives: Müllner, "Modern hierarchical, agglomerative clustering algorithms" (2011), section 3.
"""

from typing import Final

import numpy as np
import numpy.typing as npt

Vectors = npt.NDArray[np.float32]

_NEVER: Final = np.float32(-np.inf)


def grouped(vectors: Vectors, least: float) -> list[list[int]]:
    """The groups of some vectors of length one, as places in order; the largest group first.

    The same vectors in another order give the same groups wherever no two cosines are equal: give
    them in an order of their own. Takes time and space of the square of their number.
    """
    count = len(vectors)
    parent = list(range(count))
    near = np.asarray(vectors @ vectors.T, np.float32)
    np.fill_diagonal(near, _NEVER)
    size = np.ones(count, np.float32)
    # Added to a row, it hides those that have gone into another group, and those in their last.
    over = np.zeros(count, np.float32)
    chain: list[int] = []
    for start in range(count):
        if parent[start] != start:
            continue
        chain = [start]
        while chain:
            last = chain[-1]
            row = near[last] + over
            best = int(row.argmax())
            if len(chain) > 1 and row[chain[-2]] >= row[best]:
                best = chain[-2]
            if row[best] < least:
                # Nothing is near enough, nor will be: means of what is farther are farther.
                chain.pop()
                over[last] = _NEVER
            elif len(chain) > 1 and best == chain[-2]:
                del chain[-2:]
                kept, gone = min(last, best), max(last, best)
                _merge(near, size, kept, gone)
                over[gone] = _NEVER
                parent[gone] = kept
                if not chain:
                    chain.append(kept)
            else:
                chain.append(best)
    groups: dict[int, list[int]] = {}
    for place in range(count):
        groups.setdefault(_root(parent, place), []).append(place)
    return sorted(groups.values(), key=lambda group: (-len(group), group))


def central(vectors: Vectors, weights: npt.NDArray[np.float32]) -> int:
    """The place of the vector that is nearest to the weighted mean of all; the first of equals."""
    return int((vectors @ (weights @ vectors)).argmax())


def _merge(near: Vectors, size: Vectors, kept: int, gone: int) -> None:
    total = size[kept] + size[gone]
    mean = (near[kept] * size[kept] + near[gone] * size[gone]) / total
    mean[kept] = _NEVER
    near[kept] = mean
    near[:, kept] = mean
    size[kept] = total


def _root(parent: list[int], place: int) -> int:
    while parent[place] != place:
        place = parent[place]
    return place
