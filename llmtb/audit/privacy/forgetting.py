"""Forgets a person: records that the keys of their words are to be destroyed, and whose else.

Nothing else runs over the data meanwhile, see `llmtb.audit.alone`; what is recorded here is done
by the opening that follows, see `privacy.erasing`. Whatever ends the program before that, the next
opening does it.
"""

from collections.abc import Set
from typing import Annotated, Any, Final

import msgspec
from msgspec import Meta

from llmtb.actors.access import Unlink
from llmtb.actors.asking import EndSession
from llmtb.actors.audit import ForgetPerson
from llmtb.actors.centre import RemoveAgent
from llmtb.actors.chat import Respond
from llmtb.actors.command import AgentId, Reason
from llmtb.app import House
from llmtb.audit.archive import Archive
from llmtb.audit.privacy.tracing import Person, Trace, known, trace
from llmtb.control import INPUT, Note, Unable
from llmtb.events.journal import Journal

MOST_DAYS: Final = 20_000  # of others' chats that go with one person: as many as an event may hold


class Forget(
    msgspec.Struct,
    frozen=True,
    kw_only=True,
    forbid_unknown_fields=True,
    tag_field="do",
    tag="forget",
):
    """Forget somebody: an agent's id, `chat/ID` of a customer, or an account's id."""

    person: Annotated[str, Meta(min_length=1, max_length=100)]
    by: AgentId = "owner"
    reason: Reason = "they asked to be forgotten"


class Found(msgspec.Struct, frozen=True, kw_only=True):
    """What forgetting somebody comes to. here: they are on the roster, and are removed first.

    words: events with words of theirs, by sort. chats: theirs. days: of others' chats whose
    messages name them or repeat them, and go as well; others_chats: in so many chats. others: what
    else of others names them, and stays.
    """

    person: str
    here: bool
    chats: int
    words: dict[str, int]
    days: int
    others_chats: int
    others: int


async def found(journal: Journal, wanted: str) -> tuple[Person, Trace, Found]:
    """Who is meant, and what there is about them. Raises Unable for nobody."""
    person = known(journal, wanted)
    traced = await trace(journal, person)
    if len(traced.days) > MOST_DAYS:
        line = (
            f"messages on {len(traced.days)} days of others' chats name them, and {MOST_DAYS} can"
            " go with one person; let old messages go first: privacy.messages_days"
        )
        raise Unable(INPUT, line)
    return (
        person,
        traced,
        Found(
            person=person.id,
            here=person.here,
            chats=sum(owner.startswith("chat/") for owner in person.owners),
            words=traced.words,
            days=len(traced.days),
            others_chats=len({each.rpartition(" ")[0] for each in traced.days}),
            others=traced.others,
        ),
    )


async def forget(archive: Archive, form: dict[str, Any], note: Note) -> Any:
    """Remove somebody who is here, and record that their keys go. Raises Unable, Refused."""
    wanted = msgspec.convert(form, Forget)
    journal, house = archive.journal, archive.house
    note("looking for what there is about them")
    person, _, told = await found(journal, wanted.person)
    await _part_with(house, person, wanted)
    person, traced, _ = await found(journal, wanted.person)  # with what parting has added
    owners = person.owners | {each.rpartition(" ")[0] for each in traced.days}
    for chat in _chats(owners):  # what was typed into a dialogue is lost to whoever is in it
        await house.chat(chat, Respond(chat=chat, by=wanted.by, dialogue=None))
    upto = archive.vault.retire(owners)
    command = ForgetPerson(
        by=wanted.by,
        person=person.id,
        owners=sorted(person.owners),
        upto=upto,
        texts=sorted(traced.days),
        reason=wanted.reason,
    )
    await house.audit(command)
    return msgspec.to_builtins(told)


async def _part_with(house: House, person: Person, wanted: Forget) -> None:
    """Whoever is here goes, with all that lets them in; what they asked has no answer any more."""
    if person.here:
        await house.floor(RemoveAgent(agent=person.id, by=wanted.by))
    if not person.id.startswith("chat/"):
        await house.access(Unlink(by=wanted.by, agent=person.id, reason="removed"))
    for chat in _chats(person.owners):
        await house.chat(chat, EndSession(chat=chat))


def _chats(owners: Set[str]) -> list[str]:
    """The chats among the owners of words."""
    return sorted(each.removeprefix("chat/") for each in owners if each.startswith("chat/"))
