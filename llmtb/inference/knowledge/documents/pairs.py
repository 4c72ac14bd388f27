"""JSON: our own entries, questions with answers, instructions and conversations."""

import re
from collections.abc import Iterator
from typing import TypeAlias

import msgspec

from llmtb.inference.errors import DocumentError
from llmtb.inference.knowledge.documents.columns import audience_of, level_of
from llmtb.inference.knowledge.documents.document import Document, Entry
from llmtb.inference.knowledge.documents.limits import Allowance
from llmtb.inference.knowledge.documents.plain import cleaned, decoded

Value: TypeAlias = "dict[str, Value] | list[Value] | str | float | int | bool | None"

_PEOPLE = {"user", "human", "customer", "caller", "client", "prompter", "question"}
_DESKS = {"assistant", "gpt", "agent", "bot", "support", "model", "answer", "chatgpt"}
_STRINGS = re.compile(rb'"(?:[^"\\]|\\.)*"', re.DOTALL)


def read_json(content: bytes, title: str, allowance: Allowance) -> Document:
    """A JSON file, or one with a JSON value on each line.

    Raises DocumentError where it holds no entry of any form that is known.
    """
    text = decoded(content).encode("utf-8", "replace")
    _check_depth(text, allowance.limits.depth)
    values = _values(text)
    whole = values[0] if len(values) == 1 else list(values)
    named, language = title, None
    if isinstance(whole, dict):
        named = _text(whole.get("title"))[:200] or title
        language = _text(whole.get("language")) or None
    entries: list[Entry] = []
    for entry in _entries(whole):
        allowance.take("".join((entry.question, entry.answer, *entry.variants)))
        if len(entries) >= allowance.limits.rows:
            most = allowance.limits.rows
            raise DocumentError(f"has more than {most:,} entries; split it into parts")
        entries.append(entry)
    if not entries:
        raise DocumentError(
            "holds no questions with answers; give a list of {question, answer} or conversations"
        )
    return Document(kind="json", title=named, language=language, entries=tuple(entries))


def _check_depth(text: bytes, most: int) -> None:
    depth = deepest = 0
    for sign in re.findall(rb"[\[\]{}]", _STRINGS.sub(b"", text)):
        depth += 1 if sign in b"[{" else -1
        deepest = max(deepest, depth)
    if deepest > most:
        raise DocumentError("is nested too deeply; make it flatter")


def _values(text: bytes) -> list[Value]:
    try:
        return [msgspec.json.decode(text)]
    except msgspec.DecodeError as error:
        whole = str(error)
    values: list[Value] = []
    for number, line in enumerate(text.splitlines(), 1):
        if line.strip():
            try:
                values.append(msgspec.json.decode(line))
            except msgspec.DecodeError as error:
                place = whole if number == 1 else f"line {number}: {error}"
                raise DocumentError(f"is not sound JSON ({place}); correct it") from None
    if not values:
        raise DocumentError("holds no text; give one that does")
    return values


def _entries(value: Value) -> Iterator[Entry]:
    """The entries of a value of any form that is known, in order."""
    if isinstance(value, list):
        if value and all(isinstance(each, dict) and _role(each) for each in value):
            yield from _conversation(value)
        else:
            for each in value:
                yield from _entries(each)
    elif isinstance(value, dict):
        turns = value.get("messages") or value.get("conversations") or value.get("conversation")
        if isinstance(turns, list):
            yield from _conversation(turns)
        elif entry := _entry(value):
            yield entry
        else:
            for name in ("entries", "faq", "faqs", "data", "items", "rows", "questions"):
                if isinstance(value.get(name), list):
                    yield from _entries(value[name])


def _entry(value: dict[str, Value]) -> Entry | None:
    question = _text(value.get("question"))
    answer = _text(value.get("answer"))
    reviewed: bool | None = None if value.get("reviewed") in (None, True) else False
    if not (question and answer):
        task = _text(value.get("instruction") or value.get("prompt"))
        question = "\n".join(filter(None, (task, _text(value.get("input")))))
        answer = _text(value.get("output") or value.get("response") or value.get("completion"))
        reviewed = False
    if not (question and answer):
        return None
    return Entry(
        question=question,
        answer=answer,
        id=_text(value.get("id")),
        variants=_texts(value.get("variants")),
        section=_text(value.get("section")),
        department=_text(value.get("department")),
        audience=audience_of(_text(value.get("audience"))),
        level=level_of(_text(value.get("level"))),
        tags=_texts(value.get("tags")),
        reviewed=reviewed,
    )


def _conversation(turns: list[Value]) -> Iterator[Entry]:
    """What a person said with what was answered to it; nobody has approved that as an answer."""
    asked: list[str] = []
    answered: list[str] = []
    end: dict[str, Value] = {"role": "user", "content": ""}
    for turn in [*turns, end]:
        if not isinstance(turn, dict):
            continue
        role, text = (
            _role(turn),
            _text(turn.get("content") or turn.get("value") or turn.get("text")),
        )
        if role in _PEOPLE:
            if answered:
                yield Entry(question="\n".join(asked), answer="\n".join(answered), reviewed=False)
                asked, answered = [], []
            asked += [text] if text else []
        elif role in _DESKS and asked and text:
            answered.append(text)


def _role(turn: dict[str, Value]) -> str:
    role = turn.get("role") or turn.get("from") or turn.get("speaker")
    return role.lower() if isinstance(role, str) else ""


def _text(value: Value) -> str:
    """A value as text; of a list of parts, those that are text."""
    if isinstance(value, str):
        return cleaned(value).strip()
    if isinstance(value, list):
        parts = [each.get("text") if isinstance(each, dict) else each for each in value]
        return "\n".join(filter(None, (_text(part) for part in parts if isinstance(part, str))))
    if isinstance(value, bool) or value is None or isinstance(value, dict):
        return ""
    return str(value)


def _texts(value: Value) -> tuple[str, ...]:
    if isinstance(value, list):
        return tuple(filter(None, map(_text, value)))
    return (_text(value),) if _text(value) else ()
