"""The rules of the settings file: set when it is new, and again whenever it changes."""

import asyncio
import logging
from collections.abc import Mapping
from hashlib import sha256
from pathlib import Path
from typing import Any, Final

import msgspec

from llmtb.actors.centre import SetPolicy
from llmtb.app import House
from llmtb.runtime.errors import Refused
from llmtb.settings import SettingsError, load

log = logging.getLogger(__name__)

APPLIED_FILE: Final = "policy.applied"
LOOK: Final = 2.0  # seconds between looks at the settings file


class RulesFile:
    """A settings file, and the folder that remembers which of its rules were set."""

    def __init__(self, file: Path, folder: Path) -> None:
        self._file = file
        self._applied = folder / APPLIED_FILE

    async def apply(self, house: House, rules: Mapping[str, Any]) -> None:
        """Set rules, once for each text: what was set since by people then stays.

        Raises Refused, and what asking an actor raises.
        """
        digest = sha256(msgspec.json.encode(rules, order="deterministic")).hexdigest()
        applied = self._applied
        if rules and (not applied.exists() or applied.read_text("ascii") != digest):
            changed = await house.floor(SetPolicy(policy=dict(rules), by="llmtb.toml"))
            applied.write_text(digest, "ascii")
            if changed:
                log.info("the rules of %s hold from now", self._file)

    async def follow(self, house: House) -> None:
        """Take up the file's rules whenever it changes; a fault changes nothing."""
        seen = _stamp(self._file)
        while True:
            await asyncio.sleep(LOOK)
            stamp = _stamp(self._file)
            if stamp != seen:
                seen = stamp
                try:
                    await self.apply(house, load(self._file, {}).policy)
                except (SettingsError, Refused) as error:
                    log.warning("the settings stay as they were: %s", error)


def _stamp(file: Path) -> tuple[int, int] | None:
    try:
        stat = file.stat()
    except OSError:
        return None
    return stat.st_mtime_ns, stat.st_size
