"""Checkpoints: the journal up to an event, sealed by a signature that others keep a copy of.

    everything new is checked -> signed -> recorded -> kept as a file, and told to the auditors

The file and the messages follow from the event, so a crash at any step leaves nothing half done:
a file that is missing is written again from the event.
"""

import asyncio
import logging
from collections.abc import Callable
from datetime import datetime, time, timedelta
from pathlib import Path
from typing import Any, Final, NamedTuple, Protocol
from zoneinfo import ZoneInfo

from llmtb.actors.audit import AcceptMismatch, RecordBreak, RecordCheckpoint
from llmtb.app import House
from llmtb.audit.vouching.checkpoint_files import keep, set_aside
from llmtb.audit.vouching.matching import Edge, Mismatch, go_on, last_signed, match, refuse_accepted
from llmtb.events.audit import STREAM, CheckpointSigned, Occasion
from llmtb.events.errors import BrokenChain, JournalError
from llmtb.events.note import Checkpoint, read_vkey, signed, text_of
from llmtb.runtime.clock import Clock
from llmtb.runtime.errors import Refused, Unanswered

log = logging.getLogger(__name__)

CLOCK: Final = "clock"
_AGAIN: Final = timedelta(minutes=1)  # until what could not be signed or kept is tried again


class Signer(Protocol):
    """Signs texts. key: what checks the signatures, as it is handed out."""

    @property
    def key(self) -> str: ...
    def sign(self, text: bytes) -> bytes: ...


class Signing(NamedTuple):
    """What the checkpoints of a journal are made with.

    folder: where they are kept. origin: whose journal it is, for good. edge: how far it was found
    to hold; None: it was not looked at, or does not match.
    """

    signer: Signer
    folder: Path
    origin: str
    edge: Edge | None


class NothingToAccept(Exception):
    """The journal is the one that was signed: there is nothing to go on from all the same."""


class Checkpoints:
    """Signs the journal of a house, and keeps what was signed in a folder."""

    def __init__(self, house: House, signing: Signing) -> None:
        self._house = house
        self._journal = house.journal
        self._signer, self._folder, self._origin, self._edge = signing
        self._turn = asyncio.Lock()

    async def sign(self, by: str, occasion: Occasion) -> dict[str, Any]:
        """Sign everything that is recorded by now: size, root, note, key, and the file's path.

        Only what came since the last time is read. Raises BrokenChain, which is recorded as well,
        Mismatch, OSError where the file cannot be kept, and what the house raises.
        """
        async with self._turn:
            if self._edge is not None:
                refuse_accepted(self._journal, self._edge)
            return await self._sign(by, occasion)

    async def accept(self, by: str, reason: str) -> dict[str, Any]:
        """Go on with a journal that does not match; the checkpoints it contradicts are set aside.

        That is recorded, and signed at once. Returns what `sign` does, and `why` it did not match.
        Raises NothingToAccept, and what `sign` raises.
        """
        async with self._turn:
            try:
                await match(self._journal, self._signer.key, self._folder)
            except Mismatch as mismatch:
                why, note = mismatch.why, mismatch.note
            else:
                raise NothingToAccept("the journal matches its last checkpoint")
            command = AcceptMismatch(
                by=by, size=self._journal.head, why=why, note=note, reason=reason
            )
            self._journal.refuse(None)
            [recorded] = await self._house.audit(command)
            await asyncio.to_thread(set_aside, self._folder, f"set-aside-{recorded.seq}")
            key, folder = self._signer.key, self._folder
            self._edge = await match(self._journal, key, folder, accepting=True)
            return {**await self._sign(by, "asked"), "why": why}

    async def run(self, clock: Clock, zone: Callable[[], ZoneInfo], at: time) -> None:
        """Sign every day at this time of the company's day, until this is cancelled.

        A day that was missed is made up for at once.
        """
        tried = clock.now() - timedelta(days=2)
        while True:
            now = clock.now()
            due, following = around(now, zone(), at)
            if tried < due:
                if await self._daily(due):
                    tried = due
                else:
                    following = min(following, now + _AGAIN)
            await asyncio.sleep(clock.wait(following))

    async def _sign(self, by: str, occasion: Occasion) -> dict[str, Any]:
        edge = await self._gone_on(by)
        text = text_of(Checkpoint(self._origin, edge.head.seq, edge.root))
        key = read_vkey(self._signer.key)
        note = signed(text, key.name, key.hash, self._signer.sign(text.encode()))
        size, root = edge.head.seq, edge.root.hex()
        await self._house.audit(
            RecordCheckpoint(by=by, size=size, root=root, note=note, occasion=occasion)
        )
        path = await asyncio.to_thread(keep, self._folder, size, note)
        said = {"size": size, "root": root, "note": note, "file": str(path)}
        return {**said, "origin": self._origin, "key": self._signer.key}

    async def _daily(self, due: datetime) -> bool:
        """Sign, unless it was done since it fell due; whether it need not be tried again."""
        try:
            await self._keep_last()
            if self._missed(due):
                said = await self.sign(CLOCK, "daily")
                log.info("signed a checkpoint of %d events", said["size"])
        except (BrokenChain, Mismatch) as broken:
            log.error("no checkpoint is signed: %s", broken)
        except (JournalError, OSError, Refused, Unanswered) as trouble:
            log.warning("the daily checkpoint waits: %s", trouble)
            return False
        return True

    async def _keep_last(self) -> None:
        """Have the last checkpoint lie in the folder, though whoever made it was cut short."""
        last = last_signed(self._journal).signed
        if last is not None and isinstance(last.event, CheckpointSigned):
            await asyncio.to_thread(keep, self._folder, last.event.size, last.event.note)

    def _missed(self, due: datetime) -> bool:
        """Whether there is something from before an instant, and no daily checkpoint from after."""
        first = next(self._journal.read(), None)
        if first is None or first.event.at >= due:
            return False
        return not any(
            isinstance(each.event, CheckpointSigned)
            and each.event.occasion == "daily"
            and each.event.at >= due
            for each in self._journal.read_stream(STREAM)
        )

    async def _gone_on(self, by: str) -> Edge:
        if self._edge is None:
            self._edge = await match(self._journal, self._signer.key, self._folder)
        try:
            rows, head = self._journal.rows, self._journal.head
            self._edge = await asyncio.to_thread(go_on, rows, self._edge, head)
        except BrokenChain as broken:
            await self._house.audit(RecordBreak(by=by, broken=broken.seq, why=broken.why))
            raise
        return self._edge


def around(now: datetime, zone: ZoneInfo, at: time) -> tuple[datetime, datetime]:
    """The last time up to an instant at which it was this time of the day, and the next one."""
    today = now.astimezone(zone).date()
    days = [today + timedelta(days=days) for days in (-2, -1, 0, 1, 2)]
    times = [datetime.combine(day, at, zone).astimezone(now.tzinfo) for day in days]
    return max(each for each in times if each <= now), min(each for each in times if each > now)
