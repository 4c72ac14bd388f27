"""The folder that a bot's session lives in: one owner, nobody else may look.

The session file is a credential, so the folder is 0700 and the files in it 0600.
"""

import fcntl
import os
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Self

import msgspec

from llmtb.channels.telegram.refusals import SessionInUse

_UNFIT = ".unfit"


class State(msgspec.Struct, frozen=True):
    """How far a bot's updates have come, as the server counts them.

    pts: numbered updates; qts: another count, of a few sorts; date: Unix time of the rest.
    """

    pts: int
    qts: int
    date: int


class Folder:
    """What is kept of one bot between two runs: its session, and how far its updates were taken.

        with Folder(path, bot) as folder:
            ...

    Only one process at a time is inside. Raises SessionInUse on entry when another one is.
    """

    def __init__(self, path: Path, bot: int) -> None:
        self.path = path
        self.session_name = f"bot-{bot}"
        self.session = path / f"{self.session_name}.session"
        self._state = path / f"{self.session_name}.position"
        self._lock = path / f"{self.session_name}.lock"
        self._owned: int | None = None

    def __enter__(self) -> Self:
        self.path.mkdir(mode=0o700, parents=True, exist_ok=True)
        self.path.chmod(0o700)
        descriptor = os.open(self._lock, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            owner = os.pread(descriptor, 32, 0).decode("ascii", "replace").strip()
            os.close(descriptor)
            raise SessionInUse(
                f"process {owner or 'unknown'} serves this bot from {self.path}; stop it first"
            ) from None
        os.ftruncate(descriptor, 0)
        os.pwrite(descriptor, f"{os.getpid()}\n".encode(), 0)
        self._owned = descriptor
        return self

    def __exit__(self, *_: object) -> None:
        if self._owned is not None:
            os.close(self._owned)
            self._owned = None

    def load(self) -> State | None:
        """Return how far the updates were taken; None when that is not known."""
        try:
            return msgspec.json.decode(self._state.read_bytes(), type=State)
        except (FileNotFoundError, msgspec.DecodeError):
            return None

    def save(self, state: State) -> None:
        """Keep how far the updates were taken; whole, or as it was before. Raises OSError."""
        part = self._state.with_suffix(".part")
        descriptor = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with open(descriptor, "wb") as file:
            file.write(msgspec.json.encode(state))
            file.flush()
            os.fsync(descriptor)
        part.replace(self._state)

    def close_to_others(self) -> None:
        """Take the session file away from everybody else's eyes."""
        self.session.chmod(0o600)

    def forget_session(self) -> None:
        """Remove a session that Telegram no longer knows."""
        self.session.unlink(missing_ok=True)

    def set_unfit_aside(self, newest: int) -> bool:
        """Move away a session file that the library cannot use, and say whether there was one.

        newest: the latest file format that the library knows. What it would do to a newer one,
        or to a damaged one, shows only later, and then as something else.
        """
        if not self.session.exists() or _is_usable(self.session, newest):
            return False
        self.session.replace(self.session.with_name(self.session.name + _UNFIT))
        return True


def forget_peer(folder: Path, user: int) -> None:
    """Keep nothing of what Telegram said of somebody in the sessions of a folder nobody uses.

    It is said again when they write again. A session that cannot be cleaned is not kept: the bot
    signs in anew. Raises OSError.
    """
    for unfit in folder.glob(f"*.session{_UNFIT}*"):
        unfit.unlink()
    for session in folder.glob("*.session"):
        try:
            _delete_peer(session, user)
        except (sqlite3.DatabaseError, UnicodeDecodeError):
            session.unlink()


def _delete_peer(session: Path, user: int) -> None:
    with closing(sqlite3.connect(session, isolation_level=None)) as database:
        tables = {name for (name,) in database.execute("SELECT name FROM sqlite_schema")}
        for table in sorted(tables & {"usernames", "peers"}):
            database.execute(f"DELETE FROM {table} WHERE id = ?", (user,))  # noqa: S608
        database.execute("VACUUM")  # what was there is in no free page either


def _is_usable(session: Path, newest: int) -> bool:
    try:
        with closing(sqlite3.connect(session)) as database:
            row = database.execute("SELECT number FROM version").fetchone()
    except sqlite3.DatabaseError:
        return False
    return row is not None and 1 <= row[0] <= newest
