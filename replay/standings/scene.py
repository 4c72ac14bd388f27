"""All that holds at one place of the log: the fold that `state` shows and `why` reasons from.

The floor is folded by the very view that the running program shows (`llmtb.projections.capacity`);
beside each fact stands the event that it follows from.
"""

from collections.abc import Iterable, Iterator
from copy import deepcopy
from datetime import date, datetime, timedelta

import msgspec

from llmtb.events.exported import Manifest
from llmtb.events.floor import CapacityChanged, MealClosed, MealOpened, ShiftClosed, ShiftOpened
from llmtb.events.ledger import Ledger
from llmtb.events.record import Recorded
from llmtb.events.roster import Roster
from llmtb.projections.board import Board, ShiftNow, board
from llmtb.projections.capacity import Capacity
from replay.exits import BROKEN, Failed
from replay.speech import Speech
from replay.standings.conduct import Conducts
from replay.standings.doors import Audited, Doors, Library
from replay.standings.talks import Talks
from replay.standings.trail import Trail

SINGLE_DAYS = timedelta(days=3)  # so long what was said of one instance is kept after it


class Scene:
    """Everything true after the event `seq`.

    missing: earlier events that were left out. latest: the last instant of an event.
    """

    def __init__(self, speech: Speech | None = None, manifest: Manifest | None = None) -> None:
        """speech: how instants are said; None: as the company does at that time.

        manifest: of an export; it tells the policy in force where its event was left out.
        """
        self._speech = speech
        self._manifest = manifest
        self.floor = Capacity()
        self.roster = Roster()
        self.trail = Trail()
        self.conducts = Conducts()
        self.talks = Talks()
        self.doors = Doors()
        self.library = Library()
        self.audited = Audited()
        self.ledgers: dict[str, Ledger] = {}
        self.seq = 0
        self.latest: datetime | None = None
        self.missing = 0
        self._read = 0

    def apply(self, recorded: Recorded) -> None:
        """Take in the next event. Raises Failed for one that says what cannot be."""
        try:
            self._tell_policy(recorded)
            self._apply(recorded)
        except (msgspec.MsgspecError, LookupError, ValueError, OverflowError) as error:
            why = " ".join(str(error).split())
            line = f"event {recorded.seq} says what cannot be: {why}; verify the log"
            raise Failed(BROKEN, line) from error

    def pass_over(self, recorded: Recorded) -> None:
        """Know of an event that is read and left out: it is not missing."""
        self.missing += max(0, recorded.seq - self._read - 1)
        self._read = recorded.seq

    def _apply(self, recorded: Recorded) -> None:
        event, trail = recorded.event, self.trail
        self.pass_over(recorded)
        self.seq = recorded.seq
        self.latest = event.at if self.latest is None else max(self.latest, event.at)
        if isinstance(event, CapacityChanged):
            shift = self.floor.shifts.get(event.shift)
            trail.rose(recorded, shift.figure.capacity if shift and shift.figure else None)
        if isinstance(event, ShiftClosed):
            self._close(event)
        trail.note(recorded)
        self.conducts.note(recorded, self.floor.centre.policy.breaks.max_warnings)
        self._account(recorded)
        self.floor.apply(recorded)
        self.roster.evolve(event)
        for part in (self.talks, self.doors, self.library, self.audited):
            part.note(recorded)

    def _tell_policy(self, recorded: Recorded) -> None:
        """Take the policy from the manifest, once its event is passed and was left out."""
        told = self._manifest
        if told is None or told.policy is None or recorded.seq < (told.policy_seq or 0):
            return
        if recorded.seq > (told.policy_seq or 0) and self.trail.seq("rules") != told.policy_seq:
            policy = msgspec.convert(told.policy, type(self.floor.centre.policy))
            self.floor.centre.policy = policy
        self._manifest = None

    def _close(self, event: ShiftClosed) -> None:
        shift = self.floor.shifts.get(event.shift)
        if shift is not None:
            self.conducts.leave(shift.present)
        oldest = date.fromisoformat(event.shift[:10]) - SINGLE_DAYS
        self.roster.forget_before(oldest.isoformat())

    def _account(self, recorded: Recorded) -> None:
        """Keep the account of each shift, until the next one of its name opens."""
        event = recorded.event
        instance: str | None = getattr(event, "shift", None)
        if isinstance(event, ShiftOpened):
            name = event.shift.partition("/")[2]
            for old in [each for each in self.ledgers if each.partition("/")[2] == name]:
                del self.ledgers[old]
            self.ledgers[event.shift] = Ledger.begun(event)
        elif instance in self.ledgers:
            self.ledgers[instance].evolve(event)

    @property
    def speech(self) -> Speech:
        """How instants are said now."""
        return self._speech or Speech(self.floor.centre.policy.zone)

    def board(self, now: datetime) -> Board:
        """The floor as the running program would show it at an instant."""
        return board(self.floor, now)

    def shift(self, instance: str, now: datetime) -> ShiftNow | None:
        """One open shift of it; None if it is not open."""
        return next((each for each in self.board(now).shifts if each.shift == instance), None)

    def after(self, event: MealOpened | MealClosed) -> ShiftNow | None:
        """The same, once an event that has not been taken in will have been."""
        floor = deepcopy(self.floor)
        floor.evolve(event)
        drawn = board(floor, event.at).shifts
        return next((each for each in drawn if each.shift == event.shift), None)


def scenes(events: Iterable[Recorded], scene: Scene) -> Iterator[Recorded]:
    """Yield each event while `scene` is still as it was before it; then take it in."""
    for recorded in events:
        yield recorded
        scene.apply(recorded)
