"""The form of an export: what an auditor is given, and can check without us.

An export is a folder of four files:

    events.jsonl       an event a line, in order of `seq`
    manifest.json      what is in it (`Manifest`)
    checkpoint         the journal up to the last line's event, signed (`llmtb.events.note`); absent
                       where ids were replaced
    export.checkpoint  the Merkle tree of the manifest's bytes and then of the lines, signed: its
                       leaves are those that the lines name

A line is one flat JSON object with these keys, in this order:

    seq at stream version type by   as in the published language
    cause                           where the event has one
    payload                         its other own fields
    topic      what it is stored under, where that is not its type
    state      the stored bytes, in base64
    opened     where words are sealed: for each box its salt and words in base64, or null
    command    [id, first, last]: the command that led to these events, in the first one's line
    previous   the hash of the event before, where that is not the line above (and not the genesis)
    proof      of inclusion in the checkpoint's tree, base64 each: only where events are left out
               in between, in the line after which the next event is not the next line
    hash       of the event, in hex (`llmtb.events.chain`)
    leaf       SHA-256 of 0x00 and the line up to here, in hex: up to the comma before `"leaf"`

So a line that was changed is found by its leaf; its state by its hash; its payload by its state.
A proof holds for its event and, by the chain, for those of the lines above it up to `previous`.

Where ids were replaced (`pseudonyms`), state, opened, command, previous, proof and hash are absent:
ids could be guessed from a hash. Blanks stand in the payload for what was left out, so that it can
still be read as an event.
"""

from base64 import b64decode, b64encode
from collections.abc import Mapping, Sequence
from typing import Annotated, Any, Final, Literal, NamedTuple

import msgspec
from msgspec import Meta

from llmtb.events.audit import Shown
from llmtb.events.chain import Row
from llmtb.events.merkle import leaf
from llmtb.events.published import publish
from llmtb.events.record import Recorded

FORMAT: Final = "llmtb-export 1"
EVENTS, MANIFEST, CHECKPOINT, SIGNED = (
    "events.jsonl",
    "manifest.json",
    "checkpoint",
    "export.checkpoint",
)
LONGEST_LINE = 16 * 1024 * 1024  # bytes; a line beyond is no line of ours
END = b',"leaf":"'
TAIL = len(END) + 64 + len(b'"}')  # bytes of a line from the end of what its leaf covers

Hash = Annotated[str, Meta(pattern=r"^[0-9a-f]{64}\Z")]


class Line(
    msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, forbid_unknown_fields=True
):
    """A line as it is written, but for its leaf; see above."""

    seq: Annotated[int, Meta(ge=1)]
    at: str
    stream: str
    version: Annotated[int, Meta(ge=1)]
    type: str
    by: str
    cause: str | None = None
    payload: dict[str, Any]
    topic: str | None = None
    state: str | None = None
    opened: list[str | None] | None = None
    command: tuple[str, int, int] | None = None
    previous: Hash | None = None
    proof: list[str] | None = None
    hash: Hash | None = None


class Ends(msgspec.Struct, frozen=True, kw_only=True):
    """The first or the last event of an export. hash: None where ids were replaced."""

    seq: int
    at: str
    hash: Hash | None


class Selection(msgspec.Struct, frozen=True, kw_only=True):
    """What was asked for: positions, instants (ISO 8601), one stream, one person; None: all."""

    first: int | None = None
    last: int | None = None
    since: str | None = None
    until: str | None = None
    stream: str | None = None
    person: str | None = None


class Manifest(msgspec.Struct, frozen=True, kw_only=True):
    """What an export holds, for people and for the verifier.

    schema: the version of the published language. made_at, by: when and by whom. events: lines.
    first, last: None where there are none. size: events the checkpoint covers.
    previous, peaks: where the lines begin later than event 1 and leave nothing out: the hash before
    the first, and the peaks of the tree before it (`llmtb.events.merkle.Frontier`), in hex.
    types: how many of each. policy: the last one set up to the end, None: the defaults.
    policy_seq: the event that set it. models: those named by answers. forgotten: people whose words
    are destroyed. key: what the signatures are checked against, as a C2SP verifier key.
    """

    format: Literal["llmtb-export 1"] = FORMAT
    software: str
    schema: int
    made_at: str
    by: str
    shown: Shown
    selection: Selection
    events: int
    first: Ends | None
    last: Ends | None
    size: int
    previous: Hash | None
    peaks: list[str]
    types: dict[str, int]
    policy: dict[str, Any] | None
    policy_seq: int | None
    models: list[str]
    forgotten: list[str]
    origin: str
    key: str


class Places(NamedTuple):
    """What a line says beside the event itself."""

    command: tuple[str, int, int] | None = None
    previous: bytes | None = None
    proof: Sequence[bytes] | None = None


def line_of(
    row: Row, recorded: Recorded, opened: Sequence[bytes | None], places: Places
) -> tuple[bytes, bytes]:
    """The line of a stored event, its line feed included, and its leaf.

    recorded: the event as it was stored (not read as newer ones); opened: the salt and words of
    each of its boxes.
    """
    topic, state, mark = row[3:]
    form = publish(recorded)
    written: dict[str, Any] = {name: form.pop(name) for name in _HEAD}
    cause = form.pop("cause", None)
    if cause is not None:
        written["cause"] = cause
    written["payload"] = form
    if topic != written["type"]:
        written["topic"] = topic
    written["state"] = _base64(state)
    if opened:
        written["opened"] = [None if each is None else _base64(each) for each in opened]
    if places.command is not None:
        written["command"] = places.command
    if places.previous is not None:
        written["previous"] = places.previous.hex()
    if places.proof is not None:
        written["proof"] = [_base64(each) for each in places.proof]
    written["hash"] = mark.hex()
    return ended(written)


def ended(written: Mapping[str, Any]) -> tuple[bytes, bytes]:
    """A line with its leaf at its end, its line feed included; and that leaf."""
    body = _ENCODE(written)[:-1]
    mark = leaf(body)
    return b'%b%b%b"}\n' % (body, END, mark.hex().encode()), mark


def base64(text: str) -> bytes:
    """The bytes that a field of a line holds. Raises ValueError."""
    return b64decode(text, validate=True)


def _base64(data: bytes) -> str:
    return b64encode(data).decode("ascii")


_HEAD = ("seq", "at", "stream", "version", "type", "by")
_ENCODE = msgspec.json.Encoder().encode
