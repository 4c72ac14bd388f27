"""What of a chat stands in no journal: changes of its messages, whispers, words just written.

It is kept in memory, for the chats in which something happened last, and for so long as the
process runs; a page that was not cut off keeps what it shows.
"""

from collections import OrderedDict
from datetime import datetime
from typing import Any, Final

from llmtb.channels.port import MessageGone, NotModified, OutMessage
from llmtb.channels.web.window.telling import Told, buttons, out, words

CHATS: Final = 2048
"""Chats of which anything is kept."""
MOST: Final = 48
"""Changes, and messages of its own, that are kept of one chat."""
_ID_BITS: Final = (1 << 52) - 1


class Sheet:
    """The loose things of one chat, by the number of the message at its channel."""

    def __init__(self) -> None:
        self.changes: OrderedDict[int, Told] = OrderedDict()
        self.messages: OrderedDict[int, dict[str, Any]] = OrderedDict()
        self._tied: OrderedDict[int, int] = OrderedDict()

    def change(self, number: int, message: OutMessage) -> Told:
        """A message says something else now. Raises NotModified, MessageGone."""
        data = {"text": message.text, "keyboard": buttons(message.keyboard)}
        told = Told("change", {"id": number, **data})
        mine = self.messages.get(number)
        if mine is not None:
            if (mine["text"], mine["keyboard"]) == (data["text"], data["keyboard"]):
                raise NotModified
            mine.update(data)
            return told
        last = self.changes.get(number)
        if last == told:
            raise NotModified
        if number < 0 or (last is not None and last.name == "gone"):
            raise MessageGone
        _keep(self.changes, number, told)
        return told

    def remove(self, number: int) -> Told:
        """A message is there no more."""
        told = Told("gone", {"id": number})
        if self.messages.pop(number, None) is None:
            _keep(self.changes, number, told)
        return told

    def whisper(self, random_id: int, place: int, message: OutMessage, at: datetime) -> Told | None:
        """A message that is recorded nowhere; None where it was sent before."""
        number = whispered(random_id)
        if number in self.messages:
            return None
        _keep(self.messages, number, out(number, place, message, at))
        return Told("message", self.messages[number])

    def said(self, nonce: int, place: int, text: str, at: datetime) -> Told | None:
        """Somebody wrote something; None where that is known, or recorded already."""
        if nonce in self.messages or nonce in self._tied.values():
            return None
        _keep(self.messages, nonce, words(nonce, place, text, at) | {"nonce": nonce})
        return Told("message", self.messages[nonce])

    def tie(self, seq: int, nonce: int) -> None:
        """Event `seq` has recorded the words with this nonce."""
        _keep(self._tied, seq, nonce)

    def settled(self, seq: int, text: str) -> int | None:
        """The nonce of words that event `seq` has recorded, which are loose no more."""
        nonce = self._tied.get(seq)
        if nonce is None:
            mine = [each for each in self.messages.values() if each["from"] == "me"]
            alike = (m for m in mine if m["place"] < seq and m["text"].split() == text.split())
            found = next(alike, None)
            if found is None:
                return None
            nonce = int(found["nonce"])
            self.tie(seq, nonce)
        self.messages.pop(nonce, None)
        return nonce

    def __bool__(self) -> bool:
        return bool(self.changes or self.messages)


class Loose:
    """The sheets of all chats; the one that was used longest ago is given up first."""

    def __init__(self) -> None:
        self._sheets: OrderedDict[str, Sheet] = OrderedDict()

    def of(self, chat: str) -> Sheet:
        """The sheet of a chat, to write on."""
        sheet = self._sheets.setdefault(chat, Sheet())
        self._sheets.move_to_end(chat)
        if len(self._sheets) > CHATS:
            self._sheets.popitem(last=False)
        return sheet

    def find(self, chat: str) -> Sheet | None:
        """The sheet of a chat, if anything is on it."""
        return self._sheets.get(chat)


def whispered(random_id: int) -> int:
    """The number of a message that no journal has: below 0, and the same for the same id."""
    return -(random_id & _ID_BITS) or -1


def _keep(kept: OrderedDict[int, Any], number: int, value: Any) -> None:
    kept[number] = value
    kept.move_to_end(number)
    if len(kept) > MOST:
        kept.popitem(last=False)
