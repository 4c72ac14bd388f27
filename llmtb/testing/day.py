"""A whole day of a call centre, made up from a seed: the same seed gives the same day.

What comes out are the steps of a scenario; people press buttons whether or not they are granted
what they ask for, as people do.
"""

import random
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from math import exp
from zoneinfo import ZoneInfo

import msgspec

from llmtb.actors.agent import (
    EndBreak,
    ForgiveWarning,
    StartBreak,
    WaitForSlot,
)
from llmtb.actors.centre import AddAgent, AssignShift, ReportLoad, ReportPhone, SetPolicy
from llmtb.actors.command import Command
from llmtb.actors.shift import OverrideCapacity
from llmtb.events.floor import Kind
from llmtb.scenario import Crash, End, Step

POLICY = {
    "breaks": {"every": 6, "allow": 1, "max_warnings": 2, "on_too_many": "block"},
    "load": {"mode": "erlang_c", "stale_after_seconds": 600},
    "meals": [
        {"name": "supper", "shift": "night", "start": "03:00", "end": "05:00"},
        {"name": "lunch", "shift": "morning", "start": "12:00", "end": "14:00"},
        {"name": "dinner", "shift": "evening", "start": "19:30", "end": "21:30"},
    ],
}
HOURS = {"night": (0, 8), "morning": (8, 16), "evening": (16, 24)}
MEALS = {"night": (3, 5), "morning": (12, 14), "evening": (19.5, 21.5)}
SHARES = {"night": 0.2, "morning": 0.45, "evening": 0.35}
ZONE = ZoneInfo("Asia/Tehran")
TODAY = date(2026, 11, 21)


class Day:
    """One day from local midnight on.

    agents: how many work in all, over three shifts. crashes: at how many instants the system is
    killed. on: which day. calls: how often each agent's phone says that it is in a call.
    Raises ValueError for fewer than ten agents.
    """

    def __init__(
        self, seed: int, agents: int = 200, crashes: int = 2, on: date = TODAY, calls: int = 6
    ) -> None:
        if agents < 10:
            raise ValueError("a day needs ten agents or more")
        self.chance = random.Random(seed)  # noqa: S311 - a day made up hides nothing
        self.on = on
        self.midnight = datetime(on.year, on.month, on.day, tzinfo=ZONE).astimezone(UTC)
        self.agents = agents
        self.crashes = crashes
        self.calls = calls
        self._events: list[tuple[datetime, int, Command]] = []

    def steps(self) -> Iterator[Step]:
        """The steps in order of time, numbered as the lines of a file."""
        self._events = []
        self._people()
        self._calls()
        self._acts()
        self._at(24.0, End())
        ordered = sorted(self._events, key=lambda each: each[:2])
        return (Step(number, at, do) for number, (at, _, do) in enumerate(ordered, 1))

    def lines(self) -> Iterator[bytes]:
        """The steps as the lines of a scenario file, in local time."""
        for step in self.steps():
            at = step.at.astimezone(ZONE).isoformat(timespec="seconds")
            fields = {
                name: value
                for name, value in msgspec.to_builtins(step.command).items()
                if value is not None and (name != "by" or value != "company")
            }
            do = fields.pop("do")
            yield msgspec.json.encode({"at": at, "do": do, **fields}) + b"\n"

    def _at(self, hours: float, command: Command) -> None:
        at = self.midnight + timedelta(seconds=round(hours * 3600))
        self._events.append((at, len(self._events), command))

    def _people(self) -> None:
        self._at(0, SetPolicy(policy=POLICY))
        self._at(0, AddAgent(agent="maryam", name="Maryam", role="supervisor"))
        numbers = iter(range(1, self.agents + 1))
        for shift, share in SHARES.items():
            crew = [f"a{next(numbers):03}" for _ in range(int(self.agents * share))]
            for agent in crew:
                self._at(0, AddAgent(agent=agent))
                self._at(0, AssignShift(agent=agent, shift=shift))
                self._work(agent, shift)
        nightly = [f"a{n:03}" for n in range(1, self.agents // 5)]
        for agent in self.chance.sample(nightly, min(3, len(nightly))):
            extra = AssignShift(agent=agent, shift=f"{self.on}/morning", reason="overtime")
            self._at(2 + self.chance.random(), extra)

    def _work(self, agent: str, shift: str) -> None:
        opens, closes = HOURS[shift]
        hour = opens + self.chance.uniform(0.4, 2.0)
        while hour < closes - 0.3:
            meal_from, meal_to = MEALS[shift]
            in_meal = meal_from <= hour < meal_to
            hour = self._rest(agent, "meal" if in_meal else self._kind(), hour)
            hour += self.chance.uniform(0.8, 2.2)
        for _ in range(self.calls):
            call = self.chance.uniform(opens, closes - 0.2)
            self._at(call, ReportPhone(agent=agent, state="in_call"))
            self._at(call + self.chance.uniform(0.02, 0.1), ReportPhone(agent=agent, state="free"))

    def _kind(self) -> Kind:
        kinds: tuple[Kind, ...] = ("normal", "urgent", "emergency")
        return self.chance.choices(kinds, (70, 27, 3))[0]

    def _rest(self, agent: str, kind: Kind, hour: float) -> float:
        minutes = {"normal": 15, "urgent": 5, "emergency": 10, "meal": 30}[kind]
        late = self.chance.expovariate(0.5) if self.chance.random() < 0.25 else 0.0
        back = hour + (minutes * self.chance.uniform(0.6, 1.0) + late) / 60
        self._at(hour, StartBreak(agent=agent, kind=kind))
        if self.chance.random() < 0.3:
            self._at(hour + 0.01, WaitForSlot(agent=agent))
        self._at(back, EndBreak(agent=agent))
        return back

    def _calls(self) -> None:
        """Figures every five minutes, with two peaks a day, and the feed lost for a while."""
        for minute in range(0, 24 * 60, 5):
            hour = minute / 60
            if not 17.0 <= hour < 17.7:
                peaks = exp(-(((hour - 11) / 2.5) ** 2)) + 0.8 * exp(-(((hour - 19) / 2.5) ** 2))
                calls = int(self.agents * (0.4 + 2.6 * peaks) * self.chance.uniform(0.9, 1.1))
                aht = round(self.chance.uniform(210, 270), 1)
                self._at(hour, ReportLoad(calls=calls, aht_seconds=aht, waiting=calls // 60))

    def _acts(self) -> None:
        until = self.midnight + timedelta(hours=15.5)
        override = OverrideCapacity(
            by="maryam", shift="morning", capacity=2, reason="a cable is down", until=until
        )
        self._at(14.5, override)
        for hour in (9.5, 20.25):
            agent = f"a{self.chance.randrange(self.agents // 5, self.agents):03}"
            forgive = ForgiveWarning(by="maryam", agent=agent, reason="the lift was stuck")
            self._at(hour, forgive)
        for _ in range(self.crashes):
            self._at(self.chance.uniform(0.5, 23.5), Crash())
