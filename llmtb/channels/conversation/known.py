"""What the conversation knows: the floor, who is who, and where each chat stands.

A fold of the journal's events, kept in memory by one feeder. The floor is the very fold its
decider uses, so what a person is shown cannot differ from what would be decided.
"""

from datetime import datetime
from typing import Final, Literal, NamedTuple

import msgspec

from llmtb.actors import access as accesses
from llmtb.actors import floor as floors
from llmtb.actors.access import Access
from llmtb.actors.agent import StartBreak
from llmtb.actors.chat import Dialogue
from llmtb.actors.floor import Floor
from llmtb.events.access import ACCESS_EVENTS
from llmtb.events.chat import (
    Audience,
    BoardHidden,
    BoardShown,
    DialogueMoved,
    LanguageChosen,
    MessageFailed,
    MessageSent,
    PassagesFound,
    QuestionAsked,
    SessionEnded,
    SessionStarted,
)
from llmtb.events.desk import DESK_EVENTS, CallbackClosed, MessageRelayed, TakenBack
from llmtb.events.event import Event
from llmtb.events.floor import (
    FLOOR_EVENTS,
    BreakRefused,
    BreakStarted,
    Kind,
    Role,
    ShiftReported,
)
from llmtb.events.record import Recorded
from llmtb.events.roster import Person
from llmtb.runtime.errors import Refused

REPORTS_KEPT: Final = 30
QUESTIONS_KEPT: Final = 20  # of each chat: as many as can still be rated
TITLES_KEPT: Final = 3  # of what was found for a question
WORDS_KEPT: Final = 20  # of a conversation that is given to the next agent
View = Literal["floor", "capacity"]


def bot_role(role: Role) -> Role:
    """What a role is in the bot, where an admin is a supervisor."""
    return "supervisor" if role == "admin" else role


def asker_of(question: str) -> str:
    """The chat that asked a question."""
    return question.rpartition("/")[0]


class Board(msgspec.Struct):
    """A chat's live message; `remote` is its number at the server, as soon as it is there."""

    message: str
    view: View
    remote: int | None = None


class Question(msgspec.Struct, frozen=True):
    """What was asked, for whom an answer is meant, and the titles of what was found."""

    text: str
    audience: Audience
    titles: tuple[str, ...] = ()


class Line(msgspec.Struct, frozen=True):
    """What a customer, or the agent who has the conversation, said in it."""

    sender: Literal["customer", "agent"]
    text: str


class Card(msgspec.Struct):
    """A chat: the language spoken, the dialogue it is in and since when, its live message.

    session: since when it asks; None: it does not. questions: the session's last ones, by id.
    words: what was said since a person was asked to take it over, oldest first.
    """

    language: str | None = None
    dialogue: Dialogue | None = None
    since: datetime | None = None
    board: Board | None = None
    unreachable: bool = False
    session: datetime | None = None
    questions: dict[str, Question] = {}
    words: tuple[Line, ...] = ()


class Member(NamedTuple):
    """A known person with an account: id, chat, and what is known of them."""

    id: str
    chat: str
    person: Person


class Known(msgspec.Struct):
    """All of it, as of the event `seq`. reports: closed instances that have one, newest last."""

    floor: Floor = msgspec.field(default_factory=Floor)
    access: Access = msgspec.field(default_factory=Access)
    chats: dict[str, Card] = {}
    reports: list[str] = []
    seq: int = 0

    def evolve(self, recorded: Recorded) -> None:
        """Take in the next event of the journal; those up to `seq` are known already."""
        if recorded.seq < self.seq:
            return
        self.seq = recorded.seq
        event = recorded.event
        if isinstance(event, (*FLOOR_EVENTS, *DESK_EVENTS)):
            self.floor = floors.evolve(self.floor, event)
            self._desk(event)
            if isinstance(event, ShiftReported):
                self.reports = [*self.reports, event.shift][-REPORTS_KEPT:]
        elif isinstance(event, ACCESS_EVENTS):
            accesses.evolve(self.access, event)
        elif isinstance(event, PassagesFound):
            self._found(event)
        else:
            self._chat(event)

    def person(self, agent: str) -> Person | None:
        """A person, if known."""
        return self.floor.centre.roster.people.get(agent)

    def name(self, agent: str) -> str:
        """A person's name, or the id of one who is not known (any more)."""
        person = self.person(agent)
        return person.name if person is not None else agent

    def member(self, account: str) -> Member | None:
        """The person an account is of; None for whoever is not on the list."""
        agent = self.access.accounts.get(account)
        person = None if agent is None else self.person(agent)
        return None if agent is None or person is None else Member(agent, account, person)

    def chat_of(self, agent: str) -> str | None:
        """The private chat of a known person, if they have an account."""
        account = self.access.account_of(agent)
        return account if account is not None and self.person(agent) is not None else None

    def members(self, *roles: Role) -> list[Member]:
        """The known people with an account, in these roles, by id; admins are supervisors too."""
        members = (self.member(account) for account in self.access.accounts)
        return sorted(
            each
            for each in members
            if each is not None and {each.person.role, bot_role(each.person.role)} & {*roles}
        )

    def question(self, question: str) -> Question | None:
        """One of the last questions of its chat's session."""
        return self.card(asker_of(question)).questions.get(question)

    def asked(self, chat: str) -> list[Question]:
        """What a chat asked in its session, oldest first."""
        return list(self.card(chat).questions.values())

    def holds(self, agent: str) -> str | None:
        """The chat of the customer an agent talks with."""
        return self.floor.desk.held_by(agent)

    def reachable(self) -> tuple[str, ...]:
        """The people whom a message can reach, by id."""
        accounts = self.access.accounts.items()
        return tuple(sorted(who for chat, who in accounts if not self.card(chat).unreachable))

    def card(self, chat: str) -> Card:
        """A chat; an empty card for one that never spoke."""
        return self.chats.get(chat) or Card()

    def may_rest(self, agent: str, kind: Kind, now: datetime) -> BreakStarted | BreakRefused | None:
        """What a break asked for now would come to; nothing is asked. None for an unknown one."""
        try:
            for event in floors.decide(self.floor, StartBreak(agent=agent, kind=kind), now):
                if isinstance(event, BreakStarted | BreakRefused):
                    return event
        except Refused:
            pass
        return None

    def encode(self) -> bytes:
        """All of it, to be kept as a snapshot."""
        return msgspec.msgpack.encode(self)

    @classmethod
    def decode(cls, data: bytes) -> "Known":
        """From a snapshot. Raises msgspec.MsgspecError for another layout."""
        return msgspec.msgpack.decode(data, type=cls)

    def _found(self, event: PassagesFound) -> None:
        asked = self.question(event.question)
        if asked is not None:
            titles = (str(each.get("title", "")) for each in event.passages[:TITLES_KEPT])
            found = msgspec.structs.replace(asked, titles=tuple(filter(None, titles)))
            self._card(asker_of(event.question)).questions[event.question] = found

    def _chat(self, event: Event) -> None:
        chat: str | None = getattr(event, "chat", None)
        if chat is None:
            return
        match event:
            case LanguageChosen():
                self._card(chat).language = event.language
            case DialogueMoved():
                card = self._card(chat)
                card.dialogue = Dialogue(event.step, event.given) if event.step else None
                card.since = event.at
            case BoardShown():
                self._card(chat).board = Board(event.message, event.view)
            case BoardHidden():
                self._card(chat).board = None
            case MessageSent():
                card = self._card(chat)
                card.unreachable = False
                if card.board is not None and card.board.message == event.message:
                    card.board.remote = event.remote
            case MessageFailed(error=error) if error.startswith("unreachable"):
                self._card(chat).unreachable = True
            case SessionStarted():
                self._card(chat).session = event.at
            case SessionEnded():
                card = self._card(chat)
                card.session, card.questions = None, {}
            case QuestionAsked():
                questions = self._card(chat).questions
                questions[event.question] = Question(event.text, event.audience)
                while len(questions) > QUESTIONS_KEPT:
                    del questions[next(iter(questions))]
            case _:
                pass

    def _desk(self, event: Event) -> None:
        match event:
            case MessageRelayed():
                card = self._card(event.chat)
                card.words = (*card.words, Line(event.sender, event.text))[-WORDS_KEPT:]
            case TakenBack() if event.reason != "agent_away":
                self._card(event.chat).words = ()
            case CallbackClosed() if event.reason != "taken":
                self._card(event.chat).words = ()
            case _:
                pass

    def _card(self, chat: str) -> Card:
        return self.chats.setdefault(chat, Card())
