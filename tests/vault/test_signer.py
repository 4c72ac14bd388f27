"""What signs checkpoints is made once, kept secret, and verified without it."""

from pathlib import Path

import pytest

from llmtb.events.note import Checkpoint, NoteError, opened, signed, text_of
from llmtb.vault.files import KeyRefused
from llmtb.vault.signer import FILE, Signer
from tests.vault.vaults import seeded

CHECKPOINT = Checkpoint("floor.example", 7, bytes(32))


def test_what_it_signs_is_opened_by_its_key_and_by_no_other(tmp_path: Path) -> None:
    signer = Signer.at(tmp_path, "floor.example", seeded(1))
    text = text_of(CHECKPOINT)
    note = signed(text, signer.name, signer.hash, signer.sign(text.encode()))
    again = Signer.at(tmp_path, "floor.example", seeded(2))
    assert opened(note, again.key) == CHECKPOINT
    assert (tmp_path / FILE).stat().st_mode & 0o777 == 0o600
    other = Signer("floor.example", seeded(3)(32))
    with pytest.raises(NoteError):
        opened(note, other.key)
    (tmp_path / FILE).chmod(0o644)
    with pytest.raises(KeyRefused, match=r"checkpoint\.key: everybody can read this key"):
        Signer.at(tmp_path, "floor.example", seeded(1))
