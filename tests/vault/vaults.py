"""Vaults in folders of their own, for tests."""

import random
import secrets
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path

from llmtb.events.codec import CODEC, Codec
from llmtb.vault.keys import Vault
from llmtb.vault.master import Masters, NewBytes

NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)
PLACE = b"agent/ada\n1\nSaid\n0"
WORDS = b"Ada's child is ill"


def seeded(seed: int) -> NewBytes:
    """Bytes that are the same in every run."""
    return random.Random(seed).randbytes


def vault_in(
    folder: Path,
    new_bytes: NewBytes = secrets.token_bytes,
    environment: Mapping[str, str] | None = None,
    *,
    read_only: bool = False,
) -> Vault:
    """Open the vault of a folder."""
    masters = Masters(folder, "", environment or {}, new_bytes)
    return Vault.at(folder / "keys.db", masters, new_bytes, read_only=read_only)


def sealing(vault: Vault) -> Codec:
    """The codec of the published language with these keys."""
    return CODEC.with_keys(vault)
