"""What a view is: rows that follow from the events, and from nothing else."""

from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from typing import Any, NamedTuple, Protocol

from llmtb.events.record import Recorded

Value = str | int | float | bytes | None

Read = Callable[..., Awaitable[list[tuple[Any, ...]]]]
"""Runs one SELECT, `read(sql, *parameters)`, and returns its rows."""


class Write(NamedTuple):
    """One SQL statement, run once for each row of parameters, in order."""

    sql: str
    rows: Sequence[Sequence[Value]]


class Projection(Protocol):
    """One view, as the engine (`llmtb.projections.engine`) feeds it.

    The engine calls `restore` once, then `apply` for every event in order, and now and then
    `writes`, whose statements it commits together with the view's position. After a failure it
    begins again with `restore`, on the rows of the last commit.

    name: the view's, for ever. version: raised whenever the same events would give other rows or
    other tables; the view is then made again from the first event.
    tables: by name, all that follows `CREATE TABLE name`; no two views share one.
    """

    @property
    def name(self) -> str: ...
    @property
    def version(self) -> int: ...
    @property
    def tables(self) -> Mapping[str, str]: ...

    async def restore(self, read: Read) -> None:
        """Forget everything, then take up what the rows say; without rows, begin anew."""

    def apply(self, recorded: Recorded) -> None:
        """Take in the next event. It must not fail on any event that the journal may hold."""

    def writes(self) -> Iterable[Write]:
        """Return what is to be written for the events applied since the last call, in order."""


class Rows:
    """Statements gathered in order; neighbours that are the same run together."""

    def __init__(self) -> None:
        self._writes: list[tuple[str, list[Sequence[Value]]]] = []

    def add(self, sql: str, *parameters: Value) -> None:
        """Add one row of parameters for a statement."""
        if not self._writes or self._writes[-1][0] != sql:
            self._writes.append((sql, []))
        self._writes[-1][1].append(parameters)

    def take(self) -> list[Write]:
        """Return what was gathered, and begin anew."""
        writes, self._writes = self._writes, []
        return [Write(sql, rows) for sql, rows in writes]
