"""`llmtb models`: the models that answer, fetched, converted, checked and removed."""

import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType

import msgspec
from rich.console import Console
from rich.progress import (
    BarColumn,
    DownloadColumn,
    Progress,
    TaskID,
    TextColumn,
    TimeRemainingColumn,
)

from llmtb.inference.errors import ModelError
from llmtb.inference.models.adding import Wish, add
from llmtb.inference.models.catalogue import CATALOGUE, DEFAULTS
from llmtb.inference.models.checking import Checked, check
from llmtb.inference.models.model import Model, ModelKind
from llmtb.inference.models.store import Models
from llmtb.runtime.clock import WallClock
from llmtb.verbs.exits import DONE, MODEL, STORAGE, Failed
from llmtb.verbs.place import settings_of


def models_folder(settings_file: Path | None, folder: Path | None) -> Path:
    """The folder that is named, else the one that the settings name. Raises Failed."""
    return folder or Path(settings_of(settings_file).models.folder)


def list_models(folder: Path, as_json: bool) -> int:
    """Print the installed models and those that can be added by name. Raises Failed."""
    with _failures():
        models = Models(folder)
        rows = [_row(models, name) for name in sorted({*models.names(), *CATALOGUE})]
    if as_json:
        sys.stdout.write("".join(msgspec.json.encode(row).decode() + "\n" for row in rows))
        return DONE
    for row in rows:
        words = row.trouble or row.summary
        sys.stdout.write(f"{row.name:24} {row.state:10} {row.kind:10} {words}\n")
    return DONE


def add_models(
    folder: Path, whats: Sequence[str], name: str | None, kind: ModelKind | None, compute_type: str
) -> int:
    """Add models, the default ones where none is named. Raises Failed."""
    if name is not None and len(whats) != 1:
        raise Failed(MODEL, "--name is for one model: name one, or leave it out")
    models = Models(folder)
    with _failures(), _Told() as told:
        for what in whats or _missing(models, told):
            wish = Wish(what=what, name=name, kind=kind, compute_type=compute_type)
            model = add(models, wish, told)
            told.say(f"{model.name}: ready ({_described(model)})")
    return DONE


def check_models(folder: Path, name: str | None, source: Path | None, as_json: bool) -> int:
    """Check one model, or all that are there, against their sources. Raises Failed."""
    models = Models(folder)
    names = [name] if name is not None else models.names()
    if not names:
        raise Failed(MODEL, f"{folder}: no models here; run `llmtb models add`")
    if source is not None and name is None:
        raise Failed(MODEL, "--source is for one model: name it")
    failed = []
    for each in names:
        with _failures(), _Told() as told:
            checked = check(models, each, told, WallClock(), source)
        _print(checked, as_json)
        if not checked.passed:
            failed.append(each)
    if failed:
        raise Failed(
            MODEL, f"{', '.join(failed)}: differs from the source more than it may; add it again"
        )
    return DONE


def remove_model(folder: Path, name: str) -> int:
    """Take a model away. Raises Failed."""
    with _failures():
        Models(folder).remove(name)
    sys.stdout.write(f"{name}: removed\n")
    return DONE


class _Row(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    name: str
    state: str  # installed, damaged, or known: it can be added
    kind: str
    summary: str = ""
    identity: str = ""
    source: str = ""
    licence: str = ""
    trouble: str = ""


def _row(models: Models, name: str) -> _Row:
    known = CATALOGUE.get(name)
    kind = known.kind if known else "?"
    if name not in models.names() and known is not None:
        return _Row(
            name=name,
            state="known",
            kind=kind,
            summary=known.summary,
            source=known.source,
            licence=known.licence,
        )
    try:
        model = models.get(name)
    except ModelError as error:
        return _Row(name=name, state="damaged", kind=kind, trouble=str(error))
    return _Row(
        name=name,
        state="installed",
        kind=model.kind,
        summary=_described(model),
        identity=model.identity,
        source=model.source,
        licence=model.licence,
    )


def _described(model: Model) -> str:
    return f"{model.compute_type}, {model.source}, {model.licence}"


def _missing(models: Models, told: "_Told") -> list[str]:
    """The default models that are not there yet, or not whole."""
    there = {model.name for model in models.installed()}
    missing = [name for name in DEFAULTS if name not in there]
    if not missing:
        told.say(f"{models.folder}: {', '.join(DEFAULTS)} are there already")
    return missing


def _print(checked: Checked, as_json: bool) -> None:
    if as_json:
        row = {"name": checked.model.name, "identity": checked.model.identity}
        figures = [
            {**msgspec.structs.asdict(figure), "passed": figure.passed}
            for figure in checked.figures
        ]
        whole = row | {"passed": checked.passed, "figures": figures}
        sys.stdout.write(msgspec.json.encode(whole).decode() + "\n")
        return
    sys.stdout.write(f"{checked.model.identity}: every byte as it was made\n")
    for figure in checked.figures:
        bound = f"  at least {figure.least:g}" if figure.least is not None else ""
        bound += f"  at most {figure.most:g}" if figure.most is not None else ""
        mark = "" if figure.passed else "  MISSED"
        sys.stdout.write(f"  {figure.what:54} {figure.value:10.5g}{bound}{mark}\n")


class _Told:
    """Tells how far the work is: a bar with an estimate on a terminal, else a line a step."""

    def __init__(self) -> None:
        self._console = Console(stderr=True)
        self._progress: Progress | None = None
        self._task: TaskID | None = None

    def __enter__(self) -> "_Told":
        if self._console.is_terminal:
            columns = (
                TextColumn("{task.description}"),
                BarColumn(),
                DownloadColumn(),
                TimeRemainingColumn(),
            )
            self._progress = Progress(*columns, console=self._console, transient=True)
            self._progress.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._progress is not None:
            self._progress.stop()

    def say(self, words: str) -> None:
        """A line that stays."""
        self._console.print(words, highlight=False, markup=False, soft_wrap=True)

    def step(self, words: str) -> None:
        """A new piece of the work begins."""
        if self._progress is None:
            self.say(words)
            return
        if self._task is not None:
            self._progress.remove_task(self._task)
        self._task = self._progress.add_task(words, total=None)

    def moved(self, done: int, total: int) -> None:
        """So many bytes of it are there."""
        if self._progress is not None and self._task is not None:
            self._progress.update(self._task, completed=done, total=total)


@contextmanager
def _failures() -> Iterator[None]:
    """Turn what models and the disk raise into a line and an exit status."""
    try:
        yield
    except ModelError as error:
        raise Failed(MODEL, str(error)) from error
    except BrokenPipeError:
        raise
    except OSError as error:
        raise Failed(STORAGE, f"{error.filename or 'the disk'}: {error.strerror}") from error
