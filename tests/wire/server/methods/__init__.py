"""The calls that the server understands, by their names in the schema."""

from collections.abc import Callable, Mapping
from typing import Any, Final

from tests.wire.server.methods import account, messages, uploads
from tests.wire.server.world import World

METHODS: Final[Mapping[str, Callable[[World, Any], Any]]] = {
    **account.METHODS,
    **messages.METHODS,
    **uploads.METHODS,
}
