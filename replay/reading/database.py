"""A journal as a source: its file, read by SQLite alone, while whoever owns it goes on writing."""

import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Self

from llmtb.events.chain import Row
from llmtb.events.codec import CODEC
from llmtb.events.errors import BadDatabase, DamagedDatabase, NewerDatabase, UnreadableEvent
from llmtb.events.exported import Manifest
from llmtb.events.record import Recorded
from llmtb.events.stores.database import address, is_journal
from replay.exits import BROKEN, INPUT, Failed

PAGE = 512  # rows read at once
SELECT = """SELECT seq, originator_id, originator_version, topic, state, hash
    FROM stored_events ORDER BY seq"""


class JournalSource:
    """A journal, as it is at the moment at which reading begins."""

    manifest: Manifest | None = None

    def __init__(self, path: Path) -> None:
        """Raises Failed where the file is no journal, or cannot be read."""
        self.path = path
        try:
            if not is_journal(path):
                raise Failed(INPUT, f"{path}: there is no journal in it")
            self.database = sqlite3.connect(address(path, "ro"), uri=True, isolation_level=None)
        except DamagedDatabase as error:
            raise Failed(BROKEN, str(error)) from error
        except (BadDatabase, NewerDatabase) as error:
            raise Failed(INPUT, str(error)) from error
        except sqlite3.Error as error:
            raise Failed(INPUT, f"{path}: cannot be opened: {error}") from error

    def rows(self) -> Iterator[Row]:
        for page in self._pages():
            yield from page

    def events(self) -> Iterator[Recorded]:
        for page in self._pages():
            try:
                yield from CODEC.recorded(page)
            except UnreadableEvent as error:
                raise Failed(BROKEN, f"{self.path}: {error}") from error

    def _pages(self) -> Iterator[list[Row]]:
        try:
            cursor = self.database.execute(SELECT)
            while page := cursor.fetchmany(PAGE):
                yield page
        except sqlite3.Error as error:
            raise Failed(BROKEN, f"{self.path}: is damaged: {error}; verify it") from error

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.database.close()
