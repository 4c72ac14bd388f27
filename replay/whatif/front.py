"""Which of many policies no other beats, by the aims that somebody has.

One beats another that is worse by some aim and better by none. What is left when all that are
beaten are gone is what there is to choose from: each is better than any other by some aim, or the
same by all of them.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Final, NamedTuple

from replay.whatif.comparing import Number
from replay.whatif.figures import Figures


class Aim(NamedTuple):
    """A figure that should be small, or large. wish: in words. unit: how it is written."""

    label: str
    wish: str
    of: Callable[[Figures], Number]
    more: bool
    unit: str = ""


AIMS: Final[Mapping[str, Aim]] = {
    "refusals": Aim("refusals", "fewer refusals", lambda run: run.refusals, more=False),
    "waiting": Aim("waiting", "less waiting", lambda run: run.line_minutes, more=False, unit="min"),
    "service": Aim(
        "service level", "a higher service level", lambda run: run.service, more=True, unit="%"
    ),
    "rest": Aim(
        "rest per agent", "more rest per agent", lambda run: run.per_agent, more=True, unit="min"
    ),
    "meals": Aim("without a meal", "fewer without a meal", lambda run: run.not_fed, more=False),
    "late": Aim("late", "less late", lambda run: run.late_minutes, more=False, unit="min"),
    "warnings": Aim(
        "warnings", "fewer warnings", lambda run: sum(run.warnings.values()), more=False
    ),
    "peak": Aim("at rest at once", "fewer at rest at once", lambda run: run.peak, more=False),
}
USUAL: Final = ("refusals", "waiting", "service", "rest", "meals")

Score = tuple[float, ...]
"""How good a run is by each aim: larger is better."""


def score(figures: Figures, aims: Iterable[str]) -> Score:
    """How good a run is; what is not known is equally good for all."""
    values = ((AIMS[name], AIMS[name].of(figures)) for name in aims)
    return tuple(
        0.0 if value is None else float(value if aim.more else -value) for aim, value in values
    )


def beats(one: Score, other: Score) -> bool:
    """Whether one is better by some aim, and worse by none."""
    return one != other and all(mine >= theirs for mine, theirs in zip(one, other))


def unbeaten(scores: Sequence[Score]) -> list[int]:
    """The places of those that no other beats, in order."""
    # From the best sum down: who is beaten at all is beaten by one that was kept already.
    order = sorted(set(scores), key=lambda each: (sum(each), each), reverse=True)
    kept: list[Score] = []
    for each in order:
        if not any(beats(better, each) for better in kept):
            kept.append(each)
    best = set(kept)
    return [place for place, each in enumerate(scores) if each in best]
