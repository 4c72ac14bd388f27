"""Words for figures: shares, times, reasons, outcomes, as one language says them."""

from datetime import date
from typing import Final

from llmtb.channels.conversation.words import Phrase, Speech, mark
from llmtb.channels.web.questions.charts import outcome_names
from llmtb.channels.web.questions.figures import Times, outcome_of, percent
from llmtb.projections.questions import Asked

REASONS: Final = {
    "no_knowledge": mark("nothing is known yet"),
    "nothing_found": mark("nothing was found"),
    "out_of_scope": mark("the documents are about something else"),
    "unsure": mark("something near, but not sure enough"),
    "numbers": mark("a number or a name that no document knows"),
    "personal_data": mark("about somebody's own data"),
    "promise": mark("it asked for a promise"),
    "instruction": mark("it was an instruction, not a question"),
    "unavailable": mark("something did not work"),
    "person_requested": mark("a person was asked for"),
    "not_chosen": mark("no choice was taken"),
    "session_ended": mark("they left"),
    "small_talk": mark("small talk"),
}
_LONG: Final = 120  # seconds from which a time is told in minutes


class Teller:
    """Says figures in one language."""

    def __init__(self, speech: Speech) -> None:
        self._speech = speech
        self._outcomes = outcome_names(speech)

    def share(self, part: int, whole: int) -> Phrase:
        """Part of a whole in hundredths; a dash of nothing."""
        hundredths = percent(part, whole)
        if hundredths is None:
            return Phrase("–")
        return self._speech.say("{n}%", n=hundredths)

    def milliseconds(self, times: Times, half: bool = True) -> Phrase:
        """A time of the bot's."""
        if not times.number:
            return Phrase("–")
        return self._speech.say("{n} ms", n=times.half if half else times.most)

    def seconds(self, times: Times, half: bool = True) -> Phrase:
        """A time of a person's."""
        if not times.number:
            return Phrase("–")
        spent = times.half if half else times.most
        if spent >= _LONG:
            return self._speech.minutes(round(spent / 60))
        return self._speech.count("{n} second", "{n} seconds", spent)

    def outcome(self, asked: Asked) -> Phrase:
        """What came of a question."""
        return Phrase(self._outcomes[outcome_of(asked)])

    def reason(self, asked: Asked) -> Phrase:
        """Why it was withheld; empty where it was not."""
        if asked.reason is None:
            return Phrase("")
        known = REASONS.get(asked.reason)
        return self._speech.say(known) if known else self._speech.isolate(asked.reason)

    def day(self, day: date) -> Phrase:
        """A date in this language's calendar."""
        return self._speech.day(day)
