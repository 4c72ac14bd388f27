"""What `llmtb ask` shows: the answer with its sources, a choice, or why nobody was answered."""

import msgspec

from llmtb.inference.answering.reply import Answered, Offered, Reply, Source, Withheld
from llmtb.inference.knowledge.index import Hit

_REASONS: dict[str, str] = {
    "empty": "nothing was asked",
    "too_long": "the question is too long",
    "small_talk": "this asks nothing of the documents",
    "no_knowledge": "no documents are indexed that the asker may see",
    "nothing_found": "nothing was found",
    "out_of_scope": "the documents are about something else",
    "unsure": "the documents do not say clearly",
    "personal_data": "this is about a person's own data, which no document holds",
    "promise": "nobody but a person gives the company's word",
    "instruction": "this is addressed to the program, not to the company",
    "numbers": "no document knows the number or the name in it",
    "unavailable": "something that is needed does not work",
}
_SHOWN = 5  # hits in the table of `--why`


def render(reply: Reply, *, why: bool = False) -> str:
    """A reply for people; with `why`, how it came about: the rung, the numbers, the passages."""
    lines = _outcome(reply)
    if why:
        lines += ["", *_ladder(reply), "", *_table(reply.hits[:_SHOWN])]
    return "\n".join(lines).rstrip() + "\n"


def as_json(reply: Reply) -> str:
    """A reply for programs: what `render` tells with `why`, and every hit's passage by its id."""
    form = msgspec.to_builtins(reply)
    form["hits"] = [_hit(hit) for hit in reply.hits]
    if isinstance(reply.outcome, Offered):
        form["outcome"]["choices"] = [_hit(hit) for hit in reply.outcome.choices]
    return msgspec.json.format(msgspec.json.encode(form), indent=2).decode()


def _outcome(reply: Reply) -> list[str]:
    match reply.outcome:
        case Answered(text=text, sources=sources, original=original, model=model):
            lines = [text]
            lines += ["", "original:", original] if original else []
            lines += [f"written by {model}"] if model else []
            return [*lines, *_from(sources)]
        case Offered(choices=choices):
            asked = [f"  {n}. {label(hit)}" for n, hit in enumerate(choices, 1)]
            return ["Did you mean:", *asked, f"  {len(choices) + 1}. a person"]
        case Withheld(reason=reason):
            return [f"No answer: {_REASONS[reason]} ({reason}). A person gets the question."]


def label(hit: Hit) -> str:
    """How an entry is offered: its question, or what its passage stands under."""
    return hit.passage.question or hit.passage.section or hit.passage.title


def _from(sources: tuple[Source, ...]) -> list[str]:
    return ["", *(f"from: {_place(each)}" for each in sources)]


def _place(source: Source) -> str:
    page = f"page {source.page}" if source.page else ""
    told = " › ".join(filter(None, (source.title, source.section, page)))
    return f"{told} [{source.passage}, {source.language}]"


def _ladder(reply: Reply) -> list[str]:
    figures = [f"  {name}: {_figure(value)}" for name, value in reply.why.items()]
    return [f"rung: {reply.rung}, {reply.milliseconds} ms, language {reply.language}", *figures]


def _figure(value: object) -> str:
    return ", ".join(map(str, value)) or "-" if isinstance(value, list | tuple) else str(value)


def _table(hits: tuple[Hit, ...]) -> list[str]:
    if not hits:
        return ["no passages"]
    return [
        "  score  cosine  words  passage",
        *(
            f"{hit.score:7.3f} {hit.cosine:7.3f} {hit.words:6.3f}  {hit.passage.id}  {label(hit)}"
            for hit in hits
        ),
    ]


def _hit(hit: Hit) -> dict[str, str | float]:
    return {
        "passage": hit.passage.id,
        "entry": hit.passage.entry,
        "label": label(hit),
        "language": hit.passage.language,
        "score": round(hit.score, 4),
        "cosine": round(hit.cosine, 4),
        "words": round(hit.words, 4),
    }
