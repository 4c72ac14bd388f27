"""What people would have done differently under another policy: counted, listed, said in words.

Nobody knows it. So each kind of doubt says what was assumed instead.
"""

from datetime import datetime
from typing import Final

import msgspec

KINDS: Final = {
    "assumed_returns": "rests were granted that the log refused, so it holds no return for them:"
    " {assumption}",
    "refused_now": "rests of the log were refused: whoever was refused might have asked to be told,"
    " or pressed again; the log holds no such press",
    "returns_without_a_rest": "returns were left out, since the rest they ended was not granted",
    "other_due": "returns ended a rest that was due at another time than in the log: they were"
    " kept at the instant they have in the log (--move-returns moves them with the due)",
    "moved_returns": "returns ended a rest that was due at another time than in the log: each was"
    " moved, to be as long before or after its due as it was",
    "stayed_on": "rests ended with the shift in the log, which here went on: those people were"
    " taken to be back at that instant",
    "pressed_while_resting": "presses were left out, since the person was resting already after a"
    " rest that the log refused",
    "repeated_presses": "presses of people who were resting in the log were left out, since that"
    " rest was not granted",
    "asked_again": "presses came after a refusal which here was a rest: they were kept, though the"
    " person, rested, might not have pressed",
    "told_otherwise": "presses came after the person was told of a free slot, which here was told"
    " at another time or not at all: they were kept at their instant",
    "waits_left_out": "people who asked in the log to be told of a free slot had no need to, or"
    " could not: that was left out",
    "waits_not_left": "people who took back in the log that they wait were not waiting",
    "acts_without_a_rest": "acts of supervisors were left out, since the rest they were about was"
    " not running",
    "acts_refused": "acts of supervisors, or changes of the roster, could not be: the shift they"
    " name is not there, or it is over, or the new due had gone by",
    "acts_kept": "acts of supervisors (overrides, extensions, rests ended) were kept, though"
    " they answered to what the log's policy led to",
    "forgiven_without": "warnings forgiven in the log were not given, and were not forgiven",
    "presence": "check-ins and check-outs of the log changed nothing: the person was present"
    " already, or gone, or on no open shift",
    "assumed_check_ins": "people whom the roster had checked in were taken to check in themselves"
    " at that instant",
    "scaled_load": "reports of the phone system count the calls of an interval of another length:"
    " the calls were scaled to it",
}
"""By kind, the sentence that follows the count."""


class Doubt(msgspec.Struct, frozen=True):
    """One input that would have been different, perhaps: the event of the log that tells of it.

    agent: whose it was, if anybody's.
    """

    seq: int
    at: datetime
    agent: str | None


class Doubts:
    """All of them, by kind in the order of KINDS."""

    def __init__(self, assumption: str) -> None:
        self._assumption = assumption
        self._found: dict[str, list[Doubt]] = {}

    def add(self, kind: str, seq: int, at: datetime, agent: str | None) -> None:
        """Take note of one. Raises KeyError for a kind that is not among KINDS."""
        if kind not in KINDS:
            raise KeyError(kind)
        self._found.setdefault(kind, []).append(Doubt(seq, at, agent))

    def listed(self) -> dict[str, list[Doubt]]:
        """By kind, those there are."""
        return {kind: self._found[kind] for kind in KINDS if kind in self._found}

    def sentences(self) -> list[str]:
        """A sentence for each kind there is, with its count."""
        return [
            f"{len(found)} {KINDS[kind].format(assumption=self._assumption)}."
            for kind, found in self.listed().items()
        ]
