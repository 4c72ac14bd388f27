"""The company's settings: what may be set, what is sound, and when shifts and meals fall.

A `Policy` is immutable; `merge` gives the next one. Minutes are whole; times of day are `HH:MM`
in the policy's time zone; instants are aware UTC.
"""

from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from itertools import pairwise
from typing import Annotated, Any, Literal, NamedTuple
from zoneinfo import ZoneInfo

import msgspec
from msgspec import Meta

Minutes = Annotated[int, Meta(ge=1, le=1440)]
Clock = Annotated[str, Meta(pattern=r"^([01][0-9]|2[0-3]):[0-5][0-9]\Z")]
Name = Annotated[str, Meta(pattern=r"^[^/\s]([^/\s]| ){0,39}\Z")]
DAY = 1440


class PolicyError(ValueError):
    """A setting is not sound: `key` is its dotted name, `reason` says why."""

    def __init__(self, key: str, reason: str) -> None:
        super().__init__(f"{key}: {reason}" if key else reason)
        self.key = key
        self.reason = reason


class _Setting(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Base of all settings: immutable, and strict about names."""


class ShiftTimes(_Setting, frozen=True, kw_only=True):
    """A named daily interval; it crosses midnight when `end` is not after `start`."""

    name: Name
    start: Clock
    end: Clock


class Meal(_Setting, frozen=True, kw_only=True):
    """A meal window of a shift."""

    name: Name
    shift: Name
    start: Clock
    end: Clock


class Step(_Setting, frozen=True, kw_only=True):
    """From `calls` in the last interval up, `allow` of every `every` present may rest."""

    calls: Annotated[int, Meta(ge=0)]
    every: Annotated[int, Meta(ge=1)]
    allow: Annotated[int, Meta(ge=0)]


class Breaks(_Setting, frozen=True, kw_only=True):
    """How long ordinary breaks last, how many at once, and what lateness leads to."""

    normal_minutes: Minutes = 15
    urgent_minutes: Minutes = 5
    every: Annotated[int, Meta(ge=1, le=10_000)] = 5
    allow: Annotated[int, Meta(ge=0, le=10_000)] = 1
    floor: Annotated[int, Meta(ge=1, le=10_000)] = 1
    warn_after_minutes: Annotated[tuple[Minutes, ...], Meta(max_length=10)] = (1, 3)
    max_warnings: Annotated[int, Meta(ge=0, le=1000)] = 3
    on_too_many: Literal["notify", "block"] = "notify"


class Emergency(_Setting, frozen=True, kw_only=True):
    """The one emergency slot of the centre."""

    minutes: Minutes = 10


class Load(_Setting, frozen=True, kw_only=True):
    """How calls move the capacity."""

    mode: Literal["ratio", "steps", "erlang_c", "erlang_a"] = "ratio"
    steps: tuple[Step, ...] = ()
    interval_minutes: Minutes = 30
    service_seconds: Annotated[float, Meta(ge=0, le=3600)] = 20.0
    service_level: Annotated[float, Meta(gt=0, lt=1)] = 0.80
    max_occupancy: Annotated[float, Meta(gt=0, le=1)] = 0.90
    patience_seconds: Annotated[float, Meta(gt=0, le=86_400)] | None = None
    stale_after_seconds: Annotated[int, Meta(ge=1, le=86_400)] = 120


class Questions(_Setting, frozen=True, kw_only=True):
    """Ask me!: who may ask, how much, and what becomes of what is not known.

    customers: only the `invited`, those on the company's `list`, or `anyone` who writes to the bot.
    hand_over: whether a person takes over what the documents do not answer. sample: answer from
    the made-up company's documents while there are none. drafts: whether a model may draft replies
    for agents. generate: whether a text of a model may reach a customer, if it passes the check.
    """

    customers: Literal["invited", "list", "anyone"] = "invited"
    idle_minutes: Minutes = 15
    per_minute: Annotated[int, Meta(ge=1, le=1000)] = 10
    per_day: Annotated[int, Meta(ge=1, le=100_000)] = 200
    longest: Annotated[int, Meta(ge=20, le=4096)] = 1000
    hand_over: bool = True
    sample: bool = True
    drafts: bool = True
    generate: bool = False


class Privacy(_Setting, frozen=True, kw_only=True):
    """For how many days words are kept, by sort; 0: until somebody is forgotten.

    messages: what was sent, and typed into dialogues. conversations: with people who took over.
    questions: with what they were answered. reasons: supervisors', and of those who left.
    """

    messages_days: Annotated[int, Meta(ge=0, le=36_500)] = 0
    conversations_days: Annotated[int, Meta(ge=0, le=36_500)] = 0
    questions_days: Annotated[int, Meta(ge=0, le=36_500)] = 0
    reasons_days: Annotated[int, Meta(ge=0, le=36_500)] = 0


class Wall(_Setting, frozen=True, kw_only=True):
    """The board on the wall.

    names: whether it tells who rests and who is late: not at all, by initials, or by name.
    """

    names: Literal["none", "initials", "full"] = "none"


class Policy(_Setting, frozen=True, kw_only=True):
    """The whole of a company's settings; the defaults are rules anybody can start with."""

    timezone: str = "Asia/Tehran"
    presence: Literal["roster", "check_in"] = "roster"
    shifts: Annotated[tuple[ShiftTimes, ...], Meta(min_length=1, max_length=48)] = (
        ShiftTimes(name="morning", start="08:00", end="16:00"),
        ShiftTimes(name="evening", start="16:00", end="00:00"),
        ShiftTimes(name="night", start="00:00", end="08:00"),
    )
    breaks: Breaks = Breaks()
    emergency: Emergency = Emergency()
    meals: Annotated[tuple[Meal, ...], Meta(max_length=200)] = ()
    meals_extra_minutes: Annotated[int, Meta(ge=0, le=1440)] = 15
    meals_remind_every_minutes: Minutes = 15
    load: Load = Load()
    questions: Questions = Questions()
    privacy: Privacy = Privacy()
    wall: Wall = Wall()

    @property
    def zone(self) -> ZoneInfo:
        """The company's time zone."""
        return ZoneInfo(self.timezone)

    @property
    def meal_minutes(self) -> int:
        """How long a meal lasts: n + d minutes."""
        return self.breaks.normal_minutes + self.meals_extra_minutes

    def table(self) -> dict[str, Any]:
        """The settings as plain tables, lists and values: what a file or an event holds."""
        table: dict[str, Any] = msgspec.json.decode(msgspec.json.encode(self))
        return table

    def shift(self, name: str) -> ShiftTimes | None:
        """The times of a named shift, or None if there is no such shift."""
        return next((times for times in self.shifts if times.name == name), None)


class Window(NamedTuple):
    """A named stretch of time: an instance of a shift, or a meal window in one."""

    name: str
    starts: datetime
    ends: datetime


def merge(policy: Policy, partial: Mapping[str, Any]) -> Policy:
    """The policy with a partial one laid over it; tables merge, lists and values replace.

    Keys may be nested tables or dotted names (`breaks.every`). Raises PolicyError.
    """
    whole = policy.table()
    for key, value in partial.items():
        _lay(whole, key.split("."), value, key)
    try:
        merged = msgspec.convert(whole, Policy)
    except msgspec.ValidationError as error:
        raise _in_words(error) from error
    _check(merged)
    return merged


def changed(old: Policy, new: Policy) -> list[str]:
    """The dotted keys whose values differ, sorted."""
    before, after = dict(_leaves(old)), dict(_leaves(new))
    return sorted(key for key in after if before[key] != after[key])


def instance_of(policy: Policy, name: str, day: date) -> Window:
    """The instance of a shift that starts on a local date. Raises KeyError for an unknown shift."""
    times = policy.shift(name)
    if times is None:
        raise KeyError(name)
    zone = policy.zone
    starts = _instant(day, times.start, zone)
    following = timedelta(days=1 if minute_of(times.end) <= minute_of(times.start) else 0)
    return Window(f"{day.isoformat()}/{name}", starts, _instant(day + following, times.end, zone))


def meals_of(policy: Policy, instance: str) -> list[Window]:
    """The meal windows of a shift's instance, in order of time."""
    day_text, _, name = instance.partition("/")
    times = policy.shift(name)
    if times is None:
        return []
    day, opens, zone = date.fromisoformat(day_text), minute_of(times.start), policy.zone
    windows = []
    for meal in policy.meals:
        if meal.shift == name:
            offset = (minute_of(meal.start) - opens) % DAY
            length = (minute_of(meal.end) - minute_of(meal.start)) % DAY or DAY
            first, last = opens + offset, opens + offset + length
            starts = _instant(day + timedelta(days=first // DAY), meal.start, zone)
            ends = _instant(day + timedelta(days=last // DAY), meal.end, zone)
            windows.append(Window(meal.name, starts, ends))
    return sorted(windows, key=lambda window: window.starts)


@lru_cache(maxsize=64)
def instances_around(policy: Policy, day: date) -> tuple[Window, ...]:
    """Every instance that starts on a local date, the day before or the day after, by start."""
    days = (day + timedelta(days=offset) for offset in (-1, 0, 1))
    windows = (instance_of(policy, times.name, each) for each in days for times in policy.shifts)
    return tuple(sorted(windows, key=lambda window: (window.starts, window.name)))


def running_at(policy: Policy, now: datetime) -> list[Window]:
    """The instances that hold an instant (their start included, their end not), by start."""
    around = instances_around(policy, now.astimezone(policy.zone).date())
    return [window for window in around if window.starts <= now < window.ends]


def next_opening(policy: Policy, now: datetime) -> datetime:
    """The first instant after `now` at which a shift starts."""
    day = now.astimezone(policy.zone).date()
    return min(
        window.starts
        for window in instances_around(policy, day) + instances_around(policy, day + timedelta(1))
        if window.starts > now
    )


def seats_to_feed(present: int, window_minutes: float, meal_minutes: int) -> int:
    """Fewest people eating at once that let everybody eat: ceil(P / floor(H / (n + d)))."""
    turns = int(window_minutes // meal_minutes)
    return -(-present // turns) if turns else present


def minute_of(clock: str) -> int:
    """Minutes since midnight of an `HH:MM`."""
    return int(clock[:2]) * 60 + int(clock[3:])


def _instant(day: date, clock: str, zone: ZoneInfo) -> datetime:
    minutes = minute_of(clock)
    local = datetime(day.year, day.month, day.day, minutes // 60, minutes % 60, tzinfo=zone)
    return local.astimezone(UTC)


def _lay(table: dict[str, Any], path: list[str], value: Any, key: str) -> None:
    head, *rest = path
    if rest:
        inner = table.setdefault(head, {})
        if not isinstance(inner, dict):
            raise PolicyError(key, "is not a table")
        _lay(inner, rest, value, key)
    elif isinstance(value, Mapping) and isinstance(table.get(head), dict):
        for name, each in value.items():
            _lay(table[head], str(name).split("."), each, f"{key}.{name}")
    else:
        table[head] = value


def _in_words(error: msgspec.ValidationError) -> PolicyError:
    reason, _, path = str(error).partition(" - at `$")
    key = path.strip("`.")
    if "unknown field" in reason:
        unknown = reason.split("`")[1]
        return PolicyError(f"{key}.{unknown}" if key else unknown, "there is no such setting")
    if "regex" in reason:
        kind = "a name without /" if key.endswith((".name", ".shift")) else "a time such as 08:00"
        return PolicyError(key, f"must be {kind}")
    return PolicyError(key, reason[:1].lower() + reason[1:].replace("`", ""))


def _leaves(policy: Policy) -> Iterator[tuple[str, Any]]:
    for key, value in policy.table().items():
        if isinstance(value, dict):
            yield from ((f"{key}.{name}", each) for name, each in value.items())
        else:
            yield key, value


def _check(policy: Policy) -> None:
    """Raise PolicyError where settings that are sound one by one do not fit together."""
    try:
        ZoneInfo(policy.timezone)
    except (KeyError, ValueError, OSError) as error:
        raise PolicyError("timezone", f"{policy.timezone!r} is not an IANA time zone") from error
    names = [times.name for times in policy.shifts]
    if len(set(names)) < len(names):
        raise PolicyError("shifts", "two shifts have the same name")
    warn_after = policy.breaks.warn_after_minutes
    if list(warn_after) != sorted(set(warn_after)):
        raise PolicyError("breaks.warn_after_minutes", "must rise from each to the next")
    calls = [step.calls for step in policy.load.steps]
    if calls != sorted(set(calls)):
        raise PolicyError("load.steps", "their calls must rise from each to the next")
    if policy.load.mode == "erlang_a" and policy.load.patience_seconds is None:
        raise PolicyError("load.patience_seconds", "is needed for the mode erlang_a")
    for times in policy.shifts:
        _check_meals(policy, times)
    for meal in policy.meals:
        if meal.shift not in names:
            raise PolicyError("meals", f"{meal.name}: there is no shift {meal.shift!r}")


def _check_meals(policy: Policy, times: ShiftTimes) -> None:
    """Raise PolicyError unless a shift's meals fit in it, one after the other, and feed people."""
    opens = minute_of(times.start)
    shift_minutes = (minute_of(times.end) - opens) % DAY or DAY
    spans = []
    for meal in policy.meals:
        if meal.shift != times.name:
            continue
        offset = (minute_of(meal.start) - opens) % DAY
        length = (minute_of(meal.end) - minute_of(meal.start)) % DAY or DAY
        if offset + length > shift_minutes:
            raise PolicyError("meals", f"{meal.name}: is not within the shift {times.name}")
        if length < policy.meal_minutes:
            reason = f"{length} minutes are too short for a meal of {policy.meal_minutes}"
            raise PolicyError("meals", f"{meal.name}: {reason}")
        spans.append((offset, offset + length, meal.name))
    spans.sort()
    for (_, ends, first), (starts, _, second) in pairwise(spans):
        if starts < ends:
            raise PolicyError("meals", f"{first} and {second} of {times.name} overlap")
    if len({name for *_, name in spans}) < len(spans):
        raise PolicyError("meals", f"two meals of {times.name} have the same name")
