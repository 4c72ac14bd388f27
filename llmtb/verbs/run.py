"""`llmtb run`: the live bot and its console; where no bot is set up, a local demo of both."""

import asyncio
import logging
import os
import shutil
from contextlib import closing
from pathlib import Path

import msgspec

from llmtb.settings import Settings
from llmtb.verbs.exits import DONE, REFUSED, Failed
from llmtb.verbs.place import SETTINGS, failures, folder_of, settings_of


def run(settings_file: Path | None, data: Path | None, host: str | None, port: int | None) -> int:
    """Run what is set up, until it is interrupted. Raises Failed."""
    settings = settings_of(settings_file)
    given = {"host": host, "port": port}
    changed = {name: value for name, value in given.items() if value is not None}
    console = msgspec.structs.replace(settings.console, **changed)
    settings = msgspec.structs.replace(settings, console=console)
    folder = folder_of(settings, data)
    with failures():
        if not settings.telegram.token:
            _demo(settings, folder / "example")
            return DONE
        from llmtb.live import TelegramRefused, run_bot

        try:
            run_bot(settings, settings_file or SETTINGS, folder, os.environ)
        except TelegramRefused as error:
            raise Failed(REFUSED, str(error)) from error
    return DONE


def _demo(settings: Settings, folder: Path) -> None:
    """A made-up company on a fast clock; it is made up again at each start."""
    from llmtb.data import CHECKPOINTS, JOURNAL_FILE, KEYS_FILE, open_vault
    from llmtb.events.codec import CODEC
    from llmtb.live import AT_ONCE, Live
    from llmtb.playground import Playground, play_past
    from llmtb.projections.catalogue import VIEWS_FILE
    from llmtb.runtime.clock import WallClock
    from llmtb.runtime.loop import run
    from llmtb.testing.day import ZONE

    folder.mkdir(mode=0o700, exist_ok=True)
    for name in (JOURNAL_FILE, KEYS_FILE, VIEWS_FILE):
        for old in folder.glob(f"{name}*"):
            old.unlink()
    shutil.rmtree(folder / CHECKPOINTS, ignore_errors=True)
    # What a company signed is kept apart from what is only played.
    audit = msgspec.structs.replace(settings.audit, checkpoints="")
    settings = msgspec.structs.replace(settings, audit=audit)
    logging.basicConfig(format="%(asctime)s %(message)s", level=logging.WARNING)
    AT_ONCE(
        "No bot is set up yet; here is a demo, a made-up company on a fast clock. Ctrl-C ends it."
    )

    today = WallClock().now().astimezone(ZONE).date()
    with closing(open_vault(folder, settings.audit, os.environ)) as vault:
        play_past(today, folder / JOURNAL_FILE, CODEC.with_keys(vault))

    async def serve() -> None:
        demo = Playground(today, settings.telegram.language, asyncio.get_running_loop())
        none = folder / "none.toml"
        await Live(settings, None, none, folder, environment=os.environ, demo=demo).serve()

    run(serve(), uvloop=settings.run.uvloop)
