"""A small MTProto server for tests: a bot's Telegram on loopback, driven as people would."""

from tests.wire.server.people import Person
from tests.wire.server.rpc import Call
from tests.wire.server.rsa import PublicKey
from tests.wire.server.screen import Button, Entity, File, Message, Toast
from tests.wire.server.server import MtprotoServer

__all__ = [
    "Button",
    "Call",
    "Entity",
    "File",
    "Message",
    "MtprotoServer",
    "Person",
    "PublicKey",
    "Toast",
]
