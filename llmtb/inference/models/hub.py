"""Fetches a model from a hub, at one pinned revision: only tables and weights, never programs."""

import re
from pathlib import Path
from typing import NamedTuple

from llmtb.inference.errors import ModelError
from llmtb.inference.models.progress import Watcher

# Pickled weights are programs; they are never asked for.
WANTED = ["*.json", "*.safetensors", "*.model", "*.spm", "*.jinja", "vocab.txt", "README.md"]
WANTED += ["model.bin", "shared_vocabulary.txt"]
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


def fetch_from_hub(address: Address, into: Path, watch: Watcher) -> tuple[Path, str]:
    """Fetch what is at an address; returns where it lies, and the source with its full revision.

    A broken download is taken up again by the library, some times. Raises ModelError.
    """
    from huggingface_hub import HfApi, hf_hub_download, snapshot_download

    watch.step(f"asking the hub for {address.repository}")
    try:
        info = HfApi().model_info(address.repository, revision=address.revision, timeout=30)
        revision = str(info.sha)
        watch.step(f"fetching {address.repository} at {revision}")
        if address.file is not None:
            found = Path(
                hf_hub_download(address.repository, address.file, revision=revision, local_dir=into)
            )
        else:
            snapshot_download(
                address.repository, revision=revision, local_dir=into, allow_patterns=WANTED
            )
            found = into
    except OSError:
        raise
    except Exception as error:  # noqa: BLE001 - of many libraries below, told in one line
        why = (str(error).strip().splitlines() or [type(error).__name__])[0][:200]
        raise ModelError(
            f"{address.repository}: the hub does not give it ({why}); fetch it elsewhere and give"
            " the path: `llmtb models add PATH`"
        ) from None
    whole = f"hub:{address.repository}@{revision}"
    return found, whole if address.file is None else f"{whole}:{address.file}"
