"""A scene played again under a policy: the inputs of the log, as far as they still make sense.

Under the log's own policy every input does, and the very events of the log come out. Under another
one some rests are not the log's: what depends on them is left out or assumed, and always counted.
"""

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from heapq import heappop, heappush
from statistics import median
from typing import Any, Final, Literal, NamedTuple

from llmtb.actors import agent as agents
from llmtb.actors import centre as centres
from llmtb.actors import shift as shifts
from llmtb.actors.shift import Break
from llmtb.events.event import Event
from llmtb.events.floor import BreakStarted, SlotOffered
from llmtb.policy import Policy, merge
from llmtb.runtime.errors import Refused
from replay.whatif.doubts import Doubts
from replay.whatif.inputs import Input
from replay.whatif.log import Scene, floor_of
from replay.whatif.stage import Stage

MOMENT: Final = timedelta(microseconds=1)
ASSUMED: Final = {
    "due": "each person was taken to be back exactly at due",
    "typical": "each person was taken to be back as long before or after due as is usual for them"
    " in this log (the median)",
}


class Manner(NamedTuple):
    """How people are taken to behave where the log cannot say.

    returns: when one is back from a rest that the log did not grant: at due, or as usual for them.
    move: whether a return moves with its rest's due.
    """

    returns: Literal["due", "typical"] = "due"
    move: bool = False


USUAL: Final = Manner()


def policies(scene: Scene, other: Mapping[str, Any]) -> list[Policy]:
    """The policies of a scene with a partial one laid over each. Raises PolicyError."""
    return [merge(policy, other) for _, policy in scene.policies]


def play(
    scene: Scene,
    tell: Callable[[Event], None],
    other: Mapping[str, Any] | None = None,
    manner: Manner = USUAL,
) -> Doubts:
    """Play a scene, with a partial policy laid over whatever the log sets; see `_Play`.

    Every event of the floor goes to `tell`. Raises PolicyError, before anything is played.
    """
    policies(scene, other or {})
    return _Play(scene, tell, other or {}, manner).run()


class _Play:
    """One run.

    rests: the running rest of each agent, by its press in the log. differs: whether the policy is
    another one than the log's.
    """

    def __init__(
        self,
        scene: Scene,
        tell: Callable[[Event], None],
        other: Mapping[str, Any],
        manner: Manner,
    ) -> None:
        self.scene = scene
        self.other = other
        self.manner = manner
        self.differs = policies(scene, other) != [policy for _, policy in scene.policies]
        self.doubts = Doubts(ASSUMED[manner.returns])
        self.stage = Stage(floor_of(scene), scene.horizon, self._take)
        self.rests = dict(scene.rests)
        self._tell = tell
        self._granted: set[int] = set()  # refusals of the log that became rests
        self._moved: set[int] = set()  # rests whose return was moved
        self._offered = dict(scene.offered)
        self._returns: list[tuple[datetime, int, str]] = []  # instant, rest, agent
        every = [late for each in scene.lateness.values() for late in each]
        self._usual = median(every) if every else 0.0

    def run(self) -> Doubts:
        """Everything, up to the end of the scene."""
        scene, stage = self.scene, self.stage
        # Where the range begins with a change of the policy, the one before never held in it.
        if self.other and stage.floor.centre.policy == scene.policies[0][1]:
            self._set_policy()
        for each in scene.inputs:
            self._return(each.at)
            stage.until(each.at)
            self._do(each)
        self._return(scene.ends)
        stage.until(scene.ends)
        return self.doubts

    def _take(self, event: Event) -> None:
        if isinstance(event, SlotOffered):
            self._offered[event.agent] = event.at
        self._tell(event)

    def _set_policy(self) -> None:
        """The other policy in force: the moment before the scene, or as the log begins."""
        before = self.scene.horizon is not None
        self.stage.until(self.scene.starts - MOMENT if before else self.scene.starts)
        self.stage.do(centres.SetPolicy(policy=dict(self.other)))

    def _return(self, until: datetime) -> None:
        """The returns that were assumed, up to an instant."""
        while self._returns and self._returns[0][0] <= until:
            at, rest, agent = heappop(self._returns)
            self.stage.until(at)
            if self._running(agent, rest) is not None:
                self.stage.do(agents.EndBreak(agent=agent))

    def _running(self, agent: str, rest: int | None) -> Break | None:
        """The rest of an agent, if it is running now."""
        known = self.stage.floor.agents.get(agent)
        if known is None or known.present is None or self.rests.get(agent) != rest:
            return None
        return self.stage.floor.shifts[known.present].breaks.get(agent)

    def _rests(self, agent: str) -> bool:
        return self._running(agent, self.rests.get(agent)) is not None

    def _doubt(self, kind: str, each: Input) -> None:
        self.doubts.add(kind, each.seq, each.at, getattr(each.command, "agent", None))

    # --- inputs --------------------------------------------------------------------------------

    def _do(self, each: Input) -> None:
        _DO.get(type(each.command), _Play._other)(self, each)

    def _other(self, each: Input) -> None:
        """Whatever depends on no rest."""
        try:
            self.stage.do(each.command)
        except Refused:
            self._doubt("acts_refused", each)
            return
        if isinstance(each.command, shifts.OverrideCapacity | shifts.EndOverride):
            self._keep(each)

    def _set(self, each: Input) -> None:
        command: Any = each.command
        policy = merge(merge(Policy(), command.policy), self.other).table()
        self.stage.do(centres.SetPolicy(policy=policy, by=command.by))

    def _press(self, each: Input) -> None:
        command: Any = each.command
        resting = self._rests(command.agent)
        if resting and each.outcome != "already_resting":
            self._doubt("pressed_while_resting", each)
            return
        if each.outcome == "already_resting" and not resting:
            self._doubt("repeated_presses", each)
            return
        if each.after in self._granted:
            self._doubt("asked_again", each)
        if each.offered is not None and self._offered.get(command.agent) != each.offered:
            self._doubt("told_otherwise", each)
        try:
            events = self.stage.do(command)
        except Refused:
            self._doubt("acts_refused", each)
            return
        started = next((event for event in events if isinstance(event, BreakStarted)), None)
        if started is not None:
            self._grant(each, started)
        elif each.outcome == "granted":
            self._doubt("refused_now", each)

    def _grant(self, each: Input, started: BreakStarted) -> None:
        agent = started.agent
        self.rests[agent] = each.seq
        if each.outcome != "granted":
            self._granted.add(each.seq)
            self._doubt("assumed_returns", each)
            late = 0.0
            if self.manner.returns == "typical":
                late = median(self.scene.lateness.get(agent) or [self._usual])
            self._expect(started.due + timedelta(seconds=late), each, started)
        elif each.due != started.due and each.seq in self.scene.ended:
            if not self.manner.move:
                self._doubt("other_due", each)
                return
            back, due = self.scene.ended[each.seq]
            self._moved.add(each.seq)
            self._doubt("moved_returns", each)
            self._expect(started.due + (back - due), each, started)

    def _expect(self, back: datetime, each: Input, started: BreakStarted) -> None:
        """A return that is assumed: not before the rest."""
        heappush(self._returns, (max(back, started.at + MOMENT), each.seq, started.agent))

    def _back(self, each: Input) -> None:
        command: Any = each.command
        if each.rest in self._moved:
            return
        if self._running(command.agent, each.rest) is not None:
            if each.assumed:
                self._doubt("stayed_on", each)
            self.stage.do(command)
        elif not each.assumed:
            self._doubt("returns_without_a_rest", each)

    def _end_for(self, each: Input) -> None:
        command: Any = each.command
        if self._running(command.agent, each.rest) is None:
            self._doubt("acts_without_a_rest", each)
        else:
            self._other(each)
            self._keep(each)

    def _extend(self, each: Input) -> None:
        """The same number of minutes more, whatever the due was."""
        command: Any = each.command
        rest = self._running(command.agent, each.rest)
        if rest is None or each.due is None:
            self._doubt("acts_without_a_rest", each)
            return
        due = rest.due + (command.due - each.due)
        try:
            self.stage.do(
                agents.ExtendBreak(
                    by=command.by, agent=command.agent, reason=command.reason, due=due
                )
            )
        except Refused:
            self._doubt("acts_refused", each)
        else:
            self._keep(each)

    def _keep(self, each: Input) -> None:
        if self.differs:
            self._doubt("acts_kept", each)

    def _forgive(self, each: Input) -> None:
        command: Any = each.command
        known = self.stage.floor.agents.get(command.agent)
        date = (each.shift or "")[:10]
        if known is None or not known.day(date).warnings:
            self._doubt("forgiven_without", each)
        else:
            self.stage.do(command)

    def _wait(self, each: Input) -> None:
        command: Any = each.command
        needless = each.after in self._granted or self._rests(command.agent)
        if needless or not self.stage.do(command):
            self._doubt("waits_left_out", each)

    def _leave(self, each: Input) -> None:
        if not self.stage.do(each.command):
            self._doubt("waits_not_left", each)

    def _presence(self, each: Input) -> None:
        if not each.assumed:
            if not self.stage.do(each.command):
                self._doubt("presence", each)
        elif (
            self.stage.floor.centre.policy.presence == "check_in"
            and self.differs
            and self.stage.do(each.command)
        ):
            self._doubt("assumed_check_ins", each)

    def _load(self, each: Input) -> None:
        command: Any = each.command
        now = self.stage.floor.centre.policy.load.interval_minutes
        counted = each.minutes or now
        if counted != now:
            self._doubt("scaled_load", each)
            command = centres.ReportLoad(
                calls=round(command.calls * now / counted),
                aht_seconds=command.aht_seconds,
                waiting=command.waiting,
                longest_wait_seconds=command.longest_wait_seconds,
                source=command.source,
            )
        self.stage.do(command)


_DO: dict[type, Callable[[_Play, Input], None]] = {
    centres.SetPolicy: _Play._set,
    centres.ReportLoad: _Play._load,
    agents.StartBreak: _Play._press,
    agents.EndBreak: _Play._back,
    agents.EndBreakFor: _Play._end_for,
    agents.ExtendBreak: _Play._extend,
    agents.ForgiveWarning: _Play._forgive,
    agents.WaitForSlot: _Play._wait,
    agents.LeaveLine: _Play._leave,
    agents.CheckIn: _Play._presence,
    agents.CheckOut: _Play._presence,
}
