"""Over the real wire: auditors get what was signed; a journal that was cut leaves all in peace."""

from pathlib import Path

from llmtb import control
from llmtb.events.note import opened
from tests.audit.test_read_only import rewrite, rows_in
from tests.wire.living import Centre, in_centre, offers

CALM = "Nothing can be changed at the moment"


def test_an_auditor_gets_the_note_and_a_cut_journal_leaves_everybody_in_peace(
    tmp_path: Path,
) -> None:
    async def story(centre: Centre) -> None:
        async with centre.running():
            await centre.maryam.say(f"/start {await centre.first_code()}")
            await centre.maryam.hears("You are here as")
            await centre.invite(centre.nima, "Nima", "auditor")
            request = {"do": "checkpoint", "by": "owner"}
            told = await control.ask(centre.folder, request, _unheard)
            message = await centre.nima.hears("A checkpoint of")
            assert opened(message.text.partition("\n\n")[2], told["key"]).size == told["size"]
            await centre.maryam.press("Rosters")
            question = await centre.maryam.hears(where=offers("morning"))
            await centre.told()
        rewrite(centre.folder, rows_in(centre.folder)[: told["size"] - 1])
        before = rows_in(centre.folder)
        async with centre.running():
            await centre.maryam.say("Live board")
            await centre.maryam.hears(CALM)
            await centre.maryam.press("morning", on=question)
            assert (await centre.maryam.toast(CALM)).alert
            await centre.nima.say("/start")
            await centre.nima.hears(CALM)
        assert rows_in(centre.folder) == before

    in_centre(tmp_path, story)


def _unheard(text: str, *, piece: bool = False) -> None:
    """Nobody waits for notes about how far it is."""
