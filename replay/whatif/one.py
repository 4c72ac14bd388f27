"""One other policy beside the log's own: the table, the chart, and what is not certain of it."""

import argparse
import sys
from collections.abc import Iterator, Sequence
from itertools import islice
from pathlib import Path
from typing import Any

import msgspec

from llmtb.policy import PolicyError, changed, merge
from replay.exits import DONE, INPUT, Failed
from replay.speech import Speech, plain
from replay.whatif.asked import log_of, manner_of, range_of, speech_of
from replay.whatif.chart import chart
from replay.whatif.check import check_of, said_check
from replay.whatif.comparing import aligned, table
from replay.whatif.counting import Count
from replay.whatif.doubts import Doubt, Doubts
from replay.whatif.figures import Figures
from replay.whatif.files import flat, policy_in
from replay.whatif.log import Log, Scene
from replay.whatif.playing import play

SHOWN = 5  # doubts of a kind that the text names; JSON has them all


def compare(options: argparse.Namespace) -> int:
    """Play both, and tell. Raises Failed."""
    other = policy_in(options.policy)
    log = log_of(options)
    scene, speech = log.scene, speech_of(log.scene)
    check = check_of(log)
    before, after = Count(scene), Count(scene)
    play(scene, before.take)
    try:
        doubts = play(scene, after.take, other, manner_of(options))
    except PolicyError as error:
        raise Failed(INPUT, f"{options.policy}: {error}") from error
    runs = before.figures(), after.figures()
    if options.chart is not None:
        title = f"What if: {range_of(scene, speech)}"
        _write(options.chart, chart(title, *runs, (scene.starts, scene.ends), speech))
    if options.json:
        sys.stdout.write(f"{_json(log, other, check, runs, doubts)}\n")
    else:
        lines = _told(options.path, log, other, check, runs, doubts, speech)
        sys.stdout.write("".join(f"{line}\n" for line in lines))
    return DONE


def differences(scene: Scene, other: dict[str, Any]) -> list[tuple[str, Any, Any]]:
    """The settings that differ at the scene's end: the key, the log's value, and the other one."""
    own = scene.policies[-1][1]
    laid = merge(own, other)
    ours, theirs = dict(flat(own.table())), dict(flat(laid.table()))
    return [(key, ours[key], theirs[key]) for key in changed(own, laid)]


def _told(
    path: Path,
    log: Log,
    other: dict[str, Any],
    check: int | None,
    runs: tuple[Figures, Figures],
    doubts: Doubts,
    speech: Speech,
) -> Iterator[str]:
    yield f"log      {path}"
    yield f"range    {range_of(log.scene, speech)}"
    changes = differences(log.scene, other)
    for place, (key, old, new) in enumerate(changes):
        yield f"{'policy' if place == 0 else '':8} {key}: {_value(old)} -> {_value(new)}"
    if not changes:
        yield "policy   the same as the log's at the end of the range"
    yield f"check    {said_check(log, check)}"
    yield ""
    yield from table(*runs)
    yield from _meals(runs)
    if 0 < runs[0].known < 0.995:
        share = f"{100 * runs[0].known:.0f} %"
        yield f"\nThe service level is that of {share} of the time, for which the log has figures."
    yield ""
    yield from _doubted(doubts, speech)


def _meals(runs: tuple[Figures, Figures]) -> Iterator[str]:
    lines: list[Sequence[str]] = [("", "present", "at once", "could eat", "ate", "")]
    for label, run in zip(("as recorded", "what-if"), runs):
        for meal in run.meals:
            name = f"{plain(meal.shift)} {plain(meal.meal)}, {label}"
            numbers = (meal.present, meal.capacity, meal.seats, meal.ate)
            fits = "fits all" if meal.fits else "TOO NARROW"
            lines.append((name, *map(str, numbers), fits))
    if lines[1:]:
        yield ""
        yield from aligned(lines)


def _doubted(doubts: Doubts, speech: Speech) -> Iterator[str]:
    found = doubts.listed()
    if not found:
        yield "Nothing that people did depends on what differs."
        return
    yield "What people would have done differently, nobody knows. In this run:"
    for each, sentence in zip(found.values(), doubts.sentences()):
        yield f"- {sentence}"
        yield f"  {_places(each, speech)}"


def _places(found: list[Doubt], speech: Speech) -> str:
    named = [
        f"{plain(each.agent or '')} {speech.when(each.at)} (event {each.seq})".strip()
        for each in islice(found, SHOWN)
    ]
    more = len(found) - len(named)
    return "; ".join([*named, f"and {more} more"] if more else named)


def _value(value: Any) -> str:
    return plain(msgspec.json.encode(value).decode())


def _json(
    log: Log,
    other: dict[str, Any],
    check: int | None,
    runs: tuple[Figures, Figures],
    doubts: Doubts,
) -> str:
    scene = log.scene
    found = {
        kind: {"count": len(each), "means": sentence, "inputs": each}
        for (kind, each), sentence in zip(doubts.listed().items(), doubts.sentences())
    }
    form = {
        "shift": scene.shift,
        "starts": scene.starts,
        "ends": scene.ends,
        "policy": other,
        "differences": [
            {"setting": key, "recorded": old, "what_if": new}
            for key, old, new in differences(scene, other)
        ],
        "events": len(log.recorded),
        "same_under_own_policy": check is None,
        "recorded": runs[0],
        "what_if": runs[1],
        "uncertain": found,
    }
    return msgspec.json.encode(form).decode()


def _write(path: Path, text: str) -> None:
    try:
        path.write_text(text, encoding="utf-8")
    except OSError as error:
        raise Failed(INPUT, f"{path}: cannot be written: {error.strerror}") from error
