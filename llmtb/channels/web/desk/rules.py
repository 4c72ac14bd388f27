"""The company's rules: read, tried on the floor as it is now, and changed once they were tried."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Final

import msgspec
from litestar import Controller, Request, Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromQuery
from litestar.response import Redirect

from llmtb.actors.centre import SetPolicy
from llmtb.channels.conversation.words import Phrase
from llmtb.channels.web.console import Console
from llmtb.channels.web.desk.acting import act, led_to, nonce_of, outcome, was_done
from llmtb.channels.web.desk.forms import Faulty, Form, command, form_of
from llmtb.channels.web.desk.rule_fields import (
    CHOICES,
    COLUMNS,
    GROUPS,
    SPARE_ROWS,
    bounds,
    choices,
    columns,
    number_of,
    shown,
    values,
)
from llmtb.channels.web.desk.rule_preview import Preview, preview, version
from llmtb.channels.web.desk.rule_reading import compact, fault_words, read
from llmtb.channels.web.page import page
from llmtb.channels.web.viewer import Viewer, only
from llmtb.policy import Policy, PolicyError, merge
from llmtb.runtime.errors import Refused

PLACE: Final = "/rules"


class RulePages(Controller):
    """`/rules`. Checking changes nothing; only what was checked can be applied."""

    path = PLACE
    guards = [only("admin", "supervisor", "auditor")]  # noqa: RUF012  litestar reads it so
    include_in_schema = False

    @get()
    async def show(
        self,
        console: NamedDependency[Console],
        viewer: NamedDependency[Viewer],
        done: FromQuery[str] = "",
    ) -> Response[str]:
        """The rules in force."""
        policy = console.known.floor.centre.policy
        lines = outcome(console, viewer, done)
        return _page(console, viewer, shown(policy), policy, {}, outcome=lines)

    @post("/check", guards=[only("admin")], status_code=200)
    async def check(
        self,
        console: NamedDependency[Console],
        viewer: NamedDependency[Viewer],
        request: Request[Any, Any, Any],
    ) -> Response[str]:
        """What the rules as typed would change now, or what is wrong with them."""
        form = await form_of(request)
        policy = console.known.floor.centre.policy
        base = _base(form) or policy
        found, faults = read(viewer.speech, form)
        form = compact(form)
        if faults:
            return _page(console, viewer, form, base, faults, status=400)
        before = values(base)
        partial = {key: value for key, value in found.items() if before[key] != value}
        return _tried(console, viewer, partial, form, base)

    @post("/apply", guards=[only("admin")])
    async def apply(
        self,
        console: NamedDependency[Console],
        viewer: NamedDependency[Viewer],
        request: Request[Any, Any, Any],
    ) -> Response[str] | Redirect:
        """What was tried, made the rule; rules that have changed since are tried again."""
        form = await form_of(request)
        policy = console.known.floor.centre.policy
        partial = _partial(form)
        if partial is None:
            text = viewer.speech.say("That cannot be understood. Please go back and try again.")
            return _page(console, viewer, shown(policy), policy, {"": text}, status=400)
        try:
            wanted = command(SetPolicy, viewer.speech, policy=partial, by=viewer.agent)
            again = was_done(console, viewer, form, wanted)
            if form.get("version") != version(policy) and not again:
                return _tried(console, viewer, partial, None, policy, stale=True)
            return led_to(PLACE, await act(console, viewer, form, wanted))
        except Faulty as faulty:
            fields = _typed(policy, partial)
            return _page(console, viewer, fields, policy, faulty.faults, status=faulty.status)


def _tried(
    console: Console,
    viewer: Viewer,
    partial: dict[str, Any],
    form: Form | None,
    base: Policy,
    *,
    stale: bool = False,
) -> Response[str]:
    """The page with the preview; `stale`: the rules changed since the last one was shown."""
    known, speech = console.known, viewer.speech
    fields = _typed(base, partial) if form is None else form
    try:
        merge(known.floor.centre.policy, partial)
        found = preview(known, speech, partial, viewer.agent, console.now())
    except PolicyError as error:
        faults = dict([fault_words(speech, error)])
        return _page(console, viewer, fields, base, faults, status=400)
    except Refused as refused:
        text = speech.say("That cannot be done: {reason}", reason=str(refused))
        return _page(console, viewer, fields, base, {"": text}, status=409)
    lines: list[Phrase] = []
    if not found.differences:
        lines, partial = [speech.say("It is so already.")], {}
    return _page(
        console,
        viewer,
        fields,
        base,
        {},
        status=409 if stale else 200,
        outcome=lines,
        found=found if found.differences else None,
        partial=partial,
        stale=stale,
    )


def _page(
    console: Console,
    viewer: Viewer,
    form: Form,
    base: Policy,
    faults: Mapping[str, Phrase],
    *,
    status: int = 200,
    outcome: Any = (),
    found: Preview | None = None,
    partial: Mapping[str, Any] | None = None,
    stale: bool = False,
) -> Response[str]:
    fields = {**form}
    return page(
        "desk/rules.html",
        replace(viewer, path=PLACE),
        status,
        groups=GROUPS,
        fields=fields,
        rows={key: _row_numbers(fields, key) for key in values(base) if columns(key)},
        columns=columns,
        choices=choices,
        bounds=bounds,
        number_of=number_of,
        words=CHOICES,
        headings=COLUMNS,
        faults=faults,
        found=found,
        partial=msgspec.json.encode(partial or {}).decode(),
        base=msgspec.json.encode(base.table()).decode(),
        acts=viewer.may("admin"),
        outcome=outcome,
        stale=stale,
        nonce=nonce_of(console, {}),
    )


def _row_numbers(fields: Form, key: str) -> range:
    """The rows of a list that are there, and a few empty ones below."""
    names = {name.partition("]")[0] for name in fields if name.startswith(f"{key}[")}
    return range(len(names - {f"{key}["}) + SPARE_ROWS)


def _typed(policy: Policy, partial: Mapping[str, Any]) -> dict[str, str]:
    """The form as it would have been typed, where it can be told; else the policy's own."""
    try:
        return shown(merge(policy, partial))
    except PolicyError:
        return shown(policy)


def _base(form: Form) -> Policy | None:
    """The policy that a form was drawn from; None where that cannot be read."""
    try:
        return msgspec.json.decode(form.get("base", ""), type=Policy)
    except (msgspec.MsgspecError, RecursionError):
        return None


def _partial(form: Form) -> dict[str, Any] | None:
    try:
        return msgspec.json.decode(form.get("partial", ""), type=dict[str, Any])
    except (msgspec.MsgspecError, RecursionError):
        return None
