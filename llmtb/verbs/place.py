"""Where a verb works: its settings, its folder, and what may go wrong there."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from llmtb.events.errors import JournalError, StorageFailed
from llmtb.projections.database import ViewsUnusable
from llmtb.settings import Settings, SettingsError, load
from llmtb.verbs.exits import DATABASE, INPUT, STORAGE, Failed

SETTINGS = Path("llmtb.toml")


def settings_of(file: Path | None) -> Settings:
    """The settings of the file that is named, or of `llmtb.toml` if it is there. Raises Failed."""
    if file is not None and not file.exists():
        raise Failed(INPUT, f"{file}: there is no such file")
    try:
        return load(file or SETTINGS, os.environ)
    except SettingsError as error:
        raise Failed(INPUT, str(error)) from error


def folder_of(settings: Settings, data: Path | None) -> Path:
    """The folder of the data, made if need be, for its owner alone. Raises Failed."""
    folder = data or Path(settings.run.data)
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise Failed(INPUT, f"{folder}: cannot be made: {error.strerror}") from error
    return folder


@contextmanager
def failures() -> Iterator[None]:
    """Turn what settings, journal, views and disk raise into a line and an exit status."""
    try:
        yield
    except StorageFailed as error:
        raise Failed(STORAGE, str(error)) from error
    except SettingsError as error:
        raise Failed(INPUT, str(error)) from error
    except (JournalError, ViewsUnusable) as error:
        raise Failed(DATABASE, str(error)) from error
    except BrokenPipeError:
        raise
    except OSError as error:
        raise Failed(STORAGE, f"{error.filename or 'the disk'}: {error.strerror}") from error
