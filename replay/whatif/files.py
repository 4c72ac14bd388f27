"""The files that say which policies to try: a partial policy, or a grid of them.

Both are TOML, or JSON where the name ends so. Keys are those of the settings, nested or dotted. In
a grid each is a list of the values to try, every one with every one of the others.
"""

import json
import tomllib
from collections.abc import Iterator, Mapping
from itertools import product
from math import prod
from pathlib import Path
from typing import Any, Final

from llmtb.policy import Policy, PolicyError, merge
from replay.exits import INPUT, Failed
from replay.speech import plain

LARGEST: Final = 1_000_000  # bytes
MOST: Final = 10_000  # policies of a grid
OTHERS: Final = ("telegram", "models", "console", "run", "audit")
"""Tables of the settings file that are no rules of the floor: a whole settings file will do."""


def policy_in(path: Path) -> dict[str, Any]:
    """The partial policy in a file. Raises Failed where it cannot be read, or sets none."""
    other = {key: value for key, value in _table(path).items() if key not in OTHERS}
    try:
        merge(Policy(), _nothing_but_keys(other))
    except PolicyError as error:
        raise Failed(INPUT, f"{path}: {error}") from error
    if not other:
        raise Failed(INPUT, f"{path}: sets no rule of the floor")
    return other


def grid_in(path: Path) -> list[dict[str, Any]]:
    """Every combination in a file, by dotted keys; whether it is sound shows against a log.

    Raises Failed where the file cannot be read, a key is no setting, or there are too many.
    """
    lists = dict(_lists(path, _table(path), ""))
    if not lists:
        raise Failed(INPUT, f"{path}: has no lists of values to try")
    number = prod(map(len, lists.values()))
    if number > MOST:
        raise Failed(INPUT, f"{path}: {number} policies; {MOST} is the most: try fewer values")
    return [dict(zip(lists, values)) for values in product(*lists.values())]


def said(other: Mapping[str, Any]) -> str:
    """A partial policy in one line: `breaks.every = 4, load.mode = "ratio"`."""
    return ", ".join(f"{key} = {plain(json.dumps(value))}" for key, value in flat(other))


def flat(other: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, Any]]:
    """The settings of a partial policy by their dotted keys."""
    for key, value in other.items():
        if isinstance(value, Mapping):
            yield from flat(value, f"{prefix}{key}.")
        else:
            yield f"{prefix}{key}", value


def _table(path: Path) -> dict[str, Any]:
    try:
        with path.open("rb") as file:
            data = file.read(LARGEST + 1)
        if len(data) > LARGEST:
            raise Failed(INPUT, f"{path}: is larger than {LARGEST} bytes")
        text = data.decode()
        table: Any = json.loads(text) if path.suffix == ".json" else tomllib.loads(text)
    except OSError as error:
        raise Failed(INPUT, f"{path}: cannot be read: {error.strerror}") from error
    except (ValueError, RecursionError) as error:
        raise Failed(INPUT, f"{path}: cannot be read: {plain(str(error))}") from error
    if not isinstance(table, dict):
        raise Failed(INPUT, f"{path}: is no table of settings")
    return table


def _nothing_but_keys(other: Mapping[str, Any]) -> dict[str, Any]:
    """The same keys, each with its default where it has one: only a key that is none is left."""
    defaults = Policy().table()
    known: dict[str, Any] = {}
    for key, value in flat(other):
        head, _, rest = key.partition(".")
        inner = defaults.get(head)
        if rest and isinstance(inner, dict):
            known[key] = inner.get(rest, value)
        else:
            known[key] = value if rest else defaults.get(key, value)
    return known


def _lists(path: Path, table: Mapping[str, Any], prefix: str) -> Iterator[tuple[str, list[Any]]]:
    for name, value in table.items():
        key = f"{prefix}{name}"
        if isinstance(value, Mapping):
            yield from _lists(path, value, f"{key}.")
            continue
        if not isinstance(value, list) or not value:
            raise Failed(INPUT, f"{path}: {plain(key)}: is no list of values to try")
        try:
            merge(Policy(), _nothing_but_keys({key: value[0]}))
        except PolicyError as error:
            raise Failed(INPUT, f"{path}: {error}") from error
        yield key, value
