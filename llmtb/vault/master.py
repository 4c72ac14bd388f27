"""The master key, which locks all others: from the environment, else from a file."""

from collections.abc import Callable, Mapping
from hashlib import sha256
from pathlib import Path
from typing import Final, NamedTuple

from llmtb.vault.files import (
    HOW_TO_MAKE,
    SIZE,
    KeyRefused,
    decoded,
    read_key,
    scratch_of,
    sync,
    write_key,
)

VARIABLE: Final = "LLMTB_MASTER_KEY"
NEXT: Final = "LLMTB_MASTER_KEY_NEXT"
FILE: Final = Path("keys") / "master.key"  # in the folder of the data

NewBytes = Callable[[int], bytes]
"""So many bytes that nobody can guess."""


class Master(NamedTuple):
    """A master key, and where it is from: a variable or a file."""

    key: bytes
    source: str

    @property
    def name(self) -> str:
        """The first 8 bytes of its digest, in hex: tells keys apart, and tells nothing of them."""
        return sha256(b"llmtb master key 1\n" + self.key).hexdigest()[:16]


class Masters:
    """The master keys that are at hand: one, or two while it is being exchanged."""

    def __init__(
        self, folder: Path, file: str, environment: Mapping[str, str], new_bytes: NewBytes
    ) -> None:
        """folder: of the data. file: the one that the settings name; empty: the usual one."""
        self._given = {
            name: environment[name] for name in (VARIABLE, NEXT) if environment.get(name)
        }
        self._own = not file
        self._file = Path(file) if file else folder / FILE
        self._beside = self._file.with_name(f"{self._file.name}.next")
        self._new_bytes = new_bytes

    def first(self) -> Master:
        """The key for keys that are yet to be made; the usual file is made if there is none.

        Raises KeyRefused, or OSError.
        """
        if VARIABLE in self._given:
            return self._of(VARIABLE)
        if not self._file.exists() and self._own:
            self._file.parent.mkdir(mode=0o700, exist_ok=True)
            write_key(self._file, self._new_bytes(SIZE))
        return self._read(self._file)

    def named(self, name: str, locked: Path) -> Master:
        """The key with this name; `locked` is what it opens. Raises KeyRefused, or OSError."""
        found = self._at_hand()
        for master in found:
            if master.name == name:
                return master
        seen = ", ".join(f"{each.source} holds {each.name}" for each in found)
        seen = seen or f"there is none in {VARIABLE} or {self._file}"
        raise KeyRefused(f"{locked}: locked by master key {name}, but {seen}; put it back")

    def next(self, now: Master) -> Master:
        """The key to take in place of the one that holds now, in a file beside it if in a file.

        Raises KeyRefused, which says what to do, or OSError.
        """
        if self._given:
            if NEXT in self._given and (after := self._of(NEXT)).name != now.name:
                return after
            raise KeyRefused(
                f"the master key comes from {now.source}: put a new one (`{HOW_TO_MAKE}`) into"
                f" {NEXT} beside it, start again, and then rotate"
            )
        write_key(self._beside, self._new_bytes(SIZE))
        return self._read(self._beside)

    def keep(self, name: str) -> None:
        """See to it that the file holds the key of this name, and none lies beside it.

        It also ends an exchange that was broken off. Raises KeyRefused, or OSError.
        """
        if self._given:
            return
        scratch_of(self._beside).unlink(missing_ok=True)
        if not self._beside.exists():
            return
        if self._read(self._beside).name == name:
            self._beside.replace(self._file)
        else:
            self._beside.unlink()
        sync(self._file.parent)

    def _at_hand(self) -> list[Master]:
        if self._given:
            return [self._of(name) for name in self._given]
        # What is beside it becomes it: in this order, none is missed while that happens.
        return [self._read(file) for file in (self._beside, self._file) if file.exists()]

    def _of(self, variable: str) -> Master:
        return Master(decoded(self._given[variable], variable), variable)

    def _read(self, file: Path) -> Master:
        return Master(read_key(file), str(file))
