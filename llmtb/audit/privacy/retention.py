"""Lets old words go, by the company's rules: every night, and at every start.

It only records what is to go; the opening that follows destroys it, see `privacy.erasing`.
"""

import asyncio
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, time, timedelta
from typing import Final, NamedTuple

import msgspec

from llmtb.actors.audit import ExpireWords
from llmtb.audit.archive import Archive
from llmtb.audit.vouching.checkpoints import around
from llmtb.events.floor import PolicyChanged
from llmtb.events.journal import Journal
from llmtb.events.personal import Kind
from llmtb.policy import Policy, Privacy
from llmtb.vault.keys import Vault

BY: Final = "company"  # whose rules it goes by


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


async def expire(archive: Archive) -> int:
    """Record what is to go by now; returns how many sorts of words.

    Raises StorageFailed, and what asking an actor raises.
    """
    now = archive.house.clock.now()
    due = expired(policy_of(archive.journal), archive.vault, now)
    upto = archive.vault.retire(())
    commands = [ExpireWords(by=BY, kind=kind, before=day, upto=upto) for kind, day in due]
    return sum([len(await archive.house.audit(command)) for command in commands])


async def until_due(archive: Archive, policy: Callable[[], Policy], at: time) -> None:
    """Wait until this time of the company's day finds words that are to go."""
    clock = archive.house.clock
    while True:
        _, following = around(clock.now(), policy().zone, at)
        while (wait := clock.wait(following)) > 0:  # noqa: ASYNC110  a clock may be set
            await asyncio.sleep(wait)
        if expired(policy(), archive.vault, clock.now()):
            return


def policy_of(journal: Journal) -> Policy:
    """The rules in force, as the journal tells them."""
    changes = [each.event for each in journal.read(topics=[PolicyChanged.__name__])]
    if not changes or not isinstance(changes[-1], PolicyChanged):
        return Policy()
    return msgspec.convert(changes[-1].policy, Policy)


def _kept(privacy: Privacy) -> Iterator[tuple[Kind, int]]:
    """For how many days each sort of words is kept, of those that are not kept for good."""
    each: tuple[tuple[Kind, int], ...] = (
        ("messages", privacy.messages_days),
        ("conversations", privacy.conversations_days),
        ("questions", privacy.questions_days),
        ("reasons", privacy.reasons_days),
    )
    return ((kind, days) for kind, days in each if days)
