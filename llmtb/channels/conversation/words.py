"""Words: gettext catalogues, and how each language writes numbers, times and dates.

A new language is a new catalogue, `locales/LANGUAGE/LC_MESSAGES/llmtb.po`, and nothing else.
Message ids are the English sentences; what goes into their `{places}` is set by type: a text is
isolated where its direction may differ, an int gets the language's digits, an instant is a
local time of day, a date the language's calendar.
"""

import io
import unicodedata
from collections.abc import Callable, Iterator, Mapping
from datetime import date, datetime
from functools import cache, cached_property
from gettext import GNUTranslations
from pathlib import Path
from typing import Final
from zoneinfo import ZoneInfo

from babel import Locale
from babel.core import UnknownLocaleError
from babel.dates import format_date, format_skeleton
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from persiantools.jdatetime import JalaliDate

from llmtb.events.personal import REDACTED

LOCALES: Final = Path(__file__).parents[2] / "locales"
DOMAIN: Final = "llmtb"
FALLBACK: Final = "en"

_ISOLATE, _POP = "\u2068", "\u2069"
_DIGITS = {"arabext": "۰۱۲۳۴۵۶۷۸۹", "arab": "٠١٢٣٤٥٦٧٨٩"}
_ASCII = str.maketrans("".join(_DIGITS.values()), "0123456789" * len(_DIGITS))
_JOINERS = "\u200c\u200d"  # letters and emoji are spelt with these

Value = str | int | datetime | date


def _jalali(day: date) -> str:
    try:
        jalali = JalaliDate.to_jalali(day)  # type: ignore[no-untyped-call]  # typed only in part
    except ValueError:  # a year that this calendar does not count: somebody's slip of the pen
        return day.isoformat()
    return str(jalali.strftime("%A %d %B %Y", locale="fa"))


CALENDARS: Final[Mapping[str, Callable[[date], str]]] = {"fa": _jalali}
"""Languages that do not count by the Gregorian calendar."""

NAMES: Final[Mapping[str, str]] = {
    "id": "Bahasa Indonesia",
    "pt": "Português (Brasil)",
    "zh": "简体中文",
}
"""How a language calls itself, where babel knows a shorter name than its readers look for."""


def mark(msgid: str) -> str:
    """Return the message id as it is: marks one that is said elsewhere."""
    return msgid


def ascii_digits(text: str) -> str:
    """The text with Persian and Arabic digits as 0 to 9: people type as their keyboard has it."""
    return text.translate(_ASCII)


def plain(text: str) -> str:
    """A name or a remark fit to stand in a sentence: one line, no controls that turn the rest."""
    spaced = "".join(" " if c.isspace() else c for c in text)
    kept = (c for c in spaced if unicodedata.category(c) not in ("Cc", "Cf") or c in _JOINERS)
    return " ".join("".join(kept).split())


GONE: Final = mark("(no longer kept)")
"""What stands for words that were destroyed, because somebody was forgotten or by the rules."""


class Phrase(str):
    """Words that this language has set already: they go in as they are.

    Only a text for as long as it is being put together: what leaves the room is a plain `str`.
    """

    __slots__ = ()


class Words:
    """The catalogues of all languages."""

    def __init__(self, catalogues: Mapping[str, GNUTranslations]) -> None:
        self._catalogues = dict(sorted(catalogues.items()))

    @classmethod
    def load(cls, folder: Path = LOCALES) -> "Words":
        """Read every catalogue of a folder. Raises ValueError for a language nobody knows."""
        found = folder.glob(f"*/LC_MESSAGES/{DOMAIN}.po")
        return cls({path.parts[-3]: _read(path.parent) for path in found})

    @cached_property
    def languages(self) -> Mapping[str, str]:
        """The languages there are: code, and name in that language itself."""
        named = {code: Locale.parse(code).get_language_name(code) for code in self._catalogues}
        return {code: NAMES.get(code) or name or code for code, name in named.items()}

    def language_for(self, code: str | None, otherwise: str = FALLBACK) -> str:
        """The language to speak with an app set to `code` (`fa-IR`, `en_GB`, or unknown)."""
        base = (code or "").replace("_", "-").partition("-")[0].lower()
        return base if base in self._catalogues else otherwise

    def speech(self, language: str, zone: ZoneInfo) -> "Speech":
        """How one language says things; an unknown language is spoken to in English."""
        known = language if language in self._catalogues else FALLBACK
        return Speech(known, self._catalogues.get(known, GNUTranslations()), zone)

    def said_as(self, msgid: str) -> Iterator[str]:
        """How every language says it: a button may have been drawn in another language."""
        yield msgid
        for catalogue in self._catalogues.values():
            yield catalogue.gettext(msgid)


class Speech:
    """How one language says things, with times of day in one time zone."""

    def __init__(self, language: str, catalogue: GNUTranslations, zone: ZoneInfo) -> None:
        self.language = language
        self.zone = zone
        self._catalogue = catalogue
        self._locale = Locale.parse(language)
        self._leftward = self._locale.text_direction == "rtl"
        digits = _DIGITS.get(self._locale.default_numbering_system)
        self._digits = str.maketrans("0123456789", digits) if digits else {}

    def say(self, msgid: str, **values: Value) -> Phrase:
        """The sentence in this language, with the values in their places."""
        return self._fill(self._catalogue.gettext(msgid), values)

    def count(self, one: str, many: str, n: int, **values: Value) -> Phrase:
        """The sentence for `n` of something; `{n}` is its number."""
        return self._fill(self._catalogue.ngettext(one, many, n), {**values, "n": n})

    def number(self, n: int) -> Phrase:
        """A number in this language's digits."""
        return Phrase(str(n).translate(self._digits))

    def clock(self, instant: datetime) -> Phrase:
        """The local time of day, such as 14:05."""
        return Phrase(f"{instant.astimezone(self.zone):%H:%M}".translate(self._digits))

    def span(self, starts: datetime, ends: datetime) -> Phrase:
        """From one time of day to another."""
        return self.isolate(f"{self.clock(starts)}–{self.clock(ends)}")

    def day(self, day: date) -> Phrase:
        """A date with its weekday, in this language's calendar and its order of parts."""
        calendar = CALENDARS.get(self.language)
        if calendar:
            text = calendar(day)
        elif self.language == FALLBACK:
            text = format_date(day, "EEE d MMM y", self._locale)  # not the order of one country
        else:
            text = format_skeleton("yMMMEd", day, locale=self._locale)
        return Phrase(text.translate(self._digits))

    def moment(self, instant: datetime, now: datetime) -> Phrase:
        """The time of day, with the date if that is another one than now's."""
        local = instant.astimezone(self.zone).date()
        if local == now.astimezone(self.zone).date():
            return self.clock(instant)
        return Phrase(f"{self.day(local)} {self.clock(instant)}")

    def shift(self, instance: str) -> Phrase:
        """An instance of a shift, by name and date."""
        day, _, name = instance.partition("/")
        return Phrase(f"{self.isolate(name)} · {self.day(date.fromisoformat(day))}")

    def minutes(self, n: int) -> Phrase:
        """A length of time in minutes."""
        return self.count("{n} minute", "{n} minutes", n)

    def figure(self, part: int, whole: int) -> Phrase:
        """Part of a whole, such as 3/5."""
        return self.isolate(f"{part}/{whole}".translate(self._digits))

    def calm(self, text: str) -> str:
        """The text, with words where it says that some were destroyed."""
        return text.replace(REDACTED, self._catalogue.gettext(GONE)) if REDACTED in text else text

    def isolate(self, text: str) -> Phrase:
        """The text, kept from turning or being turned by the words around it."""
        text = plain(self.calm(text))
        turns = any(unicodedata.bidirectional(c) in ("R", "AL", "RLE", "RLO") for c in text)
        return Phrase(f"{_ISOLATE}{text}{_POP}" if turns or self._leftward else text)

    def _fill(self, template: str, values: Mapping[str, Value]) -> Phrase:
        places = {name: self._set(value) for name, value in values.items()}
        return Phrase(template.format(**places))

    def _set(self, value: Value) -> Phrase:
        match value:
            case bool():
                raise TypeError("a truth value is not for people to read")
            case int():
                return self.number(value)
            case datetime():
                return self.clock(value)
            case date():
                return self.day(value)
            case Phrase():
                return value
            case str():
                return self.isolate(value)


@cache
def _read(folder: Path) -> GNUTranslations:
    """One language: the conversation's catalogue, and one more for each room of the console."""
    language = folder.parts[-2]
    try:
        Locale.parse(language)
    except (UnknownLocaleError, ValueError) as error:
        raise ValueError(f"{folder}: {language!r} is not the code of a language") from error
    parts = []
    for path in sorted(folder.glob("*.po"), key=lambda path: (path.stem != DOMAIN, path)):
        with path.open("rb") as source:
            parts.append(read_po(source, locale=language, domain=path.stem))
    whole, *rooms = parts
    for message in (each for room in rooms for each in room if each.id):
        whole[message.id] = message
    compiled = io.BytesIO()
    write_mo(compiled, whole)
    compiled.seek(0)
    return GNUTranslations(compiled)
