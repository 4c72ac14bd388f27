"""The form of an export: what an auditor is given, and can check without us.

An export is a folder of four files:

    events.jsonl       an event a line, in order of `seq`
    manifest.json      what is in it (`Manifest`)
    checkpoint         the journal up to the end of what was gone through, signed
                       (`llmtb.events.note`); absent where ids were replaced
    export.checkpoint  the Merkle tree of the lines and then of the manifest's bytes, signed: its
                       leaves are those that the lines name, and last the file manifest.json;
                       its origin is the journal's with `/export` after it

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

from base64 import b64decode
from collections.abc import Callable, Sequence
from datetime import date, datetime
from functools import cache
from operator import attrgetter
from types import NoneType, UnionType
from typing import (
    Annotated,
    Any,
    Final,
    Literal,
    NamedTuple,
    Union,
    get_args,
    get_origin,
    get_type_hints,
)

import msgspec
from msgspec import UNSET, Meta, UnsetType

from llmtb.events.audit import Shown
from llmtb.events.chain import Row
from llmtb.events.event import Event
from llmtb.events.merkle import leaf
from llmtb.events.published import instant, own_fields, plain

FORMAT: Final = "llmtb-export 1"
SCHEMA: Final = 1  # of the published language
ORIGIN: Final = "/export"
EVENTS, MANIFEST, CHECKPOINT, SIGNED = (
    "events.jsonl",
    "manifest.json",
    "checkpoint",
    "export.checkpoint",
)
LONGEST_LINE = 16 * 1024 * 1024  # bytes; a line beyond is no line of ours
END = b',"leaf":"'
TAIL = len(END) + 64 + len(b'"}\n')  # bytes of a line that its leaf does not cover: the last

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


NOWHERE = Places()


def line_of(
    row: Row, event: Event, opened: Sequence[bytes | None], places: Places = NOWHERE
) -> tuple[bytes, bytes]:
    """The line of a stored event, its line feed included, and its leaf.

    event: as it was stored (`Codec.as_stored`), with the words that are to be read in it; opened:
    the salt and words of each of its boxes.
    """
    seq, stream, version, topic, state, mark = row
    form = _form_of(type(event))
    values = form.values(event)
    command, previous, proof = places
    return ended(
        Written(
            seq,
            instant(event.at),
            stream,
            version,
            form.name,
            event.by,
            form.cause(event),
            form.payload(*values),
            UNSET if topic == form.name else topic,
            state,
            opened or UNSET,
            command or UNSET,
            UNSET if previous is None else previous.hex(),
            UNSET if proof is None else proof,
            mark.hex(),
        )
    )


def ended(written: Any) -> tuple[bytes, bytes]:
    """A line with its leaf at its end, its line feed included; and that leaf.

    written: what stands in it, a struct or a table.
    """
    body = _ENCODE(written)[:-1]
    mark = leaf(body)
    return b'%b%b%b"}\n' % (body, END, mark.hex().encode()), mark


class Written(msgspec.Struct, gc=False):
    """A line while it is written; bytes become base64."""

    seq: int
    at: str
    stream: str
    version: int
    type: str
    by: str
    cause: Any
    payload: Any
    topic: str | UnsetType
    state: bytes | UnsetType
    opened: Sequence[bytes | None] | UnsetType
    command: tuple[str, int, int] | UnsetType
    previous: str | UnsetType
    proof: Sequence[bytes] | UnsetType
    hash: str | UnsetType


class _Form(NamedTuple):
    """How events of a type are written: its name, its cause, and its other fields, in order."""

    name: str
    cause: Callable[[Event], Any]
    values: Callable[[Event], Sequence[Any]]
    payload: Callable[..., Any]


@cache
def _form_of(kind: type[Event]) -> _Form:
    """How a type is written; what `publish` makes of it, without a table for each event."""
    hints = get_type_hints(kind)
    own = [(name, default) for name, default in own_fields(kind) if name != "cause"]
    fields = [
        (name, Any) if default is msgspec.NODEFAULT else (name, Any, UNSET) for name, default in own
    ]
    payload = msgspec.defstruct("Payload", fields, gc=False)
    later = {
        place: default for place, (_, default) in enumerate(own) if default is not msgspec.NODEFAULT
    }
    odd = {
        place: instant if hints[name] in _INSTANTS else plain
        for place, (name, _) in enumerate(own)
        if not _is_plain(hints[name])
    }
    names = [name for name, _ in own]
    get = attrgetter(*names) if len(names) > 1 else lambda event: [getattr(event, *names)]

    def values(event: Event) -> Sequence[Any]:
        found = list(get(event))
        for place, default in later.items():
            if found[place] == default:
                found[place] = UNSET
        for place, told in odd.items():
            value = found[place]
            if value is not None and value is not UNSET:
                found[place] = told(value)
        return found

    caused = attrgetter("cause") if "cause" in kind.__struct_fields__ else lambda _: UNSET
    return _Form(kind.__name__, caused, values if later or odd else get, payload)


def _is_plain(hint: Any) -> bool:
    """Whether JSON holds the values of a type just as they are published."""
    if get_origin(hint) in (list, Union, UnionType, Literal):
        return get_origin(hint) is Literal or all(map(_is_plain, get_args(hint)))
    return hint in (str, int, float, bool, date, NoneType)


def base64(text: str) -> bytes:
    """The bytes that a field of a line holds. Raises ValueError."""
    return b64decode(text, validate=True)


_INSTANTS = (datetime, datetime | None)
_ENCODE = msgspec.json.Encoder().encode
