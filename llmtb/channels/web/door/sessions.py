"""Who a session's token is of, and what they may: looked up for each request anew."""

from datetime import datetime
from typing import Final

from llmtb.actors.access import digest_of
from llmtb.channels.conversation.known import Known
from llmtb.events.floor import Role

EVERYTHING: Final[frozenset[Role]] = frozenset(("agent", "supervisor", "auditor", "admin"))
_NOBODY: Final[frozenset[Role]] = frozenset()


def roles_of(known: Known, agent: str) -> frozenset[Role]:
    """What a person may be in the console, as the roster says now; nothing for a stranger.

    An admin is a supervisor, too; while a company has no admin, its supervisors are admins.
    """
    person = known.person(agent)
    if person is None or person.role == "customer":
        return _NOBODY
    if person.role == "admin" or (
        person.role == "supervisor" and not known.floor.centre.has_admin()
    ):
        return frozenset(("admin", "supervisor"))
    return frozenset((person.role,))


def holder(known: Known, token: str, now: datetime) -> tuple[str, str] | None:
    """The digest of a token's session, and whose it is; None unless it holds now."""
    digest = digest_of(token)
    session = known.access.session(digest, now)
    if session is None or not roles_of(known, session.agent):
        return None
    return digest, session.agent


def is_forged(known: Known, token: str) -> bool:
    """Whether a token was never given out, or its session was ended: not merely left too long."""
    return digest_of(token) not in known.access.sessions
