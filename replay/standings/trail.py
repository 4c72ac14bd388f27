"""The events that what holds on the floor now follows from: of each sort the latest."""

from typing import Any, TypeAlias

from llmtb.events.event import Event
from llmtb.events.floor import (
    PEOPLE,
    AgentRemoved,
    BreakEnded,
    BreakExtended,
    BreakStarted,
    CapacityChanged,
    CheckedIn,
    CheckedOut,
    LoadReported,
    MealClosed,
    MealOpened,
    OverrideEnded,
    OverrideSet,
    PhoneStateChanged,
    PolicyChanged,
    ShiftAssigned,
    ShiftClosed,
    ShiftOpened,
    ShiftUnassigned,
    SlotOffered,
    WaitJoined,
    WaitLeft,
)
from llmtb.events.record import Recorded
from replay.standings.seen import Seen

Key: TypeAlias = tuple[str, ...]
OF_AN_AGENT = frozenset(("person", "in", "out", "break", "due", "wait", "phone", "refused"))
ON_A_SHIFT = frozenset(("in", "break", "due", "wait"))  # of an agent, until their shift closes


class Trail:
    """By key, such as `("break", "a17")`, the latest event that says so.

    rules: the last change of any setting; policy: by dotted setting. load: the figures.
    person, in, out, break, due, wait, phone: by agent. roster: by agent and shift.
    opened, closed, presence, capacity, freed, override, override_ended, meal, meal_closed: by
    shift. eaten: by shift and agent, while the window is open.
    """

    def __init__(self) -> None:
        self._latest: dict[Key, Seen[Any]] = {}

    def of(self, *key: str) -> Seen[Any] | None:
        """The latest event under a key; None if there is none in what was read."""
        return self._latest.get(key)

    def seq(self, *key: str) -> int | None:
        """Its position."""
        found = self._latest.get(key)
        return None if found is None else found.seq

    def note(self, recorded: Recorded) -> None:
        """Take in the next event."""
        event: Any = recorded.event
        key, seen = self._key(event), Seen(recorded.seq, event)
        if key is not None:
            self._latest[key] = seen
        if isinstance(event, CheckedIn | CheckedOut):
            self._latest["presence", event.shift] = seen
        match event:
            case PolicyChanged():
                self._latest |= {("policy", setting): seen for setting in event.changed}
            case BreakStarted(kind="meal"):
                self._latest["eaten", event.shift, event.agent] = seen
            case BreakEnded():
                self._drop(("break", event.agent), ("due", event.agent))
                if event.kind != "emergency":
                    self._latest["freed", event.shift] = seen
            case CheckedOut():
                self._drop(("in", event.agent))
            case WaitLeft() | SlotOffered():
                self._drop(("wait", event.agent))
            case MealOpened():
                self._forget_eaten(event.shift)
            case OverrideEnded():
                self._drop(("override", event.shift))
            case ShiftClosed():
                self._close(event.shift)
            case AgentRemoved():
                self._remove(event.agent)
            case _:
                pass

    def rose(self, recorded: Recorded, before: int | None) -> None:
        """Note that a capacity rose, if it did: that frees slots as well."""
        event = recorded.event
        if isinstance(event, CapacityChanged) and before is not None and event.capacity > before:
            self._latest["freed", event.shift] = Seen(recorded.seq, event)

    def _key(self, event: Event) -> Key | None:
        match event:
            case PolicyChanged():
                return ("rules",)
            case LoadReported():
                return ("load",)
            case PhoneStateChanged() | CheckedIn() | CheckedOut() | BreakStarted():
                return _OF_AGENT[type(event)], event.agent
            case BreakExtended() | WaitJoined():
                return _OF_AGENT[type(event)], event.agent
            case ShiftAssigned() | ShiftUnassigned():
                return "roster", event.agent, event.shift
            case ShiftOpened() | ShiftClosed() | CapacityChanged() | OverrideSet():
                return _OF_SHIFT[type(event)], event.shift
            case OverrideEnded() | MealOpened() | MealClosed():
                return _OF_SHIFT[type(event)], event.shift
            case _ if isinstance(event, PEOPLE):
                return "person", event.agent
            case _:
                return None

    def _drop(self, *keys: Key) -> None:
        for key in keys:
            self._latest.pop(key, None)

    def _forget_eaten(self, shift: str) -> None:
        self._drop(*[key for key in self._latest if key[:2] == ("eaten", shift)])

    def _close(self, shift: str) -> None:
        """Nothing of a shift holds after it, but that it closed; that goes with its next one."""
        name = shift.partition("/")[2]
        for key, held in list(self._latest.items()):
            within = key[0] in ON_A_SHIFT and getattr(held.event, "shift", None) == shift
            earlier = key[0] == "closed" and key[1] != shift and key[1].endswith(f"/{name}")
            about = len(key) > 1 and key[0] != "closed" and shift in key[1:]
            if within or earlier or about:
                del self._latest[key]

    def _remove(self, agent: str) -> None:
        for key in list(self._latest):
            of_them = key[0] in OF_AN_AGENT and key[1] == agent and key[0] != "person"
            if of_them or (key[0] == "roster" and key[1] == agent):
                del self._latest[key]


_OF_AGENT: dict[type[Event], str] = {
    PhoneStateChanged: "phone",
    CheckedIn: "in",
    CheckedOut: "out",
    BreakStarted: "break",
    BreakExtended: "due",
    WaitJoined: "wait",
}
_OF_SHIFT: dict[type[Event], str] = {
    ShiftOpened: "opened",
    ShiftClosed: "closed",
    CapacityChanged: "capacity",
    OverrideSet: "override",
    OverrideEnded: "override_ended",
    MealOpened: "meal",
    MealClosed: "meal_closed",
}
