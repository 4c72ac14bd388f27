"""Which reason a refusal gives: the first that applies, over every mix of them."""

from itertools import product

import pytest

from llmtb.events.floor import BreakRefused, BreakStarted, Kind
from tests.actors.desk import Desk, back, crew, go, rest

SETTINGS = {
    "breaks": {"every": 5, "allow": 1, "max_warnings": 0, "on_too_many": "block"},
    "meals": [{"name": "lunch", "shift": "morning", "start": "12:00", "end": "13:00"}],
}
CIRCUMSTANCES = (
    "gone",
    "resting",
    "emergency_used",
    "emergency_taken",
    "blocked",
    "window",
    "eaten",
    "full",
)


def first_reason(kind: Kind, holds: set[str]) -> str | None:
    """The rules' list, read from the top."""
    emergency, plain = kind == "emergency", kind in ("normal", "urgent")
    rules = [
        ("gone" in holds, "not_present"),
        ("resting" in holds, "already_resting"),
        (emergency and "emergency_used" in holds, "emergency_used"),
        (emergency and "emergency_taken" in holds, "emergency_taken"),
        (emergency, None),
        (plain and "blocked" in holds, "blocked"),
        ("window" in holds and plain, "meal_only"),
        ("window" in holds and "eaten" in holds, "meal_used"),
        ("window" not in holds and kind == "meal", "no_meal_window"),
        ("full" in holds, "full"),
    ]
    return next((reason for applies, reason in rules if applies), None)


def bring_about(holds: set[str]) -> tuple[Desk, str]:
    """A floor where all that holds for agent x, and the time of day to ask."""
    desk = Desk(["x", *crew(5)], SETTINGS)
    if "emergency_used" in holds:
        desk.granted("08:10", "x", "emergency")
        desk.at("08:15", back("x"))
    if "blocked" in holds:
        desk.granted("08:30", "x", "urgent")
        desk.at("08:36", back("x"))
    hour = "12" if "window" in holds else "11"
    if "eaten" in holds:
        desk.granted("12:00", "x", "meal")
        desk.at("12:10", back("x"))
    if "resting" in holds:
        kind: Kind = "emergency" if "emergency_used" not in holds else "meal"
        desk.granted(f"{hour}:20", "x", "normal" if hour == "11" else kind)
    if "full" in holds:
        desk.wait(f"{hour}:21")
        for agent in crew(desk.shift().free()):
            desk.granted(f"{hour}:21", agent, "meal" if "window" in holds else "normal")
    if "emergency_taken" in holds:
        desk.granted(f"{hour}:22", "a05", "emergency")
    if "gone" in holds:
        desk.at(f"{hour}:23", go("x"))
    return desk, f"{hour}:24"


def possible(holds: set[str]) -> bool:
    """Whether a floor can be in all of these at once."""
    if "eaten" in holds and "window" not in holds:
        return False
    if "resting" in holds and "window" not in holds:
        return "blocked" not in holds and "emergency_taken" not in holds
    if "resting" in holds and "emergency_used" not in holds:
        return "emergency_taken" not in holds
    return not ("resting" in holds and "eaten" in holds)


MIXES = [
    {name for name, applies in zip(CIRCUMSTANCES, flags) if applies}
    for flags in product((False, True), repeat=len(CIRCUMSTANCES))
]


@pytest.mark.parametrize("kind", ["normal", "urgent", "emergency", "meal"])
def test_the_first_reason_that_applies_wins(kind: Kind) -> None:
    for holds in filter(possible, MIXES):
        desk, clock = bring_about(holds)
        event = desk.at(clock, rest("x", kind))
        wanted = first_reason(kind, holds)
        told = next(e for e in event if isinstance(e, BreakStarted | BreakRefused))
        given = told.reason if isinstance(told, BreakRefused) else None
        assert given == wanted, sorted(holds)


def test_every_reason_has_a_mix_that_leads_to_it() -> None:
    kinds: list[Kind] = ["normal", "urgent", "emergency", "meal"]
    reasons = {first_reason(kind, holds) for kind in kinds for holds in filter(possible, MIXES)}
    assert reasons == {
        None,
        "not_present",
        "already_resting",
        "emergency_used",
        "emergency_taken",
        "blocked",
        "meal_only",
        "meal_used",
        "no_meal_window",
        "full",
    }
