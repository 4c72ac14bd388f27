"""What the board on the wall tells of the floor: its agents by state, and what the calls ask for.

Numbers of `llmtb.projections.board`, and what follows from them and the roster alone.
"""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Final, Literal, get_args

import msgspec

from llmtb.capacity import asked_for, expected_level
from llmtb.events.floor import PhoneState
from llmtb.events.roster import Roster
from llmtb.projections.board import Board, ShiftNow, board
from llmtb.projections.capacity import Capacity

State = Literal["free", "in_call", "wrap", "away", "at_work", "resting", "late", "absent"]
STATES: Final[tuple[State, ...]] = get_args(State)


class WallShift(msgspec.Struct, frozen=True, kw_only=True):
    """One open shift. agents: everybody rostered or present, in exactly one state each, by id.

    `at_work`: present and not resting, and the phone system says nothing of them. `late` are no
    more among the `resting`; `absent`: rostered, and not present.
    """

    now: ShiftNow
    agents: Mapping[State, list[str]]

    def total(self, state: State) -> int:
        """How many are in a state."""
        return len(self.agents[state])


class Wall(msgspec.Struct, frozen=True, kw_only=True):
    """The whole floor. staffed: present and not resting, in all shifts.

    required: agents that the calls of the last interval ask for; level: the share of such calls
    that those staffed answer in time, expected by the formula. None without fresh figures.
    """

    board: Board
    shifts: list[WallShift]
    staffed: int
    required: int | None
    level: float | None


def wall(view: Capacity, roster: Roster, now: datetime) -> Wall:
    """The floor at `now`, an instant not before the last event that the view holds."""
    drawn = board(view, now)
    staffed = sum(len(shift.present) - len(shift.resting) for shift in drawn.shifts)
    load = view.centre.load if drawn.calls is not None and drawn.calls.fresh else None
    policy = view.centre.policy
    return Wall(
        board=drawn,
        shifts=[
            WallShift(now=shift, agents=states(shift, roster.on(shift.shift)))
            for shift in drawn.shifts
        ],
        staffed=staffed,
        required=None if load is None else asked_for(policy, load),
        level=None if load is None else expected_level(policy, staffed, load),
    )


def states(shift: ShiftNow, rostered: Iterable[str]) -> Mapping[State, list[str]]:
    """Everybody of a shift by state; see `WallShift`."""
    found: dict[State, list[str]] = {state: [] for state in STATES}
    late, resting = set(shift.late), {rest.agent for rest in shift.resting}
    for agent in shift.present:
        if agent in late:
            found["late"].append(agent)
        elif agent in resting:
            found["resting"].append(agent)
        else:
            found[_by_phone(shift.phones.get(agent))].append(agent)
    found["absent"] = sorted(set(rostered) - set(shift.present))
    return found


def _by_phone(phone: PhoneState | None) -> State:
    return "at_work" if phone is None else phone
