"""What the answerer knows: which questions wait, what was said before, who waits for a person.

A fold of the journal's events, so that a crash loses no question and repeats no answer.
"""

import re
from collections.abc import Iterable
from typing import Final

import msgspec

from llmtb.actors import access as accesses
from llmtb.actors.access import Access
from llmtb.events.access import ACCESS_EVENTS, AccountUnlinked, CustomerUnlisted
from llmtb.events.chat import (
    AnswerGiven,
    AnswerWithheld,
    Audience,
    ChoicesOffered,
    LanguageChosen,
    MessageFailed,
    MessageSent,
    PassagesFound,
    QuestionAsked,
    SessionEnded,
    SessionStarted,
)
from llmtb.events.desk import CallbackClosed, CallbackOpened, HandedOver, MessageRelayed, TakenBack
from llmtb.events.floor import PolicyChanged
from llmtb.events.knowledge import DocumentAdded, DocumentRemoved
from llmtb.events.record import Recorded

TURNS: Final = 4  # earlier questions of a session that a new one may lean on
NEEDS_NOBODY: Final = {"session_ended", "not_chosen", "small_talk", "empty", "instruction"}
"""Why a question was withheld, where no person is asked to take over."""


_CITED: Final = re.compile(r"\[([^\]\s@]+)@\d+#\d+\]\Z")


def documents_in(sources: Iterable[str]) -> frozenset[str]:
    """The documents that sources are from, as `found.cited` names them."""
    return frozenset(found[1] for source in sources if (found := _CITED.search(source)))


class Turn(msgspec.Struct):
    """A question of a session, and what came of it."""

    question: str
    text: str
    answer: str = ""
    passages: tuple[str, ...] = ()
    titles: tuple[str, ...] = ()


class Talk(msgspec.Struct):
    """A chat in a session, with its last turns."""

    turns: list[Turn] = []


class Person(msgspec.Struct, frozen=True):
    """A person is to be found for a chat."""

    reason: str
    summary: str
    question: str | None
    seq: int  # of the event that says so


class Told(msgspec.Struct, frozen=True):
    """A person's first words in a conversation: the answer to what was withheld."""

    chat: str
    text: str
    by: str


class Offer(msgspec.Struct, frozen=True):
    """Choices that somebody was given, and the documents that they are from."""

    audience: Audience
    documents: frozenset[str]


class Holder(msgspec.Struct, frozen=True):
    """The agent who has a conversation, since the event `seq`."""

    agent: str
    seq: int


class Known(msgspec.Struct):
    """All of it, as of the event `seq`.

    open: the questions that wait for an answer, in order. offered: those that wait for who asked
    to choose. outdated: those of them whose documents have changed since. gone: the documents that
    were taken out. parted: the accounts that are nobody's any more, and since which event, until
    their sessions have ended. talks: by chat, while a session is open.
    people: the chats that need a person. replies: the withheld
    question of each chat that a person's first words will answer; told: those words, by question,
    until they are its answer. languages: that each chat is spoken to in. unreachable: the chats
    that nothing reaches. holders: who has each chat that a person has.
    """

    open: dict[str, QuestionAsked] = {}
    offered: dict[str, Offer] = {}
    outdated: set[str] = set()
    gone: set[str] = set()
    parted: dict[str, int] = {}
    talks: dict[str, Talk] = {}
    people: dict[str, Person] = {}
    replies: dict[str, str] = {}
    told: dict[str, Told] = {}
    languages: dict[str, str] = {}
    unreachable: set[str] = set()
    holders: dict[str, Holder] = {}
    access: Access = msgspec.field(default_factory=Access)
    hand_over: bool = True
    seq: int = 0

    def evolve(self, recorded: Recorded) -> None:
        """Take in the next event of the journal; those up to `seq` are known already."""
        if recorded.seq <= self.seq:
            return
        self.seq = recorded.seq
        event = recorded.event
        match event:
            case SessionStarted():
                self.talks[event.chat] = Talk()
            case SessionEnded():
                self.talks.pop(event.chat, None)
            case QuestionAsked():
                self.open[event.question] = event
                talk = self.talks.setdefault(event.chat, Talk())
                talk.turns = [*talk.turns, Turn(event.question, event.text)][-TURNS:]
            case PassagesFound():
                self._found(event)
            case LanguageChosen():
                self.languages[event.chat] = event.language
            case AnswerGiven():
                self._answered(event)
            case ChoicesOffered():
                asked = self.open.pop(event.question, None)
                audience: Audience = "customer" if asked is None else asked.audience
                documents = documents_in(choice.source for choice in event.choices)
                self.offered[event.question] = Offer(audience, documents)
            case AnswerWithheld():
                self._withheld(event)
            case HandedOver() | CallbackOpened():
                self.people.pop(event.chat, None)
                if isinstance(event, HandedOver) and event.agent is not None:
                    self.holders[event.chat] = Holder(event.agent, recorded.seq)
                if event.question is not None:
                    self.replies[event.chat] = event.question
            case CallbackClosed() if event.reason != "taken":
                self.people.pop(event.chat, None)
                self.replies.pop(event.chat, None)
            case TakenBack():
                self._taken_back(event)
            case MessageRelayed(sender="agent"):
                question = self.replies.pop(event.chat, None)
                if question is not None:
                    self.told[question] = Told(event.chat, event.text, event.by)
            case DocumentAdded():
                self.gone.discard(event.document)
                self._outdate(event.document)
            case DocumentRemoved():
                self.gone.add(event.document)
                self._outdate(event.document)
            case MessageFailed(error=error) if error.startswith("unreachable"):
                self.unreachable.add(event.chat)
            case MessageSent():
                self.unreachable.discard(event.chat)
            case PolicyChanged():
                self.hand_over = event.policy.get("questions", {}).get("hand_over", True)
            case _ if isinstance(event, ACCESS_EVENTS):
                accesses.evolve(self.access, event)
                if isinstance(event, AccountUnlinked | CustomerUnlisted):
                    self.parted[event.account] = recorded.seq
            case _:
                pass

    def turns(self, chat: str, before: str) -> list[Turn]:
        """What was said in a chat's session before a question, the newest last."""
        talk = self.talks.get(chat)
        return [] if talk is None else [turn for turn in talk.turns if turn.question != before]

    def reachable(self) -> tuple[str, ...]:
        """The people whom a message can reach, by id."""
        accounts = self.access.accounts.items()
        return tuple(sorted(who for chat, who in accounts if chat not in self.unreachable))

    def deserted(self) -> list[tuple[str, Holder]]:
        """The chats whose agent no message reaches (any more)."""
        if not self.holders:
            return []
        reachable = self.reachable()
        return [each for each in self.holders.items() if each[1].agent not in reachable]

    def encode(self) -> bytes:
        """All of it, to be kept as a snapshot."""
        return msgspec.msgpack.encode(self)

    @classmethod
    def decode(cls, data: bytes) -> "Known":
        """From a snapshot. Raises msgspec.MsgspecError for another layout."""
        return msgspec.msgpack.decode(data, type=cls)

    def _outdate(self, document: str) -> None:
        """What was offered from a document is not to be chosen any more."""
        for question, offer in self.offered.items():
            if document in offer.documents:
                self.outdated.add(question)

    def _turn(self, question: str) -> Turn | None:
        talk = self.talks.get(question.rpartition("/")[0])
        turns = [] if talk is None else talk.turns
        return next((turn for turn in turns if turn.question == question), None)

    def _found(self, event: PassagesFound) -> None:
        turn = self._turn(event.question)
        if turn is not None:
            turn.passages = tuple(str(each.get("passage", "")) for each in event.passages)
            turn.titles = tuple(str(each.get("title", "")) for each in event.passages)

    def _answered(self, event: AnswerGiven) -> None:
        self.open.pop(event.question, None)
        self.offered.pop(event.question, None)
        self.outdated.discard(event.question)
        self.told.pop(event.question, None)
        turn = self._turn(event.question)
        if turn is not None:
            turn.answer = event.text

    def _withheld(self, event: AnswerWithheld) -> None:
        asked = self.open.pop(event.question, None)
        offer = self.offered.pop(event.question, None)
        self.outdated.discard(event.question)
        audience = asked.audience if asked is not None else offer.audience if offer else None
        chat = event.question.rpartition("/")[0]
        if event.reason in NEEDS_NOBODY or not self.hand_over or audience == "agent":
            return
        self.people[chat] = Person(event.reason, self._summary(chat), event.question, self.seq)

    def _taken_back(self, event: TakenBack) -> None:
        """Whoever had it is away: somebody else is to have it."""
        question = self.replies.pop(event.chat, None)
        self.people.pop(event.chat, None)
        self.holders.pop(event.chat, None)
        if event.reason == "agent_away":
            self.people[event.chat] = Person(event.reason, event.summary, question, self.seq)

    def _summary(self, chat: str) -> str:
        """The customer's own words, oldest first, with the titles of what was found for the last.

        No words of ours are in it, so that it reads in every language.
        """
        talk = self.talks.get(chat, Talk())
        lines = [f"• {turn.text}" for turn in talk.turns]
        if talk.turns:
            lines += [f"   ? {title}" for title in talk.turns[-1].titles[:3] if title]
        return "\n".join(lines)[:2000]
