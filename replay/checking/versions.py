"""The latest version of every stream, in bounded memory: what is long unused lies on the disk."""

import sqlite3

RECENT = 50_000  # streams in memory


class Versions:
    """By stream, a number; 0 for one that was never set. `recent` may be read from directly."""

    def __init__(self, most: int = RECENT) -> None:
        self.recent: dict[str, int] = {}
        self._most = most
        self._rest: sqlite3.Connection | None = None

    def __getitem__(self, stream: str) -> int:
        found = self.recent.get(stream)
        return self._older(stream) if found is None else found

    def __setitem__(self, stream: str, version: int) -> None:
        self.recent[stream] = version
        if len(self.recent) > self._most:
            self._put_away()

    def close(self) -> None:
        """Let the disk's space go."""
        if self._rest is not None:
            self._rest.close()

    def _older(self, stream: str) -> int:
        if self._rest is None:
            return 0
        found = self._rest.execute("SELECT version FROM versions WHERE stream = ?", (stream,))
        (version,) = found.fetchone() or (0,)
        return int(version)

    def _put_away(self) -> None:
        if self._rest is None:
            # SQLite's own temporary file, which vanishes with the connection.
            self._rest = sqlite3.connect("", isolation_level=None)
            self._rest.execute(
                "CREATE TABLE versions (stream TEXT PRIMARY KEY, version INTEGER) WITHOUT ROWID"
            )
        self._rest.execute("BEGIN")
        self._rest.executemany("INSERT OR REPLACE INTO versions VALUES (?, ?)", self.recent.items())
        self._rest.execute("COMMIT")
        self.recent.clear()
