"""Questions that lean on what was said before, and several in one message; without a model."""

import re
from collections.abc import Sequence

from llmtb.inference.answering.asked import Earlier
from llmtb.inference.answering.guards import codes
from llmtb.inference.answering.terms import content, words
from llmtb.inference.knowledge.letters import normal

# How a question begins that goes on where the last one ended.
_GOES_ON: dict[str, str] = {
    "en": (
        r"(?:and|but|so|or|also|then|ok(?:ay)?,? (?:and|but)|"
        r"what about|how about|what if|and if)\b"
    ),
    "fa": r"(?:و|خب|خوب|پس|ولی|اما|حالا|اونوقت|بعدش|اگر|اگه) ",
    "id": r"(?:dan|terus|lalu|tapi|tetapi|kalau|trus|bagaimana dengan|gimana kalau|nah)\b",
    "pt": r"(?:e|mas|então|entao|ou|e se|e quanto|e para)\b",
    "zh": r"(?:那|那么|还有|然后|如果|要是|所以|但是|可是)",
}
# Words that stand for something said before.
_POINTS: dict[str, str] = {
    "en": r"\b(?:it|this|that|these|those|them|they|its|there|one|ones|same)\b",
    "fa": (
        r"(?<!\w)(?:آن|اون|این|اینا|اونا|همین|همون|همان|آنها|اونجا|آنجا|ش)(?!\w)"
        r"|(?:ش|شون)(?= |\?|$)"
    ),
    "id": r"\b(?:itu|ini|tersebut|nya|begitu|sana)\b|nya\b",
    "pt": r"\b(?:isso|isto|ele|ela|eles|elas|esse|essa|este|esta|aquilo|lá|mesmo|mesma)\b",
    "zh": r"它|这个|那个|这|那|他们",
}
# What joins two questions in one sentence: the next begins after the first group.
_ASKING: dict[str, str] = {
    "en": (
        r"\s(?:and|also|,? and also)\s+"
        r"(?=(?:how|what|when|where|which|who|why|can|do|does|is|are|may)\b)"
    ),
    "fa": (
        r"\s(?:و|همچنین|و همچنین)\s+"
        r"(?=(?:چطور|چگونه|چقدر|چه|کی|کجا|کدام|آیا|چرا|چند|از کجا)\b)"
    ),
    "id": (
        r"\s(?:dan|serta|dan juga)\s+"
        r"(?=(?:bagaimana|gimana|berapa|kapan|di ?mana|apa|apakah|kenapa|mengapa|bisa)\b)"
    ),
    "pt": (
        r"\s(?:e|e também)\s+"
        r"(?=(?:como|quanto|quando|onde|qual|quais|por que|posso|o que)\b)"
    ),
    "zh": r"[,，、]?(?:还有|另外|以及|并且)[,，]?(?=.*(?:怎么|多少|什么|哪|如何|吗))",
}
_LINKS, _POINTERS, _JOINTS = (
    {language: re.compile(pattern) for language, pattern in table.items()}
    for table in (_GOES_ON, _POINTS, _ASKING)
)
_SENTENCE = re.compile(r"[^?？؟]*[?？؟]+|[^?？؟]+$")
_EMPTY = re.compile(r"\bit (?:cost|take|possible|necessary|mean)s? to\b|\bthere (?:is|are)\b")
LEAST = 3  # words, in Chinese twice as many signs, of a question that can stand alone
MOST = 3  # questions in a message


def goes_on(text: str, language: str) -> bool:
    """Whether a question cannot stand alone: it begins with a link, or points and names little."""
    plain = normal(text)
    about = content(text, language)
    linked = language in _LINKS and _LINKS[language].match(plain) is not None
    points = language in _POINTERS and _POINTERS[language].search(plain) is not None
    if not about or codes(text):
        return not about
    return (linked and len(about) <= 3) or (points and len(about) <= 2)


def short(text: str, language: str) -> bool:
    """Whether a question names so little that it may have leant on the last one."""
    return len(content(text, language)) <= 2


def joined(text: str, turns: Sequence[Earlier]) -> str | None:
    """A question together with what the last one was about; None where there was none."""
    if not turns:
        return None
    last = turns[-1]
    return f"{last.topic or last.question} {text}"


def parts(text: str, language: str) -> tuple[str, ...]:
    """The questions of a message, where there are two or three that can each stand alone.

    Conservative: the whole message where any of them leans on another, or says rather than asks.
    """
    whole = (text.strip(),)
    asked = [part.strip() for part in _SENTENCE.findall(text) if part.strip()]
    if len(asked) == 1 and language in _JOINTS:
        asked = [part.strip() for part in _JOINTS[language].split(asked[0])]
    if not 2 <= len(asked) <= MOST:
        return whole
    alone = all(_stands(part, language) for part in asked)
    return tuple(asked) if alone else whole


def _stands(text: str, language: str) -> bool:
    size = len(normal(text)) / 2 if language == "zh" else len(words(text))
    plain = _EMPTY.sub(" ", normal(text))
    points = language in _POINTERS and _POINTERS[language].search(plain)
    return size >= LEAST and len(content(text, language)) >= 2 and not points
