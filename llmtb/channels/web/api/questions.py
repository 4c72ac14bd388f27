"""Questions of other systems: one at a time, outside of any chat."""

import asyncio
from typing import Any, Final

import msgspec
from litestar import Controller, Request, post
from litestar.di import NamedDependency
from litestar.params import JSONBody

from llmtb.channels.web.api.bodies import LARGEST, holds
from llmtb.channels.web.api.callers import caller_of, may
from llmtb.channels.web.api.exchange import Exchange
from llmtb.channels.web.api.problems import Problem, errors
from llmtb.channels.web.api.shapes import (
    Answer,
    Answered,
    Choice,
    Choices,
    Question,
    Source,
    Withheld,
)
from llmtb.channels.web.api.timing import Timed
from llmtb.channels.web.console import Unserved
from llmtb.inference.answering import reply as replies
from llmtb.inference.answering.reply import Reply, source_of

PATIENCE: Final = 30.0  # seconds for one answer


class _Outcome(msgspec.Struct, frozen=True):
    """What the library says of a question; see `Service`."""

    reply: Reply
    sample: bool


class Questions(Controller):
    """`/api/v1/questions`."""

    path = "/api/v1/questions"
    request_max_body_size = LARGEST
    middleware = [Timed]  # noqa: RUF012  litestar reads it so
    tags = ["questions"]  # noqa: RUF012  litestar reads it so

    @post(
        status_code=200,
        summary="Ask one question",
        description="It is answered from the documents, as a customer's or an agent's would be,"
        " and nothing of it is recorded. Scope: `ask`.",
        operation_id="ask",
        guards=[may("ask"), holds(Question)],
        responses=errors(400, 401, 403, 413, 415, 422, 429, 503),
    )
    async def ask(
        self,
        request: Request[Any, Any, Any],
        data: JSONBody[Question],
        exchange: NamedDependency[Exchange],
    ) -> Answer:
        """An answer, a choice, or neither."""
        body, repeat = await request.body(), caller_of(request).command_id("ask")
        return await exchange.once.answer(repeat, body, lambda: _answer(exchange, data))


async def _answer(exchange: Exchange, question: Question) -> Answer:
    asked = {"do": "ask_once", **msgspec.structs.asdict(question)}
    exchange.asking.check()
    with exchange.asking.place():
        try:
            async with asyncio.timeout(PATIENCE):
                served = await exchange.console.serve(asked)
        except Unserved as unserved:
            raise Problem(503, str(unserved), wait=10) from unserved
        except TimeoutError as error:
            raise Problem(503, "no answer in time; ask again", wait=5) from error
    answer = told(msgspec.convert(served, _Outcome))
    exchange.figures.questions.labels(type(answer).__struct_config__.tag, "api").inc()
    return answer


def told(outcome: _Outcome) -> Answer:
    """What the library says, as another system is told."""
    reply, sample = outcome.reply, outcome.sample
    language, milliseconds = reply.language, reply.milliseconds
    match reply.outcome:
        case replies.Answered() as answered:
            return Answered(
                text=answered.text,
                language=answered.language,
                origin=answered.origin,
                confidence=answered.confidence,
                model=answered.model,
                original=answered.original,
                sources=[_source(each) for each in answered.sources],
                milliseconds=milliseconds,
                sample=sample,
            )
        case replies.Offered(choices=hits):
            passages = (hit.passage for hit in hits)
            choices = [
                Choice(source=_source(source_of(each)), question=each.question, text=each.text)
                for each in passages
            ]
            return Choices(
                choices=choices, language=language, milliseconds=milliseconds, sample=sample
            )
        case replies.Withheld(reason=reason):
            return Withheld(
                reason=reason, language=language, milliseconds=milliseconds, sample=sample
            )


def _source(source: replies.Source) -> Source:
    return Source(
        document=source.document,
        title=source.title,
        passage=source.passage,
        section=source.section,
        page=source.page,
    )
