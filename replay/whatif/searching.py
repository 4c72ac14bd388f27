"""Every policy of a grid played over the same scene, by as many processes as there are cores."""

import signal
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from typing import Any, Final, NamedTuple

import msgspec

from llmtb.policy import PolicyError
from replay.whatif.counting import Count
from replay.whatif.figures import Figures
from replay.whatif.log import Scene
from replay.whatif.playing import Manner, play, policies

FEW: Final = 4  # policies for which no process is worth its start

Policy = Mapping[str, Any]


class Tried(NamedTuple):
    """What one policy led to.

    doubts: inputs that were left out, assumed or kept in doubt. own: it is what the log had.
    """

    other: Policy
    figures: Figures
    doubts: int
    own: bool


class Invalid(NamedTuple):
    """A policy that is not sound over the log's own, and why."""

    other: Policy
    reason: str


def sound(scene: Scene, grid: Sequence[Policy]) -> tuple[list[Policy], list[Invalid]]:
    """Those policies of a grid that can be played, and the others."""
    good: list[Policy] = []
    bad: list[Invalid] = []
    for other in grid:
        try:
            policies(scene, other)
            good.append(other)
        except PolicyError as error:
            bad.append(Invalid(other, str(error)))
    return good, bad


def search(
    scene: Scene,
    grid: Sequence[Policy],
    manner: Manner,
    jobs: int,
    progress: Callable[[int, int], None],
) -> list[Tried]:
    """Play the log's own policy, and then each of the grid; all are sound.

    progress: told how many of how many are done, after each.
    """
    every: list[Policy] = [{}, *grid]
    tried = []
    for done, each in enumerate(_played(scene, every, manner, jobs), 1):
        tried.append(each)
        progress(done, len(every))
    return tried


def trial(scene: Scene, other: Policy, manner: Manner) -> Tried:
    """One policy played; without what only a chart needs."""
    count = Count(scene)
    doubts = play(scene, count.take, other, manner)
    figures = msgspec.structs.replace(count.figures(), capacity=[], resting=[], rest_minutes={})
    own = policies(scene, other) == [policy for _, policy in scene.policies]
    return Tried(other, figures, sum(map(len, doubts.listed().values())), own)


def _played(scene: Scene, every: Sequence[Policy], manner: Manner, jobs: int) -> Iterator[Tried]:
    if jobs == 1 or len(every) <= FEW:
        yield from (trial(scene, other, manner) for other in every)
        return
    # A fresh process each, for a copy of this one would hold its threads' locks.
    pool = ProcessPoolExecutor(
        min(jobs, len(every)), get_context("spawn"), _settle, (scene, manner)
    )
    try:
        size = max(1, min(16, len(every) // (4 * jobs)))
        yield from pool.map(_trial, every, chunksize=size)
    finally:
        pool.shutdown(cancel_futures=True)


_settled: list[tuple[Scene, Manner]] = []
"""What a process of the pool plays; it is sent once."""


def _settle(scene: Scene, manner: Manner) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the first process ends the others
    _settled.append((scene, manner))


def _trial(other: Policy) -> Tried:
    scene, manner = _settled[-1]
    return trial(scene, other, manner)
