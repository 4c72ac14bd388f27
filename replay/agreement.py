"""Whether two reports of a shift are the same, but for words that can be read in one alone."""

from typing import Any

import msgspec

from llmtb.events.personal import REDACTED
from llmtb.events.report import ShiftReport


def differs(written: ShiftReport, drawn: ShiftReport) -> str | None:
    """The first place where two reports differ, such as `agents[3].breaks[0].due`; None: nowhere.

    Words of which one says only that they cannot be read differ nowhere.
    """
    return _differs(msgspec.to_builtins(written), msgspec.to_builtins(drawn), "")


def unread(report: ShiftReport) -> bool:
    """Whether a report holds words that cannot be read."""
    acts = [act for lines in report.agents for act in lines.acts]
    return any(act.reason == REDACTED for act in acts)


def _differs(one: Any, other: Any, where: str) -> str | None:
    if one == other or REDACTED in (one, other):
        return None
    if isinstance(one, dict) and isinstance(other, dict) and one.keys() == other.keys():
        places = ((one[key], other[key], f"{where}.{key}") for key in one)
    elif isinstance(one, list) and isinstance(other, list) and len(one) == len(other):
        places = ((a, b, f"{where}[{n}]") for n, (a, b) in enumerate(zip(one, other)))
    else:
        return where.lstrip(".") or "all of it"
    found = (_differs(a, b, place) for a, b, place in places)
    return next((each for each in found if each is not None), None)
