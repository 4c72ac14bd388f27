"""From what the ladder gives back to what the chat is told."""

from typing import Any

from llmtb.actors.asking import Found, GiveAnswer, OfferChoices, Withhold
from llmtb.events.chat import Choice
from llmtb.inference.answering.asked import Asked
from llmtb.inference.answering.reply import Answered, Offered, Reply, Source, Withheld, source_of
from llmtb.inference.knowledge.index import Hit
from llmtb.inference.knowledge.passage import Passage

LONGEST = 4000  # characters of a text that a message can carry with its source
LABEL = 120  # characters of what a passage or its section is called


def found_of(asked: Asked, reply: Reply) -> Found:
    """The command that tells a chat what came of its question."""
    passages = tuple(_passage(hit) for hit in reply.hits[:5])
    match reply.outcome:
        case Answered() as answer:
            return GiveAnswer(
                chat=asked.chat,
                question=asked.question,
                text=_cut(answer.text),
                sources=tuple(map(cited, answer.sources)),
                origin=answer.origin,
                model=answer.model,
                confidence=answer.confidence,
                milliseconds=reply.milliseconds,
                language=answer.language,
                original=answer.original and _cut(answer.original),
                passages=passages,
            )
        case Offered(choices=choices):
            return OfferChoices(
                chat=asked.chat,
                question=asked.question,
                choices=tuple(map(_choice, choices)),
                milliseconds=reply.milliseconds,
                passages=passages,
            )
        case Withheld(reason=reason):
            return Withhold(
                chat=asked.chat, question=asked.question, reason=reason, passages=passages
            )


def cited(source: Source) -> str:
    """Where an answer is from, for people: title, section, page, and the passage's id."""
    page = f", p. {source.page}" if source.page is not None else ""
    section = f" › {source.section[:LABEL]}" if source.section else ""
    return f"{source.title[:LABEL]}{section}{page} [{source.passage}]"


def _choice(hit: Hit) -> Choice:
    passage = hit.passage
    faq = passage.kind == "faq" and passage.reviewed
    return Choice(
        label=_name(passage),
        text=_cut(passage.text),
        source=cited(source_of(passage)),
        origin="faq" if faq else "extract",
        language=passage.language,
    )


def _passage(hit: Hit) -> dict[str, Any]:
    passage = hit.passage
    return {
        "passage": passage.id,
        "document": passage.document,
        "version": passage.version,
        "span": passage.number,
        "title": _name(passage),
        "score": round(float(hit.score), 4),
    }


def _name(passage: Passage) -> str:
    return (passage.question or passage.section or passage.title)[:LABEL]


def _cut(text: str) -> str:
    return text if len(text) <= LONGEST else f"{text[: LONGEST - 1]}…"
