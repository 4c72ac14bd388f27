"""The settings file: what is given holds, and every fault is told with its line."""

from pathlib import Path

import msgspec
import pytest

from llmtb.policy import Policy, merge
from llmtb.settings import SettingsError, languages, line_of, load

SOUND = """\
timezone = "Europe/Berlin"   # the head office

[breaks]
every = 4
warn_after_minutes = [2, 5]

[[shifts]]
name = "day"
start = "07:00"
end = "19:00"

[[shifts]]
name = "night"
start = "19:00"
end = "07:00"

[telegram]
token = "1234:abc"
api_id = 5
"""


def written(folder: Path, text: str) -> Path:
    path = folder / "llmtb.toml"
    path.write_text(text, encoding="utf-8")
    return path


def test_no_file_is_the_defaults(tmp_path: Path) -> None:
    settings = load(tmp_path / "llmtb.toml", {})
    assert settings.policy == {}
    assert settings.telegram.token == ""


def test_what_is_given_holds(tmp_path: Path) -> None:
    settings = load(written(tmp_path, SOUND), {})
    policy = merge(Policy(), settings.policy)
    assert (policy.timezone, policy.breaks.every) == ("Europe/Berlin", 4)
    assert [times.name for times in policy.shifts] == ["day", "night"]
    assert (settings.telegram.token, settings.telegram.api_id) == ("1234:abc", 5)


@pytest.mark.parametrize("language", languages())
def test_every_language_that_has_a_catalogue_can_be_set(tmp_path: Path, language: str) -> None:
    given = SOUND.replace("api_id = 5", f'language = "{language}"')
    assert load(written(tmp_path, given), {}).telegram.language == language


def test_secrets_of_the_environment_go_before_the_file(tmp_path: Path) -> None:
    environment = {"LLMTB_TELEGRAM_TOKEN": "9:z", "LLMTB_TELEGRAM_API_ID": "7"}
    telegram = load(written(tmp_path, SOUND), environment).telegram
    assert (telegram.token, telegram.api_id) == ("9:z", 7)
    with pytest.raises(SettingsError, match="LLMTB_TELEGRAM_API_ID"):
        load(written(tmp_path, SOUND), {"LLMTB_TELEGRAM_API_ID": "seven"})


@pytest.mark.parametrize(
    ("old", "new", "line", "words"),
    [
        ("every = 4", "every = 0", 4, "breaks.every"),
        ("every = 4", "evry = 4", 4, "there is no such setting"),
        ("every = 4", 'every = "four"', 4, "expected int, got str"),
        ("[2, 5]", "[5, 2]", 5, "must rise"),
        ('end = "07:00"', 'end = "7 am"', 15, "a time such as 08:00"),
        ('"Europe/Berlin"', '"Europe/Atlantis"', 1, "not an IANA time zone"),
        ("api_id = 5", "api_id = -5", 19, "telegram.api_id"),
        ("api_id = 5", "password = 5", 19, "there is no such setting"),
        ("[telegram]", "[telegramm]", 17, "telegramm"),
        ("api_id = 5", 'language = "tlh"', 19, "telegram.language"),
        ("api_id = 5", 'language = "xx"', 19, "none of en, fa, id, pt, zh"),
    ],
)
def test_a_fault_is_told_with_its_line(
    tmp_path: Path, old: str, new: str, line: int, words: str
) -> None:
    with pytest.raises(SettingsError) as fault:
        load(written(tmp_path, SOUND.replace(old, new)), {})
    told = str(fault.value)
    assert f"llmtb.toml, line {line}: " in told
    assert words in told
    assert "\n" not in told


def test_text_that_is_no_toml_is_told_where_it_ends_to_be(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="line 2"):
        load(written(tmp_path, 'timezone = "UTC"\n[breaks\n'), {})
    (tmp_path / "llmtb.toml").write_bytes(b"\xff\xfe")
    with pytest.raises(SettingsError, match="cannot be read"):
        load(tmp_path / "llmtb.toml", {})


def test_the_line_of_each_default_is_found_where_it_is_written() -> None:
    leaves = [
        (f"{table}.{key}", value)
        for table, inner in msgspec.to_builtins(Policy()).items()
        if isinstance(inner, dict)
        for key, value in inner.items()
        if isinstance(value, int | float) and not isinstance(value, bool)
    ]
    text = "\n".join(f"{key} = {value}" for key, value in leaves)
    assert [line_of(text, key) for key, _ in leaves] == list(range(1, len(leaves) + 1))
