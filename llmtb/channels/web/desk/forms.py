"""What people send with a form: read once, bounded, every wrong field said beside the field."""

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from typing import Any, Final, TypeVar
from urllib.parse import parse_qsl

import msgspec
from litestar import Request
from litestar.exceptions import ValidationException

from llmtb.actors.command import Command
from llmtb.channels.conversation.words import Phrase, Speech, ascii_digits, plain

MOST_FIELDS: Final = 4000
MOST_SEATS: Final = 10_000
MOST_REASON: Final = 500
DAY_MINUTES: Final = 1440

C = TypeVar("C", bound=Command)
Form = Mapping[str, str]


class Faulty(Exception):
    """A form that cannot be taken: what is wrong, by field; under `` what is wrong as a whole."""

    def __init__(self, faults: Mapping[str, Phrase], status: int = 400) -> None:
        super().__init__(", ".join(faults))
        self.faults = dict(faults)
        self.status = status


async def form_of(request: Request[Any, Any, Any]) -> dict[str, str]:
    """The fields of a form; of one that is there twice the last. Raises ValidationException."""
    body = (await request.body()).decode("ascii", "replace")
    try:
        pairs = parse_qsl(body, keep_blank_values=True, max_num_fields=MOST_FIELDS)
    except ValueError as error:
        raise ValidationException("too many fields") from error
    return dict(pairs)


class Taking:
    """Takes the fields of a form one by one, and remembers what is wrong with them.

    taking = Taking(speech, form)
    capacity = taking.whole("capacity", 0, 10_000)
    reason = taking.reason()
    taking.done()
    """

    def __init__(self, speech: Speech, form: Form) -> None:
        self.speech = speech
        self.form = form
        self.faults: dict[str, Phrase] = {}

    def done(self) -> None:
        """Raise Faulty if anything was wrong."""
        if self.faults:
            raise Faulty(self.faults)

    def fault(self, field: str, text: Phrase) -> None:
        """Note what is wrong with a field; the first fault of a field stays."""
        self.faults.setdefault(field, text)

    def text(self, field: str) -> str:
        """One line of text, without signs that turn what stands around it; may be empty."""
        return plain(self.form.get(field, ""))

    def one_of(self, field: str, choices: tuple[str, ...]) -> str:
        """One of these; the first stands for a field that is not there."""
        value = self.form.get(field, choices[0])
        if value not in choices:
            self.fault(field, self.speech.say("Please choose one of the list."))
            return choices[0]
        return value

    def whole(self, field: str, least: int, most: int) -> int:
        """A whole number, in any digits."""
        number = whole_number(self.form.get(field, ""))
        if number is None or not least <= number <= most:
            text = self.speech.say(
                "Please write a whole number from {least} to {most}.", least=least, most=most
            )
            self.fault(field, text)
            return least
        return number

    def reason(self, field: str = "reason") -> str:
        """Why; nothing a supervisor does goes without."""
        words = self.text(field)
        if not 0 < len(words) <= MOST_REASON:
            self.fault(field, self.speech.say("Please write the reason in a few words."))
        return words

    def hour(self, field: str, now: datetime) -> datetime | None:
        """The next time that the clock shows this hour; None where nothing was written."""
        typed = ascii_digits(self.form.get(field, "")).strip()
        if not typed:
            return None
        hour, _, minute = typed.partition(":")
        hours, minutes = whole_number(hour), whole_number(minute)
        if hours is None or minutes is None or hours > 23 or minutes > 59:
            text = self.speech.say("Please write an hour such as {hour}.", hour="14:30")
            self.fault(field, text)
            return None
        local = now.astimezone(self.speech.zone)
        then = local.replace(hour=hours, minute=minutes, second=0, microsecond=0)
        return (then if then > local else then + timedelta(days=1)).astimezone(now.tzinfo)

    def day(self, field: str) -> date | None:
        """A date; None where nothing was written."""
        typed = ascii_digits(self.form.get(field, "")).strip()
        if not typed:
            return None
        try:
            return date.fromisoformat(typed)
        except ValueError:
            text = self.speech.say("Please write a date such as {date}.", date="2026-11-21")
            self.fault(field, text)
            return None


def whole_number(typed: str) -> int | None:
    """A number from 0 up as people type it, in any digits; None for anything else."""
    digits = ascii_digits(typed).strip()
    return int(digits) if digits.isascii() and digits.isdecimal() and len(digits) < 10 else None


def command(kind: type[C], speech: Speech, **fields: Any) -> C:
    """A command whose fields are as they must be. Raises Faulty."""
    try:
        return msgspec.convert(fields, kind)
    except msgspec.ValidationError as error:
        text = speech.say("That cannot be done: {reason}", reason=str(error))
        raise Faulty({"": text}) from error
