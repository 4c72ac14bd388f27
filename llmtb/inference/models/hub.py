"""Fetches a model from a hub, at one pinned revision: only tables and weights, never programs."""

import errno
import os
import re
from pathlib import Path
from typing import NamedTuple

from llmtb.inference.errors import ModelError
from llmtb.inference.models.progress import Watcher

# Pickled weights are programs; they are never asked for.
WANTED = ["*.json", "*.safetensors", "*.model", "*.spm", "*.jinja", "vocab.txt", "README.md"]
WANTED += ["model.bin", "shared_vocabulary.txt"]
_DISK = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EROFS, errno.EACCES, errno.EIO}
TRIES = 3
_ADDRESS = re.compile(
    r"hub:(?P<repository>[\w.-]+/[\w.-]+)(?:@(?P<revision>[\w./-]+?))?(?::(?P<file>[\w./-]+))?"
)


class Address(NamedTuple):
    """`hub:OWNER/NAME[@REVISION][:FILE]`: a repository, or one file of it (a GGUF)."""

    repository: str
    revision: str | None
    file: str | None


def parse(words: str) -> Address:
    """Read an address. Raises ModelError."""
    match = _ADDRESS.fullmatch(words)
    if match is None or ".." in words:
        raise ModelError(f"{words}: an address is hub:OWNER/NAME[@REVISION][:FILE]")
    return Address(match["repository"], match["revision"], match["file"])


def fetch_from_hub(
    address: Address, into: Path, watch: Watcher, tries: int = TRIES
) -> tuple[Path, str]:
    """Fetch what is at an address; returns where it lies, and the source with its full revision.

    A broken download is taken up again where it broke. Raises ModelError, or OSError where the
    disk fails.
    """
    os.environ.setdefault("HF_HUB_DISABLE_TELEMETRY", "1")  # read when it is imported
    from huggingface_hub.errors import (
        HFValidationError,
        RemoteEntryNotFoundError,
        RepositoryNotFoundError,
        RevisionNotFoundError,
    )

    refused = (HFValidationError, RemoteEntryNotFoundError, RepositoryNotFoundError)
    why = ""
    for number in range(1, tries + 1):
        again = f" (try {number} of {tries})" if number > 1 else ""
        watch.step(f"asking the hub for {address.repository}{again}")
        try:
            return _fetched(address, into, watch)
        except Exception as error:
            # A refusal of the hub is an OSError, too, but has no number of the system's.
            if isinstance(error, OSError) and error.errno in _DISK:
                raise
            why = (str(error).strip().splitlines() or [type(error).__name__])[0][:200]
            if isinstance(error, (*refused, RevisionNotFoundError)):
                break
    raise ModelError(
        f"{address.repository}: the hub does not give it ({why}); fetch it elsewhere and give"
        " the path: `llmtb models add PATH`"
    )


def _fetched(address: Address, into: Path, watch: Watcher) -> tuple[Path, str]:
    from huggingface_hub import HfApi, hf_hub_download, snapshot_download

    name = address.repository
    info = HfApi().model_info(name, revision=address.revision, timeout=30)
    revision = str(info.sha)
    watch.step(f"fetching {name} at {revision}")
    whole = f"hub:{name}@{revision}"
    if address.file is None:
        snapshot_download(name, revision=revision, local_dir=into, allow_patterns=WANTED)
        return into, whole
    found = hf_hub_download(name, address.file, revision=revision, local_dir=into)
    return Path(found), f"{whole}:{address.file}"
