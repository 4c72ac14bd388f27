"""The keys by which other systems use the API; of each only the digest ever gets here."""

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Final

import msgspec
from msgspec import Meta

from llmtb.actors.command import Command, Reason
from llmtb.actors.signing_in import Digest
from llmtb.events.access import KeyIssued, KeyRevoked, Scope
from llmtb.events.event import Event
from llmtb.runtime.errors import Refused

KeyName = Annotated[str, Meta(pattern=r"\S", max_length=60)]
MOST_KEYS: Final = 100


# --- state -------------------------------------------------------------------------------------


class Key(msgspec.Struct, frozen=True):
    """What another system may do; `until` None: until it is revoked."""

    name: str
    scopes: tuple[Scope, ...]
    since: datetime
    until: datetime | None
    by: str


# --- commands ----------------------------------------------------------------------------------


class IssueKey(Command, frozen=True, kw_only=True, tag="issue_key"):
    """Let another system in by a key, of which `key` is the digest."""

    by: str
    key: Digest
    name: KeyName
    scopes: Annotated[tuple[Scope, ...], Meta(min_length=1, max_length=10)]
    until: datetime | None = None


class RevokeKey(Command, frozen=True, kw_only=True, tag="revoke_key"):
    """A key is to open nothing any more."""

    by: str
    key: Digest
    reason: Reason


# --- decide ------------------------------------------------------------------------------------


def issue(keys: Mapping[str, Key], command: IssueKey, now: datetime) -> Event:
    """The key. Raises Refused for a name that is taken, or an end that has passed."""
    if any(each.name == command.name for each in keys.values()):
        raise Refused(f"there is a key {command.name!r} already")
    if len(keys) >= MOST_KEYS:
        raise Refused(f"there are {MOST_KEYS} keys; revoke one first")
    if command.until is not None and command.until <= now:
        raise Refused("a key must end later than now")
    return KeyIssued(
        at=now,
        by=command.by,
        key=command.key,
        name=command.name,
        scopes=tuple(dict.fromkeys(command.scopes)),
        until=command.until,
    )


def revoke(keys: Mapping[str, Key], command: RevokeKey, now: datetime) -> Event:
    """The end of a key. Raises Refused where there is none."""
    key = keys.get(command.key)
    if key is None:
        raise Refused("there is no such key (any more)")
    return KeyRevoked(at=now, by=command.by, key=command.key, name=key.name, reason=command.reason)


# --- evolve ------------------------------------------------------------------------------------


def evolve(keys: dict[str, Key], event: KeyIssued | KeyRevoked) -> None:
    """Take in one event of keys."""
    if isinstance(event, KeyIssued):
        keys[event.key] = Key(event.name, event.scopes, event.at, event.until, event.by)
    else:
        keys.pop(event.key, None)
