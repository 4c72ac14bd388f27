"""The settings file `llmtb.toml`, read and validated: a fault is told with its line and reason.

The company's rules (`llmtb.policy`) stand at the top level; the tables `[telegram]`, `[models]`,
`[console]`, `[run]` and `[audit]` say how the program runs. Secrets may come from the environment
instead.
"""

import re
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

import msgspec
from msgspec import Meta

from llmtb.policy import Clock, Policy, PolicyError, merge

ENVIRONMENT = {
    "LLMTB_TELEGRAM_TOKEN": "token",
    "LLMTB_TELEGRAM_API_ID": "api_id",
    "LLMTB_TELEGRAM_API_HASH": "api_hash",
}
ENDPOINT_KEY = "LLMTB_ENDPOINT_KEY"
WEBHOOK_SECRET = "LLMTB_WEBHOOK_SECRET"  # noqa: S105 - the name of a variable


class SettingsError(ValueError):
    """The settings cannot be used: one line that says where, what, and why."""


def languages() -> tuple[str, ...]:
    """The codes of the languages that have a catalogue; none is read for that."""
    folder = Path(__file__).with_name("locales")
    return tuple(sorted(path.parts[-3] for path in folder.glob("*/LC_MESSAGES/llmtb.po")))


class Telegram(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How the bot reaches Telegram; nothing is contacted while `token` is empty.

    server, server_key: another MTProto server than Telegram's own, as `HOST:PORT`, and the file
    that holds its public RSA key (PEM).
    language: one of `languages()`, spoken to whoever's own language is not known.
    press_seconds: presses older than this ask again. pin_capacity: keep one pinned message in
    each agent's chat that shows the live capacity. invitation_hours: how long one opens.
    per_second, per_chat_second: most messages a second, in all and to one chat.
    """

    token: str = ""
    api_id: Annotated[int, Meta(ge=0)] = 0
    api_hash: str = ""
    server: str = ""
    server_key: str = ""
    language: Annotated[str, Meta(pattern=r"^[a-z]{2}\Z")] = "en"
    press_seconds: Annotated[int, Meta(ge=10, le=86_400)] = 120
    pin_capacity: bool = False
    invitation_hours: Annotated[int, Meta(ge=1, le=720)] = 72
    per_second: Annotated[float, Meta(gt=0, le=1000)] = 30.0
    per_chat_second: Annotated[float, Meta(gt=0, le=100)] = 1.0


class Models(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Which models answer; those of the folder are made by `llmtb models add`.

    folder: where they lie. encoder, generator, translator: the name of one in the folder; empty:
    the one that is there, if any. endpoint: the base URL of an OpenAI-compatible service that
    generates instead, with `endpoint_model` and, from the environment, its `endpoint_key`.
    workers, threads: batches that the generator works on at once, and threads of each.
    queue: texts that may wait to be generated. deadline_seconds: after which an answer is given up.
    """

    folder: str = "models"
    encoder: str = ""
    generator: str = ""
    translator: str = ""
    endpoint: str = ""
    endpoint_model: str = ""
    endpoint_key: str = ""
    workers: Annotated[int, Meta(ge=1, le=64)] = 2
    threads: Annotated[int, Meta(ge=1, le=64)] = 1
    queue: Annotated[int, Meta(ge=1, le=10_000)] = 256
    deadline_seconds: Annotated[float, Meta(gt=0, le=600)] = 30.0


class Console(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Where the pages are served, and to whom.

    host, port: the address it listens on. sign_in: whether people sign in; on another host than
    loopback they must, and on loopback they need not while no bot is set up.
    session_hours: after which they sign in again.
    public_url: the address as people type it, where a proxy stands in front; it begins with
    https:// or is on loopback. proxies: the addresses of proxies whose word on who calls counts.
    chat_origins: the sites, such as `https://shop.example`, that may show the chat window.
    webhook_secret: what the phone system signs its reports with; from the environment.
    """

    host: str = "127.0.0.1"
    port: Annotated[int, Meta(ge=0, le=65_535)] = 8321
    sign_in: bool = True
    session_hours: Annotated[int, Meta(ge=1, le=720)] = 12
    public_url: str = ""
    proxies: Annotated[tuple[str, ...], Meta(max_length=50)] = ()
    chat_origins: Annotated[tuple[str, ...], Meta(max_length=200)] = ()
    webhook_secret: str = ""


class Run(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Where the data are (`data`, a folder), and whether uvloop runs the loop."""

    data: str = "data"
    uvloop: bool = False


class Audit(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How the records are kept: sealed, signed, checked.

    master_key: the file with the key that locks people's keys; empty: `keys/master.key` in the
    folder of the data, made at the first start. `LLMTB_MASTER_KEY` goes before both.
    checkpoints: the folder that signed checkpoints are put into; empty: `checkpoints` in that
    of the data. origin: what they say they are of; it is seen wherever they are shown.
    daily: the local time of the company at which one is signed every day.
    """

    master_key: str = ""
    checkpoints: str = ""
    origin: Annotated[str, Meta(pattern=r"^[^\s+]{1,100}\Z")] = "llmtb"
    daily: Clock = "04:00"


class Settings(msgspec.Struct, frozen=True, kw_only=True):
    """Everything that is set before the start: `policy` is the part that the file gives."""

    policy: dict[str, Any] = {}
    telegram: Telegram = Telegram()
    models: Models = Models()
    console: Console = Console()
    run: Run = Run()
    audit: Audit = Audit()


def load(path: Path, environment: Mapping[str, str]) -> Settings:
    """The settings of a file (none: the defaults), with secrets from the environment over it.

    Raises SettingsError.
    """
    text = _text(path)
    try:
        tables = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise SettingsError(f"{path}: {error}") from error
    telegram = {**tables.pop("telegram", {}), **_secrets(environment)}
    models = {**tables.pop("models", {}), **_from(environment, ENDPOINT_KEY, "endpoint_key")}
    console = tables.pop("console", {})
    console |= _from(environment, WEBHOOK_SECRET, "webhook_secret")
    run = tables.pop("run", {})
    audit = tables.pop("audit", {})
    try:
        merge(Policy(), tables)
    except PolicyError as error:
        raise _at(path, text, error.key, error.reason) from error
    channel: Telegram = _table(path, text, "telegram", telegram, Telegram)
    if channel.language not in languages():
        reason = f"is none of {', '.join(languages())}, which the bot speaks"
        raise _at(path, text, "telegram.language", reason)
    return Settings(
        policy=tables,
        telegram=channel,
        models=_table(path, text, "models", models, Models),
        console=_table(path, text, "console", console, Console),
        run=_table(path, text, "run", run, Run),
        audit=_table(path, text, "audit", audit, Audit),
    )


def line_of(text: str, key: str) -> int | None:
    """The line (from 1) on which a dotted key such as `shifts[1].start` is set in TOML text.

    The nearest table above is given for a key that is nowhere set; None if that is not there.
    """
    wanted = re.sub(r"\[(\d+)\]", r".\1", key).split(".")
    table: list[str] = []
    arrays: dict[str, int] = {}
    best, depth = None, 0
    for number, line in enumerate(text.splitlines(), 1):
        header = re.match(r"\s*(\[\[?)\s*([\w.\-]+)\s*\]", line)
        if header:
            name = header[2]
            table = name.split(".")
            if header[1] == "[[":
                arrays[name] = arrays.get(name, -1) + 1
                table.append(str(arrays[name]))
            found = table
        else:
            setting = re.match(r"\s*([\w.\-]+)\s*=", line)
            if not setting:
                continue
            found = table + setting[1].split(".")
        common = [a for a, b in zip(found, wanted) if a == b]
        if found[: len(wanted)] == common and len(common) > depth:
            best, depth = number, len(common)
    return best


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except FileNotFoundError:
        return ""
    except (OSError, UnicodeDecodeError) as error:
        raise SettingsError(f"{path}: cannot be read: {error}") from error


def _secrets(environment: Mapping[str, str]) -> dict[str, Any]:
    given = {key: environment[name] for name, key in ENVIRONMENT.items() if environment.get(name)}
    api_id = given.get("api_id", "0")
    if not api_id.isdigit():
        raise SettingsError("LLMTB_TELEGRAM_API_ID: is not a number")
    return {**given, **({"api_id": int(api_id)} if "api_id" in given else {})}


def _from(environment: Mapping[str, str], name: str, key: str) -> dict[str, str]:
    secret = environment.get(name)
    return {key: secret} if secret else {}


def _table(path: Path, text: str, name: str, table: Any, kind: type[Any]) -> Any:
    try:
        return msgspec.convert(table, kind)
    except msgspec.ValidationError as error:
        reason, _, place = str(error).partition(" - at `$")
        if "unknown field" in reason:
            place, reason = f".{reason.split('`')[1]}", "there is no such setting"
        raise _at(path, text, name + place.strip("`"), reason.replace("`", "")) from error


def _at(path: Path, text: str, key: str, reason: str) -> SettingsError:
    line = line_of(text, key)
    where = f"{path}, line {line}" if line else str(path)
    return SettingsError(f"{where}: {key}: {reason[:1].lower()}{reason[1:]}")
