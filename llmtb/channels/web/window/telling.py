"""How a chat's events are told to a page: pure, and the same for what is and what was.

`message` {id, place, from, text, at, keyboard, attachment, nonce}, `gone` {id}, `keys` {rows},
`typing` {question, on}. What the journal does not keep is told by `loose`.
"""

from collections.abc import Iterator
from datetime import datetime
from typing import Any, Final, Literal, NamedTuple

from llmtb.channels.attachments import file_name
from llmtb.channels.port import Inline, OutMessage, Reply
from llmtb.channels.web.window.past import nonce_of, teller_of
from llmtb.events.chat import (
    AnswerGiven,
    AnswerWithheld,
    ChoicesOffered,
    MessageFailed,
    MessageQueued,
    MessageSent,
    QuestionAsked,
)
from llmtb.events.desk import MessageRelayed
from llmtb.events.personal import REDACTED
from llmtb.events.record import Recorded

EXPIRED: Final = "expired"
"""See MessageFailed."""
_KEPT: Final = 512  # messages whose numbers elsewhere are known
_NOTICE: Final = "reply:notice:"

Sender = Literal["bot", "me", "agent", "customer"]


class Told(NamedTuple):
    """One thing a page is told."""

    name: str
    data: dict[str, Any]


class Numbers:
    """What messages of one chat are called: by their name, and at the channel's own server."""

    def __init__(self) -> None:
        self._named: dict[str, int] = {}
        self._remote: dict[int, int] = {}

    def queued(self, message: str, seq: int) -> None:
        """A message became known."""
        _keep(self._named, message, seq)

    def sent(self, message: str, remote: int | None) -> int | None:
        """A message has a number at its server; return its number here."""
        seq = self._named.get(message)
        if seq is not None and remote is not None:
            _keep(self._remote, remote, seq)
        return seq

    def here(self, remote: int) -> int | None:
        """The number here of what the server calls `remote`."""
        return self._remote.get(remote)

    def named(self, message: str) -> int | None:
        """The number here of a message by name."""
        return self._named.get(message)


class Relays:
    """Whose words it is that notices pass on: the last ones, by the event that they tell of."""

    _MOST: Final = 4096

    def __init__(self) -> None:
        self._senders: dict[int, Sender] = {}

    def note(self, seq: int, sender: Sender) -> None:
        """The event `seq` passed somebody's words on."""
        _keep(self._senders, seq, sender, self._MOST)

    def sender(self, message: str) -> Sender:
        """Who speaks in a message, by its name."""
        first = message.removeprefix(_NOTICE)
        seq = first.partition(":")[0]
        return self._senders.get(int(seq), "bot") if first != message and seq.isdecimal() else "bot"


def told(recorded: Recorded, chat: str, numbers: Numbers, relays: Relays) -> Iterator[Told]:
    """What a page that shows `chat` is told of an event of it."""
    event, seq = recorded.event, recorded.seq
    match event:
        case MessageQueued():
            numbers.queued(event.message, seq)
            sender = relays.sender(event.message)
            yield Told("message", _queued(event, seq, sender))
            if isinstance(event.keyboard, Reply) and event.text != REDACTED:
                yield Told("keys", keys(event.keyboard))
        case MessageSent():
            numbers.sent(event.message, event.remote)
        case MessageFailed(error=error) if error == EXPIRED:
            number = numbers.named(event.message)
            if number is not None:
                yield Told("gone", {"id": number})
        case QuestionAsked():
            yield Told("message", words(seq, seq, event.text, event.at))
            yield Told("typing", {"question": event.question, "on": True})
        case MessageRelayed() if event.agent is not None and teller_of(event) == chat:
            data = words(seq, seq, event.text, event.at)
            yield Told("message", data | {"nonce": nonce_of(event)})
        case AnswerGiven() | AnswerWithheld() | ChoicesOffered():
            yield Told("typing", {"question": event.question, "on": False})
        case _:
            pass


def words(id_: int, place: int, text: str, at: datetime) -> dict[str, Any]:
    """A person's own words, as a page has them."""
    return _message(id_, place, "me", text, at) | {"nonce": None}


def out(id_: int, place: int, message: OutMessage, at: datetime) -> dict[str, Any]:
    """A message that stands in no journal, as a page has it."""
    return _message(id_, place, "bot", message.text, at) | {"keyboard": buttons(message.keyboard)}


def buttons(keyboard: Inline | Reply | None) -> list[list[dict[str, str]]] | None:
    """The buttons under a message, row by row."""
    if not isinstance(keyboard, Inline):
        return None
    return [[{"label": b.label, "token": b.token} for b in row] for row in keyboard.rows]


def keys(keyboard: Reply) -> dict[str, Any]:
    """The permanent buttons, row by row."""
    return {"rows": [list(row) for row in keyboard.rows]}


def _queued(event: MessageQueued, seq: int, sender: Sender) -> dict[str, Any]:
    attached = event.attachment
    file = None
    if attached is not None:
        name = file_name(attached.shift, attached.form)
        file = {"name": name, "picture": attached.form == "png"}
    message = _message(seq, seq, sender, event.text, event.at)
    return message | {"keyboard": buttons(event.keyboard), "attachment": file}


def _message(id_: int, place: int, sender: Sender, text: str, at: datetime) -> dict[str, Any]:
    return {
        "id": id_,
        "place": place,
        "from": sender,
        "text": text,
        "at": at.isoformat(),
        "keyboard": None,
        "attachment": None,
    }


def _keep(kept: dict[Any, Any], key: Any, value: Any, most: int = _KEPT) -> None:
    kept.pop(key, None)
    kept[key] = value
    if len(kept) > most:
        del kept[next(iter(kept))]
