"""A reviewed entry made of questions: what is proposed, what is written, and where it goes."""

from collections import Counter
from collections.abc import Iterable
from hashlib import sha256
from typing import Any, Final, NamedTuple

import msgspec

from llmtb.channels.conversation.words import ascii_digits
from llmtb.channels.web.questions.meaning import Group
from llmtb.channels.web.questions.span import AUDIENCES, Unclear
from llmtb.inference.knowledge.letters import normal

LANGUAGES: Final = ("en", "fa", "id", "pt", "zh")
MOST_WORDINGS: Final = 20
LONGEST_QUESTION: Final = 300
LONGEST_ANSWER: Final = 4000
HIGHEST_LEVEL: Final = 100


class Form(msgspec.Struct, frozen=True, kw_only=True):
    """What a supervisor writes: a question a line, the first of which gives the entry its name.

    back: the query of the page that they came from. do: `save`, or `try` to see what is answered.
    """

    questions: str = ""
    answer: str = ""
    title: str = ""
    audience: str = "customer"
    level: str = "0"
    language: str = ""
    department: str = ""
    back: str = ""
    do: str = "save"


class Entry(NamedTuple):
    """A form that has been read: fit to be added."""

    wordings: tuple[str, ...]
    answer: str
    title: str
    audience: str
    level: int
    language: str
    department: str

    def request(self, *, sample: bool, by: str) -> dict[str, Any]:
        """What the library is asked for. sample: whether it belongs to the made-up company."""
        first, *others = self.wordings
        return {
            "do": "add_entries",
            "document": document_of(self.audience, self.language, sample=sample),
            "title": self.title,
            "audience": self.audience,
            "language": self.language,
            "entries": [
                {
                    "id": sha256(normal(first).encode()).hexdigest()[:16],
                    "question": first,
                    "variants": others,
                    "answer": self.answer,
                    "level": self.level,
                    "department": self.department,
                }
            ],
            "by": by,
        }


def document_of(audience: str, language: str, *, sample: bool) -> str:
    """The document that grows by the entries of one audience in one language."""
    whose = "-agents" if audience == "agent" else ""
    return f"{'sample-' if sample else ''}faq-from-questions{whose}-{language}"


def proposed(group: Group, language: str) -> Form:
    """What a form says at first: their own words, and what a person answered, if one did.

    language: where the questions' own is not known.
    """
    counted = Counter(each.language for each in group.questions if each.language in LANGUAGES)
    own = min(counted, key=lambda each: (-counted[each], str(each))) if counted else language
    texts = [group.name.text, *(e.text for e in group.questions if e.language in (own, None))]
    said = [each.said for each in group.questions if each.said]
    customers = [each for each in group.questions if each.audience == "customer"]
    return Form(
        questions="\n".join(_distinct(texts)[:MOST_WORDINGS]),
        answer=said[-1][:LONGEST_ANSWER] if said else "",
        audience="customer" if customers else "agent",
        level=str(min((each.level for each in customers), default=0)),
        language=own or LANGUAGES[0],
    )


def read(form: Form) -> Entry:
    """The entry that a form holds. Raises Unclear with the field that cannot be taken."""
    wordings = tuple(_distinct(form.questions.splitlines()))
    if not 1 <= len(wordings) <= MOST_WORDINGS or not any(map(str.isalnum, wordings[0])):
        raise Unclear("questions")
    answer = form.answer.strip().replace("\r\n", "\n")
    if not 1 <= len(answer) <= LONGEST_ANSWER:
        raise Unclear("answer")
    title = " ".join(form.title.split())
    if not 1 <= len(title) <= LONGEST_QUESTION:
        raise Unclear("title")
    if form.audience not in AUDIENCES:
        raise Unclear("audience")
    if form.language not in LANGUAGES:
        raise Unclear("language")
    level = level_of(form.level)
    if level is None:
        raise Unclear("level")
    department = " ".join(form.department.split())
    if len(department) > 60:
        raise Unclear("department")
    return Entry(wordings, answer, title, form.audience, level, form.language, department)


def level_of(text: str) -> int | None:
    """A level as people write it, in whatever digits; None where it is none."""
    digits = ascii_digits(text.strip() or "0")
    plain = digits.isascii() and digits.isdigit()
    return int(digits) if plain and len(digits) < 4 and int(digits) <= HIGHEST_LEVEL else None


def _distinct(texts: Iterable[str]) -> list[str]:
    """Texts as lines, each once whatever its letters look like, in order."""
    lines: dict[str, str] = {}
    for line in filter(None, map(_line, texts)):
        lines.setdefault(normal(line), line)
    return list(lines.values())


def _line(text: str) -> str:
    return " ".join(text.split())[:LONGEST_QUESTION].strip()
