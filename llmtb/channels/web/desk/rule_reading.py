"""Reading the rules from a form: what was typed becomes values, or a fault beside its field."""

import math
import re
from typing import Any, Final

from msgspec import inspect

from llmtb.channels.conversation.words import Phrase, Speech, ascii_digits, plain
from llmtb.channels.web.desk.forms import Form, Taking, whole_number
from llmtb.channels.web.desk.rule_fields import choices, columns, kinds, number_of
from llmtb.policy import PolicyError

MOST: Final = 1_000_000  # where a number has no bound of its own
MOST_ROWS: Final = 250
_POINT: Final = str.maketrans("٫,", "..")
_BETWEEN: Final = re.compile(r"[\s,،;、]+")


def read(speech: Speech, form: Form) -> tuple[dict[str, Any], dict[str, Phrase]]:
    """The values by dotted key, and what is wrong, by field; what is not in the form is left out.

    Of the rows of a list, those that are wholly empty do not count.
    """
    taking, found = Taking(speech, form), {}
    for key in kinds():
        if columns(key):
            if f"{key}[]" in form:
                found[key] = _rows(taking, key)
        elif key in form:
            found[key] = _value(taking, key, key)
    return found, taking.faults


def compact(form: Form) -> dict[str, str]:
    """The form with its empty rows taken out, so that they count as they are read."""
    kept = {name: value for name, value in form.items() if not _ROW.match(name)}
    for key in kinds():
        if columns(key):
            for new, old in enumerate(_filled(form, key)):
                for name in columns(key):
                    kept[f"{key}[{new}].{name}"] = form.get(f"{key}[{old}].{name}", "")
    return kept


def fault_words(speech: Speech, error: PolicyError) -> tuple[str, Phrase]:
    """Which field a policy that is not sound is about, and what is wrong with it."""
    match error.key.partition("[")[0]:
        case "timezone":
            text = speech.say("There is no such time zone.")
        case "shifts":
            text = speech.say("The shifts need names that differ, and times such as 08:00.")
        case "breaks.warn_after_minutes":
            text = speech.say("Each must be more than the one before.")
        case "load.steps":
            text = speech.say("The calls must rise from each step to the next.")
        case "load.patience_seconds":
            text = speech.say("Erlang A needs it.")
        case "meals":
            text = speech.say(
                "Each meal lies within its shift, is long enough for one meal, overlaps no other, "
                "and has a name of its own in it."
            )
        case _:
            text = speech.say("That cannot be so.")
    return error.key, speech.say("{words} ({detail})", words=text, detail=error.reason)


_ROW: Final = re.compile(r"[a-z_.]+\[\d+\]\.[a-z]+\Z")


def _filled(form: Form, key: str) -> list[int]:
    """The numbers of the rows in which anything stands, in order."""
    pattern = re.compile(rf"{re.escape(key)}\[(\d{{1,4}})\]\.[a-z]+\Z", re.ASCII)
    matches = ((pattern.match(name), value) for name, value in form.items())
    numbers = {int(match[1]) for match, value in matches if match and value.strip()}
    return sorted(numbers)[:MOST_ROWS]


def _rows(taking: Taking, key: str) -> list[dict[str, Any]]:
    kind = kinds()[key]
    item = kind.item_type if isinstance(kind, inspect.VarTupleType) else None
    fields = item.fields if isinstance(item, inspect.StructType) else ()
    rows = []
    for number in _filled(taking.form, key):
        row: dict[str, Any] = {}
        for field in fields:
            name = f"{key}[{number}].{field.name}"
            if isinstance(field.type, inspect.IntType):
                least = int(field.type.ge or 0)
                row[field.name] = taking.whole(name, least, MOST)
            else:
                row[field.name] = _text(taking, name, field.name)
        rows.append(row)
    return rows


def _text(taking: Taking, name: str, column: str) -> str:
    if column in ("start", "end"):
        return _hour(taking, name)
    text = taking.text(name)
    if not text or len(text) > 40 or "/" in text:
        said = taking.speech.say(
            "Please write a name of at most {n} characters, without a slash.", n=40
        )
        taking.fault(name, said)
    return text


def _hour(taking: Taking, name: str) -> str:
    typed = ascii_digits(taking.form.get(name, "")).strip()
    hour, _, minute = typed.partition(":")
    hours, minutes = whole_number(hour), whole_number(minute)
    if hours is None or minutes is None or hours > 23 or minutes > 59:
        taking.fault(name, taking.speech.say("Please write an hour such as {hour}.", hour="14:30"))
        return "00:00"
    return f"{hours:02}:{minutes:02}"


def _value(taking: Taking, name: str, key: str) -> Any:
    kind, typed = kinds()[key], plain(taking.form.get(name, ""))
    number = number_of(key)
    if choices(key):
        chosen = taking.one_of(name, choices(key))
        return chosen == "true" if isinstance(kind, inspect.BoolType) else chosen
    if isinstance(kind, inspect.VarTupleType) and number is not None:
        parts = [part for part in _BETWEEN.split(typed) if part]
        return [_number(taking, name, part, number) for part in parts[: kind.max_length or 100]]
    if number is not None:
        if not typed and isinstance(kind, inspect.UnionType):
            return None
        return _number(taking, name, typed, number)
    return typed


def _number(
    taking: Taking, name: str, typed: str, kind: inspect.IntType | inspect.FloatType
) -> int | float:
    least = kind.ge if kind.ge is not None else kind.gt
    most = kind.le if kind.le is not None else kind.lt
    least, most = (0 if least is None else least), (MOST if most is None else most)
    if isinstance(kind, inspect.IntType):
        whole = whole_number(typed)
        if whole is None or not least <= whole <= most:
            said = taking.speech.say(
                "Please write a whole number from {least} to {most}.",
                least=int(least),
                most=int(most),
            )
            taking.fault(name, said)
            return int(least)
        return whole
    try:
        number = float(ascii_digits(typed).translate(_POINT))
    except ValueError:
        number = math.nan
    open_ends = (kind.gt is not None and number == kind.gt) or (
        kind.lt is not None and number == kind.lt
    )
    if not least <= number <= most or open_ends:
        said = taking.speech.say(
            "Please write a number from {least} to {most}.", least=f"{least:g}", most=f"{most:g}"
        )
        taking.fault(name, said)
        return float(most)
    return number
