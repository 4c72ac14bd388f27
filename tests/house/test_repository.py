"""What is in the repository, and what must never be."""

import re
import tomllib
from collections.abc import Iterator
from typing import Any

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from tests.house.sources import ROOT, texts

# Hosts that a page or a test may name; `example.…` and loopback always.
HOSTS = {"core.telegram.org", "my.telegram.org", "t.me", "keepachangelog.com", "semver.org"}
HOSTS |= {"www.w3.org"}  # the name of SVG, which nobody fetches
HOST = re.compile(r"\b(?:https?|wss?|ftp|ssh|git)://([^\s/:\"'`<>)\]{}]+)")
HARMLESS = re.compile(r"localhost|127\.0\.0\.1|\[?::1|(.+\.)?example(\.(org|com|net))?")
SPEECH = re.compile(r"\b(?:index-url|find-links|trusted-host)\s*[=:]")
MACHINE = re.compile(r"(?<![\w./~{}-])/(?:work|root|home|opt|Users)/\w")
SECRETS = {
    "a bot token": re.compile(r"\b\d{8,10}:[A-Za-z0-9_-]{35}\b"),
    "a private key": re.compile(r"-----BEGIN [A-Z ]*PRIVATE KEY-----"),
    "an access key": re.compile(r"\b(?:AKIA|ASIA)[A-Z0-9]{16}\b|\bgh[pousr]_[A-Za-z0-9]{36}\b"),
}


def found(pattern: re.Pattern[str]) -> Iterator[tuple[str, str]]:
    """Where in the repository a pattern stands, and its last group (or all of it)."""
    for path, text in texts():
        for match in pattern.finditer(text):
            line = text.count("\n", 0, match.start()) + 1
            yield f"{path}:{line}", match[match.lastindex or 0]


def pyproject() -> dict[str, Any]:
    """The project's own description."""
    return tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))


def locked(name: str) -> dict[str, set[str]]:
    """The versions in a lock, by package; a package may differ from Python to Python."""
    versions: dict[str, set[str]] = {}
    text = (ROOT / "requirements" / f"{name}.lock").read_text(encoding="utf-8")
    for package, version in re.findall(r"^([\w.-]+)==([^\s;]+)", text, re.MULTILINE):
        versions.setdefault(canonicalize_name(package), set()).add(version)
    return versions


def test_no_foreign_host_is_named() -> None:
    hosts = ((where, host.rpartition("@")[2]) for where, host in found(HOST))
    foreign = [each for each in hosts if each[1] not in HOSTS and not HARMLESS.fullmatch(each[1])]
    assert foreign == []


def test_no_package_source_is_chosen() -> None:
    assert list(found(SPEECH)) == []


def test_no_path_of_one_machine_is_named() -> None:
    assert list(found(MACHINE)) == []


@pytest.mark.parametrize("kind", SECRETS)
def test_no_secret_is_kept(kind: str) -> None:
    assert list(found(SECRETS[kind])) == []


def test_the_changelog_tells_of_this_version() -> None:
    version = re.escape(pyproject()["project"]["version"])
    text = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    entry = re.search(rf"^## {version}\b.*\n+(?P<said>(?:(?!^## ).*\n)*)", text, re.MULTILINE)
    assert entry, f"CHANGELOG.md has no heading '## {version}'"
    assert re.search(r"^- \w", entry["said"], re.MULTILINE), "its entry says nothing"


@pytest.mark.parametrize("name", ["run", "dev"])
def test_the_lock_holds_what_the_project_asks_for(name: str) -> None:
    project = pyproject()
    asked = list(project["project"]["dependencies"])
    if name == "dev":
        asked += project["dependency-groups"]["dev"]
    versions = locked(name)
    for requirement in map(Requirement, asked):
        held = versions.get(canonicalize_name(requirement.name), set())
        assert held, f"run make lock: {requirement.name} is not in requirements/{name}.lock"
        assert all(requirement.specifier.contains(version) for version in held), f"{requirement}"


def test_people_run_the_versions_that_were_tested() -> None:
    tested = locked("dev")
    assert {name: tested.get(name) for name in locked("run")} == locked("run")


@pytest.mark.parametrize("name", ["build", "run", "dev", "pyrogram2"])
def test_every_locked_package_is_hashed(name: str) -> None:
    text = (ROOT / "requirements" / f"{name}.lock").read_text(encoding="utf-8")
    packages = re.split(r"^(?=[\w.-]+==)", text, flags=re.MULTILINE)[1:]
    assert packages
    assert all("--hash=sha256:" in package for package in packages)
