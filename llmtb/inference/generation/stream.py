"""What an OpenAI-compatible server sends: lines, events, pieces of text. Pure; all bounded."""

from collections.abc import Iterator

import msgspec

from llmtb.inference.errors import EndpointError

LONGEST = 256 * 1024  # bytes of a line, and of a whole answer that is not a stream
SHOWN = 200  # characters of what a server says about an error


class _Said(msgspec.Struct):
    content: str | None = None


class _Choice(msgspec.Struct):
    delta: _Said | None = None
    message: _Said | None = None
    finish_reason: str | None = None


class _Usage(msgspec.Struct):
    completion_tokens: int | None = None


class _Chunk(msgspec.Struct):
    choices: list[_Choice] | None = None
    usage: _Usage | None = None
    error: msgspec.Raw = msgspec.Raw(b"null")


class Piece(msgspec.Struct, frozen=True):
    """Text that came, perhaps empty. finished: why it was the last; tokens: if the server says."""

    text: str = ""
    finished: str | None = None
    tokens: int | None = None


class Lines:
    """Cuts bytes into lines, whatever the pieces they come in."""

    def __init__(self) -> None:
        self._rest = bytearray()

    def take(self, data: bytes) -> Iterator[bytes]:
        """The lines that are whole now. Raises EndpointError for one that never ends."""
        *whole, rest = data.split(b"\n")
        for line in whole:
            self._add(line)
            yield bytes(self._rest).removesuffix(b"\r")
            self._rest.clear()
        self._add(rest)

    def _add(self, data: bytes) -> None:
        if len(self._rest) + len(data) > LONGEST:
            raise EndpointError(f"sent a line of more than {LONGEST} bytes")
        self._rest += data


def piece_of(line: bytes) -> Piece | None:
    """What a line of an event stream holds: None for one that holds no text at all.

    `data: [DONE]` holds none either: a text is whole when a piece says why it is finished. Raises
    EndpointError.
    """
    if not line.startswith(b"data:"):
        return None  # comments that keep the connection alive, names and numbers of events
    data = line.removeprefix(b"data:").strip()
    return None if data == b"[DONE]" else _piece(data)


def whole_of(body: bytes) -> Piece:
    """The answer of a server that does not stream. Raises EndpointError."""
    piece = _piece(body)
    return piece if piece.finished else msgspec.structs.replace(piece, finished="stop")


def complaint_of(body: bytes) -> str:
    """What a server says about an error, in one short line."""
    try:
        said = msgspec.json.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError):
        said = body.decode("utf-8", "replace")
    while isinstance(said, dict):
        said = said.get("error") or said.get("message") or said.get("detail") or ""
    return " ".join(str(said).split())[:SHOWN]


def _piece(data: bytes) -> Piece:
    try:
        chunk = msgspec.json.decode(data, type=_Chunk)
    except (msgspec.DecodeError, UnicodeDecodeError):
        raise EndpointError("sent what is no piece of an answer") from None
    if bytes(chunk.error) not in {b"null", b"{}", b'""'}:
        raise EndpointError(f"broke off: {complaint_of(bytes(chunk.error))}")
    tokens = chunk.usage.completion_tokens if chunk.usage else None
    if not chunk.choices:
        return Piece(tokens=tokens)
    choice = chunk.choices[0]
    said = choice.delta or choice.message
    return Piece((said and said.content) or "", choice.finish_reason, tokens)
