"""The live board as a terminal shows it: one panel a shift, and the latest events in words."""

from collections.abc import Callable, Iterable
from datetime import datetime
from zoneinfo import ZoneInfo

from rich.console import Group, RenderableType
from rich.panel import Panel
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

from llmtb.events.event import Event
from llmtb.events.floor import (
    BreakEnded,
    BreakRefused,
    BreakStarted,
    CapacityChanged,
    DisciplineApplied,
    MealClosed,
    MealOpened,
    OverrideSet,
    ShiftClosed,
    ShiftOpened,
    SlotOffered,
    WarningIssued,
)
from llmtb.projections.board import Board, ShiftNow, Why

MOST_RESTING = 12  # rows of people in one panel; the late come first
STYLES = {"normal": "cyan", "urgent": "yellow", "meal": "green", "emergency": "magenta"}

Clock = Callable[[datetime], str]


def screen(board: Board, ticker: Iterable[Event], share: float) -> RenderableType:
    """The whole screen.

    ticker: the latest events, oldest first. share: how much of the day is over, 0 to 1.
    """
    zone = ZoneInfo(board.timezone)
    local = board.at.astimezone(zone)

    def clock(instant: datetime) -> str:
        return instant.astimezone(zone).strftime("%H:%M")

    head = Table.grid(expand=True)
    head.add_column()
    head.add_column(justify="right")
    head.add_row(
        Text(f"LLM-T-B  ·  {local:%A %d %B %Y}", style="bold"),
        Text(f"{local:%H:%M}", style="bold reverse"),
    )
    head.add_row(Text(_calls(board), style="dim"))
    head.add_row(ProgressBar(total=1.0, completed=share))
    news = Text("\n".join(line for each in ticker if (line := in_words(each, clock))))
    return Group(
        head,
        *(_shift(shift, clock) for shift in board.shifts),
        Panel(news, title="just now", title_align="left", border_style="dim", height=10),
    )


def in_words(event: Event, clock: Clock) -> str | None:
    """One line for an event that people on the floor care about; None for the others."""
    at = clock(event.at)
    match event:
        case BreakStarted():
            return f"{at}  {event.agent} rests ({event.kind}) until {clock(event.due)}"
        case BreakEnded():
            late = f", {event.late_seconds // 60} min late" if event.late_seconds >= 60 else ""
            return f"{at}  {event.agent} is back{late}"
        case BreakRefused():
            return f"{at}  {event.agent} is refused a rest: {event.reason.replace('_', ' ')}"
        case WarningIssued():
            return f"{at}  {event.agent} is warned ({event.cause.replace('_', ' ')})"
        case DisciplineApplied():
            return f"{at}  {event.agent} had too many warnings: {event.action}"
        case CapacityChanged():
            return f"{at}  {event.capacity} may rest at once now ({event.cause.replace('_', ' ')})"
        case OverrideSet():
            return f"{at}  {event.by} sets the capacity to {event.capacity}: {event.reason}"
        case SlotOffered():
            return f"{at}  {event.agent} is told that a slot is free"
        case MealOpened():
            return f"{at}  {event.meal} opens, {event.capacity} at once"
        case MealClosed():
            return f"{at}  {event.meal} is over"
        case ShiftOpened():
            return f"{at}  {event.shift} opens"
        case ShiftClosed():
            return f"{at}  {event.shift} closes, its report is made"
        case _:
            return None


def why_in_words(why: Why, clock: Clock) -> str:
    """Why the number is what it is."""
    if why.override is not None:
        until = clock(why.override.until)
        return f"set by {why.override.by} until {until}: {why.override.reason}"
    parts = [f"{why.allow} of every {why.every} of {why.present} present: {why.ratio}"]
    if why.required is not None:
        parts.append(f"calls ask for {why.required}, {max(0, why.spare or 0)} to spare")
    elif why.mode != "ratio":
        parts.append("no fresh figures from the phones, so the ratio alone holds")
    if why.seats is not None:
        parts.append(f"{why.seats} at once let everybody eat")
    if why.number == why.floor and why.number > why.ratio:
        parts.append(f"never below {why.floor}")
    return " · ".join(parts)


def _shift(shift: ShiftNow, clock: Clock) -> RenderableType:
    figures = Table.grid(expand=True, padding=(0, 2))
    for _ in range(5):
        figures.add_column(justify="center")
    late = "bold red" if shift.late else "dim"
    figures.add_row(
        *(
            Text(f"{value}\n{label}", style=style, justify="center")
            for value, label, style in (
                (len(shift.present), "present", "bold"),
                (f"{shift.slots} of {shift.capacity}", "slots in use", "bold cyan"),
                (shift.free, "free", "bold green" if shift.free else "bold yellow"),
                (len(shift.late), "late", late),
                (clock(shift.next_free) if shift.next_free else "–", "next back", "bold"),
            )
        )
    )
    parts: list[RenderableType] = [figures, Text(why_in_words(shift.why, clock), style="dim")]
    if shift.meal is not None:
        eaten, hungry = len(shift.meal.eaten), len(shift.meal.hungry)
        meal = f"{shift.meal.meal} until {clock(shift.meal.ends)}: {eaten} ate, {hungry} to go"
        parts.append(Text(meal, style="green"))
    parts.append(_resting(shift, clock))
    name, starts, ends = shift.shift[11:], clock(shift.starts), clock(shift.ends)
    return Panel(Group(*parts), title=f"{name}  {starts}–{ends}", title_align="left")


def _resting(shift: ShiftNow, clock: Clock) -> RenderableType:
    shown = shift.resting[:MOST_RESTING]
    names = [
        Text.assemble(
            (f"{rest.agent} ", "bold red" if rest.late_seconds else "bold"),
            (f"{rest.kind} ", STYLES[rest.kind]),
            (
                f"{rest.late_seconds // 60} min late"
                if rest.late_seconds
                else f"until {clock(rest.due)}",
                "red" if rest.late_seconds else "dim",
            ),
        )
        for rest in shown
    ]
    table = Table.grid(expand=True, padding=(0, 1))
    for _ in range(3):
        table.add_column(ratio=1)
    for place in range(0, len(names), 3):
        table.add_row(*names[place : place + 3])
    if len(shift.resting) > len(shown):
        table.add_row(Text(f"… and {len(shift.resting) - len(shown)} more", style="dim"))
    return table


def _calls(board: Board) -> str:
    calls = board.calls
    if calls is None:
        return "No figures from the phones yet."
    if not calls.fresh:
        return f"The phones are silent for {calls.age_seconds // 60} min: the ratio alone holds."
    waiting = f", {calls.waiting} waiting" if calls.waiting is not None else ""
    minutes = calls.interval_minutes
    return f"{calls.calls} calls in {minutes} min, {calls.aht_seconds:.0f} s each{waiting}"
