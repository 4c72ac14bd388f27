"""Who a call speaks of."""

from typing import Any

from tests.wire.server import layer
from tests.wire.server.errors import RpcRefusal
from tests.wire.server.people import Person
from tests.wire.server.world import World


def is_self(world: World, peer: Any) -> bool:
    """Whether an input peer or user is the bot itself."""
    named = layer.name_of(peer)
    return named in {"InputPeerSelf", "InputUserSelf"} or _id(peer) == world.bot.id


def person_of(world: World, peer: Any) -> Person:
    """The person an input peer or user names.

    Somebody who never wrote to the bot, or a wrong access hash, is refused; a hash of zero is
    allowed to bots.
    """
    person = world.people.get(_id(peer))
    if person is None or not person.met or peer.access_hash not in {0, person.access_hash}:
        raise RpcRefusal(400, "PEER_ID_INVALID")
    return person


def reachable(world: World, peer: Any) -> Person:
    """The person an input peer names, if the bot may write to her."""
    person = person_of(world, peer)
    if person.has_blocked:
        raise RpcRefusal(400, "USER_IS_BLOCKED")
    return person


def _id(peer: Any) -> int:
    return int(getattr(peer, "user_id", 0))
