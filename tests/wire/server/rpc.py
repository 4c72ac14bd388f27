"""Calls: unwrapped, logged, struck by the planned faults, answered."""

from typing import Any, Final, NamedTuple

from tests.wire.server import layer
from tests.wire.server.bell import Bell
from tests.wire.server.envelope import AuthKey
from tests.wire.server.errors import RpcRefusal
from tests.wire.server.faults import Cut, Faults, LinkCut
from tests.wire.server.methods import METHODS
from tests.wire.server.world import World

_SIGN_IN: Final = "auth.ImportBotAuthorization"
_OPEN_TO_ALL: Final = frozenset({"help.GetConfig", _SIGN_IN})
_MAKES_NO_LISTENER: Final = frozenset(
    {"help.GetConfig", "upload.SaveFilePart", "upload.SaveBigFilePart", "upload.GetFile"}
)


class Call(NamedTuple):
    """A call that arrived: its name in the schema and its fields."""

    method: str
    args: dict[str, Any]


class Reception:
    """Answers calls on behalf of the world."""

    def __init__(self, world: World, api_id: int, api_hash: str) -> None:
        self.log: list[Call] = []
        self.unsupported: list[str] = []
        self.bugs: list[Exception] = []
        self.faults = Faults()
        self.bell = Bell()
        self._world = world
        self._api = (api_id, api_hash)

    def answer(self, key: AuthKey, body: Any) -> tuple[Any, bool]:
        """The result or error of a call, and whether its session now wants updates.

        Raises LinkCut when the connection is to be cut instead.
        """
        call, listens = _unwrapped(body)
        method = layer.name_of(call)
        self.log.append(Call(method, layer.fields_of(call)))
        self.bell.ring()
        effect = self.faults.take(method, call)
        if effect is Cut.BEFORE:
            raise LinkCut
        try:
            if isinstance(effect, RpcRefusal):
                raise effect
            value = self._do(key, method, call)
        except RpcRefusal as refusal:
            value = layer.types.RpcError(error_code=refusal.code, error_message=refusal.words)
        except Exception as bug:  # noqa: BLE001 -- ours, so the call fails now and `close` tells
            self.bugs.append(bug)
            value = layer.types.RpcError(error_code=400, error_message="BOT_METHOD_INVALID")
        if effect is Cut.AFTER:
            raise LinkCut
        return value, listens and key.authorised and method not in _MAKES_NO_LISTENER

    def _do(self, key: AuthKey, method: str, call: Any) -> Any:
        if not key.authorised and method not in _OPEN_TO_ALL:
            raise RpcRefusal(401, "AUTH_KEY_UNREGISTERED")
        if method == _SIGN_IN:
            return self._sign_in(key, call)
        if method not in METHODS:
            self.unsupported.append(method)
            raise RpcRefusal(400, "BOT_METHOD_INVALID")
        return METHODS[method](self._world, call)

    def _sign_in(self, key: AuthKey, call: Any) -> Any:
        if (call.api_id, call.api_hash) != self._api:
            raise RpcRefusal(400, "API_ID_INVALID")
        if call.bot_auth_token != self._world.bot.token:
            raise RpcRefusal(400, "ACCESS_TOKEN_INVALID")
        key.authorised = True
        return layer.types.auth.Authorization(user=self._world.users()[0])


def _unwrapped(body: Any) -> tuple[Any, bool]:
    """The call inside its wrappers, and whether they let updates follow."""
    listens = True
    while hasattr(body, "query"):
        listens = listens and layer.name_of(body) != "InvokeWithoutUpdates"
        body = body.query
    return body, listens
