"""The master key: where it is from, and how it is exchanged whatever happens meanwhile."""

import base64
import subprocess
import sys
from pathlib import Path
from shutil import copytree

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from llmtb.vault.files import KeyRefused
from llmtb.vault.master import NEXT, VARIABLE
from tests.vault.vaults import NOON, PLACE, WORDS, seeded, vault_in

OLD, NEW = (base64.b64encode(seeded(seed)(32)).decode() for seed in (1, 2))


def filled(folder: Path, environment: dict[str, str] | None = None, keys: int = 5) -> list[object]:
    """A vault with some keys, one of them destroyed; what its boxes are."""
    vault = vault_in(folder, environment=environment)
    owners = [f"agent/{number}" for number in range(keys)]
    boxes = [vault.seal(owner, "reasons", NOON, PLACE, WORDS) for owner in owners]
    vault.destroy(owners[:1], boxes[0].key)
    vault.close()
    return list(boxes)


def opened(folder: Path, boxes: list[object], *, read_only: bool = False) -> str:
    """The name of the master key, once every box was opened by it."""
    vault = vault_in(folder, read_only=read_only)
    said = [vault.open(box, PLACE) for box in boxes]  # type: ignore[arg-type]
    assert [words and words[16:] for words in said] == [None, *[WORDS] * (len(boxes) - 1)]
    name = vault.locked_by
    vault.close()
    return name


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of data whose keys are locked by a key in a file."""
    return tmp_path_factory.mktemp("data")


@pytest.fixture(scope="module")
def boxes(folder: Path) -> list[object]:
    """What is sealed by them."""
    return filled(folder)


def exchange(folder: Path, last: int) -> int | None:
    """Exchange the key in a process of its own; its calls, or None if it was killed."""
    ask = [sys.executable, "-m", "tests.vault.exchanging", str(folder), str(last)]
    done = subprocess.run(ask, capture_output=True, text=True, timeout=60)
    assert done.returncode in {0, -9}, done.stderr
    return None if done.returncode else int(done.stdout)


def left(folder: Path) -> set[str]:
    """The files with keys."""
    return {file.name for file in (folder / "keys").iterdir()}


@pytest.fixture(scope="module")
def calls(tmp_path_factory: pytest.TempPathFactory, folder: Path, boxes: list[object]) -> int:
    """Of how many calls an exchange consists; the one that was counted went well."""
    copy = tmp_path_factory.mktemp("counted") / "data"
    copytree(folder, copy)
    counted = exchange(copy, 0)
    assert counted is not None
    assert left(copy) == {"master.key"}
    assert opened(copy, boxes) != opened(folder, boxes)
    return counted


@settings(max_examples=12)
@given(share=st.floats(0, 1))
def test_an_exchange_that_was_killed_leaves_either_key_whole(
    tmp_path_factory: pytest.TempPathFactory,
    folder: Path,
    boxes: list[object],
    calls: int,
    share: float,
) -> None:
    copy = tmp_path_factory.mktemp("killed") / "data"
    copytree(folder, copy)
    assert exchange(copy, 1 + int(share * (calls - 1))) is None
    beside = opened(copy, boxes, read_only=True)
    assert opened(copy, boxes) == beside
    assert left(copy) == {"master.key"}
    assert exchange(copy, 0) is not None
    assert opened(copy, boxes) not in {opened(folder, boxes), beside}


def test_a_key_in_a_file_is_made_once_for_its_owner_alone(tmp_path: Path) -> None:
    boxes = filled(tmp_path)
    file = tmp_path / "keys" / "master.key"
    assert file.stat().st_mode & 0o777 == 0o600
    assert (tmp_path / "keys.db").stat().st_mode & 0o777 == 0o600
    assert opened(tmp_path, boxes) == opened(tmp_path, boxes)


@pytest.mark.parametrize(
    ("harm", "line"),
    [
        (
            lambda file: file.unlink(),
            r"keys\.db: locked by master key \w{16}, but there is none in",
        ),
        (lambda file: file.write_text(NEW), r"but .*master\.key holds \w{16}; put it back"),
        (lambda file: file.write_text("c2hvcnQ="), r"master\.key: is no key: 32 bytes in base64"),
        (lambda file: file.write_bytes(b"\xff\n"), r"master\.key: is no key"),
        (lambda file: file.chmod(0o644), r"master\.key: everybody can read this key; `chmod 600"),
    ],
)
def test_a_key_that_is_not_right_is_told_in_a_line_with_its_source(
    tmp_path: Path, harm: object, line: str
) -> None:
    filled(tmp_path)
    harm(tmp_path / "keys" / "master.key")  # type: ignore[operator]
    for read_only in (True, False):
        with pytest.raises(KeyRefused, match=line) as refused:
            vault_in(tmp_path, read_only=read_only)
        assert "\n" not in str(refused.value)


def test_a_key_in_the_environment_is_exchanged_in_three_steps(tmp_path: Path) -> None:
    boxes = filled(tmp_path, {VARIABLE: OLD})
    assert not (tmp_path / "keys").exists()
    with pytest.raises(KeyRefused, match=f"{VARIABLE} holds"):
        vault_in(tmp_path, environment={VARIABLE: NEW})
    with pytest.raises(KeyRefused, match="there is none in"):
        vault_in(tmp_path)
    for env in ({VARIABLE: OLD}, {VARIABLE: OLD, NEXT: OLD}):
        vault = vault_in(tmp_path, environment=env)
        with pytest.raises(KeyRefused, match=f"put a new one .* into {NEXT} beside it"):
            vault.exchange()
        vault.close()
    both = {VARIABLE: OLD, NEXT: NEW}
    vault = vault_in(tmp_path, environment=both)
    old = vault.locked_by
    assert vault.exchange() == len(boxes)  # one is destroyed, one is that of the snapshots
    assert vault.locked_by != old
    vault.close()
    for env in (both, {VARIABLE: NEW}):
        again = vault_in(tmp_path, environment=env)
        assert again.status().source in env
        assert again.open(boxes[1], PLACE)  # type: ignore[arg-type]
        again.close()
    with pytest.raises(KeyRefused):
        vault_in(tmp_path, environment={VARIABLE: OLD})


def test_an_exchange_is_told_once_and_nothing_of_the_old_lock_is_left(tmp_path: Path) -> None:
    vault = vault_in(tmp_path)
    reader = vault_in(tmp_path, read_only=True)
    box = vault.seal("agent/ada", "reasons", NOON, PLACE, WORDS)
    vault.settle()
    found = vault._store.find(box.key)
    assert found is not None
    assert vault.untold() is None
    later = vault.seal("agent/ben", "reasons", NOON, PLACE, WORDS)  # not kept yet
    assert vault.exchange() == 3
    for file in (tmp_path / "keys.db", tmp_path / "keys.db-wal"):
        assert not file.exists() or found[0].wrapped not in file.read_bytes()
    told = vault.untold()
    assert told is not None
    assert (told.number, told.locked_by, told.keys) == (1, vault.locked_by, 3)
    vault.told()
    assert vault.untold() is None
    # Who reads beside it finds the new key by itself.
    assert [reader.open(each, PLACE) is not None for each in (box, later)] == [True, True]
    reader.close()
    vault.close()
