"""Why something was asked, found, answered, withheld or handed to a person."""

from typing import Final

from llmtb.events import chat as c
from llmtb.events import desk as d
from llmtb.events.floor import BreakStarted
from replay.reasons.reason import Doubt, Reasoners, Reasons, agree, author, because, rule
from replay.speech import counted, listed, plain, quoted
from replay.standings.scene import Scene
from replay.standings.talks import score_of, text_of
from replay.telling.chats import ORIGINS, WITHHELD

SHOWN: Final = 5  # passages of a question
Q: Final = "questions"


def chat_of(question: str) -> str:
    """The chat in which a question was asked: its id begins with it."""
    return question.rpartition("/")[0]


def _owner(scene: Scene, chat: str) -> Reasons:
    """Whose the chat is, if it is anybody's."""
    linked = scene.doors.accounts.get(chat)
    if linked is not None:
        yield because(f"the chat is that of {plain(linked.event.agent)}", linked)


def _started(scene: Scene, event: c.SessionStarted) -> Reasons:
    yield from _owner(scene, event.chat)
    yield because("they wished to ask, or asked, and no session was open")
    if scene.talks.of(event.chat).session is not None:
        yield Doubt("by the events before it a session was open")
    yield rule(scene, "questions.idle_minutes", event.idle_minutes)


def _stopped(scene: Scene, event: c.SessionEnded) -> Reasons:
    talk = scene.talks.of(event.chat)
    yield because(f"chat {plain(event.chat)} was asking", talk.session)
    if event.reason == "exit":
        yield because("they said that they had done, or a person or the company ended it")
    elif talk.said is not None and talk.session is not None:
        minutes = counted(talk.session.event.idle_minutes, "minute")
        yield because(f"nothing was said since {scene.speech.time(talk.said)}, for {minutes}")
        until = talk.until()
        if until is not None and event.at < until:
            yield Doubt(f"by the events before it the session held until {until.isoformat()}")


def _asked(scene: Scene, event: c.QuestionAsked) -> Reasons:
    yield from _owner(scene, event.chat)
    yield because("it was asked in an open session", scene.talks.of(event.chat).session)
    if event.on_call:
        yield because("the agent who asks was in a call")


def _refused(scene: Scene, event: c.QuestionRefused) -> Reasons:
    talk, limits = scene.talks.of(event.chat), scene.floor.centre.policy.questions
    if event.reason == "too_long":
        yield rule(scene, "questions.longest", f"{limits.longest} characters")
        yield because("it was longer; its words are not kept")
    elif event.reason == "too_many_a_day":
        yield rule(scene, "questions.per_day", limits.per_day)
        today = talk.today if talk.day == event.at.date().isoformat() else 0
        yield because(f"{counted(today, 'question')} had been asked on that day (in UTC)")
    else:
        yield rule(scene, "questions.per_minute", limits.per_minute)
        lately = sum((event.at - at).total_seconds() < 60 for at in talk.lately)
        yield because(f"{counted(lately, 'question')} had been asked in the minute before")


def _question(scene: Scene, question: str) -> Reasons:
    """Where it was asked, if the log tells."""
    talk = scene.talks.of(chat_of(question))
    asked, closed = talk.open.get(question), talk.closed.get(question)
    if asked is not None:
        event = asked.asked.event
        at = scene.speech.time(event.at)
        yield because(f"it was asked at {at}: {quoted(event.text)}", asked.asked)
    elif closed is not None:
        word = "answered" if closed.answered else "withheld"
        yield because(f"it was asked before, and {word}", closed.asked, closed.outcome)
    else:
        yield Doubt(f"the events before it do not tell of question {plain(question)}")


def _found(scene: Scene, event: c.PassagesFound) -> Reasons:
    yield from _question(scene, event.question)
    for passage in event.passages[:SHOWN]:
        document = text_of(passage, "document")
        held = scene.library.documents.get(document)
        score = passage.get("score")
        near = f", score {score:.3g}" if isinstance(score, int | float) else ""
        version = text_of(passage, "version")
        yield because(
            f"{quoted(text_of(passage, 'title') or document)}, version {plain(version)} of"
            f" {plain(document)}{near}",
            held,
        )
    more = len(event.passages) - SHOWN
    if more > 0:
        yield because(f"and {more} more, less near")


def _evidence(scene: Scene, question: str) -> Reasons:
    """What was found for a question, and what says how sure is sure enough."""
    asked = scene.talks.asked(chat_of(question), question)
    if asked is not None and asked.found is not None:
        passages = asked.found.event.passages
        best = score_of(passages)
        near = "" if best is None else f", the best with a score of {best:.3g}"
        yield because(f"{counted(len(passages), 'passage')} had been found{near}", asked.found)
    else:
        yield because("the log holds no passages that were found for it")
    calibration = scene.library.calibration
    if calibration is None:
        yield because("how sure is sure enough was as the program ships it")
    else:
        table = calibration.event.calibration
        low, high = table.get("low"), table.get("high")
        yield because(
            f"from {plain(str(high))} an answer was sure enough, and below {plain(str(low))} not"
            " even worth an offer, for languages that were not seen before",
            calibration,
        )


def _answered(scene: Scene, event: c.AnswerGiven) -> Reasons:
    yield from _question(scene, event.question)
    chat = chat_of(event.question)
    if event.origin == "person":
        yield because(f"{plain(event.by)} answered it as a person", scene.talks.held.get(chat))
        return
    asked = scene.talks.asked(chat, event.question)
    if asked is not None and asked.offered is not None and event.by == chat:
        labels = listed(each.label for each in asked.offered.event.choices)
        yield because(f"they chose it from what was offered: {labels}", asked.offered)
    if event.sources:
        yield because(f"it rests on {listed(event.sources)}")
    yield from _evidence(scene, event.question)
    if event.confidence is not None:
        yield because(
            f"it was {event.confidence:.0%} sure, and was given {ORIGINS[event.origin]}"
            + (f" by {plain(event.model)}" if event.model else "")
        )


def _offered(scene: Scene, event: c.ChoicesOffered) -> Reasons:
    yield from _question(scene, event.question)
    yield from _evidence(scene, event.question)
    yield because("none of them was sure enough to be the answer by itself")


def _withheld(scene: Scene, event: c.AnswerWithheld) -> Reasons:
    yield from _question(scene, event.question)
    yield because(WITHHELD.get(event.reason, f"the reason given: {plain(event.reason)}"))
    asked = scene.talks.asked(chat_of(event.question), event.question)
    if event.reason in ("person_requested", "not_chosen") and asked is not None:
        yield because("these were offered before", asked.offered)
    elif event.reason == "session_ended":
        yield because(
            "the session in which it was asked was ending",
            scene.talks.of(chat_of(event.question)).session,
        )
    else:
        yield from _evidence(scene, event.question)


def _rated(scene: Scene, event: c.AnswerRated) -> Reasons:
    yield from _question(scene, event.question)
    yield because(f"{plain(event.by)}, who asked, rated it")


def _drafted(scene: Scene, event: c.DraftWritten) -> Reasons:
    yield from _question(scene, event.question)
    chat = chat_of(event.question)
    held = scene.talks.held.get(chat)
    if held is not None:
        yield because(f"{plain(held.event.agent or 'a person')} had the conversation", held)
    yield rule(scene, "questions.drafts", scene.floor.centre.policy.questions.drafts)


# --- people who help ---------------------------------------------------------------------------


def _cause(scene: Scene, chat: str, question: str | None) -> Reasons:
    """Why a person was asked for: what was withheld last, or a wish for a person."""
    withheld = scene.talks.of(chat).withheld
    if withheld is not None and question in (None, withheld.event.question):
        why = WITHHELD.get(withheld.event.reason, plain(withheld.event.reason))
        yield because(f"question {plain(withheld.event.question)} was withheld: {why}", withheld)
    elif question is not None:
        yield from _question(scene, question)
    hand_over = scene.floor.centre.policy.questions.hand_over
    yield rule(scene, "questions.hand_over", hand_over)


def _handed(scene: Scene, event: d.HandedOver) -> Reasons:
    yield from _cause(scene, event.chat, event.question)
    yield because(f"the reason given: {plain(event.reason)}")
    agent = event.agent or ""
    present, busy = scene.trail.of("in", agent), scene.talks.last.get(agent)
    if event.by == agent:
        yield because(f"{plain(agent)} took it by hand", present)
        return
    yield because(f"{plain(agent)} was present, not resting, and in no conversation", present)
    if scene.trail.of("break", agent) is not None:
        yield Doubt(f"by the events before it {plain(agent)} was resting")
    if any(held.event.agent == agent for held in scene.talks.held.values()):
        yield Doubt(f"by the events before it {plain(agent)} was in a conversation")
    waited = (
        "had had no conversation yet"
        if busy is None
        else f"had waited longest, since {scene.speech.when(busy.event.at)}"
    )
    yield because(f"of those who were free, {plain(agent)} {waited}", busy)


def _taken_back(scene: Scene, event: d.TakenBack) -> Reasons:
    held = scene.talks.held.get(event.chat)
    if held is None:
        yield Doubt("by the events before it nobody had this conversation")
    else:
        since = scene.speech.time(held.event.at)
        yield because(f"{plain(held.event.agent or 'a person')} had it since {since}", held)
        yield from agree("who had it", event.agent, held.event.agent)
    if event.reason == "agent_away":
        resting = scene.trail.of("break", event.agent or "")
        gone = resting or scene.trail.of("out", event.agent or "")
        is_break = gone is not None and isinstance(gone.event, BreakStarted)
        yield because("the agent began to rest" if is_break else "the agent had left", gone)
    elif event.by == event.chat:
        yield because("the customer ended it")
    else:
        yield author(scene, event.by)


def _relayed(scene: Scene, event: d.MessageRelayed) -> Reasons:
    held = scene.talks.held.get(event.chat)
    waiting = scene.talks.callbacks.get(event.chat)
    if held is not None:
        agent = plain(held.event.agent or "a person")
        yield because(f"{agent} had the conversation, so the bot only passes words on", held)
    elif waiting is not None:
        yield because("the customer waited to be called back; the words wait with it", waiting)
    else:
        yield Doubt("by the events before it no person had this conversation")


def _callback(scene: Scene, event: d.CallbackOpened) -> Reasons:
    yield from _cause(scene, event.chat, event.question)
    yield because(f"the reason given: {plain(event.reason)}")
    shifts = scene.board(event.at).shifts
    present, resting = sum(len(s.present) for s in shifts), sum(len(s.resting) for s in shifts)
    yield because(
        f"nobody was free: {present} present, {resting} of them resting,"
        f" {counted(len(scene.talks.held), 'conversation')} held; the others were in calls, or out"
        " of reach of a message"
    )


def _called_back(scene: Scene, event: d.CallbackClosed) -> Reasons:
    opened = scene.talks.callbacks.get(event.chat)
    if opened is None:
        yield Doubt("by the events before it nobody was to be called back")
    else:
        yield because(f"it was opened at {scene.speech.when(opened.event.at)}", opened)
    if event.reason == "taken":
        yield because("an agent took the conversation")
    elif event.by == event.chat:
        yield because("the customer ended it")
    else:
        yield author(scene, event.by)


CHATS: Final[Reasoners] = {
    c.SessionStarted: _started,
    c.SessionEnded: _stopped,
    c.QuestionAsked: _asked,
    c.QuestionRefused: _refused,
    c.PassagesFound: _found,
    c.AnswerGiven: _answered,
    c.ChoicesOffered: _offered,
    c.AnswerWithheld: _withheld,
    c.AnswerRated: _rated,
    c.DraftWritten: _drafted,
    d.HandedOver: _handed,
    d.TakenBack: _taken_back,
    d.MessageRelayed: _relayed,
    d.CallbackOpened: _callback,
    d.CallbackClosed: _called_back,
}
