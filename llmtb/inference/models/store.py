"""The folder in which the models lie, each in a folder of its own name."""

import fcntl
import re
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from llmtb.inference.errors import ModelError
from llmtb.inference.models.card import CARD, read_card
from llmtb.inference.models.model import Model, ModelKind

NAME = re.compile(r"[a-z0-9][a-z0-9._-]{0,63}")
LOCK = ".lock"
HALF = ".half-"  # how a folder begins that is not a whole model yet

# What answers where nothing is chosen, best first; others follow by name.
PREFERRED: dict[ModelKind, tuple[str, ...]] = {
    "encoder": ("e5-small", "minilm-l6"),
    "generator": ("smollm2-135m-instruct",),
    "translator": (),
}


class Room(NamedTuple):
    """Where a model is made: what it becomes, and a place for what it is made from."""

    made: Path
    fetched: Path


class Models:
    """The installed models of one folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def installed(self) -> list[Model]:
        """All models that are whole, by name; a damaged one is left out, `get` says why."""
        return [model for name in self.names() if (model := self._whole(name)) is not None]

    def names(self) -> list[str]:
        """The names of all that lie here, damaged ones too."""
        if not self.folder.is_dir():
            return []
        found = [each.name for each in self.folder.iterdir() if (each / CARD).is_file()]
        return sorted(name for name in found if NAME.fullmatch(name))

    def get(self, name: str) -> Model:
        """The model of that name. Raises ModelError, which says what to run."""
        if not NAME.fullmatch(name):
            raise ModelError(f"{name!r}: no name of a model; `llmtb models list` has them all")
        if not (self.folder / name / CARD).is_file():
            raise ModelError(f"{name}: not in {self.folder}; run `llmtb models add {name}`")
        return read_card(self.folder / name)

    def default(self, kind: ModelKind) -> Model | None:
        """The preferred of the whole models of a kind, or None where there is none."""
        found = {model.name: model for model in self.installed() if model.kind == kind}
        chosen = next((name for name in (*PREFERRED[kind], *sorted(found)) if name in found), None)
        return None if chosen is None else found[chosen]

    def remove(self, name: str) -> None:
        """Take a model away, a damaged one too. Raises ModelError where there is none."""
        if name not in self.names():
            raise ModelError(f"{name}: not in {self.folder}; `llmtb models list` has them all")
        with self._alone():
            gone = Path(tempfile.mkdtemp(prefix=HALF, dir=self.folder))
            # It leaves in one step, so that nobody ever finds a part of it.
            (self.folder / name).replace(gone / name)
            shutil.rmtree(gone)

    @contextmanager
    def room_for(self, name: str) -> Iterator[Room]:
        """Two folders to build a model in; the first becomes the model in one step, or vanishes.

        Raises ModelError where the name is no name, or another process is at work here.
        """
        if not NAME.fullmatch(name):
            raise ModelError(
                f"{name!r}: a model's name is of small letters, digits, dot and dash; give --name"
            )
        with self._alone():
            half = Path(tempfile.mkdtemp(prefix=HALF, dir=self.folder))
            try:
                room = Room(half / "made", half / "fetched")
                room.made.mkdir()
                room.fetched.mkdir()
                yield room
                if (self.folder / name).exists():
                    (self.folder / name).replace(half / "before")
                room.made.replace(self.folder / name)
            finally:
                shutil.rmtree(half, ignore_errors=True)

    @contextmanager
    def _alone(self) -> Iterator[None]:
        """Be the only one who changes the folder; take away what a killed one left half done."""
        self.folder.mkdir(parents=True, exist_ok=True)
        with (self.folder / LOCK).open("w") as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                raise ModelError(
                    f"{self.folder}: another process adds or removes models; wait for it to end"
                ) from None
            for half in self.folder.glob(f"{HALF}*"):
                shutil.rmtree(half, ignore_errors=True)
            yield

    def _whole(self, name: str) -> Model | None:
        try:
            return read_card(self.folder / name)
        except ModelError:
            return None
