"""From a gap to a reviewed entry: the form, what is answered before and after, and the saving."""

from typing import Any

from litestar import Controller, Response, get, post
from litestar.di import NamedDependency, Provide
from litestar.exceptions import NotFoundException
from litestar.params import URLEncodedBody
from litestar.response import Redirect
from msgspec import structs

from llmtb.channels.web.console import Console, Unserved
from llmtb.channels.web.door.viewing import note_viewing
from llmtb.channels.web.page import page
from llmtb.channels.web.questions import entry as entries
from llmtb.channels.web.questions.asking_again import Told, ask, ask_until
from llmtb.channels.web.questions.entry import Form
from llmtb.channels.web.questions.look import holding, look, tallies_of
from llmtb.channels.web.questions.meaning import Group, Meaning
from llmtb.channels.web.questions.pages import Asking, meaning_of, part_of, wanted_by
from llmtb.channels.web.questions.span import Unclear
from llmtb.channels.web.viewer import Viewer, only
from llmtb.projections.questions import question_of


class AnsweringPages(Controller):
    """`/questions/answer`: a question, or a group of them, becomes an entry of the documents."""

    path = "/questions/answer"
    guards = [only("supervisor")]  # noqa: RUF012  litestar reads it so
    dependencies = {"meaning": Provide(meaning_of)}  # noqa: RUF012  litestar reads it so
    include_in_schema = False

    @get()
    async def form(
        self,
        request: Asking,
        console: NamedDependency[Console],
        viewer: NamedDependency[Viewer],
        meaning: NamedDependency[Meaning],
    ) -> Response[str]:
        """The form, with their own words and what a person answered."""
        group = await _group(request, console, meaning)
        await note_viewing(console, viewer, "questions", group.name.question)
        form = entries.proposed(group, viewer.speech.language)
        zone = console.known.floor.centre.policy.zone
        title = console.words.speech(form.language, zone).say("Answers to what was asked")
        wanted, _ = wanted_by(request, console)
        form = structs.replace(form, title=str(title), back=wanted.query())
        return await _page(console, viewer, form)

    @post()
    async def save(
        self,
        console: NamedDependency[Console],
        viewer: NamedDependency[Viewer],
        data: URLEncodedBody[Form],
    ) -> Response[Any]:
        """Save it, or show what is answered now to what is written."""
        try:
            entry = entries.read(data)
        except Unclear as unclear:
            return await _page(console, viewer, data, status=400, wrong=str(unclear))
        if data.do == "try":
            return await _page(console, viewer, data)
        request = entry.request(sample=console.demo is not None, by=viewer.agent)
        try:
            added = await console.serve(request)
        except Unserved as error:
            return await _page(console, viewer, data, status=409, fault=str(error))
        if added.get("wrong"):
            return await _page(console, viewer, data, status=409, fault=str(added["wrong"]))
        return Redirect(
            "/questions/answer/saved",
            query_params={
                "document": request["document"],
                "text": entry.wordings[0],
                "language": entry.language,
                "audience": entry.audience,
                "level": str(entry.level),
                "back": data.back,
            },
            status_code=303,
        )

    @get("/saved")
    async def saved(
        self,
        request: Asking,
        console: NamedDependency[Console],
        viewer: NamedDependency[Viewer],
    ) -> Response[str]:
        """The question asked again, and what answers it now."""
        given = request.query_params
        form = Form(
            questions=given.get("text", ""),
            answer="-",
            title="-",
            language=given.get("language", ""),
            audience=given.get("audience", ""),
            level=given.get("level", ""),
        )
        try:
            entry = entries.read(form)
        except Unclear:
            raise NotFoundException from None
        document = given.get("document", "")
        told = await ask_until(
            console,
            entry.wordings[0],
            language=entry.language,
            audience=entry.audience,
            level=entry.level,
            document=document,
        )
        return page(
            "questions/saved.html",
            viewer,
            text=entry.wordings[0],
            told=told,
            ours=told.document == document,
            document=document,
            back=_safe(given.get("back", "")),
        )


async def _page(
    console: Console,
    viewer: Viewer,
    form: Form,
    *,
    status: int = 200,
    wrong: str = "",
    fault: str = "",
) -> Response[str]:
    """The form, beside what the documents answer to its first question."""
    first = next(filter(None, map(str.strip, form.questions.splitlines())), "")
    now = Told("unknown")
    if first and not wrong:
        now = await ask(
            console,
            first[: entries.LONGEST_QUESTION],
            language=form.language,
            audience=form.audience,
            level=entries.level_of(form.level) or 0,
        )
    return page(
        "questions/answer.html",
        viewer,
        status,
        form=form,
        first=first,
        now=now,
        wrong=wrong,
        fault=fault,
        languages_known=entries.LANGUAGES,
        sample=await _leaves_sample(console),
        back=_safe(form.back),
    )


async def _group(request: Asking, console: Console, meaning: Meaning) -> Group:
    """The questions that an address names: one, or all that mean the same. Raises NotFound."""
    single = request.query_params.get("question")
    if single is not None:
        async with console.views.snapshot() as read:
            asked = await question_of(read, single)
        if asked is None:
            raise NotFoundException
        return Group(asked, (asked,))
    wanted, _ = wanted_by(request, console)
    seen = await look(console, wanted)
    tallies = await tallies_of(meaning, seen, part_of(request))
    found = holding(tallies.tallies, request.query_params.get("cluster", ""))
    if found is None:
        raise NotFoundException
    return found


async def _leaves_sample(console: Console) -> bool:
    """Whether the made-up company's documents would stand aside for this, the first real one."""
    if console.demo is not None:
        return False
    try:
        listed = await console.serve({"do": "list_documents"})
    except Unserved:
        return False
    return bool(listed.get("sample"))


def _safe(query: str) -> str:
    """The query of a page here, and of nothing else."""
    return "".join(sign for sign in query[:500] if sign.isalnum() or sign in "=&%-+._")
