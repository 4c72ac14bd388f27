"""Rules are tried before they hold: what is shown is what then happens, and nothing else does."""

import asyncio
import re
from collections.abc import Iterator
from datetime import datetime
from typing import Any

import msgspec
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from llmtb.actors.agent import StartBreak
from llmtb.actors.centre import SetPolicy
from llmtb.channels.conversation.words import Words
from llmtb.channels.web.desk.rule_fields import CHOICES, GROUPS, choices, kinds, shown
from llmtb.channels.web.desk.rule_preview import preview, rehearse
from llmtb.channels.web.desk.rule_reading import compact, read
from llmtb.events.event import Event
from llmtb.events.floor import PolicyChanged
from llmtb.policy import Policy, merge
from llmtb.runtime.errors import Refused
from tests.projections.logs import CHANGES, OPENING, Play, logs
from tests.web.desking import LUNCH, Running, at_hand, fields, running, staff
from tests.web.serving import Served

CHECK, APPLY = "/rules/check", "/rules/apply"
SPEECH = Words.load().speech("en", Policy().zone)
FIELDS = sorted(shown(Policy()))
EARLY_END = [
    {"name": "morning", "start": "08:00", "end": "15:00"},
    {"name": "evening", "start": "16:00", "end": "00:00"},
    {"name": "night", "start": "00:00", "end": "08:00"},
]
ANEW = [{"name": "all", "start": "07:00", "end": "19:00"}]
NOW_LUNCH = {**LUNCH, "start": "08:00", "end": "10:00"}

sound = st.fixed_dictionaries(
    {},
    optional={
        "breaks.every": st.integers(1, 6),
        "breaks.allow": st.integers(0, 4),
        "breaks.floor": st.integers(1, 5),
        "breaks.normal_minutes": st.integers(1, 40),
        "shifts": st.sampled_from([EARLY_END, ANEW]),
        "meals": st.sampled_from([[], [NOW_LUNCH], [LUNCH]]),
        "load.mode": st.sampled_from(["ratio", "steps", "erlang_c"]),
        "presence": st.sampled_from(["roster", "check_in"]),
        "questions.longest": st.integers(20, 4096),
    },
)


@pytest.fixture(scope="module")
def company(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """A company with people at work, for all that is tried here."""
    with running(tmp_path_factory.mktemp("rules")) as found:
        found.do(at_hand(found.served))
        found.do(staff(found.served))
        found.do(found.served.do(StartBreak(agent="a0", kind="normal")))
        yield found


def without_instants(value: Any) -> Any:
    """Plain data, less whatever depends on the very instant."""
    if isinstance(value, msgspec.Struct):
        return {
            f: without_instants(getattr(value, f))
            for f in value.__struct_fields__
            if f not in ("late_seconds", "mean_resting")
        }
    if isinstance(value, dict):
        return {key: without_instants(each) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return [without_instants(each) for each in value]
    return None if isinstance(value, datetime) else value


def told(events: list[Event]) -> list[Any]:
    return [(type(event).__name__, without_instants(event)) for event in events]


# --- what is shown is what happens --------------------------------------------------------------


@given(logs(), st.sampled_from([*CHANGES, {"breaks.every": 1}, {"shifts": ANEW, "meals": []}]))
@settings(max_examples=40, deadline=None)
def test_rules_tried_on_any_floor_do_what_they_do_there(
    log: list[Event], partial: dict[str, Any]
) -> None:
    play = Play()
    for event in log[len(play.events) :]:
        play.state = play.decider.evolve(play.state, event)
    before = msgspec.msgpack.encode(play.state, order="sorted")
    now = max(OPENING, log[-1].at)
    try:
        tried, after = rehearse(play.state, SetPolicy(policy=partial), now)
    except Refused:
        return
    assert msgspec.msgpack.encode(play.state, order="sorted") == before
    done = play._decide(SetPolicy(policy=partial), now)
    assert tried == done
    assert msgspec.to_builtins(after.centre.policy) == msgspec.to_builtins(play.state.centre.policy)


@given(sound)
@settings(max_examples=25, deadline=None)
@example({"shifts": EARLY_END})
@example({"shifts": ANEW})
@example({"meals": [NOW_LUNCH], "breaks.every": 1})
def test_what_is_previewed_is_what_is_then_recorded(
    company: Running, partial: dict[str, Any]
) -> None:
    async def story(served: Served) -> None:
        page = (await served.http.get("/rules")).text
        form = fields(page, CHECK) | typed(served, partial)
        checked = await served.http.post(CHECK, data=form)
        assert checked.status_code in (200, 400)
        if checked.status_code == 400 or 'action="/rules/apply"' not in checked.text:
            return
        known, now = served.console.known, served.clock.now()
        hidden = fields(checked.text, APPLY)
        changes = msgspec.json.decode(hidden["partial"])
        expected = preview(known, SPEECH, changes, "owner", now)
        assert expected.version == hidden["version"]
        for line in expected.lines:
            assert line in checked.text
        before = served.journal.head
        done = await asyncio.gather(*(served.http.post(APPLY, data=hidden) for _ in range(2)))
        assert {each.status_code for each in done} == {303}
        await served.seen()
        recorded = [each.event for each in served.journal.read(before)]
        command = [e for e in recorded if not type(e).__name__.startswith("Message")]
        assert told(command) == told(expected.events)
        assert sum(isinstance(e, PolicyChanged) for e in command) == 1

    company.do(story(company.served))


def typed(served: Served, partial: dict[str, Any]) -> dict[str, str]:
    """A partial policy as it is typed into the form, with the rows that are left emptied."""
    policy = merge(served.console.known.floor.centre.policy, {})
    whole = policy.table()
    form: dict[str, str] = {}
    for key, value in partial.items():
        if isinstance(value, list):
            form |= {name: "" for name in shown(policy) if name.startswith(f"{key}[")}
            for row, table in enumerate(value):
                form |= {f"{key}[{row}].{name}": str(each) for name, each in table.items()}
        else:
            form[key] = str(value)
    assert whole == policy.table()
    return form


# --- what cannot be -----------------------------------------------------------------------------

anything = st.one_of(
    st.text(max_size=30),
    st.sampled_from(
        ["", "0", "-1", "1e999", "nan", "99999999999999999999", "٤", "۱۲:۳۰", "24:00", "00:00"]
    ),
    st.sampled_from(["<b>", '"><script>', "a/b", "x" * 5000, "../../etc/passwd", "Asia", "\x00"]),
)


@given(st.dictionaries(st.sampled_from([*FIELDS, "base", "shifts[]", "meals[0].name"]), anything))
@settings(max_examples=25, deadline=None)
@example({"timezone": "../../../etc/passwd"})
@example({"timezone": ""})
@example({"timezone": "Asia"})
@example({"load.patience_seconds": "nan", "load.service_level": "inf"})
@example({"shifts[0].end": "08:00", "shifts[1].start": ""})
def test_no_rules_that_anybody_types_break_anything(
    company: Running, wrong: dict[str, str]
) -> None:
    async def story(served: Served) -> None:
        before = served.journal.head
        form = fields((await served.http.get("/rules")).text, CHECK) | wrong
        checked = await served.http.post(CHECK, data=form)
        assert checked.status_code in (200, 400, 409)
        if checked.status_code == 400:
            assert 'role="alert"' in checked.text
        assert "<script>" not in checked.text.replace('<script src="', "")
        assert served.journal.head == before

    company.do(story(company.served))


@given(
    st.one_of(
        anything,
        st.recursive(
            st.none() | st.booleans() | st.integers() | st.text(max_size=9),
            lambda inner: (
                st.lists(inner, max_size=3)
                | st.dictionaries(st.text(max_size=9), inner, max_size=3)
            ),
            max_leaves=5,
        ).map(lambda value: msgspec.json.encode(value).decode()),
    )
)
@settings(max_examples=25, deadline=None)
@example("[" * 10_000)
@example('{"breaks":{"every":"x"}}')
@example('{"breaks":5}')
@example('{"breaks.every.x":5}')
@example('{"":5}')
@example('{"shifts":[{"name":"a"}]}')
@example('{"questions.longest":1e400}')
def test_nothing_that_is_sent_past_the_form_breaks_anything(company: Running, sent: str) -> None:
    async def story(served: Served) -> None:
        before = served.journal.head
        hidden = {"partial": sent, "version": "x" * 16}
        refused = await served.http.post(APPLY, data=hidden)
        assert refused.status_code in (400, 409)
        assert served.journal.head == before

    company.do(story(company.served))


def test_a_fault_stands_beside_its_field_and_what_was_typed_is_kept(company: Running) -> None:
    async def story(served: Served) -> None:
        await served.rules(Policy().table())  # others have tried theirs before
        page = (await served.http.get("/rules")).text
        form = fields(page, CHECK) | {
            "breaks.every": "none",
            "shifts[0].start": "8 o'clock",
            "load.service_level": "1",
            "breaks.warn_after_minutes": "1, x",
        }
        checked = await served.http.post(CHECK, data=form)
        assert checked.status_code == 400
        assert 'value="none" autocomplete="off" inputmode="decimal" aria-inv' in checked.text
        assert "8 o&#39;clock" in checked.text
        assert "4 fields cannot be taken as they are. Nothing was changed." in checked.text
        meals = {"meals[0].name": "tea", "meals[0].shift": "morning", "meals[0].start": "09:00"}
        short = fields(page, CHECK) | meals | {"meals[0].end": "09:10"}
        checked = await served.http.post(CHECK, data=short)
        assert checked.status_code == 400
        assert "too short for a meal" in checked.text

    company.do(story(company.served))


def test_rules_that_changed_meanwhile_are_tried_again(company: Running) -> None:
    async def story(served: Served) -> None:
        await served.rules({"breaks.every": 5, "emergency.minutes": 10})
        page = (await served.http.get("/rules")).text
        form = fields(page, CHECK) | {"emergency.minutes": "11"}
        hidden = fields((await served.http.post(CHECK, data=form)).text, APPLY)
        await served.rules({"breaks.every": 9})
        again = await served.http.post(APPLY, data=hidden)
        assert again.status_code == 409
        assert "The rules were changed by somebody meanwhile." in again.text
        # What somebody else changed is not undone by a page that was drawn before it.
        checked = await served.http.post(CHECK, data=form)
        hidden = fields(checked.text, APPLY)
        assert msgspec.json.decode(hidden["partial"]) == {"emergency.minutes": 11}
        assert (await served.http.post(APPLY, data=hidden)).status_code == 303
        policy = served.console.known.floor.centre.policy
        assert (policy.breaks.every, policy.emergency.minutes) == (9, 11)

    company.do(story(company.served))


# --- the form itself ----------------------------------------------------------------------------


def test_every_setting_is_in_the_form_and_every_choice_has_words() -> None:
    listed = [each.key for group in GROUPS for each in group.settings]
    assert sorted(listed) == sorted(kinds()) == sorted(set(listed))
    assert {value for key in kinds() for value in choices(key)} <= CHOICES.keys()


@given(st.sampled_from(CHANGES))
def test_a_form_that_nobody_touched_reads_as_the_policy_it_shows(partial: dict[str, Any]) -> None:
    policy = merge(Policy(), {**partial, "meals": [], "load.patience_seconds": 60.5})
    form = shown(policy) | {"shifts[]": "", "meals[]": "", "load.steps[]": ""}
    found, faults = read(SPEECH, form)
    assert faults == {}
    assert merge(Policy(), found) == policy
    assert compact(form) == form


def test_a_row_that_was_emptied_is_gone() -> None:
    form = shown(Policy()) | {"shifts[]": ""}
    form |= {f"shifts[0].{name}": " " for name in ("name", "start", "end")}
    found, faults = read(SPEECH, form)
    assert [row["name"] for row in found["shifts"]] == ["evening", "night"]
    assert faults == {}
    kept = compact(form)
    assert [kept[f"shifts[{row}].name"] for row in range(2)] == ["evening", "night"]
    assert not re.search(r"shifts\[2\]", " ".join(kept))
