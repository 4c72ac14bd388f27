"""Why a capacity is what it is, in words: the one wording of `Why` for all pages."""

from collections.abc import Iterator

from llmtb.channels.conversation.words import Phrase, Speech
from llmtb.policy import Breaks
from llmtb.projections.board import ByHand, Why


def why_lines(speech: Speech, why: Why, breaks: Breaks, *, told: bool) -> Iterator[Phrase]:
    """The reasons, in the order in which the rules reckon them.

    breaks: the rules in force. told: whether the words of whoever set it by hand may be read here.
    """
    if why.override is not None:
        yield _by_hand(speech, why.override, told=told)
        return
    yield _share(speech, why, breaks)
    if why.required is not None:
        yield speech.say(
            "the calls ask for {required} of {present}: {spare} to spare",
            required=why.required,
            present=why.present,
            spare=max(0, why.spare or 0),
        )
    elif why.mode != "ratio":
        yield speech.say("no fresh figures of the calls: the number present decides")
    if why.seats is not None and why.seats == why.number:
        yield speech.say("{n} at once, so that everybody can eat in time", n=why.seats)
    elif why.number == why.floor and why.number > _reckoned(why):
        yield speech.say("never fewer than {n}", n=why.floor)


def _by_hand(speech: Speech, override: ByHand, *, told: bool) -> Phrase:
    if told:
        return speech.say(
            "set by hand until {until}: {reason}", until=override.until, reason=override.reason
        )
    return speech.say("set by hand until {until}", until=override.until)


def _share(speech: Speech, why: Why, breaks: Breaks) -> Phrase:
    places = {"allow": why.allow, "every": why.every, "n": why.ratio}
    if (why.every, why.allow) != (breaks.every, breaks.allow):
        return speech.say("{allow} of every {every} present, with so many calls: {n}", **places)
    return speech.say("{allow} of every {every} present: {n}", **places)


def _reckoned(why: Why) -> int:
    return why.ratio if why.spare is None else min(why.ratio, why.spare)
