"""Whatever can be used is documented, in the words that are true today."""

import argparse
import json
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest
from msgspec import inspect

from llmtb import cli
from llmtb.events import access, audit, chat, desk, floor, knowledge, report
from llmtb.events.codec import PUBLISHED
from llmtb.events.event import Event
from llmtb.events.published import line
from llmtb.events.record import Recorded
from llmtb.policy import Policy
from llmtb.scenario import COMMANDS, steps
from llmtb.settings import (
    ENDPOINT_KEY,
    ENVIRONMENT,
    WEBHOOK_SECRET,
    Audit,
    Console,
    Models,
    Run,
    Telegram,
    load,
)
from llmtb.vault.master import NEXT, VARIABLE
from replay import __main__ as auditors
from replay.exits import EXIT as AUDITORS_EXIT
from tests.house.pages import Row, anchors, fenced, links, page, section, sections
from tests.house.sources import ROOT, repository
from tests.house.wording import default_of, in_words

EVENTS, SETTINGS, SCENARIOS, CLI = map(page, ("events.md", "settings.md", "scenarios.md", "cli.md"))
PAGES = [path for path in repository() if path.suffix == ".md"]
BASE = {field.name for field in msgspec.structs.fields(Event)}
SHAPES = {
    name: shape
    for module in (access, audit, chat, desk, floor, knowledge, report)
    for name, shape in vars(module).items()
    if isinstance(shape, type) and issubclass(shape, msgspec.Struct)
    if shape is not Event and shape not in PUBLISHED
}
LANGUAGE: dict[str, type[msgspec.Struct]] = {kind.__name__: kind for kind in PUBLISHED} | SHAPES


def fields(kind: type[Any]) -> tuple[inspect.Field, ...]:
    """The fields of a struct, as msgspec sees them."""
    shape = inspect.type_info(kind)
    assert isinstance(shape, inspect.StructType)
    return shape.fields


def told(text: str, level: int) -> dict[str, list[Row]]:
    """By name, the tables of all sections of a level."""
    return {
        name: each.rows for each in sections(text) for name in each.names if each.level == level
    }


def meant(rows: list[Row]) -> list[Row]:
    """The rows without what they mean, which must be said."""
    assert all(row["means"] for row in rows)
    return [{title: cell for title, cell in row.items() if title != "means"} for row in rows]


# --- events ------------------------------------------------------------------------------------


def test_the_events_are_told_and_no_others() -> None:
    assert told(EVENTS, level=3).keys() == LANGUAGE.keys()


@pytest.mark.parametrize("name", LANGUAGE)
def test_an_event_is_told_field_by_field(name: str) -> None:
    kind = LANGUAGE[name]
    expected = [
        {
            "field": f"`{field.name}`",
            "is": in_words(field.type) + ("" if field.required else "; may be missing"),
        }
        for field in fields(kind)
        if not (issubclass(kind, Event) and field.name in BASE)
    ]
    assert meant(told(EVENTS, level=3)[name]) == expected


def test_the_examples_of_events_are_true() -> None:
    common = [row["field"].strip("`") for row in section(EVENTS, "Every event").rows]
    for text in fenced(EVENTS, "json"):
        form = json.loads(text)
        kind = LANGUAGE[form["type"]]
        assert list(form) == common + [f.name for f in fields(kind) if f.name not in BASE]
        event = msgspec.convert([form[f.name] for f in fields(kind)], kind)
        assert isinstance(event, Event)
        recorded = Recorded(form["seq"], form["stream"], form["version"], event, b"")
        assert line(recorded).decode() == text
        assert floor.stream_of(event) == form["stream"]


# --- settings ----------------------------------------------------------------------------------


def _settings(kind: type[Any], prefix: str = "") -> Iterator[Row]:
    """The rows that tell a table of settings; those of tables within it are named with dots."""
    for field in fields(kind):
        name = f"{prefix}{field.name}"
        if isinstance(field.type, inspect.StructType):
            yield from _settings(field.type.cls, f"{name}.")
            continue
        yield {"setting": f"`{name}`", "is": in_words(field.type), "default": default_of(field)}
        if isinstance(field.type, inspect.VarTupleType):
            item = field.type.item_type
            if isinstance(item, inspect.StructType):
                yield from _settings(item.cls, f"{name}[].")


def test_every_setting_is_told_with_its_default() -> None:
    own = {"telegram": Telegram, "models": Models, "console": Console, "run": Run, "audit": Audit}
    tables = [(Policy, ""), *((kind, f"{name}.") for name, kind in own.items())]
    expected = [row for kind, prefix in tables for row in _settings(kind, prefix)]
    rows = [row for each in sections(SETTINGS) for row in meant(each.rows)]
    assert sorted(rows, key=str) == sorted(expected, key=str)


def test_the_whole_file_holds_the_defaults() -> None:
    whole = tomllib.loads(fenced(SETTINGS, "toml")[0])
    defaults = msgspec.to_builtins(Policy(), builtin_types=())
    for name, kind in {
        "telegram": Telegram,
        "models": Models,
        "console": Console,
        "run": Run,
        "audit": Audit,
    }.items():
        defaults[name] = msgspec.to_builtins(kind())
    assert whole == json.loads(json.dumps(_without_none(defaults)))


@pytest.mark.parametrize("path", PAGES, ids=str)
def test_what_a_page_sets_is_sound(path: Path, tmp_path: Path) -> None:
    for text in fenced((ROOT / path).read_text(encoding="utf-8"), "toml"):
        (tmp_path / "llmtb.toml").write_text(text, encoding="utf-8")
        assert load(tmp_path / "llmtb.toml", environment={})


def _without_none(table: dict[str, Any]) -> dict[str, Any]:
    return {
        key: _without_none(value) if isinstance(value, dict) else value
        for key, value in table.items()
        if value is not None
    }


@pytest.mark.parametrize("name", [*ENVIRONMENT, ENDPOINT_KEY, WEBHOOK_SECRET, VARIABLE, NEXT])
def test_what_the_environment_sets_is_told(name: str) -> None:
    assert f"`{name}`" in SETTINGS


# --- scenarios ---------------------------------------------------------------------------------


def test_the_commands_of_scenarios_are_told_and_no_others() -> None:
    assert told(SCENARIOS, level=3).keys() == COMMANDS.keys()


def test_the_examples_of_scenarios_are_sound() -> None:
    for text in fenced(SCENARIOS, "json"):
        assert len(list(steps(text.encode().splitlines()))) == len(text.splitlines())


@pytest.mark.parametrize("name", COMMANDS)
def test_a_command_is_told_field_by_field(name: str) -> None:
    expected = [
        {"field": f"`{f.name}`", "is": in_words(f.type), "default": default_of(f)}
        for f in fields(COMMANDS[name])
    ]
    assert meant(told(SCENARIOS, level=3)[name]) == expected


# --- the command line --------------------------------------------------------------------------


def _verbs(parser: argparse.ArgumentParser) -> dict[str, argparse.ArgumentParser]:
    """Every verb, those within verbs too, by what a person types; the program itself first."""
    found = {parser.prog: parser}
    for action in parser._actions:
        if isinstance(action, argparse._SubParsersAction):
            for verb in action.choices.values():
                found |= _verbs(verb)
    return found


def _spelt(action: argparse.Action) -> str:
    return str(
        action.option_strings[-1] if action.option_strings else action.metavar or action.dest
    )


VERBS = _verbs(cli.parser()) | _verbs(auditors.parser())


def test_the_verbs_are_told_and_no_others() -> None:
    headings = {name for each in sections(CLI) for name in each.names if each.level == 2}
    assert headings == VERBS.keys() | {"Exit statuses", "Exit statuses of replay"}


@pytest.mark.parametrize("verb", VERBS)
def test_a_verb_is_told_argument_by_argument(verb: str) -> None:
    rows = section(CLI, f"`{verb}`").rows
    told = {row["argument"].strip("`"): row for row in rows}
    arguments = {
        _spelt(action): action
        for action in VERBS[verb]._actions
        if not isinstance(action, argparse._HelpAction | argparse._SubParsersAction)
    }
    assert told.keys() == arguments.keys()
    for name, action in arguments.items():
        assert told[name]["means"]
        assert [
            each for each in action.choices or () if f"`{each}`" not in told[name]["means"]
        ] == []
        shown = isinstance(action, argparse._StoreAction) and action.default is not None
        assert told[name]["default"] == (f"`{action.default}`" if shown else "–")


def test_the_exit_statuses_are_told() -> None:
    for title, statuses in (
        ("Exit statuses", cli.EXIT),
        ("Exit statuses of replay", AUDITORS_EXIT),
    ):
        rows = section(CLI, title).rows
        assert {int(row["status"]): row["means"] for row in rows} == statuses


# --- links -------------------------------------------------------------------------------------


@pytest.mark.parametrize("path", PAGES, ids=str)
def test_links_lead_somewhere(path: Path) -> None:
    for link in links((ROOT / path).read_text(encoding="utf-8")):
        if "://" in link:
            continue
        target, _, anchor = link.partition("#")
        place = (ROOT / path.parent / target).resolve() if target else ROOT / path
        assert place.exists(), f"{path}: {link} leads nowhere"
        assert place.is_relative_to(ROOT), f"{path}: {link} leads out of the repository"
        if anchor:
            assert anchor in anchors(place.relative_to(ROOT)), f"{path}: {link} has no heading"


def test_every_page_is_found_from_the_front() -> None:
    front = (ROOT / "README.md").read_text(encoding="utf-8")
    linked = {(ROOT / link.partition("#")[0]).resolve() for link in links(front)}
    pages = {(ROOT / path).resolve() for path in PAGES if path.parts[0] == "docs"}
    assert pages - linked == set()
