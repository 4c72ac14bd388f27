"""Forgetting somebody under a bot that runs: it goes on, and nobody else notices much."""

from pathlib import Path

from llmtb.control import ask
from llmtb.events.chat import MessageQueued
from llmtb.events.personal import REDACTED
from tests.audit.company import bytes_in, unheard
from tests.wire.living import Centre, in_centre, only


def test_the_bot_goes_on_when_somebody_is_forgotten(tmp_path: Path) -> None:
    async def story(centre: Centre) -> None:
        async with centre.running():
            await centre.begin()
            await centre.told()
            told = await ask(
                centre.folder, {"do": "forget", "person": str(centre.nima.id)}, unheard
            )
            assert told["here"]
            await centre.sara.press("Rest(dnd)")
            await centre.maryam.press("People")
            await centre.maryam.hears("on the list")
        assert b"Nima" not in bytes_in(centre.folder)
        queued = only(MessageQueued, await centre.events())
        assert any(event.text == REDACTED for event in queued)

    in_centre(tmp_path, story)
