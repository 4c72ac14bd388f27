"""The words of a report, by what the published language calls a thing; all are message ids."""

from collections.abc import Mapping
from typing import Final

Terms = Mapping[str, str]


def mark(msgid: str) -> str:
    """Return the message id as it is: marks one that is said elsewhere."""
    return msgid


KINDS: Final[Terms] = {
    "normal": mark("normal"),
    "urgent": mark("urgent"),
    "meal": mark("meal"),
    "emergency": mark("emergency"),
}
ENDED_BY: Final[Terms] = {
    "agent": mark("agent"),
    "supervisor": mark("supervisor"),
    "shift_end": mark("shift end"),
    "check_out": mark("check out"),
}
WARNED: Final[Terms] = {"late": mark("late"), "meal_twice": mark("second meal")}
REFUSED: Final[Terms] = {
    "not_present": mark("not present"),
    "already_resting": mark("already resting"),
    "emergency_used": mark("emergency used"),
    "emergency_taken": mark("emergency taken"),
    "blocked": mark("blocked"),
    "meal_only": mark("meal only"),
    "meal_used": mark("meal used"),
    "full": mark("full"),
    "no_meal_window": mark("no meal time"),
}
CAUSES: Final[Terms] = {
    "opened": mark("shift opened"),
    "presence": mark("people present"),
    "load": mark("calls"),
    "policy": mark("settings"),
    "override": mark("set by hand"),
    "override_ended": mark("by the rules again"),
    "feed_lost": mark("phone system silent"),
    "meal_opened": mark("meal time"),
    "meal_closed": mark("meal time over"),
}
ACTS: Final[Terms] = {
    "OverrideSet": mark("capacity set by hand"),
    "OverrideEnded": mark("capacity given back to the rules"),
    "BreakExtended": mark("rest extended"),
    "BreakEnded": mark("rest ended"),
    "WarningForgiven": mark("warning forgiven"),
}
AUTHORS: Final[Terms] = {
    "clock": mark("the clock"),
    "company": mark("the company"),
    "policy": mark("the settings"),
    "roster": mark("the roster"),
}
"""Who acts without being a person."""
