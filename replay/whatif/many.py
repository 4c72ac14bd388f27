"""A grid of policies over one log: those that no other beats, and what each of them costs."""

import argparse
import os
import sys
from collections.abc import Iterator, Sequence
from itertools import groupby
from typing import Any

import msgspec

from llmtb.runtime.clock import WallClock
from replay.exits import DONE, INPUT, Failed
from replay.speech import Speech, plain
from replay.whatif.asked import log_of, manner_of, range_of, speech_of
from replay.whatif.check import check_of, said_check
from replay.whatif.comparing import aligned, differs, written
from replay.whatif.files import grid_in, said
from replay.whatif.front import AIMS, score, unbeaten
from replay.whatif.log import Log
from replay.whatif.progress import Progress
from replay.whatif.searching import Invalid, Tried, search, sound

SHOWN = 20  # outcomes that the text tells; JSON has them all


def choose(options: argparse.Namespace) -> int:
    """Play them all, and tell which are worth a thought. Raises Failed."""
    aims = _aims(options.aims)
    grid = grid_in(options.grid)
    log = log_of(options)
    good, bad = sound(log.scene, grid)
    if not good:
        raise Failed(INPUT, f"{options.grid}: none of it is sound: {bad[0].reason}")
    progress = Progress(sys.stderr, WallClock().now)
    jobs = options.jobs or len(os.sched_getaffinity(0))
    tried = search(log.scene, good, manner_of(options), jobs, progress.tell)
    scores = [score(each.figures, aims) for each in tried]
    best = unbeaten(scores)
    best.sort(key=lambda place: scores[place], reverse=True)
    if options.json:
        sys.stdout.write(f"{_json(log, aims, tried, best, bad)}\n")
    else:
        speech = speech_of(log.scene)
        lines = _told(log, aims, tried, best, bad, speech)
        sys.stdout.write("".join(f"{line}\n" for line in lines))
    return DONE


def _aims(text: str) -> list[str]:
    names = [name.strip() for name in text.split(",")]
    for name in names:
        if name not in AIMS:
            raise Failed(INPUT, f"--aims: there is no {plain(name)}; there are {', '.join(AIMS)}")
    if len(set(names)) < len(names):
        raise Failed(INPUT, "--aims: one is said twice")
    return names


def _told(
    log: Log,
    aims: Sequence[str],
    tried: Sequence[Tried],
    best: Sequence[int],
    bad: Sequence[Invalid],
    speech: Speech,
) -> Iterator[str]:
    yield f"range    {range_of(log.scene, speech)}"
    yield f"check    {said_check(log, check_of(log))}"
    yield f"aims     {', '.join(AIMS[name].wish for name in aims)}"
    if "service" in aims and tried[0].figures.service is None:
        yield "         the service level is not known: the log has no figures of the calls"
    unsound = f", {len(bad)} more are not sound" if bad else ""
    yield f"played   {len(tried)} policies, the log's own among them{unsound}"
    yield ""
    outcomes = _outcomes(aims, [tried[place] for place in best])
    yield f"No other beats these {len(best)}; those that led to the same stand together:"
    yield from aligned(
        [
            ("", *(AIMS[name].label for name in aims), "in doubt"),
            *(_line(f"{number:>3}", same[0], aims) for number, same in _numbered(outcomes)),
            _line("the log's own", tried[0], aims),
        ]
    )
    for number, same in _numbered(outcomes):
        yield ""
        for place, each in enumerate(same):
            own = " (the log's own)" if each.own else ""
            yield f"{f'{number:>3}' if place == 0 else '':3}  {said(each.other) or 'as it is'}{own}"
        if not any(each.own for each in same):
            yield f"     {_trade(tried[0], same[0], aims)}"
    if len(outcomes) > SHOWN:
        yield f"\nand {len(outcomes) - SHOWN} more: see --json"
    if 0 not in best:
        yield "\nThe log's own policy is beaten by at least one of these."
    yield from _unsound(bad)
    yield ""
    yield "In doubt: presses, returns and acts of the log that were left out, assumed, or kept"
    yield "though they might have been others; --policy with one of these tells which, and why."


def _outcomes(aims: Sequence[str], best: Sequence[Tried]) -> list[list[Tried]]:
    """The same outcomes together; they stand beside each other already."""
    by_score = groupby(best, key=lambda each: score(each.figures, aims))
    return [list(same) for _, same in by_score]


def _numbered(outcomes: list[list[Tried]]) -> Iterator[tuple[int, list[Tried]]]:
    yield from enumerate(outcomes[:SHOWN], 1)


def _line(name: str, each: Tried, aims: Sequence[str]) -> tuple[str, ...]:
    figures = (written(AIMS[name].of(each.figures), AIMS[name].unit) for name in aims)
    return (name, *figures, str(each.doubts))


def _trade(own: Tried, each: Tried, aims: Sequence[str]) -> str:
    """What it gives and takes against the log's own policy."""
    better: list[str] = []
    worse: list[str] = []
    for name, mine, theirs in zip(aims, score(each.figures, aims), score(own.figures, aims)):
        aim = AIMS[name]
        words = differs(aim.of(own.figures), aim.of(each.figures), aim.unit)
        if mine != theirs and words:
            (better if mine > theirs else worse).append(f"{aim.label} {words}")
    gains, costs = ", ".join(better) or "nothing", ", ".join(worse) or "nothing"
    return f"better: {gains}; worse: {costs}"


def _unsound(bad: Sequence[Invalid]) -> Iterator[str]:
    """Why some could not be played, and one of those each."""
    if bad:
        yield f"\nNot sound, and not played: {len(bad)} (see --json)"
    for reason in sorted({each.reason for each in bad}):
        of_it = [each.other for each in bad if each.reason == reason]
        yield f"  {plain(reason)}: {len(of_it)}, such as {said(of_it[0])}"


def _json(
    log: Log,
    aims: Sequence[str],
    tried: Sequence[Tried],
    best: Sequence[int],
    bad: Sequence[Invalid],
) -> str:
    unbeaten_ones = set(best)

    def told(each: Tried) -> dict[str, Any]:
        return {
            "policy": each.other,
            "own": each.own,
            "aims": {name: AIMS[name].of(each.figures) for name in aims},
            "uncertain": each.doubts,
            "figures": each.figures,
        }

    form = {
        "shift": log.scene.shift,
        "starts": log.scene.starts,
        "ends": log.scene.ends,
        "same_under_own_policy": check_of(log) is None,
        "aims": aims,
        "own": told(tried[0]),
        "unbeaten": [told(tried[place]) for place in best],
        "beaten": [told(each) for place, each in enumerate(tried) if place not in unbeaten_ones],
        "unsound": [{"policy": each.other, "reason": each.reason} for each in bad],
    }
    return msgspec.json.encode(form).decode()
