"""Whose turn it is to be sent: each chat in order, the urgent before the rest, none too fast.

Nothing here waits or looks at a clock; instants are seconds of whatever clock the caller has.
"""

import heapq
from collections import Counter, deque
from typing import NamedTuple

from llmtb.events.chat import MessageQueued

_SWEEP = 1024  # chats that are remembered before any is forgotten


class Letter(NamedTuple):
    """A message that is to be sent. seq: its place in the journal; urgency: less goes first."""

    seq: int
    urgency: int
    event: MessageQueued


class Pace:
    """At most `burst` at once, and `rate` a second in the long run."""

    __slots__ = ("_due", "_interval", "_slack")

    def __init__(self, rate: float, burst: int) -> None:
        self._interval = 1 / rate
        self._slack = (burst - 1) * self._interval
        self._due = float("-inf")

    def opens(self) -> float:
        """The instant from which the next one may go."""
        return self._due - self._slack

    def take(self, now: float) -> None:
        """Count one that goes now."""
        self._due = max(self._due, now) + self._interval

    def rested(self, now: float) -> bool:
        """Whether it is as if none had gone."""
        return self._due <= now


class Lane:
    """What waits for one chat, in the order in which it was queued."""

    __slots__ = ("busy", "letters", "not_before", "pace", "urgencies")

    def __init__(self, pace: Pace) -> None:
        self.letters: deque[Letter] = deque()
        self.urgencies: Counter[int] = Counter()
        self.pace = pace
        self.busy = False
        self.not_before = float("-inf")

    def key(self) -> tuple[int, int]:
        """How early its turn is: whatever is urgent in it pulls what stands before it along."""
        return min(self.urgencies), self.letters[0].seq

    def add(self, letter: Letter) -> None:
        """Queue a letter behind the others."""
        self.letters.append(letter)
        self.urgencies[letter.urgency] += 1

    def remove(self, letter: Letter) -> None:
        """Take a letter out."""
        self.letters.remove(letter)
        self.urgencies[letter.urgency] -= 1
        if not self.urgencies[letter.urgency]:
            del self.urgencies[letter.urgency]


class Lanes:
    """The lanes of all chats. `take` gives a letter out; until `done` or `again` its chat waits.

    per_second: most letters to all chats. per_chat_second, chat_burst: most to one.
    """

    def __init__(self, per_second: float, per_chat_second: float, chat_burst: int) -> None:
        self._pace = Pace(per_second, 1)
        self._chat_pace = (per_chat_second, chat_burst)
        self._lanes: dict[str, Lane] = {}
        self._turns: list[tuple[tuple[int, int], str]] = []  # some of them out of date
        self._resting: list[tuple[float, str]] = []
        self._closed_until = float("-inf")
        self._waiting = 0
        self._sweep_at = _SWEEP

    def __len__(self) -> int:
        """The letters that wait, those given out included."""
        return self._waiting

    @property
    def chats(self) -> int:
        """The chats that something waits for."""
        return sum(bool(lane.letters) for lane in self._lanes.values())

    @property
    def closed_until(self) -> float:
        """The instant before which nothing is given out."""
        return self._closed_until

    def add(self, letter: Letter) -> None:
        """Queue a letter."""
        chat = letter.event.chat
        lane = self._lanes.get(chat)
        if lane is None:
            lane = self._lanes[chat] = Lane(Pace(*self._chat_pace))
        lane.add(letter)
        self._waiting += 1
        self._line_up(chat, lane)

    def take(self, now: float) -> tuple[Letter | None, float | None]:
        """Give out the letter whose turn it is; or None, and the instant of the next look.

        The instant is None when only `add`, `done` or `again` can change anything.
        """
        while self._resting and self._resting[0][0] <= now:
            chat = heapq.heappop(self._resting)[1]
            if (lane := self._lanes.get(chat)) is not None:
                self._line_up(chat, lane)
        if self._closed_until > now:
            return None, self._closed_until
        while self._turns:
            key, chat = self._turns[0]
            lane = self._lanes.get(chat)
            if lane is None or lane.busy or not lane.letters or lane.key() != key:
                heapq.heappop(self._turns)
            elif (opens := max(lane.not_before, lane.pace.opens())) > now:
                heapq.heappop(self._turns)
                heapq.heappush(self._resting, (opens, chat))
            elif (opens := self._pace.opens()) > now:
                return None, opens
            else:
                heapq.heappop(self._turns)
                lane.busy = True
                lane.pace.take(now)
                self._pace.take(now)
                return lane.letters[0], None
        return None, self._resting[0][0] if self._resting else None

    def done(self, letter: Letter, now: float) -> None:
        """The letter that was given out is settled: the next of its chat may follow."""
        lane = self._lanes[letter.event.chat]
        lane.busy = False
        self._discard(letter.event.chat, lane, letter, now)

    def again(self, letter: Letter, not_before: float) -> None:
        """The letter that was given out stays the first of its chat, and goes again later."""
        lane = self._lanes[letter.event.chat]
        lane.busy = False
        lane.not_before = not_before
        self._line_up(letter.event.chat, lane)

    def withdraw(self, letter: Letter, now: float) -> None:
        """A letter that was not given out is not needed any more."""
        self._discard(letter.event.chat, self._lanes[letter.event.chat], letter, now)

    def close(self, until: float) -> None:
        """Give nothing out before that instant."""
        self._closed_until = max(self._closed_until, until)

    def behind(self, letter: Letter) -> list[Letter]:
        """What waits in the same chat behind a letter that was given out."""
        return list(self._lanes[letter.event.chat].letters)[1:]

    def _line_up(self, chat: str, lane: Lane) -> None:
        if lane.letters and not lane.busy:
            heapq.heappush(self._turns, (lane.key(), chat))

    def _discard(self, chat: str, lane: Lane, letter: Letter, now: float) -> None:
        lane.remove(letter)
        self._waiting -= 1
        self._line_up(chat, lane)
        if len(self._lanes) > self._sweep_at:
            self._sweep(now)

    def _sweep(self, now: float) -> None:
        """Forget chats that nothing waits for and that have rested."""
        for chat, lane in list(self._lanes.items()):
            if not lane.letters and not lane.busy and lane.pace.rested(now):
                del self._lanes[chat]
        self._sweep_at = max(_SWEEP, 2 * len(self._lanes))
