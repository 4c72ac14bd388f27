"""What people would have done differently under another policy: counted, listed, said in words.

Nobody knows it. So each kind of doubt says what was assumed instead.
"""

from datetime import datetime
from typing import Final, NamedTuple

import msgspec


class Kind(NamedTuple):
    """A kind of doubt: what is counted, and what was made of it."""

    what: str
    so: str


KINDS: Final = {
    "assumed_returns": Kind(
        "rests granted that the log refused",
        "It holds no return from them: {assumption}.",
    ),
    "refused_now": Kind(
        "rests of the log that were refused",
        "Whoever was refused might have asked to be told of a slot, or pressed again; the log holds"
        " no such press, and none was made up.",
    ),
    "returns_without_a_rest": Kind(
        "returns from rests that were not granted",
        "They were left out.",
    ),
    "other_due": Kind(
        "rests due at another time than in the log",
        "Their returns stayed at the instant they have in the log; --move-returns moves them with"
        " the due.",
    ),
    "moved_returns": Kind(
        "rests due at another time than in the log",
        "Their returns were moved, to be as long before or after the due as they were.",
    ),
    "stayed_on": Kind(
        "rests that ended with the shift in the log, which here went on",
        "Those people were taken to be back at that instant.",
    ),
    "pressed_while_resting": Kind(
        "presses of people who were at rest already, from one that the log refused",
        "They were left out.",
    ),
    "repeated_presses": Kind(
        "presses of people who were at rest in the log, but not here",
        "They were left out.",
    ),
    "asked_again": Kind(
        "presses after a refusal of the log that here was a rest",
        "They were kept, though whoever has rested might not have pressed.",
    ),
    "told_otherwise": Kind(
        "presses after word of a free slot, which here came at another time or not at all",
        "They stayed at their instant.",
    ),
    "waits_left_out": Kind(
        "requests to be told of a free slot, by people who had no need of it or could not wait",
        "They were left out.",
    ),
    "waits_not_left": Kind(
        "waits given up that here were none",
        "They were left out.",
    ),
    "acts_without_a_rest": Kind(
        "acts of supervisors on rests that were not running",
        "They were left out.",
    ),
    "acts_refused": Kind(
        "acts that could not be: there is no such shift, or it is over, or the new due had gone by",
        "They were left out.",
    ),
    "acts_kept": Kind(
        "acts of supervisors (overrides, rests ended or extended)",
        "They were kept, though they answered to what the log's policy led to.",
    ),
    "forgiven_without": Kind(
        "forgiven warnings that were not given",
        "They were not forgiven.",
    ),
    "presence": Kind(
        "check-ins and check-outs that changed nothing",
        "Those people were present already, or gone, or on no open shift.",
    ),
    "assumed_check_ins": Kind(
        "people whom the roster had checked in, and who here had to do so themselves",
        "They were taken to do so at that instant.",
    ),
    "scaled_load": Kind(
        "reports of calls counted over an interval of another length",
        "The calls were scaled to the length that the policy sets.",
    ),
}


class Doubt(msgspec.Struct, frozen=True):
    """One input that would have been different, perhaps: the event of the log that tells of it.

    agent: whose it was, if anybody's.
    """

    seq: int
    at: datetime
    agent: str | None


class Doubts:
    """All of them, by kind in the order of KINDS.

    assumption: when people are back from a rest that the log refused, in words.
    """

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
        """For each kind there is: what, how many, and what was made of it."""
        return [
            f"{_begun(KINDS[kind].what)}: {len(found)}."
            f" {KINDS[kind].so.format(assumption=self._assumption)}"
            for kind, found in self.listed().items()
        ]


def _begun(words: str) -> str:
    """Words at the beginning of a sentence."""
    return words[:1].upper() + words[1:]
