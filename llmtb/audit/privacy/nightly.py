"""What the audit does every day while a program runs: it signs the journal, and lets words go."""

from datetime import time
from typing import Protocol

from llmtb.audit.archive import Archive
from llmtb.audit.privacy.retention import until_due
from llmtb.channels.conversation.known import Known
from llmtb.policy import Policy
from llmtb.runtime.tasks import until_first


class Feeder(Protocol):
    """Who knows the rules in force; see `llmtb.channels.conversation.feeder`."""

    known: Known

    async def ready(self) -> None: ...


async def nightly(archive: Archive, feeder: Feeder) -> None:
    """Sign the journal every day, until words are to go: for that everything is closed."""
    await feeder.ready()

    def policy() -> Policy:
        return feeder.known.floor.centre.policy

    at = time.fromisoformat(archive.settings.audit.daily)
    await until_first(
        archive.checkpoints.run(archive.house.clock, lambda: policy().zone, at),
        until_due(archive, policy, at),
    )
