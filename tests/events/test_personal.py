"""Whatever text an event holds is marked as somebody's words, or it is said here why it is not."""

import types
from collections.abc import Iterator
from typing import Annotated, Any, Literal, Union, get_args, get_origin, get_type_hints

import msgspec

from llmtb.events.codec import CODEC
from llmtb.events.event import Event
from llmtb.events.personal import Personal

ID = "an id, which is no name: the rules, the chain and the reports need it"
CODE = "one of the program's own words"
DOCUMENT = "of a document or a model that the company put there"
FIGURES = "the company's numbers and rules"
SHIFT = "about a shift: everybody who works in it is told"
SIGNED = "what is signed and shown to the world"
ABOUT_RECORDS = "about records: it says in the question that nothing personal belongs in it"

# By the name of the field, wherever it is; a type's own entry goes first.
PLAIN: dict[str, str] = {
    **dict.fromkeys(
        (
            *("by", "agent", "agents", "shift", "meal", "chat", "question", "message", "update"),
            *("invitation", "account", "offer", "session", "key", "document", "person", "of"),
            *("owners", "texts", "of_stream", "root"),
        ),
        ID,
    ),
    **dict.fromkeys(("kind", "ended_by", "cause", "act", "language", "step", "what"), CODE),
    **dict.fromkeys(("model", "sources", "title", "file", "sha256", "department"), DOCUMENT),
    **dict.fromkeys(("policy", "changed", "calibration", "refusals"), FIGURES),
    "note": SIGNED,
    "source": "the name of a feed, or of what was measured",
    "passages": "where in which documents was looked, with scores",
    "error": "what Telegram or the network says",
    "why": "what does not match, with numbers",
    "HandedOver.reason": CODE,
    "TakenBack.reason": CODE,
    "CallbackOpened.reason": CODE,
    "AnswerWithheld.reason": CODE,
    "SignInFailed.reason": CODE,
    "RequestsRefused.reason": CODE,
    "RefusalLine.reason": CODE,
    "OverrideSet.reason": SHIFT,
    "OverrideEnded.reason": SHIFT,
    "DocumentRemoved.reason": DOCUMENT,
    "KeyIssued.name": "of a program's key",
    "KeyRevoked.name": "of a program's key",
    "KeyRevoked.reason": "about a program's key",
    "MismatchAccepted.reason": ABOUT_RECORDS,
    "PersonForgotten.reason": ABOUT_RECORDS,
}


def texts(kind: type[msgspec.Struct]) -> Iterator[tuple[str, str, bool]]:
    """Each field that may hold free text: its struct, its name, and whether it is marked."""
    for name, hint in get_type_hints(kind, include_extras=True).items():
        marked = any(isinstance(each, Personal) for each in get_args(hint))
        if marked:
            yield kind.__name__, name, True
            continue
        inner = list(parts(hint))
        if str in inner or Any in inner:
            yield kind.__name__, name, False
        for each in inner:
            if isinstance(each, type) and issubclass(each, msgspec.Struct):
                yield from texts(each)


def parts(hint: Any) -> Iterator[Any]:
    """A type and what it is made of; the values of a Literal are no free text."""
    origin = get_origin(hint)
    if origin in (Annotated, Union, types.UnionType, list, tuple, dict):
        for each in get_args(hint):
            yield from parts(each)
    elif origin is not Literal:
        yield hint


def test_every_text_is_marked_or_it_is_said_why_not() -> None:
    found = {each for kind in CODEC.types.values() for each in texts(kind)}
    open_ = {(kind, name) for kind, name, marked in found if not marked}
    assert sorted(x for x in open_ if not {x[1], ".".join(x)} & PLAIN.keys()) == []
    used = {".".join(x) if ".".join(x) in PLAIN else x[1] for x in open_}
    assert PLAIN.keys() - used == set()


def test_who_is_marked_is_never_an_id() -> None:
    marked = {name for kind in CODEC.types.values() for _, name, yes in texts(kind) if yes}
    assert marked & set(Event.__struct_fields__) == set()
    assert not {name for name in marked if PLAIN.get(name) == ID}
