"""Two runs side by side: as the log has it, and under another policy."""

from collections.abc import Callable, Iterator, Sequence
from typing import Final, NamedTuple

from replay.whatif.figures import Figures

Number = float | int | None


class Row(NamedTuple):
    """One figure of both runs; None where it is not known. unit: how it is written.

    inner: it is a part of the row above.
    """

    label: str
    before: Number
    after: Number
    unit: str = ""
    inner: bool = False


REASONS: Final = {
    "not_present": "not present",
    "already_resting": "resting already",
    "emergency_used": "emergency rest used",
    "emergency_taken": "emergency slot taken",
    "blocked": "blocked by discipline",
    "meal_only": "only meals now",
    "meal_used": "meal had already",
    "full": "no slot free",
    "no_meal_window": "no meal window",
}
KINDS: Final = ("normal", "urgent", "meal", "emergency")
WARNINGS: Final = {"late": "late", "meal_twice": "for a second meal"}


def rows(before: Figures, after: Figures) -> Iterator[Row]:
    """Everything that is compared, figure by figure."""

    def row(label: str, of: Callable[[Figures], Number], unit: str = "") -> Row:
        return Row(label, of(before), of(after), unit)

    yield row("rests granted", lambda run: run.rests)
    yield from _parts({kind: kind for kind in KINDS}, before.granted, after.granted)
    yield row("refusals", lambda run: run.refusals)
    yield from _parts(REASONS, before.refused, after.refused)
    yield row("asked to be told of a slot", lambda run: run.waits)
    yield row("were told", lambda run: run.told)._replace(inner=True)
    yield row("wait until told, mean", lambda run: run.mean_wait, "min")._replace(inner=True)
    yield row("wait until told, longest", lambda run: run.longest_wait, "min")._replace(inner=True)
    yield row("time spent waiting, all", lambda run: run.line_minutes, "min")._replace(inner=True)
    yield row("rest per agent", lambda run: run.per_agent, "min")
    yield row("agents", lambda run: run.agents)._replace(inner=True)
    yield row("late, all together", lambda run: run.late_minutes, "min")
    yield row("warnings", lambda run: sum(run.warnings.values()))
    yield from _parts(WARNINGS, before.warnings, after.warnings)
    yield row("forgiven", lambda run: run.forgiven)._replace(inner=True)
    yield row("agents with too many warnings", lambda run: run.disciplined)
    yield row("most at rest at once", lambda run: run.peak)
    yield row("at rest on average", lambda run: run.mean, "agents")
    yield row("service level, expected", lambda run: run.service, "%")
    yield row("occupancy, expected", lambda run: run.occupancy, "%")
    yield row("asked for a meal", lambda run: run.asked_to_eat)
    yield row("got none", lambda run: run.not_fed)._replace(inner=True)
    yield row("meal windows", lambda run: len(run.meals))
    yield row("too narrow for all", lambda run: sum(not each.fits for each in run.meals))._replace(
        inner=True
    )


def _parts(words: dict[str, str], before: dict[str, int], after: dict[str, int]) -> Iterator[Row]:
    for name, label in words.items():
        if name in before or name in after:
            yield Row(label, before.get(name, 0), after.get(name, 0), inner=True)


def written(value: Number, unit: str) -> str:
    """A figure as people read it."""
    if value is None:
        return "not known"
    if unit == "%":
        return f"{100 * value:.2f} %"
    number = f"{value:.1f}" if isinstance(value, float) else str(value)
    return f"{number} {unit}".strip()


def differs(before: Number, after: Number, unit: str) -> str:
    """By how much the second is more than the first, signed; empty where it is not."""
    if before is None or after is None:
        return ""
    change = after - before
    if unit == "%":
        return "" if abs(change) < 5e-5 else f"{100 * change:+.2f} points"
    if isinstance(change, float):
        return "" if abs(change) < 0.05 else f"{change:+.1f}"
    return f"{change:+d}" if change else ""


def table(before: Figures, after: Figures) -> Iterator[str]:
    """The rows as lines of aligned text."""
    lines = [
        (
            f"  {row.label}" if row.inner else row.label,
            written(row.before, row.unit),
            written(row.after, row.unit),
            differs(row.before, row.after, row.unit),
        )
        for row in rows(before, after)
    ]
    yield from aligned([("", "as recorded", "what-if", "difference"), *lines])


def aligned(lines: Sequence[Sequence[str]]) -> Iterator[str]:
    """Columns: the first to the left, the others to the right."""
    widths = [max(map(len, column)) for column in zip(*lines)]
    for first, *others in lines:
        cells = [text.rjust(width) for text, width in zip(others, widths[1:])]
        yield "  ".join([first.ljust(widths[0]), *cells]).rstrip()
