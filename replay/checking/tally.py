"""What an export's manifest says, held to its lines."""

from collections import Counter
from collections.abc import Iterator
from typing import Any

import msgspec

from llmtb.events.audit import PersonForgotten
from llmtb.events.chat import AnswerGiven, DraftWritten
from llmtb.events.event import Event
from llmtb.events.exported import Ends, Manifest
from llmtb.events.floor import PolicyChanged
from llmtb.events.published import instant, plain
from replay.checking.lines import Told


class Tally:
    """Counts what goes by."""

    def __init__(self) -> None:
        self.events = 0
        self.types: Counter[str] = Counter()
        self.first: Ends | None = None
        self._latest: Told | None = None
        self._policy: tuple[int, dict[str, Any]] | None = None
        self._models: set[str] = set()
        self._forgotten: set[str] = set()

    def count(self, told: Told | None, event: Event | None) -> None:
        """Take in a line; None for what cannot be read of it."""
        self.events += 1
        if told is None:
            return
        self.types[told.type] += 1
        if self._latest is None:
            self.first = _ends(told)
        self._latest = told
        if type(event) in NOTED:
            self._learn(told, event)

    def _learn(self, told: Told, event: Event | None) -> None:
        match event:
            case PolicyChanged():
                policy = msgspec.json.decode(msgspec.json.encode(plain(event.policy)))
                self._policy = told.seq, policy
            case AnswerGiven() | DraftWritten() if event.model is not None:
                self._models.add(event.model)
            case PersonForgotten():
                self._forgotten.add(event.person)
            case _:
                pass

    @property
    def last(self) -> Ends | None:
        """The last line's event."""
        return None if self._latest is None else _ends(self._latest)

    def differing(self, manifest: Manifest) -> Iterator[str]:
        """What the manifest says that the lines do not."""
        if manifest.events != self.events:
            yield f"it speaks of {manifest.events} events; there are {self.events} lines"
        if manifest.types != dict(self.types):
            yield f"its counts by type differ from the lines: {self._types(manifest)}"
        if manifest.first != self.first:
            yield "its first event is not that of the first line"
        if manifest.last != self.last:
            yield "its last event is not that of the last line"
        if manifest.shown != "pseudonyms":
            yield from self._policies(manifest)
            if manifest.models != sorted(self._models):
                yield "its models are not those that the lines name"
            if missing := self._forgotten - set(manifest.forgotten):
                yield f"it does not name everybody who was forgotten: {min(missing)}"

    def _types(self, manifest: Manifest) -> str:
        names = sorted(manifest.types.keys() | self.types.keys())
        both = ((name, manifest.types.get(name, 0), self.types[name]) for name in names)
        odd = [f"{name} {there} instead of {said}" for name, said, there in both if said != there]
        return ", ".join(odd[:5])

    def _policies(self, manifest: Manifest) -> Iterator[str]:
        if self._policy is not None:
            if (manifest.policy_seq, manifest.policy) != self._policy:
                yield f"its policy is not the one that event {self._policy[0]} set"
        elif manifest.first is not None and (manifest.policy_seq or 0) >= manifest.first.seq:
            whole = manifest.selection.stream is None and manifest.selection.person is None
            if whole:
                yield "its policy is said to be set by an event that did not set one"


def _ends(told: Told) -> Ends:
    return Ends(seq=told.seq, at=instant(told.at), hash=told.hash)


NOTED = frozenset((PolicyChanged, AnswerGiven, DraftWritten, PersonForgotten))
