"""One client session: the numbers of its messages, its containers, the link it now speaks over."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final

from tests.wire.server import layer
from tests.wire.server.envelope import AuthKey, Opened, seal_envelope
from tests.wire.server.transport import Link

_BAD_SALT: Final = 48
_TOO_LOW: Final = 16
_TOO_HIGH: Final = 17
_NOT_A_CLIENTS: Final = 18
_PAST: Final = 300  # seconds a client's clock may be behind
_FUTURE: Final = 30  # seconds it may be ahead
_ZIP_FROM: Final = 512  # bytes


@dataclass(frozen=True)
class Outgoing:
    """A body for the client; `content` says that the client must acknowledge it."""

    body: Any
    content: bool
    answer: bool = True


class Session:
    """A session under `key`; survives its connections, as the client's own session does."""

    def __init__(self, key: AuthKey, session_id: bytes, clock: Callable[[], float]) -> None:
        self.key = key
        self.id = session_id
        self.link: Link | None = None
        self.listens = False
        self._clock = clock
        self._last_id = 0
        self._content_sent = 0
        self._seen: set[int] = set()

    def admit(self, opened: Opened) -> tuple[list[Any], list[Outgoing]]:
        """The new messages in an envelope, and what the server must say about the envelope."""
        outer = opened.message
        if (complaint := self._complaint(opened)) is not None:
            return [], [Outgoing(complaint, content=False)]
        held = outer.body.messages if isinstance(outer.body, layer.Container) else [outer]
        said: list[Outgoing] = []
        if not self._seen:
            created = layer.types.NewSessionCreated(
                first_msg_id=held[0].msg_id,
                unique_id=int.from_bytes(self.id, "little", signed=True),
                server_salt=self.key.salt,
            )
            said.append(Outgoing(created, content=True, answer=False))
        fresh = [message for message in held if message.msg_id not in self._seen]
        self._seen.update(message.msg_id for message in held)
        if owed := [message.msg_id for message in fresh if message.seq_no % 2]:
            said.append(Outgoing(layer.types.MsgsAck(msg_ids=owed), content=False))
        return fresh, said

    def send(self, bodies: Sequence[Outgoing]) -> bool:
        """Sends the bodies, in a container when there are several; False when nobody listens."""
        if self.link is None or not bodies:
            return False
        messages = [self._number(outgoing) for outgoing in bodies]
        message = messages[0]
        if len(messages) > 1:
            container = layer.Container(messages)
            message = self._number(Outgoing(container, content=False))
        self.link.send(seal_envelope(message, self.id, self.key))
        return True

    def _complaint(self, opened: Opened) -> Any | None:
        message = opened.message
        told = {"bad_msg_id": message.msg_id, "bad_msg_seqno": message.seq_no}
        if opened.salt != self.key.salt:
            return layer.types.BadServerSalt(
                **told, error_code=_BAD_SALT, new_server_salt=self.key.salt
            )
        ahead = message.msg_id / 2**32 - self._clock()
        if message.msg_id % 4:
            return layer.types.BadMsgNotification(**told, error_code=_NOT_A_CLIENTS)
        if ahead < -_PAST or ahead > _FUTURE:
            code = _TOO_LOW if ahead < 0 else _TOO_HIGH
            return layer.types.BadMsgNotification(**told, error_code=code)
        return None

    def _number(self, outgoing: Outgoing) -> Any:
        self._last_id = max(self._last_id + 4, int(self._clock() * 2**32) & ~3)
        kind = 1 if outgoing.answer else 3
        sequence = self._content_sent * 2 + outgoing.content
        self._content_sent += outgoing.content
        body = outgoing.body
        return layer.TLMessage(body, self._last_id + kind, sequence, len(body.write()))


def result(request: int, value: Any) -> Outgoing:
    """The answer to the call in message `request`, zipped when that is worth it."""
    worth = len(value.write()) >= _ZIP_FROM
    body = layer.types.RpcResult(req_msg_id=request, result=layer.Zipped(value) if worth else value)
    return Outgoing(body, content=True)
