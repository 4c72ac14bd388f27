"""Lets old words go, by the company's rules: every night, and at every start.

It only records what is to go; the opening that follows destroys it, see `llmtb.audit.erasing`.
"""

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from typing import NamedTuple

from llmtb.actors.audit import ExpireWords
from llmtb.audit.archive import Archive
from llmtb.events.personal import Kind
from llmtb.policy import Policy, Privacy
from llmtb.vault.keys import Vault

BY = "company"  # whose rules it goes by


class Expired(NamedTuple):
    """A sort of words, and the day in UTC from which on they are kept."""

    kind: Kind
    before: date


def expired(policy: Policy, vault: Vault, now: datetime) -> list[Expired]:
    """What is older than the rules let it be, and still there. Raises StorageFailed."""
    today = now.astimezone(UTC).date()
    due = []
    for kind, days in _kept(policy.privacy):
        oldest = vault.oldest(kind)
        before = today - timedelta(days=days)
        if oldest is not None and oldest < before:
            due.append(Expired(kind, before))
    return due


async def expire(archive: Archive, policy: Policy, now: datetime) -> int:
    """Record what is to go; returns how many sorts of words. Raises what asking an actor raises."""
    due = expired(policy, archive.vault, now)
    upto = archive.vault.retire(())
    for kind, before in due:
        await archive.house.audit(ExpireWords(by=BY, kind=kind, before=before, upto=upto))
    return len(due)


def _kept(privacy: Privacy) -> Iterator[tuple[Kind, int]]:
    """For how many days each sort of words is kept, of those that are not kept for good."""
    each: tuple[tuple[Kind, int], ...] = (
        ("messages", privacy.messages_days),
        ("conversations", privacy.conversations_days),
        ("questions", privacy.questions_days),
        ("reasons", privacy.reasons_days),
    )
    return ((kind, days) for kind, days in each if days)
