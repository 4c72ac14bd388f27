"""Vectors kept on the disk, so that only what is new is ever embedded.

The file holds nothing that cannot be made again: delete it at any time. One that is damaged is
deleted and begun anew.
"""

import sqlite3
import threading
from collections.abc import Iterable, Sequence
from contextlib import closing
from hashlib import sha256
from pathlib import Path
from typing import Literal

import numpy as np

from llmtb.inference.knowledge.letters import normal
from llmtb.inference.knowledge.points import Vectors

Side = Literal["query", "passage"]

LAYOUT = """
CREATE TABLE IF NOT EXISTS vectors (
  encoder TEXT NOT NULL,
  side TEXT NOT NULL,
  digest BLOB NOT NULL,
  vector BLOB NOT NULL,
  PRIMARY KEY (encoder, side, digest)
) WITHOUT ROWID
"""
_PART = 500  # digests asked for at once


class VectorCache:
    """The vectors that one encoder gave, by the SHA-256 of the text with its letters in one form.

    path: None keeps them in memory. Its calls may come from any thread.
    """

    def __init__(self, path: Path | None, encoder: str) -> None:
        self._encoder = encoder
        self._lock = threading.Lock()
        self._database = _opened(path)

    def get(self, texts: Sequence[str], side: Side) -> list[Vectors | None]:
        """The vector of each text, None where it is not known."""
        digests = [_digest(text) for text in texts]
        found: dict[bytes, Vectors] = {}
        with self._lock:
            for start in range(0, len(digests), _PART):
                part = digests[start : start + _PART]
                marks = ",".join("?" * len(part))
                ask = f"SELECT digest, vector FROM vectors WHERE encoder = ? AND side = ? AND digest IN ({marks})"  # noqa: S608, E501 - marks alone are put in
                for digest, vector in self._database.execute(ask, (self._encoder, side, *part)):
                    found[digest] = np.frombuffer(vector, np.float32)
        return [found.get(digest) for digest in digests]

    def put(self, texts: Sequence[str], side: Side, vectors: Vectors) -> None:
        """Keep the vectors of some texts, a row each."""
        rows = [
            (self._encoder, side, _digest(text), np.asarray(vector, np.float32).tobytes())
            for text, vector in zip(texts, vectors, strict=True)
        ]
        with self._lock, self._database:
            self._database.executemany("INSERT OR REPLACE INTO vectors VALUES (?, ?, ?, ?)", rows)

    def keep(self, sides: Iterable[tuple[Side, Iterable[str]]]) -> int:
        """Forget all but these texts, and all of other encoders; how many were forgotten."""
        with self._lock, self._database:
            self._database.execute("CREATE TEMP TABLE kept (side TEXT, digest BLOB)")
            for side, texts in sides:
                rows = ((side, _digest(text)) for text in texts)
                self._database.executemany("INSERT INTO kept VALUES (?, ?)", rows)
            gone = self._database.execute(
                "DELETE FROM vectors WHERE encoder <> ? OR (side, digest) NOT IN kept",
                (self._encoder,),
            )
            self._database.execute("DROP TABLE kept")
        return gone.rowcount

    def close(self) -> None:
        """Close the file."""
        with self._lock:
            self._database.close()


def _digest(text: str) -> bytes:
    return sha256(normal(text).encode()).digest()


def _opened(path: Path | None) -> sqlite3.Connection:
    if path is None:
        return _begun(":memory:")
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        return _begun(str(path))
    except sqlite3.DatabaseError:
        for each in (path, Path(f"{path}-wal"), Path(f"{path}-shm")):
            each.unlink(missing_ok=True)
        return _begun(str(path))


def _begun(name: str) -> sqlite3.Connection:
    database = sqlite3.connect(name, timeout=10, check_same_thread=False)
    try:
        database.execute("PRAGMA journal_mode = WAL")
        # What a power cut takes is embedded again.
        database.execute("PRAGMA synchronous = NORMAL")
        database.execute(LAYOUT)
        with closing(database.execute("PRAGMA quick_check(1)")) as rows:
            if rows.fetchone() != ("ok",):
                raise sqlite3.DatabaseError("damaged")
    except sqlite3.DatabaseError:
        database.close()
        raise
    return database
