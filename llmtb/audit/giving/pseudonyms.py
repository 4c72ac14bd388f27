"""Events without whom they are about: ids become pseudonyms, and words are left out.

What is kept is named here, field by field; whatever is not, such as a text that a later version
appends, is blank. So nothing is given out because somebody forgot it.
"""

import hmac
from collections.abc import Callable, Mapping
from datetime import date, datetime
from functools import cache
from types import NoneType, UnionType
from typing import Annotated, Any, Final, Literal, Union, get_args, get_origin, get_type_hints

import msgspec

from llmtb.events.access import Ending
from llmtb.events.chain import Row
from llmtb.events.event import Event
from llmtb.events.exported import ended
from llmtb.events.floor import RefusalReason
from llmtb.events.personal import PEOPLE, REDACTED, Personal
from llmtb.events.published import instant, own_fields, plain


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


IDS: Final = _words(
    "agent person by of agents chat account question message update session offer invitation key"
    " source"
)
STREAMS: Final = _words("of_stream owners")
KEPT: Final = _words(
    "shift meal kind ended_by cause act sources document language model department view what"
    " refusals policy changed"
)
"""Texts and tables that tell of shifts, rules and documents, and of nobody."""
COMPANY: Final = ("shift/", "desk/", "knowledge/")
"""How the names of streams begin that belong to nobody."""
PROGRAM: Final = _words("roster clock policy company llmtb.toml phone bot door owner nobody")
"""Who causes events and is no person."""
CODES: Final = _words(
    "no_knowledge nothing_found out_of_scope unsure numbers personal_data promise instruction"
    " unavailable person_requested not_chosen session_ended requested done exit agent_away taken"
    " code second_factor host origin token session flood"
).union(*map(get_args, (RefusalReason, Ending)))
"""Reasons that the program gives; any other is somebody's own words."""
SIZE: Final = 10  # bytes of a pseudonym

Veil = Callable[[Any], Any]


class Pseudonyms:
    """Replaces the ids of people and of what is theirs; the same id always by the same.

    key: 32 secret bytes, to be thrown away when it is done: who has it can find the ids again.
    """

    def __init__(self, key: bytes) -> None:
        self._key = key
        self._plans: dict[type[Any], Mapping[str, Veil]] = {}

    def of(self, name: str) -> str:
        """What stands for an id; the program itself keeps its name."""
        if not name or name in PROGRAM:
            return name
        return "p" + hmac.digest(self._key, name.encode(), "sha256")[:SIZE].hex()

    def stream(self, name: str) -> str:
        """What stands for the name of a stream: of a person's or a chat's, another one."""
        if name.startswith(COMPANY):
            return name
        kind, slash, rest = name.partition("/")
        return f"{kind}/{self.of(rest)}" if slash and f"{kind}/" in PEOPLE else self.of(name)

    def line(self, row: Row, event: Event) -> tuple[bytes, bytes]:
        """The line of a stored event, its line feed included, and its leaf."""
        seq, stream, version, topic = row[:4]
        kind = type(event)
        written: dict[str, Any] = {
            "seq": seq,
            "at": instant(event.at),
            "stream": self.stream(stream),
            "version": version,
            "type": kind.__name__,
            "by": self.of(event.by),
        }
        payload = self._veiled(event)
        if "cause" in payload:
            written["cause"] = payload.pop("cause")
        for name, default in own_fields(kind):
            if default is not msgspec.NODEFAULT and getattr(event, name) == default:
                del payload[name]
        written["payload"] = payload
        if topic != kind.__name__:
            written["topic"] = topic
        return ended(written)

    def _veiled(self, value: Any) -> dict[str, Any]:
        """The own fields of a struct, as they may be told."""
        kind = type(value)
        plan = self._plans.get(kind)
        if plan is None:
            hints = get_type_hints(kind, include_extras=True)
            own = [name for name in kind.__struct_fields__ if not _of_all(kind, name)]
            plan = {name: self._veil(name, hints[name]) for name in own}
            self._plans[kind] = plan
        told = {}
        for name, veil in plan.items():
            held = getattr(value, name)
            told[name] = None if held is None else veil(held)
        return told

    def _veil(self, name: str, hint: Any) -> Veil:
        """How the values of a field are told."""
        marks = get_args(hint)[1:] if get_origin(hint) is Annotated else ()
        mark = next((each for each in marks if isinstance(each, Personal)), None)
        if mark is not None:
            # Of a struct it would not be told which one it is, so that nobody could read it.
            blank = None if isinstance(mark.blank, msgspec.Struct) else plain(mark.blank)
            return lambda _: blank
        if _is_struct(hint):
            return self._structs
        if name in IDS:
            return self._ids(self.of)
        if name in STREAMS:
            return self._ids(self.stream)
        if name in KEPT or _says_nobody(hint):
            return plain
        return _code_or_blank

    def _structs(self, held: Any) -> Any:
        if not isinstance(held, list):
            return self._veiled(held)
        told = [self._veiled(each) for each in held]
        # They stand in the order of their ids, which would tell something of them.
        return sorted(told, key=lambda each: each["agent"]) if _by_agent(told) else told

    @staticmethod
    def _ids(name_of: Callable[[str], str]) -> Veil:
        def veil(held: Any) -> Any:
            return name_of(held) if isinstance(held, str) else sorted(map(name_of, held))

        return veil


def _code_or_blank(held: Any) -> Any:
    """A reason that is none of anybody's words; else nothing of what was there."""
    if isinstance(held, str):
        return held if held in CODES else REDACTED
    return {} if isinstance(held, Mapping) else []


def _by_agent(told: list[dict[str, Any]]) -> bool:
    return bool(told) and "agent" in told[0]


def _of_all(kind: type[Any], name: str) -> bool:
    """Whether it is a field that every event has, and that stands before the others."""
    return issubclass(kind, Event) and name in ("at", "by")


@cache
def _says_nobody(hint: Any) -> bool:
    """Whether values of a type are numbers, instants, truths, or one of a few words."""
    if get_origin(hint) is Annotated:
        return _says_nobody(get_args(hint)[0])
    if get_origin(hint) is Literal:
        return True
    if get_origin(hint) in (list, tuple, Union, UnionType):
        return all(_says_nobody(each) for each in get_args(hint) if each is not ...)
    return hint in (int, float, bool, datetime, date, NoneType)


def _is_struct(hint: Any) -> bool:
    """Whether values of a type are structs, or lists of them."""
    held = [each for each in (get_args(hint) or (hint,)) if each is not NoneType]
    return all(isinstance(each, type) and issubclass(each, msgspec.Struct) for each in held)
